package capture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"hindsight/internal/recording"
)

// The test binary is also a recorder, so that tests can run one as another
// user, kill it, or give it another environment: with helperDir set it records
// its arguments into that folder.
const helperDir = "HINDSIGHT_TEST_RECORD_TO"

// With helperDump set it prints that recording as text.
const helperDump = "HINDSIGHT_TEST_DUMP"

func dump(dir string) {
	events, err := readEvents(dir)
	for _, e := range events {
		fmt.Println(e.String())
	}
	if err != nil {
		fmt.Println(err)
	}
}

// readEvents reads a whole recording. Its error is what ended the events.
func readEvents(dir string) (events []recording.Event, err error) {
	r, err := recording.Open(dir)
	if err != nil {
		return nil, err
	}
	er, err := r.Events()
	if err != nil {
		return nil, err
	}
	for {
		var e recording.Event
		if err := er.Next(&e); err != nil {
			if err == io.EOF {
				err = nil
			}
			return events, errors.Join(err, er.Close())
		}
		for _, list := range [][]recording.MemoryWrite{e.Memory, e.Input} {
			for i := range list {
				list[i].Data = bytes.Clone(list[i].Data)
			}
		}
		e.XSave = bytes.Clone(e.XSave)
		events = append(events, e)
	}
}

func TestMain(m *testing.M) {
	if dir, ok := os.LookupEnv(helperDump); ok {
		dump(dir)
		return
	}
	dir, ok := os.LookupEnv(helperDir)
	if !ok {
		os.Exit(m.Run())
	}
	if err := os.Unsetenv(helperDir); err != nil {
		panic(err)
	}
	res, err := Record(context.Background(), Options{Args: os.Args[1:], Dir: dir, Version: "test"})
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(125)
	}
	if res.Signal != 0 {
		os.Exit(128 + res.Signal)
	}
	os.Exit(res.ExitCode)
}
