//! A view made by hand, over memory of the test: the crate's consumer reads and writes it as any
//! exporter's.

use std::ffi::c_int;

use bufferprocs::abi::Py_buffer;
use bufferprocs::{Buffer, BufferError, Request, Source};

/// Bytes, and how they are shown.
pub struct ByHand {
    pub memory: Vec<u8>,
    /// Pointers into the memory that the first axis runs over, if there are suboffsets.
    pub table: Vec<usize>,
    /// The same as addresses, once a buffer was made.
    pub pointers: Vec<*mut u8>,
    /// Place in the memory, or in the table, of the first item.
    pub first: usize,
    pub shape: Vec<isize>,
    pub strides: Vec<isize>,
    pub suboffsets: Vec<isize>,
    pub itemsize: usize,
}

impl ByHand {
    /// A buffer of it. The vectors must not change while a view is held.
    pub fn buffer(&mut self) -> Result<Buffer<View>, BufferError> {
        let memory = self.memory.as_mut_ptr();
        self.pointers = self.table.iter().map(|&at| memory.wrapping_add(at)).collect();
        let (buf, suboffsets) = match self.suboffsets.is_empty() {
            true => (memory.wrapping_add(self.first), std::ptr::null_mut()),
            false => {
                let table = self.pointers.as_mut_ptr();
                (table.wrapping_add(self.first).cast(), self.suboffsets.as_mut_ptr())
            }
        };
        let len = self.shape.iter().product::<isize>() * self.itemsize as isize;
        let view = Py_buffer {
            buf: buf.cast(),
            len,
            itemsize: self.itemsize as isize,
            ndim: self.shape.len() as c_int,
            shape: self.shape.as_mut_ptr(),
            strides: self.strides.as_mut_ptr(),
            suboffsets,
            ..Py_buffer::zeroed()
        };
        Buffer::get(&View(view), Request::INDIRECT | Request::WRITABLE)
    }
}

/// Grants the view that it is.
pub struct View(Py_buffer);

// SAFETY: the test makes views of memory that outlives them and that no other code accesses.
unsafe impl Source for View {
    fn get(&self, view: &mut Py_buffer, _: Request) -> Result<(), BufferError> {
        *view = self.0;
        Ok(())
    }

    unsafe fn release(_: &mut Py_buffer) {}

    unsafe fn is_immutable(_: &Py_buffer, _: std::ops::Range<usize>) -> bool {
        false
    }
}
