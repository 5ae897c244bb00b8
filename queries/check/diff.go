package check

import (
	"fmt"
	"strings"
)

// diffLine is a line of a difference: of both (' '), expected ('-') or got ('+').
type diffLine struct {
	mark byte
	text string
}

const (
	// diffCells bounds the work of a difference: lines of one side times those of
	// the other, without what is equal at both ends. Beyond it, all of one side is
	// replaced by all of the other.
	diffCells = 4 << 20
	// shownChanges is how many lines of a difference are shown.
	shownChanges = 40
	// contextLines is how many equal lines are shown around a change.
	contextLines = 2
)

// diffLines finds a shortest difference of two texts.
func diffLines(want, got []string) []diffLine {
	var out, tail []diffLine
	for len(want) > 0 && len(got) > 0 && want[0] == got[0] {
		out = append(out, diffLine{' ', want[0]})
		want, got = want[1:], got[1:]
	}
	for len(want) > 0 && len(got) > 0 && want[len(want)-1] == got[len(got)-1] {
		tail = append(tail, diffLine{' ', want[len(want)-1]})
		want, got = want[:len(want)-1], got[:len(got)-1]
	}
	out = append(out, diffMiddle(want, got)...)
	for i := len(tail) - 1; i >= 0; i-- {
		out = append(out, tail[i])
	}
	return out
}

// diffMiddle compares what differs at both ends, by the longest common
// subsequence.
func diffMiddle(want, got []string) []diffLine {
	var out []diffLine
	if len(want)*len(got) <= diffCells {
		// common[i][j] is the length of that of want[i:] and got[j:].
		common := make([][]int32, len(want)+1)
		for i := range common {
			common[i] = make([]int32, len(got)+1)
		}
		for i := len(want) - 1; i >= 0; i-- {
			for j := len(got) - 1; j >= 0; j-- {
				if want[i] == got[j] {
					common[i][j] = common[i+1][j+1] + 1
				} else {
					common[i][j] = max(common[i+1][j], common[i][j+1])
				}
			}
		}
		i, j := 0, 0
		for i < len(want) && j < len(got) {
			switch {
			case want[i] == got[j]:
				out = append(out, diffLine{' ', want[i]})
				i, j = i+1, j+1
			case common[i+1][j] >= common[i][j+1]:
				out = append(out, diffLine{'-', want[i]})
				i++
			default:
				out = append(out, diffLine{'+', got[j]})
				j++
			}
		}
		want, got = want[i:], got[j:]
	}
	for _, l := range want {
		out = append(out, diffLine{'-', l})
	}
	for _, l := range got {
		out = append(out, diffLine{'+', l})
	}
	return out
}

// diff shows the difference of two texts, with the lines around each change.
func diff(want, got string) string {
	lines := diffLines(splitLines(want), splitLines(got))
	near := make([]bool, len(lines))
	for i, l := range lines {
		if l.mark != ' ' {
			for k := max(0, i-contextLines); k <= min(len(lines)-1, i+contextLines); k++ {
				near[k] = true
			}
		}
	}
	var out strings.Builder
	out.WriteString("- expected, + got\n")
	shown := 0
	for i, l := range lines {
		switch {
		case !near[i] && i > 0 && near[i-1]:
			out.WriteString("  …\n")
		case near[i] && l.mark != ' ':
			if shown++; shown > shownChanges {
				fmt.Fprintf(&out, "(the first %d changes; there are more)\n", shownChanges)
				return out.String()
			}
			fallthrough
		case near[i]:
			fmt.Fprintf(&out, "%c %s\n", l.mark, clean(l.text))
		}
	}
	return out.String()
}
