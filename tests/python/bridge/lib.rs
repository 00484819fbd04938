//! The module that `bridge.py` imports: classes and functions made with the bridge, each for one
//! question.
//!
//! No `unsafe` here, except for the part of C code.
#![deny(unsafe_code)]

mod arguments;
mod arrays;
mod classes;
mod consumers;
mod failing_exporters;
#[allow(unsafe_code)]
mod wrong;

#[pyo3::pymodule]
mod bridge {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::arguments::{
        chunks, contiguous, double, lengths, read, read_items, reversed, slice, transposed,
        write_items,
    };
    #[pymodule_export]
    use super::arrays::{Matrix, SharedMatrix, assign_transposed, trace};
    #[pymodule_export]
    use super::classes::{
        Base, Closable, Deferred, Derived, Digits, Fast, FastDeferred, FastOwnHolder, FastPlain,
        Fixed, Late, Locked, Nested, Numbers, Outer, OwnHolder, Plain, Samples, Tuple, Walk, Whole,
        export_arc, export_array, export_static, export_vec, export_writable, fast_plain, plain,
    };
    #[pymodule_export]
    use super::consumers::{
        DropsInTraverse, Held, Kept, PaddedRecords, Reexported, Window, column, describe, fill,
        fill_detached, keep_in_thread_local, ndim, overwrite, reexport, refused, sum, sum_detached,
        values_u32, write_i32,
    };
    #[pymodule_export]
    use super::failing_exporters::{Cycle, Keeper, Moody, Refusing, live};
    #[pymodule_export]
    use super::wrong::{
        Moved, Usual, from_buffer, hostile, pyo3_accepts, release_while_raising, too_many_releases,
    };

    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        // The tests panic on purpose, and look at what Python gets.
        std::panic::set_hook(Box::new(|_| ()));
        Ok(())
    }
}

/// The crate under another name, as a crate that re-exports it would have it.
mod reexported {
    pub use ::bufferprocs as buffers;
}
