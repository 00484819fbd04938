//! The same work for many things, on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// What `work` makes of each item and its index, in the order of the items.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get()).min(items.len());
    let (send, receive) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let send = send.clone();
            let (next, work) = (&next, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else {
                        break;
                    };
                    // The other end lives as long as the scope.
                    let _ = send.send((index, work(index, item)));
                }
            });
        }
    });
    drop(send);
    let mut results: Vec<(usize, R)> = receive.into_iter().collect();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
