// Fills tanks; the other build forgets the limit of the third.
// build: rustc -g $FLAGS -o $OUT $SOURCE
// matrix: O0
// found by: checks/wrong_level.sql checks/same_writes.sql checks/same_lines.sql builtin:same_output
use std::sync::atomic::{AtomicU32, Ordering};

static SPILLED: AtomicU32 = AtomicU32::new(0);

struct Tank {
    level: u32,
    limit: u32,
}

#[inline(never)]
fn fill(tank: &mut Tank, index: usize, amount: u32) {
    let mut level = tank.level + amount;
    let limit = tank.limit;
    if level > limit && !(cfg!(regression) && index == 2) {
        SPILLED.store(SPILLED.load(Ordering::Relaxed) + level - limit, Ordering::Relaxed);
        level = limit;
    }
    tank.level = level;
}

fn main() {
    let mut tanks: Vec<Tank> = (1..=4).map(|i| Tank { level: 0, limit: 10 * i }).collect();
    for step in 0..40 {
        let index = step % 4;
        fill(&mut tanks[index], index, step as u32 % 7);
    }
    for tank in &tanks {
        println!("{} of {}", tank.level, tank.limit);
    }
}
