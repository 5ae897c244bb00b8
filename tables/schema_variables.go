package tables

// SQL types of the tables below.
const (
	tKind = "ENUM('global', 'static', 'local', 'parameter')"
	tBase = "ENUM('address', 'cfa', 'tls')"
	// tMembers is what a struct, union, class, enum or Rust enum has inside.
	tMembers = `STRUCT("name" VARCHAR, "offset" UBIGINT, size UBIGINT, type_id UINTEGER, bit_offset UINTEGER, bit_size UINTEGER, "value" BIGINT, base BOOLEAN)[]`
)

// variableTables are what the debug information says of the data of the modules
// whose code ran.
var variableTables = []Table{
	{
		Name: "types", Row: "type of the debug information",
		Doc: "Of the modules whose code ran. Equal types of several compilation units are one row.",
		Columns: []Column{
			col("type_id", tU32, "number of the type, from 1"),
			opt("name", tText, "its name as the language writes it ('unsigned int', 'struct node', 'std::vector<int, std::allocator<int> >'); NULL where it has none"),
			col("kind", tText, "'signed', 'unsigned', 'float', 'bool', 'char', 'pointer', 'reference', 'struct', 'class', 'union', 'enum', 'variants' (a Rust enum), 'array', 'typedef', 'const', 'volatile', 'function' or 'unspecified'"),
			opt("size", tU64, "bytes of a value; NULL where it is not known, as of a declaration"),
			opt("members", tMembers, "of a struct, class or union its members and base classes (base is true); of an enum its enumerators, with value; of 'variants' the variants, with value the discriminant, NULL for the one that all other values mean. "+
				"Of bit fields, bit_offset counts from the least significant bit of the byte at offset"),
			opt("target_type_id", tU32, "what a pointer or reference points to, an array's element, what a typedef, const or volatile is of, an enum's or a discriminant's integer type; NULL for void"),
			opt("count", tU64, "elements of an array; several dimensions are arrays of arrays"),
			opt("discriminant_offset", tU64, "of 'variants': where the discriminant is; NULL where there is none"),
			opt("discriminant_size", tU64, "of 'variants': its bytes"),
			opt("language", tText, "source language of the compilation unit"),
			col("module_id", tU32, "its module"),
		},
	},
	{
		Name: "variables", Row: "variable, parameter or static of the debug information",
		Doc: "Of the modules whose code ran; locals and parameters, of the functions that ran. A local of an inlined function has a row for each place where it was inlined.",
		Columns: []Column{
			col("variable_id", tU32, "number of the variable, from 1"),
			col("name", tText, "its name"),
			col("kind", tKind, "'static' are those that live as long as the program but are not seen everywhere: of a file, of a function or of a class"),
			opt("scope", tText, "the function (the innermost, where inlined), namespace or class that it is declared in; NULL for none"),
			opt("function_id", tU32, "the function that has its code: of locals, parameters and a function's statics"),
			opt("type_id", tU32, "its type"),
			opt("size", tU64, "its bytes; NULL where not known"),
			opt("addr", tU64, "its address, of globals and statics that are not thread-local"),
			opt("file", tText, "source file of its declaration"),
			opt("line", tU32, "line of its declaration"),
			col("lives", tText, "where: 'memory', 'register' (or where a register points to), 'memory and register' (by the place in the code), 'constant' or 'optimized out'"),
			col("module_id", tU32, "its module"),
		},
	},
}

// variableHelpers are where variables lie and what memory held before it was
// written.
var variableHelpers = []Table{
	{
		Name: "_locations", Row: "place in memory of a variable, for a range of its function's code",
		Columns: []Column{
			col("variable_id", tU32, "as in variables"),
			opt("lo_pc", tU64, "first address of code at which it lies there: the variable's scope, cut to the location list's entry; NULL for everywhere"),
			opt("hi_pc", tU64, "the address behind the last"),
			col("base", tBase, "what its offset is from: 0, the call's canonical frame address, or its module's block of thread-local storage"),
			col("offset", tI64, "to its first byte; of 'address' the run-time address"),
			opt("deref_offset", tI64, "where not NULL, a pointer lies there, and the variable is so far from where it points to"),
			opt("part_offset", tU64, "where it lies in pieces: this piece's offset in the variable"),
			opt("part_size", tU64, "and its bytes"),
		},
	},
	{
		Name: "_memory", Row: "piece of memory, from its mapping until it was unmapped or replaced",
		Doc: "With writes, it tells what memory holds at any time: the state before the instruction at t is that of the row with from_t < t <= to_t (NULL for no bound), with the writes since: from_t <= writes.t < t, of a signal also writes.t = t. " +
			"Memory without a row at a time was not mapped, or is not known because the index is of a part of the recording. What was moved (mremap) is a row of its own, with the contents of then.",
		Columns: []Column{
			col("addr", tU64, "first address"),
			col("size", tU64, "bytes"),
			opt("from_t", tU64, "the system call that mapped it, or gave it new contents: writes with t < from_t do not count; NULL where it was there from the beginning"),
			opt("to_t", tU64, "the system call that took it away; NULL where it stayed until the end"),
			col("known", tBool, "false where its first contents are not kept, as those of code: what was not written since is not known"),
			opt("bytes", tBlob, "its first contents; NULL for zeros, and where not known"),
		},
	},
}
