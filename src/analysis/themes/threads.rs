//! Work that is shared among threads, with an outcome that does not depend on how many there are.

use std::num::NonZeroUsize;
use std::thread;

/// Works out `count` rows, each by itself, in order.
pub fn in_parallel<T: Send>(count: usize, threads: NonZeroUsize, row: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let share = count.div_ceil(threads.get()).max(1);
    let row = &row;
    thread::scope(|scope| {
        let parts: Vec<_> = (0..count)
            .step_by(share)
            .map(|from| scope.spawn(move || (from..(from + share).min(count)).map(row).collect::<Vec<T>>()))
            .collect();
        let mut rows = Vec::with_capacity(count);
        for part in parts {
            match part.join() {
                Ok(done) => rows.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        rows
    })
}
