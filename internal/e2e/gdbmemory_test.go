package e2e

import (
	endian "encoding/binary"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// memoryPoints are how many points of a run gdb reads memory at.
const memoryPoints = 20

// TestMemoryEqualsGdb compares memory_at with the bytes that gdb reads of the stack,
// of a heap block and of globals when it stops at the same instruction. Without
// address space randomization a program has these in the same place in every run;
// its libraries are moved, all by as much, since a recorded program has no vDSO. What
// differs between two runs under gdb, such as a stack's guard, is left out.
func TestMemoryEqualsGdb(t *testing.T) {
	need(t, "gdb")
	need(t, "setarch")
	path := witnessProgram(t, "heap_objects", "nopie")
	plain := []string{"env", "-i", "setarch", "-R"}
	dir := filepath.Join(t.TempDir(), "recording")
	if r := run(t, command{args: append(plain, binary, "record", "-o", dir, "--", path)}); r.status != 0 {
		t.Skipf("setarch -R does not work here: %s", tail(r.stderr))
	}
	database := index(t, dir, "history")
	rows := ask(t, database, fmt.Sprintf(ownWrites, memoryPoints)+`,
		piece AS (SELECT DISTINCT ON (o.t) o.t, a.address FROM ordered o JOIN allocations a ON a.t < o.t AND coalesce(a.freed_t, 18446744073709551615) > o.t AND a.size >= 64 AND a.address < 0x700000000000
			ORDER BY o.t, hash(a.address), a.address),
		place AS (
			SELECT o.t, o.pc, o.since, 1 AS part, c.cfa - 64 AS addr FROM ordered o JOIN calls c USING (call_id)
			UNION ALL SELECT o.t, o.pc, o.since, 2, c.cfa FROM ordered o JOIN calls c USING (call_id)
			UNION ALL SELECT o.t, o.pc, o.since, 3, p.address FROM ordered o JOIN piece p USING (t)
			UNION ALL SELECT o.t, o.pc, o.since, 4, (SELECT addr FROM variables WHERE name = 'kept' AND module_id = 1) - 24 FROM ordered o)
		SELECT p.t, p.pc, (SELECT count(*) FROM own h WHERE h.pc = p.pc AND h.t > p.since AND h.t <= p.t), p.addr, lower(hex(memory_at(p.addr, 64, p.t)))
		FROM place p ORDER BY p.t, p.part`)
	if len(rows) < 3*memoryPoints {
		t.Fatalf("%d places, want at least %d", len(rows), 3*memoryPoints)
	}
	first, second := gdbMemory(t, path, rows), gdbMemory(t, path, rows)
	if len(first) != len(rows) || len(second) != len(rows) {
		t.Skipf("gdb does not work here: it read %d of %d places", len(first), len(rows))
	}
	compared, varies, shift := 0, 0, uint64(0)
	for i, r := range rows {
		if len(r[4]) != 128 || len(first[i]) != 128 || len(second[i]) != 128 {
			t.Errorf("t %s: memory_at(%s, 64) is %q, gdb says %q", r[0], r[3], r[4], first[i])
			continue
		}
		for w := 0; w < 128; w += 16 {
			got, want := word(t, r[4][w:w+16]), word(t, first[i][w:w+16])
			if inLibraries(got) && inLibraries(want) && shift == 0 {
				shift = got - want
			}
			switch {
			case first[i][w:w+16] != second[i][w:w+16]:
				varies++
			case got != want && !(inLibraries(got) && inLibraries(want) && got-want == shift):
				t.Errorf("t %s: the word at %s+%d is %#x, gdb says %#x", r[0], r[3], w/2, got, want)
			default:
				compared++
			}
		}
	}
	if varies*10 > compared {
		t.Errorf("%d words vary, %d do not", varies, compared)
	}
	t.Logf("%d words of %d places compared, %d vary between runs", compared, len(rows), varies)
}

// word is 8 bytes of memory, given in hexadecimal, as a number.
func word(t *testing.T, text string) uint64 {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return endian.LittleEndian.Uint64(b)
}

// inLibraries tells whether an address lies where libraries are mapped.
func inLibraries(address uint64) bool { return address>>36 == 0x7ff && address < 0x7ffff8000000 }

var gdbBytes = regexp.MustCompile(`0x([0-9a-f]{2})\b`)

// gdbMemory reads 64 bytes at each place, in hexadecimal.
func gdbMemory(t *testing.T, path string, rows [][]string) (read []string) {
	t.Helper()
	args := []string{"env", "-i", "gdb", "-nx", "-batch"}
	for _, line := range []string{"set startup-with-shell off", "set debuginfod enabled off", "set disable-randomization on",
		"unset environment LINES", "unset environment COLUMNS", "break *main", "run", "delete"} {
		args = append(args, "-ex", line)
	}
	for i, r := range rows {
		if i == 0 || rows[i-1][0] != r[0] {
			args = append(args, "-ex", "tbreak *"+r[1], "-ex", fmt.Sprintf("ignore $bpnum %d", number(t, r[2])-1), "-ex", "continue",
				"-ex", `printf "\n@@pc %lu\n", $pc`)
		}
		args = append(args, "-ex", `printf "\n@@memory\n"`, "-ex", "x/64xb "+r[3], "-ex", `printf "\n@@end\n"`)
	}
	r := run(t, command{args: append(args, "-ex", "kill", path)})
	at := ""
	for _, part := range strings.Split(r.stdout, "\n@@")[1:] {
		key, text, _ := strings.Cut(part, "\n")
		if pc, ok := strings.CutPrefix(key, "pc "); ok {
			at = pc
		}
		if key != "memory" || len(read) == len(rows) {
			continue
		}
		if at != rows[len(read)][1] {
			t.Fatalf("gdb is at %s, not at %s", at, rows[len(read)][1])
		}
		var bytes strings.Builder
		for line := range strings.Lines(text) {
			_, values, _ := strings.Cut(line, ":")
			for _, m := range gdbBytes.FindAllStringSubmatch(values, -1) {
				bytes.WriteString(m[1])
			}
		}
		read = append(read, bytes.String())
	}
	return read
}
