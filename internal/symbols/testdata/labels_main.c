// Calls what labels.s defines, so that the linker keeps it.
int sized(void), unsized(void), untyped(void), with_entry(void), second_entry(void);
int main(void) { return sized() + unsized() + untyped() + with_entry() + second_entry() - 13; }
