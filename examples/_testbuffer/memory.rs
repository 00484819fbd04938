//! What an `ndarray` shows: items of its own, or a buffer of another object.

use bufferprocs::exporters::{Reexport, Untyped};
use bufferprocs::{Buffer, BufferError, Exported, Exporter, Request, Source, View};
use pyo3::prelude::*;

pub enum Memory {
    Own(Untyped),
    Other(Reexport<Py<PyAny>>),
}

impl Exporter for Memory {
    fn view(&self) -> Result<View<'_>, BufferError> {
        match self {
            Memory::Own(items) => items.view(),
            Memory::Other(part) => part.view(),
        }
    }
}

/// A buffer of the array's own memory.
pub type Own = Buffer<Exported<Memory>>;

/// Gets a buffer of whatever an `ndarray` of either module shows. Its items may be written, in
/// every format but those that others follow as addresses.
pub fn get<S: Source>(source: &S, request: Request) -> Result<Buffer<S>, BufferError> {
    // SAFETY: the suite knows of the dimensions, and its exporters tell the format of their items.
    let mut buffer = unsafe { Buffer::get_lenient(source, request) }?;
    let is_followed = |code: &u8| b"O&X".contains(code);
    if !buffer.format().is_some_and(|format| format.to_bytes().iter().any(is_followed)) {
        // SAFETY: what is left of addresses is `P`, a number that the suite puts in and takes out.
        unsafe { buffer.permit_addresses() };
    }
    Ok(buffer)
}
