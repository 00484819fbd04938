//! Types of other crates as items and exporters, each behind a feature with the name of its crate.
//!
//! Neither the traits of this crate nor those types are a user's own, so that only this crate can
//! bring them together. The book's chapter "Which Rust types can be exported" has the whole list.
//!
//! A module here knows the other crate. The rest of this crate does not.

#[cfg(feature = "bytemuck")]
mod bytemuck;
#[cfg(feature = "bytes")]
mod bytes;
#[cfg(feature = "memmap2")]
mod memmap2;
#[cfg(feature = "ndarray")]
pub mod ndarray;

#[cfg(feature = "bytemuck")]
pub use bytemuck::{Foreign, ForeignItem};
#[cfg(feature = "memmap2")]
pub use memmap2::WritableMmap;
