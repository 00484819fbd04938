//! Tests every code block of an mdBook against a crate, and proves the rules that the book states.
//!
//! The program `mdbook-proof` needs no more than a table in `book.toml`; README.md shows how. A
//! book with directives of its own has a program of its own, which calls [`commands::main`] with
//! an [`Extension`].
//!
//! In layers, each of which uses only those above it:
//!
//! - [`source`] reads Markdown and finds the blocks;
//! - [`book`] adds what the pages say: rules, proofs, terms;
//! - [`project`] knows one repository and its settings;
//! - [`render`] makes the pages that mdBook gets;
//! - [`checks`] finds mistakes;
//! - [`run`] compiles and runs blocks;
//! - [`commands`] has a file for each command.

#[cfg(feature = "skeptic")]
pub mod chapters;
pub mod executed;
pub mod source;

#[cfg(feature = "site")]
pub mod book;
#[cfg(feature = "site")]
pub mod checks;
#[cfg(feature = "site")]
pub mod commands;
#[cfg(feature = "site")]
pub mod extension;
#[cfg(feature = "site")]
pub mod project;
#[cfg(feature = "site")]
pub mod render;
#[cfg(feature = "site")]
pub mod run;
#[cfg(feature = "site")]
pub mod settings;

#[cfg(feature = "site")]
pub use extension::Extension;
#[cfg(feature = "site")]
pub use project::Project;
