// Every kind of Rust type and of variable.
use std::collections::HashMap;

static mut COUNTER: u32 = 0;
static NAME: &str = "data";

#[derive(Debug, Clone)]
enum Shape {
    Circle { radius: f64 },
    Rectangle(u32, u32),
    Nothing,
}

#[derive(Debug, Clone, Copy)]
enum Color {
    Red = 1,
    Green = 200,
}

struct Point {
    x: i32,
    next: Option<Box<Point>>,
    name: String,
    bytes: Vec<u8>,
    letter: char,
    on: bool,
    pair: (i8, u64),
    list: [i16; 3],
}

#[inline(never)]
fn add(p: &mut Point, n: i32) -> i32 {
    let mut local = n;
    for step in 0..3 {
        local += step + p.x;
    }
    p.x = local;
    unsafe {
        COUNTER += 1;
    }
    local
}

fn main() {
    let mut p = Point {
        x: 1,
        next: None,
        name: String::from("p"),
        bytes: vec![1, 2],
        letter: 'x',
        on: true,
        pair: (1, 2),
        list: [1, 2, 3],
    };
    let shapes = vec![Shape::Circle { radius: 1.5 }, Shape::Rectangle(1, 2), Shape::Nothing];
    let color = if p.on { Color::Green } else { Color::Red };
    let missing: Option<u32> = None;
    for s in &shapes {
        let k = add(&mut p, 3);
        println!("{:?} {} {:?} {:?} {}", s, k, color, missing, NAME);
    }
    let mut table = HashMap::new();
    table.insert(1, "x");
    let close = |z: i32| z + p.x;
    println!("{} {} {} {:?} {} {}", close(2), table.len(), p.name, p.bytes, p.letter, p.pair.1);
    println!("{:?} {}", p.list, p.next.is_some());
}
