package replay

import (
	"context"
	"strings"
	"testing"
)

// What the translator cannot replay exactly is refused, by its bytes and place.
func TestTranslatedRefuses(t *testing.T) {
	for _, c := range []struct{ name, code, want string }{
		{"alignment check", `pushf\n\torq $0x40000, (%rsp)\n\tpopf\n\tpushf\n\tandq $~0x40000, (%rsp)\n\tpopf`, "alignment-check flag"},
		{"selector", `mov %fs, %eax\n\tmov %eax, %fs`, "mov fs, ax cannot be replayed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := `void _start(void) { asm volatile("` + c.code + `\n\tmov $60, %eax\n\txor %edi, %edi\n\tsyscall"); }`
			rec := recordProgram(t, compile(t, source, "-nostdlib"))
			_, err := Run(context.Background(), rec.Recording, Options{Engine: Translated})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
