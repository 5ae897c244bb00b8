package tables

// identityTables say what was recorded and what ran.
var identityTables = []Table{
	{
		Name: "recordings", Row: "recording (one row)",
		Columns: []Column{
			col("recording_id", "UUID", "identity of the recording, made when it began"),
			col("command", tTexts, "the program and its arguments, as given"),
			col("directory", tText, "working directory of the program"),
			col("host", tText, "name of the machine"),
			col("kernel", tText, "kernel release of the machine"),
			col("cpu", tText, "model of its processor"),
			col("started_at", "TIMESTAMPTZ", "when the recording began"),
			opt("duration_ns", tU64, "wall-clock length of the recorded run"),
			opt("exit_code", tI32, "exit status of the program; NULL where a signal ended it or its end was not recorded"),
			opt("exit_signal", tI32, "number of the signal that ended it"),
			col("instructions", tU64, "instructions that were replayed: the end of time"),
			col("hindsight_version", tText, "version that recorded it"),
			col("complete", tBool, "false where the recording was cut short, for instance because the recorder was killed"),
		},
	},
	{
		Name: "processes", Row: "process",
		Columns: []Column{
			col("process_id", tU32, "number of the process, from 1"),
			opt("parent_process_id", tU32, "the recorded process that made it"),
			col("os_pid", tU32, "the kernel's process id while it ran"),
			col("executable", tText, "absolute path of the program"),
			col("command", tTexts, "its arguments"),
			col("start_t", tU64, "when it began"),
			opt("end_t", tU64, "when it ended"),
			opt("exit_code", tI32, "exit status"),
			opt("exit_signal", tI32, "number of the signal that ended it"),
		},
	},
	{
		Name: "threads", Row: "thread",
		Columns: []Column{
			col("thread_id", tU32, "number of the thread, from 1, over all processes"),
			col("process_id", tU32, "its process"),
			col("os_tid", tU32, "the kernel's thread id while it ran"),
			opt("name", tText, "the last name that it was given (pthread_setname_np, prctl PR_SET_NAME); a new thread has its maker's. NULL where it has that of its program still"),
			col("start_t", tU64, "when it began: instructions at and behind this t may be its own"),
			opt("end_t", tU64, "when it ended: all of its instructions are before this t; NULL where its end was not recorded"),
			opt("parent_thread_id", tU32, "the thread that made it; NULL for a process's first"),
			col("lineage", tText, "which thread it is, whatever the schedule was: '1' for the first, '1.2' for the second that thread '1' made"),
			opt("thread_pointer", tU64, "where its thread-local storage is (the base of fs, as it began or set it first): what pthread_self() returns with glibc"),
		},
	},
}

// codeTables describe the code that ran and where its source is.
var codeTables = []Table{
	{
		Name: "modules", Row: "ELF file that was mapped, per process",
		Columns: []Column{
			col("module_id", tU32, "number of the module, from 1"),
			col("process_id", tU32, "the process that mapped it"),
			col("path", tText, "path of the file at the time; \"[vdso]\" for the kernel's"),
			opt("build_id", tText, "the linker's build id, in hexadecimal"),
			col("start_addr", tU64, "first address of its mapping"),
			col("end_addr", tU64, "the address behind its last"),
			col("load_bias", tU64, "what to add to an address of the file to get one of the process"),
			col("mapped_t", tU64, "when it was mapped"),
			opt("unmapped_t", tU64, "when it was unmapped; NULL where it stayed until the end"),
		},
	},
	{
		Name: "functions", Row: "function of a module whose code ran",
		Doc: "All functions of such a module are listed, those that were never called as well. Code without a symbol has no row.",
		Columns: []Column{
			col("function_id", tU32, "number of the function, from 1"),
			col("module_id", tU32, "its module"),
			col("name", tText, "its name, demangled; sub_ADDRESS where only the unwind tables know the function"),
			opt("linkage_name", tText, "its name in the symbol table"),
			opt("language", tText, "source language, from the debug information"),
			opt("file", tText, "source file of its definition"),
			opt("line", tU32, "line of its definition"),
			col("entry_pc", tU64, "address of its first instruction in the process"),
			opt("end_pc", tU64, "the address behind its last; NULL where the symbol has no size"),
		},
	},
	{
		Name: "frames", Row: "address of code that another table mentions, and level of inlining at it",
		Doc: "Level 0 is the innermost (inlined) function, the highest level is the function that has the code. Code without a symbol has one row at level 0, with function NULL.",
		Columns: []Column{
			col("pc", tU64, "the address of an instruction"),
			col("process_id", tU32, "its process"),
			col("level", tU32, "0 for the innermost"),
			opt("function_id", tU32, "the function of this level; NULL where its code exists only inlined"),
			opt("function", tText, "name of the function at this level"),
			opt("module", tText, "file name of its module"),
			opt("file", tText, "source file"),
			opt("line", tU32, "source line"),
			opt("column", tU32, "source column"),
			col("inlined", tBool, "true where this level was inlined into the next"),
		},
	},
}

// summaryTables count executions, over the whole run.
var summaryTables = []Table{
	{
		Name: "blocks", Row: "basic block that was executed",
		Doc: "A longest run of consecutive instructions that was only ever entered at its first one. Counts are of the whole run, whatever part of it was indexed.",
		Columns: []Column{
			col("process_id", tU32, "its process"),
			col("pc", tU64, "its first instruction"),
			col("size", tU32, "bytes of code"),
			col("instructions", tU32, "instructions in it"),
			col("executions", tU64, "how often it ran"),
			col("first_t", tU64, "when it first began"),
			col("last_t", tU64, "when it last began"),
			opt("function_id", tU32, "the function that has its code"),
		},
	},
	{
		Name: "lines", Row: "row of a line table whose code was executed",
		Doc: "One source line has as many rows as it has pieces of code. Counts are of the whole run, whatever part of it was indexed.",
		Columns: []Column{
			col("process_id", tU32, "its process"),
			col("pc", tU64, "the first instruction of the piece"),
			col("file", tText, "source file"),
			col("line", tU32, "source line"),
			col("executions", tU64, "how often that instruction ran"),
		},
	},
	{
		Name: "diagnostics", Row: "thing that the reader of this history should know",
		Columns: []Column{
			col("severity", tText, "'info', 'warning' or 'error'"),
			opt("t", tU64, "when, where it has a time"),
			col("what", tText, "what it is about, in a word or two"),
			col("detail", tText, "what happened, what it means and what can be done"),
		},
	},
}

// helperTables are Hindsight's own.
var helperTables = []Table{
	{
		Name: "_writes", Row: "write of up to 8 bytes by an instruction",
		Doc: "Nearly all writes are of this kind, and every column costs about 18 ns a row to load: hence the packed one.",
		Columns: []Column{
			col("t", tPacked, "as in writes"),
			col("call_id", tPacked, "as in writes"),
			col("pc", tPacked, "as in writes"),
			col("addr", tPacked, "as in writes"),
			col("value", tPacked, "as in writes"),
			col("who", tPacked, "size + 2^4 * stack_id + 2^36 * thread_id + 2^52 * process_id"),
		},
	},
	{
		Name: "_wide_writes", Row: "write of more than 8 bytes, or by the kernel",
		Columns: []Column{
			col("t", tU64, "as in writes"),
			col("process_id", tU32, "as in writes"),
			col("thread_id", tU32, "as in writes"),
			col("call_id", tU64, "as in writes"),
			col("stack_id", tU32, "as in writes"),
			col("pc", tU64, "as in writes"),
			col("addr", tU64, "as in writes"),
			col("size", tU32, "as in writes"),
			col("value", tU64, "as in writes"),
			opt("bytes", tBlob, "as in writes"),
			col("source", tSource, "as in writes"),
			opt("syscall_id", tU64, "as in writes"),
		},
	},
	{
		Name: "_meta", Row: "fact about how this database was made",
		Columns: []Column{
			col("key", tText, "name of the fact"),
			col("value", tText, "the fact"),
		},
	},
	{
		Name: "_stack_callers", Row: "caller on a call stack",
		Doc: "Empty where there would be too many: then _stack_order is filled.",
		Columns: []Column{
			col("stack_id", tU32, "as in stacks"),
			col("level", tU32, "level of its innermost function in stack_frames"),
			opt("call_pc", tU64, "where it called"),
			opt("interrupted", tU32, "the stack that a signal interrupted after a jump to address 0, where call_pc is NULL"),
		},
	},
	{
		Name: "_recursive_stacks", Row: "call stack whose innermost function is among its callers",
		Columns: []Column{
			col("stack_id", tU32, "as in stacks"),
		},
	},
	{
		Name: "_stack_order", Row: "call stack, with its place among all",
		Doc: "A stack's callers are the stacks whose [first, last] holds its first: the view stack_frames finds them without recursion. Empty where _stack_callers is filled.",
		Columns: []Column{
			col("stack_id", tU32, "as in stacks"),
			col("first", tU32, "position of the stack when the trie is walked, parents first"),
			col("last", tU32, "position of the last stack below it"),
			col("height", tU32, "functions that called it, inlined ones included"),
		},
	},
	{
		Name: "_output", Row: "system call that wrote to standard output or error",
		Columns: []Column{
			col("t", tU64, "when"),
			col("process_id", tU32, "the process"),
			col("thread_id", tU32, "the thread"),
			col("syscall_id", tU64, "the system call"),
			col("fd", tU32, "1 for standard output, 2 for standard error"),
			col("bytes", tBlob, "what was written"),
			col("text", tText, "the bytes as UTF-8; a byte that is not part of valid UTF-8, or is zero, as \\xNN"),
		},
	},
}
