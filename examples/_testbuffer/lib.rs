//! CPython's `_testbuffer`, the exporter of its own tests, once more: over this crate's layers.
//!
//! `Lib/test/test_buffer.py` drives it without a change. The crate does the work of an exporter:
//! requests are answered by [`Exported`](bufferprocs::Exported), layouts are checked and sliced by
//! [`Layout`](bufferprocs::Layout), items are copied by [`Buffer`](bufferprocs::Buffer). Values
//! become bytes by Python's `struct`, as in CPython's module. [`misbehave`] and [`staticarray`] do
//! things that a good exporter does not.
//!
//! Not an example to copy. The chapter "A complete exporter" of the book walks through it.

#![allow(missing_debug_implementations)] // no code prints them

mod construct;
mod functions;
mod index;
mod items;
mod memory;
mod misbehave;
mod ndarray;
mod node;
mod staticarray;

use pyo3::prelude::*;

#[pymodule]
mod _testbuffer {
    #[pymodule_export]
    use super::functions::{
        cmp_contig, get_contiguous, get_pointer, get_sizeof_void_p, is_contiguous,
        py_buffer_to_contiguous, slice_indices,
    };
    #[pymodule_export]
    use super::ndarray::NdArray;
    #[pymodule_export]
    use super::staticarray::StaticArray;
    use super::*;
    use bufferprocs::Request;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let requests = [
            ("PyBUF_SIMPLE", Request::SIMPLE),
            ("PyBUF_WRITABLE", Request::WRITABLE),
            ("PyBUF_FORMAT", Request::FORMAT),
            ("PyBUF_ND", Request::ND),
            ("PyBUF_STRIDES", Request::STRIDES),
            ("PyBUF_INDIRECT", Request::INDIRECT),
            ("PyBUF_C_CONTIGUOUS", Request::C_CONTIGUOUS),
            ("PyBUF_F_CONTIGUOUS", Request::F_CONTIGUOUS),
            ("PyBUF_ANY_CONTIGUOUS", Request::ANY_CONTIGUOUS),
            ("PyBUF_FULL", Request::FULL),
            ("PyBUF_FULL_RO", Request::FULL_RO),
            ("PyBUF_RECORDS", Request::RECORDS),
            ("PyBUF_RECORDS_RO", Request::RECORDS_RO),
            ("PyBUF_STRIDED", Request::STRIDED),
            ("PyBUF_STRIDED_RO", Request::STRIDED_RO),
            ("PyBUF_CONTIG", Request::CONTIG),
            ("PyBUF_CONTIG_RO", Request::CONTIG_RO),
        ];
        for (name, request) in requests {
            module.add(name, request.bits())?;
        }
        module.add("PyBUF_READ", functions::READ)?;
        module.add("PyBUF_WRITE", functions::WRITE)?;
        module.add("ND_MAX_NDIM", construct::MAX_NDIM)?;
        for (name, flag) in node::FLAGS {
            module.add(name, flag)?;
        }
        Ok(())
    }
}
