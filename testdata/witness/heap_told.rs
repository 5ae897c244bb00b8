// Rust values on the heap, told by the program; its allocator is the library's own.
// build: rustc -g $FLAGS -o $OUT $SOURCE
use std::collections::VecDeque;
use std::mem;
use std::rc::Rc;
use std::sync::Arc;

#[path = "heap_lines.inc"]
mod heap_lines;
use heap_lines::{gave, say, took};

#[inline(never)]
fn boxes() {
    let number = Box::new(7u64);
    took(&*number as *const u64 as usize, 8, "__rust_alloc");
    let big = Box::new([3u8; 300]);
    took(big.as_ptr() as usize, 300, "__rust_alloc");
    gave(&*number as *const u64 as usize, "__rust_dealloc");
    drop(number);
    let text: Box<str> = "boxed text".into();
    took(text.as_ptr() as usize, 10, "__rust_alloc");
    gave(text.as_ptr() as usize, "__rust_dealloc");
    drop(text);
    gave(big.as_ptr() as usize, "__rust_dealloc");
    drop(big);
}

#[inline(never)]
fn growth() {
    let mut v: Vec<u32> = Vec::new();
    for i in 0..600 {
        let (was, room) = (v.as_ptr() as usize, v.capacity());
        v.push(i);
        if v.capacity() == room {
            continue;
        }
        if room > 0 {
            gave(was, "__rust_realloc");
        }
        took(v.as_ptr() as usize, v.capacity() * 4, if room > 0 { "__rust_realloc" } else { "__rust_alloc" });
    }
    let was = v.as_ptr() as usize;
    v.truncate(10);
    v.shrink_to_fit();
    gave(was, "__rust_realloc");
    took(v.as_ptr() as usize, 40, "__rust_realloc");
    gave(v.as_ptr() as usize, "__rust_dealloc");
}

#[inline(never)]
fn texts() {
    let mut s = String::with_capacity(20);
    took(s.as_ptr() as usize, 20, "__rust_alloc");
    for i in 0..50 {
        let (was, room) = (s.as_ptr() as usize, s.capacity());
        s.push((b'a' + i % 26) as char);
        if s.capacity() != room {
            gave(was, "__rust_realloc");
            took(s.as_ptr() as usize, s.capacity(), "__rust_realloc");
        }
    }
    let copy = s.clone();
    took(copy.as_ptr() as usize, copy.capacity(), "__rust_alloc");
    gave(copy.as_ptr() as usize, "__rust_dealloc");
    drop(copy);
    gave(s.as_ptr() as usize, "__rust_dealloc");
}

#[inline(never)]
fn counted() {
    // Before the value are the two counters.
    let one = Rc::new([1u64; 4]);
    took(one.as_ptr() as usize - 16, 48, "__rust_alloc");
    let two = Rc::clone(&one);
    let weak = Rc::downgrade(&one);
    drop(one);
    let at = two.as_ptr() as usize - 16;
    drop(two); // weak holds the memory
    let shared = Arc::new(9u8);
    took(&*shared as *const u8 as usize - 16, 24, "__rust_alloc");
    gave(at, "__rust_dealloc");
    drop(weak);
    gave(&*shared as *const u8 as usize - 16, "__rust_dealloc");
}

#[inline(never)]
fn zeroed(n: usize) {
    let z = vec![0u8; n];
    took(z.as_ptr() as usize, n, "__rust_alloc_zeroed");
    let room: Vec<u64> = Vec::with_capacity(n);
    took(room.as_ptr() as usize, n * 8, "__rust_alloc");
    let none: Vec<u8> = Vec::with_capacity(0); // allocates nothing
    assert!(none.is_empty() && z[n - 1] == 0);
    gave(room.as_ptr() as usize, "__rust_dealloc");
    drop(room);
    gave(z.as_ptr() as usize, "__rust_dealloc");
}

#[repr(align(128))]
struct Wide([u8; 256]);

#[inline(never)]
fn aligned() {
    let wide = Box::new(Wide([1; 256]));
    let at = &*wide as *const Wide as usize;
    took(at, 256, "__rust_alloc");
    assert!(at % 128 == 0 && wide.0[255] == 1);
    gave(at, "__rust_dealloc");
}

#[inline(never)]
fn unwinding() {
    let result = std::panic::catch_unwind(|| {
        let mut ring: VecDeque<u16> = VecDeque::with_capacity(16);
        ring.push_back(1);
        took(ring.as_slices().0.as_ptr() as usize, 32, "__rust_alloc");
        let guard = Guard(ring);
        if guard.0.len() == 1 {
            std::panic::resume_unwind(Box::new(()));
        }
    });
    assert!(result.is_err());
}

struct Guard(VecDeque<u16>);

impl Drop for Guard {
    fn drop(&mut self) {
        gave(self.0.as_slices().0.as_ptr() as usize, "__rust_dealloc");
    }
}

#[inline(never)]
fn forgotten() {
    let lost = vec![5u64; 12];
    took(lost.as_ptr() as usize, 96, "__rust_alloc");
    mem::forget(lost);
    let kept: &'static mut [u8; 40] = Box::leak(Box::new([1; 40]));
    took(kept.as_ptr() as usize, 40, "__rust_alloc");
}

#[inline(never)]
fn told() {
    boxes();
    growth();
    texts();
    counted();
    zeroed(777);
    aligned();
    unwinding();
    forgotten();
}

fn main() {
    told();
    say("EXIT-SUCCESS\n");
}
