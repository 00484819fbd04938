//! One mistake each, which the checks of `.ci/run sanitizers` have to report: if they are silent
//! here, their silence on the library's tests means nothing. The step lays this file among the
//! tests of its copy of the package, so it is compiled and linked as they are.

use std::ffi::CStr;
use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::thread;

/// A pointer of the wrong alignment. Generic code, as `from_raw_parts`, is compiled where it is
/// used, so `cargo test` sees this too.
#[test]
#[ignore = "aborts"]
fn unaligned_slice() {
    let words = [0_u64; 4];
    let odd = black_box(words.as_ptr().cast::<u8>().wrapping_add(1).cast::<u32>());
    // SAFETY: wrong on purpose, `odd` is not aligned.
    let slice = unsafe { std::slice::from_raw_parts(odd, 2) };
    black_box(slice.len());
}

/// A null pointer, of a slice without items.
#[test]
#[ignore = "aborts"]
fn null_slice() {
    let null = black_box(std::ptr::null::<u8>());
    // SAFETY: wrong on purpose, `null` is null.
    let slice = unsafe { std::slice::from_raw_parts(null, 0) };
    black_box(slice.len());
}

/// A value that is not there.
#[test]
#[ignore = "aborts"]
fn unwrapped_none() {
    let none = black_box(None::<u32>);
    // SAFETY: wrong on purpose, `none` is `None`.
    black_box(unsafe { none.unwrap_unchecked() });
}

/// An assertion of the standard library itself. Only this one tells that the library was built with
/// them: as it is delivered, it takes this text.
#[test]
#[ignore = "panics"]
fn text_without_end() {
    let text = black_box(b"abc");
    // SAFETY: wrong on purpose, no NUL ends `text`.
    black_box(unsafe { CStr::from_bytes_with_nul_unchecked(text) });
}

/// AddressSanitizer: memory that was freed, read by the program.
#[test]
#[ignore = "aborts"]
fn freed_memory() {
    let pointer = black_box(Box::into_raw(Box::new([7_u8; 64])));
    // SAFETY: `pointer` comes from a box.
    drop(unsafe { Box::from_raw(pointer) });
    // SAFETY: wrong on purpose, `pointer` is freed.
    black_box(unsafe { pointer.cast::<u8>().read() });
}

/// ThreadSanitizer: a plain write on two threads. They wait for each other: a thread that begins
/// when the other is done may come after it by some lock of the standard library, and then nothing
/// races.
#[test]
#[ignore = "ends with an error"]
fn data_race() {
    let mut number = 0_u64;
    let shared = AtomicPtr::new(&raw mut number);
    let both = Barrier::new(2);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let pointer = shared.load(Ordering::Relaxed);
                both.wait();
                for _ in 0..1000 {
                    // SAFETY: wrong on purpose, the other thread writes too.
                    unsafe { pointer.write(black_box(pointer.read() + 1)) };
                }
            });
        }
    });
    black_box(number);
}
