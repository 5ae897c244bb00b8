// A Rust program whose global allocator tells of all that it is asked for.
// build: rustc -g $FLAGS -o $OUT $SOURCE
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

#[path = "heap_lines.inc"]
mod heap_lines;
use heap_lines::{gave, say, took};

struct Telling;

unsafe impl GlobalAlloc for Telling {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let p = System.alloc(layout);
        took(p as usize, layout.size(), "__rust_alloc");
        p
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let p = System.alloc_zeroed(layout);
        took(p as usize, layout.size(), "__rust_alloc_zeroed");
        p
    }
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let p = System.realloc(old, layout, size);
        gave(old as usize, "__rust_realloc");
        took(p as usize, size, "__rust_realloc");
        p
    }
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        gave(p as usize, "__rust_dealloc");
        System.dealloc(p, layout);
    }
}

#[global_allocator]
static TELLING: Telling = Telling;

struct Node {
    value: u64,
    next: Option<Rc<Node>>,
}

fn main() {
    let mut words: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (i, w) in "the quick brown fox jumps over the lazy dog".split(' ').enumerate() {
        words.entry(w.to_string()).or_default().push(i as u32);
    }
    let lengths: HashMap<&str, usize> = words.keys().map(|w| (w.as_str(), w.len())).collect();
    let mut head: Option<Rc<Node>> = None;
    for value in 0..10 {
        head = Some(Rc::new(Node { value, next: head }));
    }
    let mut sum = 0;
    let mut at = &head;
    while let Some(node) = at {
        sum += node.value;
        at = &node.next;
    }
    let zeros = vec![0u64; 1000 + sum as usize];
    let text = format!("{} {} {} {}", words.len(), lengths["quick"], sum, zeros.len());
    std::mem::forget(vec![1u8; 64]);
    say(if text == "8 5 45 1045" { "EXIT-SUCCESS\n" } else { "EXIT-FAILURE\n" });
}
