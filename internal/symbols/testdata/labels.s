# Shows assembler code: a sized function, one without size, one without a type,
# a local label that is no function, and a second entry inside a function.
	.text
	.globl sized
	.type sized, @function
sized:
	movl $1, %eax
local_label:
	decl %eax
	jnz local_label
	ret
	.size sized, .-sized

	.globl unsized
	.type unsized, @function
unsized:
	movl $2, %eax
	ret

	.globl untyped
untyped:
	movl $3, %eax
stray_label:
	ret

	.globl with_entry
	.type with_entry, @function
with_entry:
	nop
	.globl second_entry
	.type second_entry, @function
second_entry:
	movl $4, %eax
	ret
	.size second_entry, .-second_entry
	.size with_entry, .-with_entry
	.section .note.GNU-stack,"",@progbits
