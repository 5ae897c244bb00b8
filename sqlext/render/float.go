package render

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// floatFormat is a binary floating-point format.
type floatFormat struct {
	exponentBits, fractionBits int
	integerBit                 bool // the 80-bit format stores the digit before the point
	digits                     int  // exponents from here on are written with e
}

var (
	halfFormat   = floatFormat{5, 10, false, 5}
	brainFormat  = floatFormat{8, 7, false, 4}
	singleFormat = floatFormat{8, 23, false, 9}
	doubleFormat = floatFormat{11, 52, false, 17}
	x87Format    = floatFormat{15, 63, true, 21}
	quadFormat   = floatFormat{15, 112, false, 36}
)

// float writes a floating-point number: the shortest digits that give it again.
func (p *printer) float(v val) {
	name := strings.ToLower(v.typ.Name)
	if half := len(v.b) / 2; strings.Contains(name, "complex") {
		part := strings.Replace(name, "complex ", "", 1)
		p.write(floatText(part, v.b[:half], false) + " + " + floatText(part, v.b[half:], false) + "i")
		return
	}
	p.write(floatText(name, v.b, v.isRust()))
}

func floatText(name string, b []byte, rust bool) string {
	var f floatFormat
	switch {
	case len(b) == 2 && strings.Contains(name, "bf"):
		f = brainFormat
	case len(b) == 2:
		f = halfFormat
	case len(b) == 4:
		f = singleFormat
	case len(b) == 8:
		f = doubleFormat
	case len(b) == 16 && (strings.Contains(name, "128") || rust):
		f = quadFormat
	case len(b) == 12 || len(b) == 16:
		f = x87Format
	default:
		return unknown
	}
	return f.text(b, rust)
}

// text renders the number in b.
func (f floatFormat) text(b []byte, rust bool) string {
	bits := f.bits(b)
	fractionEnd := f.fractionBits
	if f.integerBit {
		fractionEnd++
	}
	field := func(lo, n int) *big.Int {
		mask := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(n)), big.NewInt(1))
		return mask.And(mask, new(big.Int).Rsh(bits, uint(lo)))
	}
	sign := ""
	if bits.Bit(fractionEnd+f.exponentBits) == 1 {
		sign = "-"
	}
	exponent := int(field(fractionEnd, f.exponentBits).Int64())
	if exponent == 1<<f.exponentBits-1 {
		return special(sign, field(0, f.fractionBits), rust)
	}
	mantissa := field(0, fractionEnd)
	if !f.integerBit && exponent > 0 {
		mantissa.SetBit(mantissa, f.fractionBits, 1)
	}
	bias := 1<<(f.exponentBits-1) - 1
	return sign + f.digitsOf(mantissa, max(exponent, 1)-bias-f.fractionBits, rust)
}

// bits reads the number's bits; the 80-bit format has padding behind them.
func (f floatFormat) bits(b []byte) *big.Int {
	if f.integerBit {
		b = b[:10]
	}
	reversed := make([]byte, len(b))
	for i, c := range b {
		reversed[len(b)-1-i] = c
	}
	return new(big.Int).SetBytes(reversed)
}

func special(sign string, fraction *big.Int, rust bool) string {
	switch {
	case fraction.Sign() == 0:
		return sign + "inf"
	case rust:
		return "NaN"
	}
	return sign + "nan(0x" + fraction.Text(16) + ")"
}

// digitsOf renders mantissa * 2^exponent.
func (f floatFormat) digitsOf(mantissa *big.Int, exponent int, rust bool) string {
	if mantissa.Sign() == 0 {
		if rust {
			return "0.0"
		}
		return "0"
	}
	var text string
	switch f {
	case doubleFormat, singleFormat:
		m, _ := new(big.Float).SetInt(mantissa).Float64()
		size := 64
		if f == singleFormat {
			size = 32
		}
		text = strconv.FormatFloat(math.Ldexp(m, exponent), 'e', -1, size)
	default:
		// A subnormal number has fewer digits of its own than its format.
		precision := min(f.fractionBits+1, max(mantissa.BitLen(), 1))
		x := new(big.Float).SetPrec(uint(precision)).SetInt(mantissa)
		text = x.SetMantExp(x, exponent).Text('e', -1)
	}
	return placePoint(text, f.digits, rust)
}

// placePoint writes d.ddde±xx without exponent where that is short.
func placePoint(text string, digits int, rust bool) string {
	number, exp, _ := strings.Cut(text, "e")
	e, err := strconv.Atoi(exp)
	if err != nil {
		return text
	}
	low, high := -5, digits // as %g
	if rust {
		high = 16 // as {:?}
	}
	if e <= low || e >= high {
		if rust {
			return number + "e" + strconv.Itoa(e)
		}
		return text
	}
	ds := strings.Replace(number, ".", "", 1)
	switch {
	case e < 0:
		return "0." + strings.Repeat("0", -e-1) + ds
	case e >= len(ds)-1:
		ds += strings.Repeat("0", e-len(ds)+1)
		if rust {
			ds += ".0"
		}
		return ds
	}
	return ds[:e+1] + "." + ds[e+1:]
}
