package chart

import (
	"math"
	"strconv"
	"strings"
)

// scale maps values to pixels.
type scale struct {
	lo, hi   float64 // values
	from, to float64 // pixels
	log      bool
}

// newScale makes a scale whose ends are round numbers around [lo, hi].
func newScale(lo, hi, from, to float64, log bool) scale {
	s := scale{from: from, to: to, log: log}
	if log {
		s.lo = math.Pow(10, math.Floor(math.Log10(lo)+1e-9))
		s.hi = math.Pow(10, math.Ceil(math.Log10(hi)-1e-9))
		if s.lo == 0 { // below the smallest power of ten that there is
			s.lo = lo
		}
		if math.IsInf(s.hi, 0) {
			s.hi = hi
		}
		if s.hi <= s.lo {
			s.hi = s.lo * 10
		}
		return s
	}
	if lo == hi {
		// One value stands in the middle, with a little room.
		room := math.Max(math.Abs(lo)*0.1, 0.5)
		lo, hi = lo-room, hi+room
	}
	step := niceStep(lo, hi, 6)
	s.lo, s.hi = math.Floor(lo/step)*step, math.Ceil(hi/step)*step
	if math.IsInf(s.lo, 0) || math.IsInf(s.hi, 0) || math.IsNaN(s.lo) || math.IsNaN(s.hi) {
		s.lo, s.hi = lo, hi
	}
	return s
}

// at gives the pixel of a value.
func (s scale) at(v float64) float64 {
	lo, hi := s.lo, s.hi
	if s.log {
		lo, hi, v = math.Log10(lo), math.Log10(hi), math.Log10(v)
	}
	// Halves, so that the widest range of floats does not overflow.
	share := (v/2 - lo/2) / (hi/2 - lo/2)
	return s.from + share*(s.to-s.from)
}

// ticks are the values to mark, about n of them.
func (s scale) ticks(n int) []float64 {
	if s.log {
		return s.logTicks(n)
	}
	step := niceStep(s.lo, s.hi, n)
	if step <= 0 || math.IsInf(step, 0) {
		return []float64{s.lo, s.hi}
	}
	var out []float64
	first := math.Ceil(s.lo/step - 1e-9)
	for i := 0; i <= 4*n; i++ {
		v := (first + float64(i)) * step
		if v > s.hi+step*1e-9 {
			break
		}
		if v == 0 {
			v = 0 // not -0
		}
		out = append(out, v)
	}
	return out
}

func (s scale) logTicks(n int) []float64 {
	first, last := math.Round(math.Log10(s.lo)), math.Round(math.Log10(s.hi))
	every := math.Max(1, math.Ceil((last-first)/float64(n)))
	var out []float64
	for e := first; e <= last; e += every {
		if v := math.Pow(10, e); v > 0 && !math.IsInf(v, 0) {
			out = append(out, v)
		}
	}
	return out
}

// niceStep is 1, 2 or 5 times a power of ten, about an n-th of the range.
func niceStep(lo, hi float64, n int) float64 {
	raw := (hi/float64(n) - lo/float64(n))
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if raw <= m*power*1.0001 {
			return m * power
		}
	}
	return 10 * power
}

// short writes an axis' number: 1.5M, 200k, 0.25.
func short(v float64) string {
	abs := math.Abs(v)
	switch {
	case v == 0:
		return "0"
	case abs >= 1e15 || abs < 1e-4:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	for _, unit := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		// 10,000 and below are as short when written out.
		if abs >= unit.size && abs >= 1e4 {
			return trimmed(v/unit.size) + unit.name
		}
	}
	return trimmed(v)
}

func trimmed(v float64) string {
	return strconv.FormatFloat(roundTo(v, 6), 'f', -1, 64)
}

// roundTo keeps so many significant digits, against 0.30000000000000004.
func roundTo(v float64, digits int) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil {
		return v
	}
	return r
}

// full writes a number with all digits, integers grouped by commas.
func full(v float64) string {
	if v != math.Trunc(v) || math.Abs(v) >= 1<<53 {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	digits := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	var out strings.Builder
	if v < 0 {
		out.WriteByte('-')
	}
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(c)
	}
	return out.String()
}

// num writes a coordinate. Two decimals are finer than any screen.
func num(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "0"
	}
	s := strconv.FormatFloat(v, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
