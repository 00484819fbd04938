//! Reference exporters, the simplest first.
//!
//! | exporter | shows | release slot |
//! |---|---|---|
//! | [`bytes`] | a run of read-only bytes | none |
//! | [`Strided`] | items at any strides, read-only or writable | yes |

pub mod bytes;
mod strided;

pub use strided::Strided;
