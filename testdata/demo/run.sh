#!/bin/bash
# Records a program with a bug, indexes the recording and asks its history three
# questions. Usage: run.sh [HINDSIGHT], the binary.
set -euo pipefail
hindsight=$(realpath "${1:-./hindsight}")
cd "$(dirname "$0")"
work=$(cd ../.. && pwd)/build/demo
mkdir -p "$work"
export HINDSIGHT_DIR=$work/recordings
gcc -g -o "$work/ledger" ledger.c

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say '$ ./ledger'
"$work/ledger" || true
say '$ hindsight record ./ledger'
"$hindsight" record "$work/ledger" || true
say '$ hindsight index'
"$hindsight" index
for question in [0-9]*.sql; do
	say "$(sed -n 's/^-- //p' "$question")"
	grep -v '^--' "$question"
	"$hindsight" sql -f "$question"
done
