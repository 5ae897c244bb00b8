// Package x86 decodes and rewrites x86-64 machine code: which registers an
// instruction reads and writes, where it goes, what memory it stores, and the
// two rewritings that the translator needs (rename r15, repeat a store
// elsewhere).
//
// Decoding is Zydis 4; this package adds the summary that both the translator
// and the step engine work from. It never executes anything.
package x86

import "fmt"

// Numbers of the general registers as machine code has them.
const (
	RAX = iota
	RCX
	RDX
	RBX
	RSP
	RBP
	RSI
	RDI
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
)

const (
	// NoReg stands for an absent register in Inst.
	NoReg = 255
	// RIP as Inst.Base: Disp is the absolute address.
	RIP = 254
)

// Kind tells how an instruction continues.
type Kind uint8

const (
	Normal       Kind = iota // goes on behind itself
	Jump                     // direct
	Cond                     // conditional direct, condition Inst.Cond
	Loop                     // jrcxz, jecxz, loop…: conditional direct, 8-bit offset only
	Call                     // direct
	Ret                      // near return; Imm further bytes are popped
	JumpIndirect             // through BranchRegister or the Load operand
	CallIndirect
	Syscall
	Trap        // int3, ud2, hlt …: raises a signal
	Input       // rdtsc, rdtscp, cpuid, xgetbv: answers depend on the machine
	Unsupported // cannot be replayed: rdrand, far branches, transactions …
	Bad         // not an instruction
)

// Store tells how a stored value can be logged.
type Store uint8

const (
	NoStore       Store = iota
	StoreImm            // Imm, Size bytes
	StoreReg            // general register Source (bits 8 to 15 of it where SourceHigh)
	StoreCopy           // repeat the store elsewhere: CopyStore
	StoreMasked         // the same under write mask Mask with lanes of Lane bytes
	StoreReadback       // read the operand back afterwards
	StorePushed         // read [rsp] back afterwards
	StoreStos           // stos, with or without REP
	StoreMovs           // movs, with or without REP
	StoreSlow           // everything else: needs state of before, or has a shape of its own
)

// Effect is what an instruction makes of a general register where that is a
// simple function of a register's old value.
type Effect uint8

const (
	NoEffect    Effect = iota
	EffectAdd          // dst += imm
	EffectCopy         // dst = src + imm
	EffectConst        // dst = imm
	EffectPush         // rsp -= imm
	EffectPop          // rsp += imm, and dst (NoReg: none) is loaded
	EffectLeave        // rsp = rbp + 8, rbp is loaded
)

// Encoding fields that name r15.
const (
	fieldReg = 1 << iota
	fieldRM
	fieldIndex
	fieldVVVV
	fieldOpcode
)

// Flags of an Inst.
const (
	SetsDF    = 1 // std; popf, which may
	Address32 = 2 // 32-bit addressing
	Scatter   = 4 // one address a lane
)

// Encodings (ZydisInstructionEncoding).
const (
	encodingLegacy = iota
	encoding3DNow
	encodingXOP
	encodingVEX
	encodingEVEX
)

// Inst summarises one instruction. Its layout is x86_inst's in decode.h.
type Inst struct {
	PC        uint64
	Target    uint64 // of a direct branch, or what a RIP-relative operand addresses
	Imm       int64  // stored immediate; extra bytes popped by ret
	Disp      int64  // displacement of the stored operand; its address where Base is RIP
	EffectImm int64
	Read      uint32 // mask of the general registers read
	Written   uint32 // mask of those written
	Mnemonic  uint16 // Zydis's number, see Name
	Size      uint16 // bytes of the stored operand, all lanes
	Len       uint8
	Kind      Kind
	Cond      uint8
	Store     Store
	// The stored operand: [Base + Index*Scale + Disp], Seg 1 is fs, 2 gs.
	Base, Index, Scale, Seg        uint8
	Source                         uint8
	SourceHigh                     bool
	Effect                         Effect
	EffectDst, EffectSrc           uint8
	RIPRelative                    bool
	DispOffset, DispSize           uint8
	Mask, Lane                     uint8
	encoding, prefixLen            uint8
	rexOffset, vexOffset           uint8
	opcodeOffset, modrmOffset      uint8
	r15Fields                      uint8
	MemoryWrites, MemoryReads      uint8
	OperandWidth                   uint8 // bits
	Rep                            bool
	Flags                          uint8
	LoadBase, LoadIndex, LoadScale uint8 // operand of an indirect branch
	LoadSeg                        uint8
	LoadDisp                       int64
	BranchRegister                 uint8
	_                              [7]byte
}

// Next is the address behind the instruction.
func (i *Inst) Next() uint64 { return i.PC + uint64(i.Len) }

// Stores15 tells whether r15 is an operand of its own, not only part of an
// address.
func (i *Inst) Stores15() bool {
	return i.r15Fields&(fieldReg|fieldVVVV|fieldOpcode) != 0
}

// Uses15 tells whether the instruction names r15.
func (i *Inst) Uses15() bool { return i.r15Fields != 0 || (i.Read|i.Written)>>R15&1 != 0 }

// Describe renders bytes and text of an instruction for a message.
func Describe(code []byte, pc uint64) string {
	text, n := Format(code, pc)
	if n == 0 {
		n = min(len(code), 8)
		text = "(not an instruction)"
	}
	return fmt.Sprintf("%#x: % x  %s", pc, code[:n], text)
}
