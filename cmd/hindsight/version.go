package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"hindsight/internal/recording"
	"hindsight/internal/x86"
	"hindsight/sqlext"
)

// version is set at release with -ldflags "-X main.version=…".
var version = "dev"

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show the versions of hindsight and of what is built into it",
		Example: `  hindsight version`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			duck, err := sqlext.EngineVersion(cmd.Context())
			if err != nil {
				return fmt.Errorf("ask DuckDB for its version: %w", err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "hindsight %s\nrecording format %d\ngo %s %s/%s\nduckdb %s\nzydis %s\n",
				versionText(), recording.FormatVersion, strings.TrimPrefix(runtime.Version(), "go"), runtime.GOOS, runtime.GOARCH,
				duck, x86.Version())
			return err
		},
	}
}

// versionText is the release, or the commit that was built.
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || version != "dev" {
		return version
	}
	text, dirty := version, ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			text += " " + s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = " with changes"
		}
	}
	return text + dirty
}
