// Rust: statics, locals, parameters, members, and the library's String, Vec,
// Option and an enum with values, which take several writes.
// build: rustc -g $FLAGS -o $OUT $SOURCE
#![allow(static_mut_refs, dead_code, unused_assignments)]
use std::cell::Cell;
use std::hint::black_box;
use std::ptr::{addr_of, addr_of_mut, read_volatile, write_volatile};
use std::rc::Rc;

static mut COUNTER: i64 = 0;
static mut RATIO: f64 = 0.0;
static mut LETTER: char = 'a';

mod inner {
    pub static mut LEVEL: u8 = 0;
}

#[derive(Debug, Clone)]
enum Shape {
    Empty,
    Circle(f64),
    Rect { w: i32, h: i32 },
    Named(String),
}

#[derive(Debug, Clone)]
struct Account {
    owner: String,
    balance: i64,
}

#[no_mangle]
#[inline(never)]
pub extern "C" fn settled(n: i32) {
    black_box(n);
}

static mut SETTLED: i32 = 0;

macro_rules! holds {
    ($path:expr, $value:expr) => {
        unsafe {
            black_box(&$value);
            SETTLED += 1;
            settled(SETTLED);
            println!("holds {} = {:?}", $path, $value); // as in assigned.h
        }
    };
}

macro_rules! assign_static {
    ($path:expr, $name:path, $value:expr) => {
        unsafe {
            write_volatile(addr_of_mut!($name), $value);
            println!("assigned {} = {:?}", $path, read_volatile(addr_of!($name)));
        }
    };
}

#[inline(never)]
fn statics() {
    for i in 0..10 {
        assign_static!("COUNTER", COUNTER, i * i - 20);
        assign_static!("inner::LEVEL", inner::LEVEL, i as u8 + 90);
    }
    assign_static!("RATIO", RATIO, 1.0);
    assign_static!("RATIO", RATIO, 1e-7);
    assign_static!("LETTER", LETTER, 'é');
    assign_static!("LETTER", LETTER, '\'');
}

#[inline(never)]
fn down(depth: u32) -> u32 {
    println!("assigned down.depth = {}", depth);
    let mut local = depth * 3;
    println!("assigned down.local = {}", local);
    if depth > 0 {
        local = down(depth - 1) + 1;
        println!("assigned down.local = {}", local);
    }
    local
}

#[inline(never)]
fn library() {
    let mut text = String::from("one");
    holds!("library.text", text);
    text.push_str(" two \"three\"");
    holds!("library.text", text);
    let mut list = vec![1u16, 2];
    holds!("library.list", list);
    list.push(300);
    holds!("library.list", list);
    let mut words: Vec<String> = Vec::new();
    words.push("a".to_string());
    words.push("b".to_string());
    holds!("library.words", words);
    let mut slice: &str = "static";
    holds!("library.slice", slice);
    slice = &slice[2..4];
    holds!("library.slice", slice);
    let mut maybe: Option<i32> = None;
    holds!("library.maybe", maybe);
    maybe = Some(-4);
    holds!("library.maybe", maybe);
    let mut maybe_text: Option<String> = Some("inside".to_string());
    holds!("library.maybe_text", maybe_text);
    maybe_text = None;
    holds!("library.maybe_text", maybe_text);
    let mut shape = Shape::Empty;
    holds!("library.shape", shape);
    shape = Shape::Circle(2.5);
    holds!("library.shape", shape);
    shape = Shape::Rect { w: 3, h: -4 };
    holds!("library.shape", shape);
    shape = Shape::Named("n".to_string());
    holds!("library.shape", shape);
    let mut account = Account { owner: "me".to_string(), balance: 5 };
    holds!("library.account", account);
    account.balance = 7;
    holds!("library.account.balance", account.balance);
    holds!("library.account", account);
    let mut result: Result<u8, String> = Ok(1);
    holds!("library.result", result);
    result = Err("bad".into());
    holds!("library.result", result);
    let mut pair = (1u8, 'x');
    holds!("library.pair", pair);
    pair.1 = 'y';
    holds!("library.pair", pair);
}

struct Item {
    first: [i64; 2], // where the allocator writes when it is freed
    count: i32,
    cell: Cell<i32>,
}

fn item() -> Item {
    Item { first: [0; 2], count: 0, cell: Cell::new(0) }
}

// owners writes to what a Vec, Box, Rc and slice have, which moves.
#[inline(never)]
fn owners() {
    let mut list = vec![1i32; 6];
    let mut boxed = Box::new(item());
    let mut items: Vec<Item> = vec![item(), item()];
    let shared = Rc::new(item());
    for i in 0..4 {
        list[5] = i * 7;
        println!("assigned owners.list[5] = {}", list[5]);
        boxed.count = i + 50;
        println!("assigned owners.boxed.count = {}", boxed.count);
        items[1].count = i - 5;
        println!("assigned owners.items[1].count = {}", items[1].count);
        shared.cell.set(i + 90);
        println!("assigned owners.shared.cell.value.value = {}", shared.cell.get());
        list.reserve(20 << i); // which moves it
        items.reserve(20 << i);
    }
    borrowed(&mut list, &mut items[1..]);
}

#[inline(never)]
fn borrowed(whole: &mut Vec<i32>, rest: &mut [Item]) {
    for i in 0..2 {
        whole[4] = i + 3;
        println!("assigned borrowed.whole[4] = {}", whole[4]);
        rest[0].count = i + 8;
        println!("assigned borrowed.rest[0].count = {}", rest[0].count);
        println!("assigned owners.items[1].count = {}", rest[0].count);
    }
}

fn main() {
    statics();
    if cfg!(debug_assertions) {
        down(3);
        library();
        owners();
    }
}
