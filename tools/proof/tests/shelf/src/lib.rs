//! Books side by side.

/// How many books of this thickness fit on a shelf, both in millimetres.
///
/// ```
/// assert_eq!(shelf::room(800, 25), Some(32));
/// ```
pub fn room(width: u32, thickness: u32) -> Option<u32> {
    width.checked_div(thickness)
}

#[cfg(doctest)]
mod chapters {
    include!(concat!(env!("OUT_DIR"), "/chapters.rs"));
}
