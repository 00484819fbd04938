//! Memory of a broken exporter's own, for those that move it or mix it up. All of it stays until
//! the exporter is dropped.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::abi::Py_ssize_t;

/// Blocks that views point at.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// A copy of the items for each view that is out, the newest last.
    out: Vec<Box<[AtomicU8]>>,
    /// Blocks that no view should look at any more. They stay, since one does.
    gone: Vec<Box<[AtomicU8]>>,
    /// A format that is written while views are out.
    format: [AtomicU8; 2],
}

impl Memory {
    /// A block for a new view.
    pub(super) fn add(&mut self, contents: &[u8]) -> *mut c_void {
        self.out.push(contents.iter().map(|&byte| AtomicU8::new(byte)).collect());
        self.newest()
    }

    /// The newest block.
    pub(super) fn newest(&self) -> *mut c_void {
        let block = self.out.last().map_or(std::ptr::null(), |block| block.as_ptr());
        block.cast_mut().cast()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Takes the newest block away, as if it were freed: its bytes become 0xDD.
    pub(super) fn free_newest(&mut self) {
        if let Some(block) = self.out.pop() {
            block.iter().for_each(|byte| byte.store(0xDD, Ordering::Relaxed));
            self.gone.push(block);
        }
    }

    /// The format, which becomes another one.
    pub(super) fn next_format(&self) -> *mut std::ffi::c_char {
        let [letter, end] = &self.format;
        end.store(0, Ordering::Relaxed);
        let next = if letter.load(Ordering::Relaxed) == b'H' { b'h' } else { b'H' };
        letter.store(next, Ordering::Relaxed);
        self.format.as_ptr().cast_mut().cast()
    }
}

/// Numbers for an array of a view.
pub(super) fn array(numbers: &'static [Py_ssize_t]) -> *mut Py_ssize_t {
    numbers.as_ptr().cast_mut()
}
