// Rust: a counter, traits, closures, a map, and a panic that is caught.
// build: rustc -g $FLAGS -o $OUT $SOURCE
use std::collections::BTreeMap;
use std::panic;
use std::ptr::{addr_of, addr_of_mut, read_volatile, write_volatile};

static mut COUNTER: u64 = 0;

#[no_mangle]
#[inline(never)]
pub extern "C" fn bump(by: u64) -> u64 {
    unsafe {
        write_volatile(addr_of_mut!(COUNTER), read_volatile(addr_of!(COUNTER)) + by);
        read_volatile(addr_of!(COUNTER))
    }
}

trait Animal {
    fn legs(&self) -> u64;
}
struct Bird(u64);
struct Ant;
impl Animal for Bird {
    #[inline(never)]
    fn legs(&self) -> u64 {
        self.0
    }
}
impl Animal for Ant {
    #[inline(never)]
    fn legs(&self) -> u64 {
        6
    }
}

#[inline(never)]
fn risky(n: u64) -> u64 {
    if n % 5 == 4 {
        panic!("five");
    }
    n
}

fn main() {
    let animals: Vec<Box<dyn Animal>> = (0..60)
        .map(|i| -> Box<dyn Animal> { if i % 2 == 0 { Box::new(Bird(2)) } else { Box::new(Ant) } })
        .collect();
    for a in &animals {
        bump(a.legs());
    }
    panic::set_hook(Box::new(|_| {}));
    let caught = (0..20).filter(|&n| panic::catch_unwind(|| risky(n)).is_err()).count();
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    for w in "a b c b a b".split(' ') {
        *words.entry(w.to_string()).or_default() += 1;
    }
    println!("{:?} {}", words, caught);
    let total = unsafe { read_volatile(addr_of!(COUNTER)) };
    println!("truth variable COUNTER {:#x} 8", addr_of!(COUNTER) as usize);
    println!("truth writes COUNTER 60");
    println!("truth calls bump 60");
    println!("{}", if total == 240 && caught == 4 && words["b"] == 3 { "EXIT-SUCCESS" } else { "EXIT-FAILURE" });
}
