// Rust: threads, scopes, channels, locks, parking, and panics that join reports.
// build: rustc -g $FLAGS -o $OUT $SOURCE
// matrix: O2
use std::cell::Cell;
use std::panic;
use std::ptr::{addr_of, addr_of_mut, read_volatile, write_volatile};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock};
use std::thread;
use std::time::Duration;

static mut COUNTER: u64 = 0;
static LOCK: Mutex<()> = Mutex::new(());

#[no_mangle]
#[inline(never)]
pub extern "C" fn bump(by: u64) {
    let _held = LOCK.lock().unwrap();
    unsafe { write_volatile(addr_of_mut!(COUNTER), read_volatile(addr_of!(COUNTER)) + by) }
    thread::yield_now();
}

static DROPPED: AtomicUsize = AtomicUsize::new(0);
struct Dropped(Cell<u32>);
impl Drop for Dropped {
    fn drop(&mut self) {
        DROPPED.fetch_add(self.0.get() as usize, Ordering::SeqCst);
    }
}
thread_local!(static LOCAL: Dropped = const { Dropped(Cell::new(1)) });

fn joined() -> bool {
    let all: Vec<_> = (0..4u64)
        .map(|i| {
            thread::spawn(move || {
                for _ in 0..5 {
                    bump(i);
                }
                LOCAL.with(|l| l.0.set(l.0.get() + i as u32));
                i * i
            })
        })
        .collect();
    let squares: u64 = all.into_iter().map(|t| t.join().unwrap()).sum();
    squares == 14 && DROPPED.load(Ordering::SeqCst) == 10
}

fn scoped() -> bool {
    let mut parts = vec![1u64; 90];
    thread::scope(|s| {
        for (i, part) in parts.chunks_mut(30).enumerate() {
            s.spawn(move || part.iter_mut().for_each(|p| *p += i as u64));
        }
    });
    parts.iter().sum::<u64>() == 180
}

fn channels() -> bool {
    let (to, from) = mpsc::channel();
    let (narrow_to, narrow_from) = mpsc::sync_channel::<usize>(1);
    let makers: Vec<_> = (0..3)
        .map(|i| {
            let (to, narrow) = (to.clone(), narrow_to.clone());
            thread::spawn(move || {
                for j in 0..10 {
                    to.send(i * 100 + j).unwrap();
                    narrow.send(j).unwrap();
                }
            })
        })
        .collect();
    drop((to, narrow_to));
    let narrow: usize = narrow_from.iter().sum();
    let wide: usize = from.iter().sum();
    makers.into_iter().for_each(|m| m.join().unwrap());
    narrow == 135 && wide == 3135 && from.recv_timeout(Duration::from_millis(1)).is_err()
}

fn locks() -> bool {
    let shared = Arc::new((Mutex::new(0), Condvar::new(), RwLock::new(Vec::new()), Barrier::new(3)));
    let all: Vec<_> = (0..3)
        .map(|i| {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.3.wait();
                shared.2.write().unwrap().push(i);
                *shared.0.lock().unwrap() += 1;
                shared.1.notify_all();
                shared.2.read().unwrap().len()
            })
        })
        .collect();
    let count = shared.1.wait_while(shared.0.lock().unwrap(), |n| *n < 3).unwrap();
    let ok = *count == 3;
    drop(count);
    all.into_iter().for_each(|t| assert!(t.join().unwrap() >= 1));
    let mut order = shared.2.read().unwrap().clone();
    order.sort();
    ok && order == [0, 1, 2]
}

fn once_and_parked() -> bool {
    static ONCE: Once = Once::new();
    static CELL: OnceLock<usize> = OnceLock::new();
    static GO: AtomicBool = AtomicBool::new(false);
    let parked = thread::Builder::new().name("parked".into()).stack_size(64 << 10).spawn(|| {
        while !GO.load(Ordering::SeqCst) {
            thread::park();
        }
        thread::current().name() == Some("parked")
    });
    let parked = parked.unwrap();
    let all: Vec<_> = (0..3)
        .map(|_| {
            thread::spawn(|| {
                ONCE.call_once(|| thread::sleep(Duration::from_millis(1)));
                *CELL.get_or_init(|| 17)
            })
        })
        .collect();
    let seventeen = all.into_iter().all(|t| t.join().unwrap() == 17);
    GO.store(true, Ordering::SeqCst);
    parked.thread().unpark();
    thread::park_timeout(Duration::from_millis(1));
    parked.join().unwrap() && seventeen
}

fn panics() -> bool {
    panic::set_hook(Box::new(|_| {}));
    let lock = Arc::new(Mutex::new(5));
    let poisoner = lock.clone();
    let caught = thread::spawn(move || {
        let _held = poisoner.lock().unwrap();
        panic!("in a thread");
    });
    let text = caught.join().unwrap_err();
    *text.downcast_ref::<&str>().unwrap() == "in a thread" && lock.is_poisoned() && *lock.lock().unwrap_err().into_inner() == 5
}

fn main() {
    let checks = [joined(), scoped(), channels(), locks(), once_and_parked(), panics()];
    println!("{:?}", checks);
    println!("truth variable COUNTER {:#x} 8", addr_of!(COUNTER) as usize);
    println!("truth writes COUNTER 20");
    println!("truth calls bump 20");
    println!("truth callers bump 4");
    println!("truth threads 19");
    let total = unsafe { read_volatile(addr_of!(COUNTER)) };
    println!("{}", if checks.iter().all(|&c| c) && total == 30 { "EXIT-SUCCESS" } else { "EXIT-FAILURE" });
}
