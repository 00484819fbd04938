//! CPython's buffer protocol from Rust: export memory to Python and read the memory of others,
//! without a copy and without `unsafe`.
//!
//! A class of PyO3 becomes an exporter by one attribute (feature `pyo3`). NumPy, `memoryview` and
//! every other consumer then see its items, and a change that would move the memory is refused
//! while a consumer holds a view:
//!
//! ```pyo3
//! #![forbid(unsafe_code)]
//!
//! use bufferprocs::{Exported, exports, record};
//! use pyo3::prelude::*;
//!
//! record! {
//!     struct Point { x: f32, y: f32, id: u64 }
//! }
//!
//! #[pyclass(frozen)]
//! struct Cloud {
//!     points: Exported<Vec<Point>>,
//! }
//!
//! #[exports(points)]
//! #[pymethods]
//! impl Cloud {
//!     #[new]
//!     fn new(len: u16) -> Cloud {
//!         let point = |id: u16| Point { x: 0.5, y: id.into(), id: id.into() };
//!         Cloud { points: Exported::new((0..len).map(point).collect()) }
//!     }
//! }
//! ```
//!
//! The protocol itself needs no Python. A type takes part by two functions, its
//! [`PyBufferProcs`](abi::PyBufferProcs): `bf_getbuffer` fills a [`Py_buffer`](abi::Py_buffer) as
//! the consumer requests, and `bf_releasebuffer` ends the export. Here an exporter and a consumer
//! in Rust meet through the C ABI:
//!
//! ```
//! use bufferprocs::{Buffer, BufferError, Exporter, Object, Request, Shared, View};
//!
//! struct Samples(Vec<Shared<f64>>);
//!
//! impl Exporter for Samples {
//!     fn view(&self) -> Result<View<'_>, BufferError> {
//!         Ok(View::writable(&self.0))
//!     }
//! }
//!
//! let object = Object::new(Samples(Shared::from_vec(vec![0.5, 1.5])));
//! let buffer = Buffer::get(&object, Request::FULL)?;
//! assert_eq!((buffer.shape(), buffer.item::<f64>(&[1])?), (Some(&[2][..]), 1.5));
//!
//! let samples = object.exported::<Samples>().unwrap();
//! let refused = samples.try_mut().unwrap_err(); // not while a view is held
//! assert_eq!(refused.to_string(), "Existing exports of data: object cannot be re-sized");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to start
//!
//! | you want to | see |
//! |---|---|
//! | export from a class of PyO3 | the attribute `exports`, with feature `pyo3` |
//! | read or write what Python hands you | `ReadBuffer` and `WriteBuffer`, with feature `pyo3` |
//! | export a struct | [`record!`] |
//! | export any layout | [`Exporter`], [`View`], [`Layout`] |
//! | export or read arrays of `ndarray` | `integrations::ndarray`, with feature `ndarray` |
//! | build a type by hand | `python::slots`, with feature `python` |
//! | check an exporter | `conformance`, with the feature of the same name |
//!
//! The repository has a book that explains the protocol rule by rule, and examples to copy.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | none | exporters, consumers and the C ABI; depends on `bitflags` |
//! | `conformance` | checks of any exporter, and exporters that break one rule each |
//! | `half`, `num-complex` | `half::f16` and `num_complex::Complex` as items |
//! | `ndarray` | arrays of `ndarray` 0.15 to 0.17 as exporters, and buffers as arrays |
//! | `pyo3` | classes of PyO3 0.29 and 0.30 as exporters, and buffers of Python's objects |
//! | `python` | the two slots for types made by hand over pyo3-ffi |
//!
//! # Layers
//!
//! Each module uses only those above it.
//!
//! | module | concept | may hold `unsafe` |
//! |---|---|---|
//! | [`abi`] | the C structs and constants | no |
//! | `catch_panic` | code of others, run where a panic must not get through | no |
//! | [`error`] | why something was refused | no |
//! | [`request`] | the flags word | no |
//! | [`item`] | Rust types as items, and memory that both sides hold | yes |
//! | [`format`](mod@format) | what an item is: PEP 3118 format strings | no |
//! | [`layout`] | shape, strides, suboffsets | no |
//! | `addresses` | where the items are, one after the other | yes |
//! | [`view`] | what an exporter shows | yes |
//! | [`grant`] | which fields a request gets | yes |
//! | `copy` | from any layout to packed bytes, and back | yes |
//! | `free_in_turn` | values whose drop frees the next one | yes |
//! | [`exporter`] | exporting and counting | yes |
//! | [`consumer`] | get, use, release | yes |
//! | [`object`] | objects without Python | yes |
//! | [`exporters`] | reference exporters | yes |
//! | `integrations` | types of other crates, with a feature for each crate | yes |
//! | `conformance` | the rules as checks of any exporter, with a feature of the same name | yes |
//! | `python` | the bridge to CPython, with a feature of the same name | yes |

#![deny(unsafe_code)] // allowed below, module by module
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::duplicate_mod))] // see `loom_tests`

pub mod abi;
#[allow(unsafe_code)]
mod addresses;
mod catch_panic;
#[cfg(feature = "conformance")]
#[allow(unsafe_code)]
pub mod conformance;
#[allow(unsafe_code)]
pub mod consumer;
#[allow(unsafe_code)]
mod copy;
pub mod error;
#[allow(unsafe_code)]
pub mod exporter;
#[allow(unsafe_code)]
pub mod exporters;
pub mod format;
#[allow(unsafe_code)]
mod free_in_turn;
#[allow(unsafe_code)]
pub mod grant;
#[allow(unsafe_code)]
mod immutable;
#[allow(unsafe_code)]
pub mod integrations;
#[allow(unsafe_code)]
pub mod item;
pub mod layout;
#[allow(unsafe_code)]
mod lazy;
#[cfg(all(test, not(miri)))] // two model checkers at once are one too many
#[allow(unsafe_code)]
mod loom_tests;
#[allow(unsafe_code)]
pub mod object;
pub mod prelude;
#[cfg(all(feature = "python", any(not(Py_LIMITED_API), Py_3_11)))]
#[allow(unsafe_code)]
pub mod python;
pub mod request;
#[allow(unsafe_code)]
mod set_once;
#[allow(unsafe_code)]
pub mod view;
#[allow(unsafe_code)]
mod walk;

#[cfg(all(feature = "python", Py_LIMITED_API, not(Py_3_11)))]
compile_error!(
    "the buffer protocol is part of the limited API since Python 3.11: use PyO3's feature abi3-py311 or a later one, or no abi3"
);

// For what `#[exports]` expands to here.
#[cfg(feature = "pyo3")]
extern crate self as bufferprocs;

pub use consumer::{Buffer, Items, Source};
pub use error::{
    AccessError, BufferError, CopyError, FormatError, LayoutError, MutError, ReleaseError,
    TypedError,
};
pub use exporter::{Exported, Exporter, RawExporter};
pub use format::Format;
pub use immutable::Immutable;
pub use item::{AnyBits, Item, Shared};
pub use layout::{Layout, LayoutRef, Order};
pub use lazy::Lazy;
pub use object::Object;
pub use request::Request;
pub use view::View;

#[cfg(all(feature = "pyo3", any(not(Py_LIMITED_API), Py_3_11)))]
pub use python::exports;
#[cfg(all(feature = "pyo3", not(PyPy), any(not(Py_LIMITED_API), Py_3_11)))]
pub use python::{
    OwnedBuffer, ReadBuffer, ReadContiguousBuffer, WriteBuffer, WriteContiguousBuffer, export,
};

/// The atomics that `exporter` counts with; `loom_tests` puts those of a model checker in
/// their place.
mod sync {
    pub(crate) use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

    /// Runs a test; the model checker's own runs it in each order.
    #[cfg(test)]
    pub(crate) fn model(test: impl Fn()) {
        test();
    }
}
