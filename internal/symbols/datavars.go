package symbols

import (
	"slices"
)

// rawVariable is a variable as a unit has it: typ is a key.
type rawVariable struct {
	Variable
	typ uint64
}

// declaration is where a variable was declared that is defined elsewhere.
type declaration struct {
	scope   string
	inClass bool
}

// description is what an entry and those that it refers to say of a variable.
type description struct {
	name, linkage string
	typ           uint64
	file          string
	line          int32
	external      bool
	constant      bool
	from          declaration
}

func (p *dataUnit) describeVariable(e *entry) (d description) {
	u := p.u
	for range 8 {
		if d.name == "" {
			d.name = u.string(e.get(aName))
		}
		if d.linkage == "" {
			d.linkage = u.string(e.get(aLinkage))
		}
		if d.typ == 0 {
			_, _, d.typ = u.reference(e.get(aType))
		}
		if d.file == "" && e.ok(aDeclFile) {
			d.file = p.fileName(u, e.v[aDeclFile].u)
		}
		if d.line == 0 {
			d.line = int32(e.get(aDeclLine).value().number())
		}
		d.external = d.external || e.flag(aExternal)
		d.constant = d.constant || e.ok(aConst)
		ref, specified := e.get(aOrigin), false
		if !ref.ok() {
			ref, specified = e.get(aSpecification), true
		}
		to, off, key := u.reference(ref)
		if to == nil {
			return d
		}
		if specified {
			d.from = p.declarationOf(to, off, key)
		}
		if !to.entryAt(off, &p.follow) {
			return d
		}
		e, u = &p.follow, to
	}
	return d
}

// declarationOf finds where a variable was declared.
func (p *dataUnit) declarationOf(u *unit, off, key uint64) declaration {
	if d, ok := p.declared[key]; ok {
		return d
	}
	scope := ""
	if q := u.qualifiedName(off, ""); len(q) > 2 {
		scope = q[:len(q)-2]
	}
	return declaration{scope: scope}
}

// declare notes a variable that is declared in a class or namespace.
func (p *dataUnit) declare(e *entry) {
	p.declared[p.u.dataKey(e.off)] = declaration{joinScope(p.qualifierAt(p.depth - 1)), p.top().kind == inType}
}

func (p *dataUnit) parameter(e *entry) {
	switch l := p.top(); l.kind {
	case inFunction:
		p.variable(e, Parameter)
	case inFuncType:
		m := rawMember{isParameter: true}
		_, _, m.typ = p.u.reference(e.get(aType))
		l.members = append(l.members, m)
	}
}

// variable takes a variable or, as kind tells, a parameter.
func (p *dataUnit) variable(e *entry, kind VariableKind) {
	l := p.top()
	switch l.kind {
	case inType:
		p.declare(e)
		return
	case inScope, inFunction, inAbstract:
	default:
		return
	}
	if e.flag(aDeclaration) && !e.ok(aLocation) {
		p.declare(e)
		return
	}
	d := p.describeVariable(e)
	if d.name == "" {
		return
	}
	v := rawVariable{typ: d.typ}
	v.Name, v.File, v.Line, v.Kind, v.Function = d.name, d.file, d.line, kind, -1
	p.locate(e, l, d.constant, &v.Variable)
	fixed := len(v.Places) > 0 && v.Places[0].Base != FromCFA && v.Places[0].Hi == 0
	if fixed && v.Places[0].Base == FromAddress && !p.f.main.mapped(uint64(v.Places[0].Offset)) {
		return // of a section that the linker dropped
	}
	switch {
	case l.kind == inScope:
		p.scopeStatic(&v.Variable, &d)
	case l.kind == inAbstract && !fixed:
		return // each place where the function is inlined has its own
	default:
		if fixed && kind == Local {
			v.Kind = Static
		}
		v.Scope = p.functionName(l)
		if l.fn != nil {
			v.Function = l.fn.index
		}
	}
	p.vars = append(p.vars, v)
}

// scopeStatic describes a variable that is in no function.
func (p *dataUnit) scopeStatic(v *Variable, d *description) {
	v.Kind = Static
	v.Scope = joinScope(p.qualifierAt(p.depth - 1))
	if d.from.scope != "" {
		v.Scope = d.from.scope
	}
	if d.external && !d.from.inClass {
		v.Kind = Global
	}
	if d.external {
		if v.Linkage = d.linkage; v.Linkage == "" {
			v.Linkage = v.Name
		}
	}
}

// mapped tells whether an address is in one of the file's segments.
func (im *image) mapped(addr uint64) bool {
	if im.loads == nil {
		return true
	}
	_, ok := slices.BinarySearchFunc(im.loads, addr, func(s span, addr uint64) int {
		switch {
		case s.hi <= addr:
			return -1
		case s.lo > addr:
			return 1
		}
		return 0
	})
	return ok
}

// locate finds out where a variable lives.
func (p *dataUnit) locate(e *entry, l *level, constant bool, v *Variable) {
	a := e.get(aLocation)
	v.Lives = OptimizedOut
	if constant {
		v.Lives = IsConstant
	}
	if !a.ok() {
		return
	}
	w := whereabouts{p: p, fn: l.fn, places: p.places[:0]}
	if a.isBlock() {
		w.everywhere(p.u.block(a), l.ranges)
	} else if a.isNumber() || a.form == formSecOffset || a.form == formLoclistx {
		w.list(p.u.locationList(a), l.ranges)
	}
	if lives, ok := w.lives(); ok {
		v.Lives = lives
	}
	if p.places = w.places; len(w.places) > 0 {
		v.Places = slices.Clone(w.places)
	}
}
