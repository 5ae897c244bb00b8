package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"hindsight/internal/debuginfo"
	"hindsight/internal/symbols"
)

// measureDebugInfo reads types and variables of large programs, beside what gdb takes to read all
// of its symbols, and readelf to print the same entries.
func measureDebugInfo(b *bench) ([]string, error) {
	var lines []string
	for _, program := range []struct {
		name  string
		build func(out string) error
	}{
		{"Go's compiler", b.goCompiler}, {"C++, 24 units of the standard library", b.bigCPlusPlus},
	} {
		path := filepath.Join(b.work, "debuginfo-"+strings.Fields(program.name)[0])
		if _, err := os.Stat(path); err != nil {
			if err := program.build(path); err != nil {
				lines = append(lines, program.name+": could not be built: "+firstLine(err.Error()))
				continue
			}
		}
		line, err := b.debugInfoRow(program.name, path)
		if err != nil {
			return lines, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// goCompiler builds the compiler with its debug information as it is in memory.
func (b *bench) goCompiler(out string) error {
	_, err := b.cost(1, b.work, "go", "build", "-ldflags=-compressdwarf=false", "-o", out, "cmd/compile")
	return err
}

// bigCPlusPlus builds a program of units that use much of the standard library.
func (b *bench) bigCPlusPlus(out string) error {
	const units = 24
	dir := out + ".units"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	args := []string{"-g", "-O0", "-w", "-o", out}
	for i := range units {
		source := strings.ReplaceAll(unitSource, "UNIT", fmt.Sprintf("unit%d", i))
		if i == 0 {
			source += "int main() { return unit0::work(3) == 1; }\n"
		}
		file := filepath.Join(dir, fmt.Sprintf("unit%d.cc", i))
		if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
			return err
		}
		args = append(args, file)
	}
	_, err := b.cost(1, b.work, append([]string{"g++"}, args...)...)
	return err
}

const unitSource = `#include <bits/stdc++.h>
namespace UNIT {
struct item { int id; std::string name; std::vector<item> parts; std::shared_ptr<item> next; };
struct order { bool operator()(const item &a, const item &b) const { return a.id < b.id; } };
int work(int n) {
	std::map<std::string, std::vector<item>> by_name;
	std::unordered_map<int, std::deque<std::string>> by_id;
	std::set<item, order> sorted;
	std::regex pattern("[a-z]+");
	std::list<std::tuple<int, double, std::string>> rows;
	for (int i = 0; i < n; i++) {
		item x{i, "n" + std::to_string(i), {}, nullptr};
		by_name[x.name].push_back(x);
		by_id[i].push_back(x.name);
		sorted.insert(x);
		rows.emplace_back(i, i * 0.5, x.name);
	}
	std::ostringstream text;
	for (auto &r : rows) text << std::get<0>(r) << std::get<2>(r);
	std::function<int(int)> f = [&](int k) { return k + (int)by_id.size() + std::regex_match(text.str(), pattern); };
	std::variant<int, std::string> v = n;
	std::optional<item> o;
	auto later = std::async(std::launch::deferred, f, n);
	return later.get() + (int)sorted.size() + (int)v.index() + o.has_value();
}
}
`

// debugSize is how much debug information a program has, in bytes, unpacked.
func debugSize(path string) (int64, error) {
	out, err := exec.Command("size", "-A", "-d", path).Output()
	if err != nil {
		return 0, fmt.Errorf("size %s: %w", path, err)
	}
	total := int64(0)
	for _, line := range strings.Split(string(out), "\n") {
		var name string
		var n, addr int64
		if _, err := fmt.Sscan(line, &name, &n, &addr); err == nil && strings.HasPrefix(name, ".debug_") && name != ".debug_line" {
			total += n
		}
	}
	return total, nil
}

func (b *bench) debugInfoRow(name, path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	size, err := debugSize(path)
	if err != nil {
		return "", err
	}
	var took, cached time.Duration
	var data *symbols.Data
	cache := debuginfo.At(filepath.Join(b.work, "debuginfo-cache"))
	for i := range b.runs {
		f, err := symbols.Open(path, symbols.Options{})
		if err != nil {
			return "", err
		}
		f.Functions() // what an index needs in any case
		began := time.Now()
		data = f.Data()
		if t := time.Since(began); i == 0 || t < took {
			took = t
		}
		cache.Data(f)
		began = time.Now()
		cache.Data(f)
		if t := time.Since(began); i == 0 || t < cached {
			cached = t
		}
	}
	line := fmt.Sprintf("%s (%d MB, %d MB of them debug information): %.0f MB/s, %v for %d types and %d variables; from the cache %v", name,
		info.Size()>>20, size>>20, float64(size)/1e6/took.Seconds(), round(took), len(data.Types)-1, len(data.Variables), round(cached))
	for _, peer := range []struct {
		tool, what string
		args       []string
	}{
		{"gdb", "gdb's maint expand-symtabs", []string{"gdb", "-nx", "-batch", "-ex", "maint expand-symtabs", path}},
		{"readelf", "readelf --debug-dump=info", []string{"sh", "-c", `readelf --debug-dump=info "$0" >/dev/null 2>&1`, path}},
	} {
		if !have(peer.tool) {
			line += ", " + peer.tool + " is not installed"
			continue
		}
		c, err := b.cost(1, b.work, peer.args...)
		if err != nil {
			line += ", " + peer.tool + " fails"
			continue
		}
		line += fmt.Sprintf(", %s %v (%s)", peer.what, round(c.wall), ratio(c.wall, took))
	}
	return line, nil
}
