// Variables of Rust's types, which the program prints itself by {:?}: lines
// "shows NAME = TEXT". Those that own or refer are @0x…: and what is there.
// build: rustc -g $FLAGS -o $OUT $SOURCE
#![allow(dead_code, unused_variables)]
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::atomic::AtomicU32;
use std::sync::Arc;

#[derive(Debug, Clone)]
struct Point {
    x: i32,
    y: i32,
}
#[derive(Debug)]
struct Wrapper<T>(T);
#[derive(Debug)]
struct Unit;
#[derive(Debug)]
enum Shape {
    Nothing,
    Circle(f64),
    Rect { w: i32, h: i32 },
    Named(String),
}
#[derive(Debug, Clone, Copy)]
enum Plain {
    Red,
    Green = 7,
}
#[derive(Debug)]
enum Single {
    Only(u8),
}

#[inline(never)]
#[no_mangle]
pub extern "C" fn values_are_set() {
    std::hint::black_box(());
}

macro_rules! shows {
    ($($name:ident),*) => { $( println!("shows {} = {:?}", stringify!($name), $name); std::hint::black_box(&$name); )* };
}

fn main() {
    let v_i8: i8 = -5;
    let v_u8: u8 = 200;
    let v_i64: i64 = i64::MIN;
    let v_u128: u128 = u128::MAX;
    let v_i128: i128 = -1;
    let v_bool = true;
    let v_char = 'é';
    let v_quote = '\'';
    let v_zero_char = '\0';
    let v_f32 = 0.1f32;
    let v_f64 = 1e16f64;
    let v_small = 1.5e-7f64;
    let v_one = 1.0f64;
    let v_nan = f64::NAN;
    let v_unit = ();
    let v_tuple = (1, 'x', "three");
    let v_single = (5,);
    let v_point = Point { x: 1, y: -2 };
    let v_wrapper = Wrapper(3u16);
    let v_wrapped = Wrapper(Point { x: 3, y: 4 });
    let v_unit_struct = Unit;
    let v_array = [1, 2, 3];
    let v_bytes = *b"ab";
    let v_nested = [[1u8, 2], [3, 4]];
    let v_str = "text \"quoted\"\n\t\\ é '";
    let v_empty_str = "";
    let v_string = String::from("owned");
    let v_empty_string = String::new();
    let v_vec = vec![1, 2, 3];
    let v_empty_vec: Vec<i32> = Vec::new();
    let v_vec_strings = vec![String::from("a"), String::from("b")];
    let v_vec_tuples = vec![(1u8, 2.5f64), (3, 4.0)];
    let v_vec_options = vec![Some(1), None];
    let v_slice: &[i32] = &v_vec[1..];
    let v_deque: VecDeque<i32> = { let mut d = VecDeque::from(vec![2, 3]); d.push_front(1); d };
    let v_boxed_str: Box<str> = "boxed".into();
    let v_boxed_slice: Box<[i32]> = vec![7, 8].into();
    let v_some = Some(5);
    let v_none: Option<i32> = None;
    let v_some_string = Some(String::from("inner"));
    let v_none_string: Option<String> = None;
    let v_some_str: Option<&str> = Some("str");
    let v_none_str: Option<&str> = None;
    let v_none_box: Option<Box<i32>> = None;
    let v_some_bool = Some(true);
    let v_none_bool: Option<bool> = None;
    let v_some_char = Some('c');
    let v_nested_option: Option<Option<bool>> = Some(None);
    let v_ok: Result<i32, String> = Ok(1);
    let v_err: Result<i32, String> = Err("bad".to_string());
    let v_nothing = Shape::Nothing;
    let v_circle = Shape::Circle(1.5);
    let v_rect = Shape::Rect { w: 2, h: 3 };
    let v_named = Shape::Named("n".to_string());
    let v_red = Plain::Red;
    let v_green = Plain::Green;
    let v_only = Single::Only(9);
    let v_cell = Cell::new(4);
    let v_atomic = AtomicU32::new(6);
    let v_map: HashMap<&str, i32> = HashMap::from([("one", 1), ("two", 2), ("three", 3)]);
    let v_empty_map: HashMap<i32, i32> = HashMap::new();
    let v_set: HashSet<u64> = HashSet::from([42, 43]);
    let v_box = Box::new(42);
    let v_some_box = Some(Box::new(Point { x: 5, y: 6 }));
    let v_rc = Rc::new(Point { x: 7, y: 8 });
    let v_arc = Arc::new(String::from("shared"));
    let v_ref = &v_point;
    let v_refcell = RefCell::new(1);
    shows!(v_i8, v_u8, v_i64, v_u128, v_i128, v_bool, v_char, v_quote, v_zero_char, v_f32, v_f64, v_small, v_one, v_nan, v_unit);
    shows!(v_tuple, v_single, v_point, v_wrapper, v_wrapped, v_unit_struct, v_array, v_bytes, v_nested, v_str, v_empty_str);
    shows!(v_string, v_empty_string, v_vec, v_empty_vec, v_vec_strings, v_vec_tuples, v_vec_options, v_slice, v_deque);
    shows!(v_boxed_str, v_boxed_slice, v_some, v_none, v_some_string, v_none_string, v_some_str, v_none_str, v_none_box);
    shows!(v_some_bool, v_none_bool, v_some_char, v_nested_option, v_ok, v_err, v_nothing, v_circle, v_rect, v_named);
    shows!(v_red, v_green, v_only, v_atomic, v_map, v_empty_map, v_set);
    println!("shows v_cell = Cell {{ value: 4 }}");
    println!("shows v_refcell = RefCell {{ borrow: Cell {{ value: 0 }}, value: 1 }}");
    println!("shows v_box = @0x…: 42");
    println!("shows v_some_box = Some(@0x…: Point {{ x: 5, y: 6 }})");
    println!("shows v_rc = @0x…: Point {{ x: 7, y: 8 }}");
    println!("shows v_arc = @0x…: \"shared\"");
    println!("shows v_ref = @0x…: Point {{ x: 1, y: -2 }}");
    values_are_set();
    std::hint::black_box((&v_cell, &v_box, &v_some_box, &v_rc, &v_arc, &v_ref, &v_refcell));
}
