// Package recording is the on-disk form of one recorded execution: a folder
// that holds everything the program saw from outside.
//
//	recording.json     Meta, written when the recording begins and again, with its end, when it is complete
//	events             the events, in checksummed zstd chunks; "events.partial" until complete
//	objects/SHA256     contents of mapped files; hard links into the store's shared objects where possible
//	history.duckdb     made by package tables, not by this one
//
// The package never touches a live process and never follows a symbolic link
// inside a recording.
package recording

import "time"

// FormatVersion is the version of the events format that this build writes. It
// reads all up to it: version 1 had no threads.
const FormatVersion = 2

// Meta describes a recording. It is recording.json.
type Meta struct {
	Format      int       `json:"format"`
	ID          string    `json:"id"` // UUID
	Version     string    `json:"hindsight_version"`
	Command     []string  `json:"command"`
	Executable  string    `json:"executable"` // absolute path
	Directory   string    `json:"directory"`
	Host        string    `json:"host"`
	Kernel      string    `json:"kernel"`
	CPU         string    `json:"cpu"`        // model name
	CPUNumber   int       `json:"cpu_number"` // the CPU that the program was pinned to
	XCR0        uint64    `json:"xcr0"`
	XSaveSize   int       `json:"xsave_size"` // bytes of Event.XSave
	CPUID       []CPUID   `json:"cpuid"`
	PID         int       `json:"pid"`
	StartedAt   time.Time `json:"started_at"`
	DurationNS  int64     `json:"duration_ns,omitempty"`
	Complete    bool      `json:"complete"`
	ExitCode    *int      `json:"exit_code,omitempty"`
	ExitSignal  *int      `json:"exit_signal,omitempty"`
	Events      uint64    `json:"events,omitempty"`
	Syscalls    uint64    `json:"syscalls,omitempty"`
	Diagnostics []string  `json:"diagnostics,omitempty"` // what the recorder wants the reader to know
}

// CPUID is one answer of the cpuid instruction on the recording's CPU.
type CPUID struct {
	Leaf    uint32 `json:"leaf"`
	Subleaf uint32 `json:"subleaf"`
	EAX     uint32 `json:"eax"`
	EBX     uint32 `json:"ebx"`
	ECX     uint32 `json:"ecx"`
	EDX     uint32 `json:"edx"`
}
