package abi

var keyID = scalar{"key", 4, true, func(p *printer, v uint64) {
	special := names{{1, "KEY_SPEC_THREAD_KEYRING"}, {2, "KEY_SPEC_PROCESS_KEYRING"}, {3, "KEY_SPEC_SESSION_KEYRING"}, {4, "KEY_SPEC_USER_KEYRING"},
		{5, "KEY_SPEC_USER_SESSION_KEYRING"}, {6, "KEY_SPEC_GROUP_KEYRING"}, {7, "KEY_SPEC_REQKEY_AUTH_KEY"}, {8, "KEY_SPEC_REQUESTOR_KEYRING"}}
	if s, ok := special.find(uint64(-int64(int32(v)))); ok {
		p.text(s)
		return
	}
	p.decimal(int64(int32(v)))
}}

// keyctls are the operations of keyctl(2) and their arguments. A result may be
// longer than the buffer, which then holds only as much as fits.
var keyctls = map[uint64]prctlSpec{
	0: {"KEYCTL_GET_KEYRING_ID", []arg{keyID, i32}}, 1: {"KEYCTL_JOIN_SESSION_KEYRING", []arg{named}}, 2: {"KEYCTL_UPDATE", []arg{keyID, inBuffer(argn(3)), size}},
	3: {"KEYCTL_REVOKE", []arg{keyID}}, 4: {"KEYCTL_CHOWN", []arg{keyID, uid, uid}}, 5: {"KEYCTL_SETPERM", []arg{keyID, hex32}},
	6: {"KEYCTL_DESCRIBE", []arg{keyID, outBuffer(resultMax(3)), size}}, 7: {"KEYCTL_CLEAR", []arg{keyID}}, 8: {"KEYCTL_LINK", []arg{keyID, keyID}},
	9: {"KEYCTL_UNLINK", []arg{keyID, keyID}}, 10: {"KEYCTL_SEARCH", []arg{keyID, named, named, keyID}}, 11: {"KEYCTL_READ", []arg{keyID, outBuffer(resultMax(3)), size}},
	12: {"KEYCTL_INSTANTIATE", []arg{keyID, inBuffer(argn(3)), size, keyID}}, 13: {"KEYCTL_NEGATE", []arg{keyID, u32, keyID}},
	14: {"KEYCTL_SET_REQKEY_KEYRING", []arg{i32}}, 15: {"KEYCTL_SET_TIMEOUT", []arg{keyID, u32}}, 16: {"KEYCTL_ASSUME_AUTHORITY", []arg{keyID}},
	17: {"KEYCTL_GET_SECURITY", []arg{keyID, outBuffer(resultMax(3)), size}}, 18: {"KEYCTL_SESSION_TO_PARENT", nil}, 19: {"KEYCTL_REJECT", []arg{keyID, u32, u32, keyID}},
	21: {"KEYCTL_INVALIDATE", []arg{keyID}}, 22: {"KEYCTL_GET_PERSISTENT", []arg{uid, keyID}}, 30: {"KEYCTL_MOVE", []arg{keyID, keyID, keyID, hex32}},
	31: {"KEYCTL_CAPABILITIES", []arg{outBuffer(argn(2)), size}},
}

var keyOption = scalar{"KEYCTL_*", 4, false, func(p *printer, v uint64) {
	if o, ok := keyctls[v]; ok {
		p.text(o.name)
		return
	}
	p.hex(v)
	p.comment("KEYCTL_???")
}}

func keyArg(i int) arg {
	return choice{"by operation", func(args [6]uint64) arg {
		o, ok := keyctls[args[0]&0xffffffff]
		switch {
		case !ok:
			return hex64
		case i <= len(o.args):
			return o.args[i-1]
		}
		return absent
	}}
}

// keyGuard answers EOPNOTSUPP for operations that are not described, as a
// kernel without them would.
func keyGuard(args [6]uint64) (string, int) {
	if _, ok := keyctls[args[0]&0xffffffff]; !ok {
		return "", 95
	}
	return "", 0
}
