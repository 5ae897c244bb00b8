// Shows generics, traits, closures and modules. Built by fixture_test.go with
// both manglings.
use std::collections::HashMap;

mod shapes {
    pub trait Area {
        fn area(&self) -> f64;
    }
    pub struct Square(pub f64);
    impl Area for Square {
        #[inline(never)]
        fn area(&self) -> f64 {
            self.0 * self.0
        }
    }
    #[inline(never)]
    pub fn total<T: Area>(items: &[T]) -> f64 {
        items.iter().map(|i| i.area()).sum()
    }
}

#[inline(always)]
fn leaf(x: u64) -> u64 {
    x.wrapping_mul(31) ^ 7
}

#[inline(never)]
fn count(words: &[&str]) -> HashMap<String, u64> {
    let mut m = HashMap::new();
    for w in words {
        *m.entry(w.to_string()).or_insert(0) += leaf(w.len() as u64);
    }
    m
}

fn main() {
    let n = std::env::args().count() as f64;
    println!("{}", shapes::total(&[shapes::Square(n), shapes::Square(n + 1.0)]));
    println!("{}", count(&["a", "b", "a"]).len());
}
