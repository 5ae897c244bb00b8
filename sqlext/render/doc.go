// Package render turns the bytes of a variable into text, by its type: as gdb
// prints values for C and C++, as {:?} does for Rust.
//
// A Renderer has the types of a history (Types, which whoever opens the history
// fills from the table types), and finds what pointers point to in Memory and
// the names of functions and globals in Symbols. It reads nothing else, keeps no
// state between values, and never fails: what is not known is rendered as
// <unknown>, a pointer to what is not known as the pointer alone, a type that
// contradicts itself as far as it goes.
//
// docs/values.md describes the texts.
package render
