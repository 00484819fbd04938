//! The module that `bridge.py` imports: classes and functions made with the bridge, each for one question.
//!
//! No `unsafe` here, save for what C code would do.
#![deny(unsafe_code)]

mod classes;
mod consumers;
mod moods;
#[allow(unsafe_code)]
mod wrong;

#[pyo3::pymodule]
mod bridge {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::classes::{
        Base, Closable, Derived, Fast, FastOwnHolder, FastPlain, Fixed, Late, LateFast, Locked,
        Nested, Outer, OwnHolder, Patched, Plain, Samples, Tuple, Whole, accelerate_late_fast,
        accelerate_patched, export_arc, export_array, export_static, export_vec, export_writable,
        fast_plain, plain,
    };
    #[pymodule_export]
    use super::consumers::{
        Held, Reexported, column, describe, fill, keep_in_thread_local, ndim, reexport, refused,
        sum, sum_detached, values_u32, write_i32,
    };
    #[pymodule_export]
    use super::moods::{Cycle, Keeper, Moody, live};
    #[pymodule_export]
    use super::wrong::{
        Moved, Usual, from_buffer, hostile, pyo3_accepts, release_while_raising, too_many_releases,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        std::panic::set_hook(Box::new(|_| ())); // the tests panic on purpose, and look at what Python gets
        let py = module.py();
        bufferprocs::accelerate::<Fast>(py)?;
        bufferprocs::accelerate::<Fast>(py)?; // twice is as good as once
        bufferprocs::accelerate::<FastPlain>(py)?;
        bufferprocs::accelerate::<Closable>(py)?;
        bufferprocs::accelerate::<FastOwnHolder>(py)?;
        bufferprocs::accelerate::<Keeper>(py)
    }
}
