//! The end of an export, by `internal` alone.

use std::ffi::c_void;
use std::ptr::NonNull;

use super::header::Header;
use crate::abi::Py_buffer;
use crate::catch_panic::caught;
use crate::error::ReleaseError;
use crate::free_in_turn::free_in_turn;

/// Ends one export: what `bf_releasebuffer` has to do.
///
/// Goes by `internal` alone: the struct may be a byte copy of the one that was filled, and the
/// [`Exported`](super::Exported) that filled it may be gone. A NULL in `internal` is nothing of
/// ours (`PyBuffer_FillInfo` writes it) and is left alone. `obj` is not touched. Frees the
/// exporter if this was the last that held it; a panic of its drop is caught and reported.
///
/// # Safety
///
/// `view` is valid for reads, and its `internal` is NULL or what
/// [`RawExporter::getbuffer`](super::RawExporter::getbuffer) wrote, for an export that has not
/// ended. One release too many is reported while the owner or another export keeps the exporter
/// alive.
#[doc(alias = "bf_releasebuffer")]
#[inline]
pub unsafe fn release(view: *const Py_buffer) -> Result<(), ReleaseError> {
    // SAFETY: the caller's promise.
    match unsafe { end(view) }? {
        Some(orphan) => orphan.free(),
        None => Ok(()),
    }
}

/// Ends one export. An exporter without holders is left to the caller: an interpreter has to be
/// prepared for its drop.
///
/// # Safety
///
/// As [`release`].
#[inline]
pub(crate) unsafe fn end(view: *const Py_buffer) -> Result<Option<Orphan>, ReleaseError> {
    // SAFETY: `view` is valid for reads, by the caller's promise.
    let internal: *mut c_void = unsafe { (*view).internal };
    let Some(header) = NonNull::new(internal.cast::<Header>()) else {
        return Ok(None);
    };
    // SAFETY: the caller's promise; a cell starts with its header.
    unsafe { end_export(header) }
}

/// Ends one export of the cell that starts with this header.
///
/// # Safety
///
/// An export of the cell has not ended. As in [`release`], one too many is reported while another
/// holder keeps the cell alive.
#[inline]
pub(super) unsafe fn end_export(header: NonNull<Header>) -> Result<Option<Orphan>, ReleaseError> {
    // SAFETY: the export keeps the cell alive, and a cell starts with its header.
    let last = unsafe { header.as_ref() }.count.release()?;
    Ok(last.then_some(Orphan(header)))
}

/// An exporter without holders. It leaks unless it is freed.
#[must_use]
pub(crate) struct Orphan(
    /// Invariant: the start of a live cell that no other code reaches.
    NonNull<Header>,
);

impl Orphan {
    /// Drops the exporter. A panic of its drop is caught and reported.
    pub(crate) fn free(self) -> Result<(), ReleaseError> {
        // SAFETY: the invariant: the cell is still there.
        let free = unsafe { self.0.as_ref() }.free;
        // SAFETY: the invariant: no other code reaches the cell, and this value is consumed.
        let freed = caught(|| unsafe { free_in_turn(self.0.cast(), free) });
        freed.ok_or(ReleaseError::DropPanicked)
    }
}

/// Whether nobody writes the memory of a view, which
/// [`RawExporter::getbuffer`](super::RawExporter::getbuffer) granted, before it is released.
///
/// # Safety
///
/// `internal` of the view is what [`RawExporter::getbuffer`](super::RawExporter::getbuffer) wrote,
/// for an export that has not ended.
pub(crate) unsafe fn is_immutable(view: &Py_buffer) -> bool {
    let header = NonNull::new(view.internal.cast::<Header>());
    // SAFETY: the export keeps the cell alive, and a cell starts with its header.
    let header = header.map(|header| unsafe { header.as_ref() });
    let properties = header.and_then(|header| header.properties().ok());
    properties.is_some_and(|properties| properties.immutable)
}
