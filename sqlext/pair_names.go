package sqlext

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
)

// This file says when a name of one build and a name of another mean the same.

var (
	// cloneSuffix is what compilers and linkers append to the names of copies and
	// parts of a function, and to those of functions within functions.
	cloneSuffix = regexp.MustCompile(`(?:\.(?:constprop|isra|part|cold|lto_priv|llvm|localalias|clone)(?:\.\d+)*|\.\d+| \[clone [^\]]*\]|::h[0-9a-f]{16}|@@?(?:GLIBC|GLIBCXX|CXXABI|GCC)_[\w.]+)+$`)
	// noName is the name of a function that only the unwind tables know, which
	// has its address.
	noName = regexp.MustCompile(`^sub_[0-9a-f]+$`)
	// libraryVersion is what follows a shared library's name.
	libraryVersion = regexp.MustCompile(`\.so[.\d]*$`)
)

// unnamed stands for the functions that have no name of their own.
const unnamed = "?"

// stableName is a function's name without what differs between builds.
func stableName(name string) string {
	if name == "" || noName.MatchString(name) {
		return unnamed
	}
	if short := cloneSuffix.ReplaceAllString(name, ""); short != "" {
		return short
	}
	return name
}

// stableModule is a shared library's name without its version.
func stableModule(file string) string {
	return libraryVersion.ReplaceAllString(path.Base(file), ".so")
}

// systemFolders hold what is not the program's own.
var systemFolders = []string{"/lib/", "/lib32/", "/lib64/", "/usr/lib/", "/usr/lib32/", "/usr/lib64/", "/gnu/store/", "/nix/store/"}

// systemModule tells a library of the system from one that came with the program.
func systemModule(file string) bool {
	return strings.HasPrefix(file, "[") || slices.ContainsFunc(systemFolders, func(f string) bool { return strings.HasPrefix(file, f) })
}

// commonTail is how many path components two files share at their ends.
func commonTail(a, b string) int {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < len(x) && n < len(y) && x[len(x)-1-n] == y[len(y)-1-n] {
		n++
	}
	return n
}

// matchFiles gives the source files of two builds, whose folders differ, common
// names. Files of the same last component are the same where each side has one;
// of several, those that share more of their paths' ends, and then more
// functions, are. The name is the shortest end of the path that no other file of
// head has, or of both where only base has the file. shared counts the functions
// that two files have in common.
func matchFiles(head, base []string, shared func(h, b string) int) (names [2]map[string]string) {
	partner := map[string]string{} // of base, in head
	groups := map[string][2][]string{}
	for side, files := range [][]string{head, base} {
		for _, f := range files {
			g := groups[path.Base(f)]
			g[side] = append(g[side], f)
			groups[path.Base(f)] = g
		}
	}
	for _, g := range groups {
		pairSameNames(g[0], g[1], shared, partner)
	}
	names[0], names[1] = map[string]string{}, map[string]string{}
	taken := map[string]bool{}
	for f, name := range shortestEnds(head) {
		names[0][f] = name
		taken[name] = true
	}
	ends := shortestEnds(append(slices.Clone(head), base...))
	for _, f := range base {
		switch h, ok := partner[f]; {
		case ok:
			names[1][f] = names[0][h]
		case taken[ends[f]]:
			names[1][f] = f
		default:
			names[1][f] = ends[f]
		}
	}
	return names
}

// pairSameNames pairs files that have the same last component, best pairs first.
func pairSameNames(head, base []string, shared func(h, b string) int, partner map[string]string) {
	type candidate struct {
		head, base   string
		tail, shared int
	}
	var all []candidate
	for _, h := range head {
		for _, b := range base {
			c := candidate{head: h, base: b, tail: commonTail(h, b)}
			if len(head)*len(base) > 1 {
				c.shared = shared(h, b)
			}
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(b.tail-a.tail, b.shared-a.shared, cmp.Compare(a.head, b.head), cmp.Compare(a.base, b.base))
	})
	used := map[string]bool{}
	for _, c := range all {
		if _, done := partner[c.base]; !done && !used[c.head] {
			partner[c.base], used[c.head] = c.head, true
		}
	}
}

// shortestEnds gives each file the shortest end of its path, in whole
// components, that no other file has.
func shortestEnds(files []string) map[string]string {
	slices.Sort(files)
	files = slices.Compact(files)
	count := map[string]int{}
	for _, f := range files {
		for end := range ends(f) {
			count[end]++
		}
	}
	names := map[string]string{}
	for _, f := range files {
		names[f] = f
		for end := range ends(f) {
			if count[end] == 1 {
				names[f] = end
				break
			}
		}
	}
	return names
}

// ends yields a path's ends, the shortest first.
func ends(file string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := len(file) - 1; i >= 0; i-- {
			if file[i] == '/' && i+1 < len(file) && !yield(file[i+1:]) {
				return
			}
		}
		yield(file)
	}
}
