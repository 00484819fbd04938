//! A source that grants what it was given.

use std::ptr::from_mut;

use bufferprocs::abi::Py_buffer;
use bufferprocs::{BufferError, Request, Source};

/// Grants a copy of this struct to every request. If its `internal` is not NULL, no code writes the
/// memory.
pub struct Given {
    view: Py_buffer,
    /// The places of shape, strides and suboffsets in the struct itself, in bytes, as `bytes` has
    /// them.
    within: [Option<usize>; 3],
}

impl Given {
    /// # Safety
    ///
    /// The memory that the struct describes is what [`Source`] demands for as long as buffers of
    /// it are used to reach any. Its arrays and its format are there as long as there are buffers.
    pub unsafe fn new(view: Py_buffer, within: [Option<usize>; 3]) -> Given {
        Given { view, within }
    }

    /// The consumer's struct after it was filled, at that place.
    pub fn fill(&self, view: &mut Py_buffer) {
        *view = self.view;
        let start: *mut isize = from_mut(view).cast();
        let arrays = [&mut view.shape, &mut view.strides, &mut view.suboffsets];
        for (array, within) in arrays.into_iter().zip(self.within) {
            if let Some(offset) = within {
                *array = start.wrapping_byte_add(offset);
            }
        }
    }
}

// SAFETY: nothing of a target is used by another thread.
unsafe impl Send for Given {}
// SAFETY: as above.
unsafe impl Sync for Given {}

// SAFETY: by the promise of `new`.
unsafe impl Source for Given {
    fn get(&self, view: &mut Py_buffer, _: Request) -> Result<(), BufferError> {
        self.fill(view);
        Ok(())
    }

    unsafe fn release(_: &mut Py_buffer) {}

    unsafe fn is_immutable(view: &Py_buffer, _: std::ops::Range<usize>) -> bool {
        !view.internal.is_null()
    }
}
