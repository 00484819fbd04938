//! Reference exporters, the simplest first.
//!
//! | exporter | shows | release slot |
//! |---|---|---|
//! | [`bytes`] | a run of read-only bytes | none |
//! | `Vec`, `Box<[T]>`, `Arc<[T]>`, `[T; N]`, `&'static [T]` | a line of items: see [`Content`] | yes |
//! | [`Strided`] | items at any strides, read-only or writable | yes |
//! | [`Records`], [`Column`] | records, and one field of each | yes |
//! | [`Untyped`] | items of a format that is known at run time only, also behind pointers | yes |
//! | [`Rows`] | rows that lie anywhere, behind a table of pointers | yes |
//! | [`Snapshot`] | a new copy for each export | yes |
//! | [`Reexport`] | a buffer of another exporter, or a part of it | yes |
//! | [`redirect`] | another object: requests are passed on | none |
//!
//! With feature `conformance` the module `broken` has exporters that break one rule each.

#[cfg(feature = "conformance")]
pub mod broken;
pub mod bytes;
mod plain;
mod records;
pub mod redirect;
mod reexport;
mod rows;
mod snapshot;
mod strided;
mod untyped;

pub use plain::Content;
pub use records::{Column, Records};
pub use reexport::Reexport;
pub use rows::Rows;
pub(crate) use snapshot::nested;
pub use snapshot::{Snapshot, Snapshots};
pub use strided::Strided;
pub use untyped::Untyped;
