//! The chapters and README.md as modules, whose documentation rustdoc tests. `tests/skeptic.rs`
//! has the same blocks as programs.

#[cfg(doctest)]
mod chapters {
    include!(concat!(env!("OUT_DIR"), "/chapters.rs"));
}
