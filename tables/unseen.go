package tables

import (
	"fmt"
	"slices"
	"strings"

	"hindsight/internal/symbols"
)

// maxUnseen is how many functions are told one by one to have variables that are not
// in memory, and maxUnseenNames how many of a function's variables.
const (
	maxUnseen      = 200
	maxUnseenNames = 20
)

const unseenAdvice = "compile with -O0 or -Og to see all that is written to them"

// noteUnseen tells of which functions that ran variables cannot be followed. Those
// of the system's libraries are told by the library.
func (x *indexer) noteUnseen(unseen []unseenVariable) {
	told, more := 0, 0
	for len(unseen) > 0 {
		m := unseen[0].module
		n := slices.IndexFunc(unseen, func(u unseenVariable) bool { return u.module != m })
		if n < 0 {
			n = len(unseen)
		}
		ofModule := unseen[:n]
		unseen = unseen[n:]
		slices.SortStableFunc(ofModule, func(a, b unseenVariable) int { return int(a.function) - int(b.function) })
		functions := 0
		for len(ofModule) > 0 {
			f := ofModule[0].function
			k := slices.IndexFunc(ofModule, func(u unseenVariable) bool { return u.function != f })
			if k < 0 {
				k = len(ofModule)
			}
			functions++
			switch {
			case x.ofSystem(m):
			case told < maxUnseen:
				x.noteFunction(m, f, ofModule[:k])
				told++
			default:
				more++
			}
			ofModule = ofModule[k:]
		}
		if x.ofSystem(m) {
			x.note("info", "variables of "+moduleName(x.code.modules[m].path), fmt.Sprintf(
				"%d of its functions that ran have variables that are in registers or optimized out, as variables.lives says: it was compiled with optimization", functions))
		}
	}
	if more > 0 {
		x.note("info", "variables", fmt.Sprintf("%d more functions that ran have variables that are in registers or optimized out, as variables.lives says: %s", more, unseenAdvice))
	}
}

// ofSystem tells whether a module belongs to the system: nobody compiles it anew.
func (x *indexer) ofSystem(module int) bool {
	path := x.code.modules[module].path
	for _, dir := range []string{"/usr/lib/", "/usr/libexec/", "/usr/bin/", "/lib/", "/lib64/", "/bin/", "["} {
		if strings.HasPrefix(path, dir) {
			return true
		}
	}
	return false
}

func (x *indexer) noteFunction(module int, function uint32, list []unseenVariable) {
	fn := &x.code.modules[module].file.Functions()[function-x.code.first[module]]
	var parts []string
	for _, lives := range []symbols.Lives{symbols.InRegister, symbols.InBoth, symbols.IsConstant, symbols.OptimizedOut} {
		var names []string
		for _, u := range list {
			if u.lives == lives && !slices.Contains(names, u.name) {
				names = append(names, u.name)
			}
		}
		if len(names) > maxUnseenNames {
			names = append(names[:maxUnseenNames], fmt.Sprintf("%d more", len(names)-maxUnseenNames))
		}
		if len(names) > 0 {
			parts = append(parts, unseenWords[lives]+": "+strings.Join(names, ", "))
		}
	}
	x.note("info", "variables of "+functionName(fn), strings.Join(parts, "; ")+". What is written to registers is not seen: "+unseenAdvice)
}

var unseenWords = map[symbols.Lives]string{
	symbols.InRegister:   "in registers",
	symbols.InBoth:       "at times in registers",
	symbols.IsConstant:   "constant",
	symbols.OptimizedOut: "optimized out",
}
