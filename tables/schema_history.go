package tables

// historyTables hold what happened, in the order of t.
var historyTables = []Table{
	{
		Name: "calls", Row: "function call",
		Doc: "The calls follow the real stack: a tail call ends its caller and takes its place, longjmp and exceptions end what they leave, a signal handler is called by what it interrupted. " +
			"A call through the procedure linkage table is one call, of the function that it reaches. The program's first instruction is call 1.",
		Columns: []Column{
			col("call_id", tU64, "number of the call, from 1, in order of enter_t"),
			opt("parent_call_id", tU64, "the call that made it; NULL for the program's entry"),
			col("process_id", tU32, "its process"),
			col("thread_id", tU32, "its thread"),
			opt("goroutine_id", tU64, "its goroutine, in Go programs"),
			col("depth", tU32, "calls below it on the stack; 0 for the program's entry"),
			opt("function_id", tU32, "the function called; NULL where the code has no symbol"),
			col("enter_t", tU64, "time of the call instruction"),
			opt("exit_t", tU64, "time of the return, or of the jump that left it; NULL where it was still open at the end"),
			opt("call_pc", tU64, "address of the call instruction, of the jump for a tail call; NULL for the program's entry and signal handlers"),
			col("entry_pc", tU64, "address of the function's first executed instruction"),
			col("cfa", tU64, "canonical frame address: the stack pointer before the call"),
			opt("stack_id", tU32, "the call stack, this call included"),
			opt("return_value", tU64, "rax at the return; NULL where it did not return to its caller"),
			opt("arg0", tU64, "rdi at the call; arguments are NULL where they are not known (a signal handler's, and a tail call's through a register or a table)"),
			opt("arg1", tU64, "rsi at the call"),
			opt("arg2", tU64, "rdx at the call"),
			opt("arg3", tU64, "rcx at the call"),
			opt("arg4", tU64, "r8 at the call"),
			opt("arg5", tU64, "r9 at the call"),
		},
	},
	{
		Name: "stacks", Row: "distinct call stack",
		Doc: "A stack is its innermost function and the stack that called it: a trie.",
		Columns: []Column{
			col("stack_id", tU32, "number of the stack, from 1; a parent's is smaller than its children's"),
			opt("parent_stack_id", tU32, "the stack of the caller"),
			col("depth", tU32, "stacks below it; 0 for the outermost"),
			opt("function_id", tU32, "the innermost function; NULL where its code has no symbol"),
			opt("call_pc", tU64, "the call instruction behind which it returns, the interrupted one for a signal handler; NULL for the program's entry"),
		},
	},
	{
		Name: "syscalls", Row: "system call",
		Columns: []Column{
			col("syscall_id", tU64, "number of the call, from 1, in order of t"),
			col("t", tU64, "time of the syscall instruction"),
			col("process_id", tU32, "its process"),
			col("thread_id", tU32, "its thread"),
			opt("call_id", tU64, "the function call that it was made in"),
			col("pc", tU64, "address of the syscall instruction"),
			col("number", tU32, "the kernel's number"),
			opt("name", tText, "its name; NULL where this version does not know the number"),
			col("arg0", tU64, "rdi"),
			col("arg1", tU64, "rsi"),
			col("arg2", tU64, "rdx"),
			col("arg3", tU64, "r10"),
			col("arg4", tU64, "r8"),
			col("arg5", tU64, "r9"),
			col("arguments", tText, "the arguments, decoded as strace would"),
			opt("result", tI64, "what it returned; NULL where it did not return"),
			opt("error", tText, "name of the error (ENOENT …) where it failed"),
			opt("start_ns", tU64, "wall-clock time since the recording began"),
			opt("duration_ns", tU64, "how long it took"),
		},
	},
	{
		Name: "signals", Row: "signal delivered to a handler, or that ended the program",
		Columns: []Column{
			col("t", tU64, "when"),
			col("process_id", tU32, "the process"),
			col("thread_id", tU32, "the thread"),
			col("number", tU32, "number of the signal"),
			col("name", tText, "its name (SIGSEGV …)"),
			col("code", tText, "why it was sent (SEGV_MAPERR …)"),
			opt("fault_addr", tU64, "the address that the fault is about"),
			col("pc", tU64, "the instruction that was interrupted"),
			opt("handler_pc", tU64, "the handler; NULL where the signal ended the program"),
		},
	},
	{
		Name: "switches", Row: "change of the running thread",
		Columns: []Column{
			col("t", tU64, "when"),
			opt("from_thread_id", tU32, "the thread that stopped running"),
			col("to_thread_id", tU32, "the one that went on"),
			col("reason", tText, "why"),
		},
	},
}

// views are the tables that SQL derives from others.
var views = []Table{
	{
		Name: "writes", Row: "memory write by an instruction, or by the kernel on the program's behalf",
		Doc: "A REP string instruction is one write. Rows lie in the file in windows sorted by address: ORDER BY t where order matters.",
		Columns: []Column{
			col("t", tU64, "time of the instruction"),
			col("process_id", tU32, "its process"),
			col("thread_id", tU32, "its thread"),
			col("call_id", tU64, "the call that it was made in"),
			col("stack_id", tU32, "the stack of that call, as it then was: until the dynamic linker has found the function of a call through the linkage table, the stack has the table's stub"),
			col("pc", tU64, "address of the instruction; for a signal, of the one that was interrupted"),
			col("addr", tU64, "first byte written"),
			col("size", tU32, "bytes written"),
			col("value", tU64, "the first 8 bytes after the write, little endian"),
			opt("bytes", tBlob, "all bytes after the write, only where size > 8"),
			col("source", tSource, "'instruction', 'syscall' for the results of a system call, 'signal' for a signal handler's frame"),
			opt("syscall_id", tU64, "the system call, where source is 'syscall'"),
		},
		Query: writesQuery,
	},
	{
		Name: "_callers", Row: "caller on a call stack, from _stack_callers or _stack_order",
		Columns: []Column{
			col("stack_id", tU32, "as in stacks"),
			col("level", tU32, "level of its innermost function in stack_frames"),
			opt("call_pc", tU64, "where it called"),
			opt("interrupted", tU32, "the stack that a signal interrupted after a jump to address 0, where call_pc is NULL"),
		},
		Query: callersQuery,
	},
	{
		Name: "stack_frames", Row: "function on a call stack, inlined ones included",
		Doc: "Level 0 is the stack's innermost function itself, with the place of its definition: where in it execution was is known by the pc of the row that mentions the stack. " +
			"All others are callers, each with the place of its call, or where a signal interrupted it.",
		Columns: []Column{
			col("stack_id", tU32, "the stack"),
			col("level", tU32, "0 for the innermost"),
			opt("function", tText, "name of the function"),
			opt("module", tText, "file name of its module"),
			opt("file", tText, "source file"),
			opt("line", tU32, "source line"),
			opt("pc", tU64, "address of the call, or of the instruction that a signal interrupted; NULL at level 0"),
		},
		Query: stackFramesQuery,
	},
	{
		Name: "output", Row: "write to standard output or error",
		Columns: []Column{
			col("t", tU64, "when"),
			col("process_id", tU32, "the process"),
			col("thread_id", tU32, "the thread"),
			col("fd", tU32, "1 for standard output, 2 for standard error"),
			col("text", tText, "what was written, as UTF-8; a byte that is not part of valid UTF-8, or is zero, as \\xNN. A character that two writes share is two pieces"),
		},
		Query: `SELECT t, process_id, thread_id, fd, text FROM _output`,
	},
}
