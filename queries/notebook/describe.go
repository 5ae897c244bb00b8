package notebook

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Describe says what the open history is of, for the foot of a page.
func Describe(ctx context.Context, h Querier) (about About, err error) {
	rows, err := h.Query(ctx, `
SELECT format('{}, recorded {} on {}, {:,} instructions', array_to_string(command, ' '),
  strftime(started_at AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S UTC'), host, instructions)
FROM recordings`)
	if err != nil {
		return about, fmt.Errorf("read what was recorded: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		values, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return about, nil
		}
		if err != nil {
			return about, err
		}
		if text, ok := values[0].(string); ok {
			about.Recordings = append(about.Recordings, cut(text, cellRunes))
		}
	}
}
