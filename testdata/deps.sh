#!/bin/bash
# Sees that what is not a Go module is there. As root on a Debian-like system it
# installs what is missing; elsewhere it names it.
#
#   deps.sh build   what compiling hindsight needs
#   deps.sh all     also the programs that tests and benchmarks work on
#
# Without what compiling needs it fails; without the others tests are skipped.
set -euo pipefail

# A need is "what shows that it is there|package": a command, or a file.
build=("gcc|gcc" "g++|g++" "ld|binutils" "/usr/include/Zydis/Zydis.h|libzydis-dev" "/usr/include/stdio.h|libc6-dev")
tests=("strace|strace" "gdb|gdb" "valgrind|valgrind" "qemu-x86_64|qemu-user" "gzip|gzip" "xz|xz-utils"
	"sqlite3|sqlite3" "/usr/bin/python3|python3" "perl|perl" "git|git" "jq|jq" "find|findutils" "tar|tar" "sort|coreutils"
	"rustc|rustc" "node|nodejs" "npm|npm" "setpriv|util-linux" "/usr/share/doc/libc6-dbg|libc6-dbg")

missing() {
	local need
	for need in "$@"; do
		case ${need%%|*} in
		/*) [[ -e ${need%%|*} ]] || echo "${need##*|}" ;;
		*) command -v "${need%%|*}" >/dev/null || echo "${need##*|}" ;;
		esac
	done
}

needs=("${build[@]}")
[[ ${1:-all} == build ]] || needs+=("${tests[@]}")
mapfile -t lacking < <(missing "${needs[@]}")
[[ ${#lacking[@]} -gt 0 ]] || exit 0

if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
	echo "installing ${lacking[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q >/dev/null || echo "apt-get update failed; trying with the lists there are" >&2
	apt-get install -y -q --no-install-recommends "${lacking[@]}" >/dev/null ||
		for package in "${lacking[@]}"; do # one that is gone must not keep out the others
			apt-get install -y -q --no-install-recommends "$package" >/dev/null || echo "could not install $package" >&2
		done
else
	echo "missing packages (Debian names): ${lacking[*]}" >&2
	echo "install them with: sudo apt-get install ${lacking[*]}" >&2
fi
mapfile -t lacking < <(missing "${build[@]}")
if [[ ${#lacking[@]} -gt 0 ]]; then
	echo "cannot build without: ${lacking[*]}" >&2
	exit 1
fi
