# Hindsight's developer commands. `make help` lists them.
#
#   make build     the binary ./hindsight
#   make demo      record a program with a bug, index it, and find the bug in SQL
#   make test      everything that must hold
#   make bench     measure, and write docs/benchmarks.md
#   make lint      formatting, vet, staticcheck, generated pages
#   make deps      what is not a Go module: as root installed, else named
#   make generate  the pages that come from code
#   make clean     what the above left in this folder

SHELL := /bin/bash
.SHELLFLAGS := -e -o pipefail -c
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
ROWS ?= all

.PHONY: help build deps test bench demo lint generate clean

help:
	@sed -n 's/^# \{0,1\}//p; /^$$/q' Makefile

build: deps-build
	go build -o hindsight ./cmd/hindsight

deps:
	testdata/deps.sh all

# What compiling needs, checked without installing anything else.
.PHONY: deps-build
deps-build:
	@testdata/deps.sh build

test: deps
	go test -count=1 -timeout 50m -json ./... | go run ./internal/testreport

bench: deps build
	go run ./internal/bench -rows '$(ROWS)' -hindsight ./hindsight

demo: build
	testdata/demo/run.sh ./hindsight

lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "gofmt these files:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	go test -count=1 ./internal/layering
	go test -count=1 -run 'Page$$' ./tables ./sqlext ./internal/abi ./queries/check

generate:
	go test -count=1 -run 'Page$$' ./tables ./sqlext ./internal/abi ./queries/check -update

clean:
	rm -rf hindsight build
