package sqlext

import (
	"context"
	"errors"
	"fmt"
)

// Install stores the library, all views and macros, in the history in file, all
// or none.
func Install(ctx context.Context, file string) (err error) {
	h, err := connect(ctx, file, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	statements := []string{"BEGIN"}
	for _, v := range Views() {
		statements = append(statements, v.statements(false)...)
	}
	for _, m := range Macros() {
		if m.Live {
			continue
		}
		statements = append(statements, m.statements()...)
	}
	for _, s := range append(statements, "COMMIT", "CHECKPOINT") {
		if err := h.exec(ctx, s); err != nil {
			return fmt.Errorf("store the views and macros in %s: %w", file, queryError(ctx, err))
		}
	}
	return nil
}

// addMissing creates, for this connection, what of the library the history does
// not have because an older version wrote it.
func (h *History) addMissing(ctx context.Context) error {
	if err := h.addMissingViews(ctx); err != nil {
		return err
	}
	return h.addMissingMacros(ctx)
}
