//! How an exported value answers a request: by the properties of its view, twice if they change.

use std::ffi::c_void;

use super::sync::Ordering;
use super::{Exported, Exporter, RawExporter};
use crate::abi::{Py_buffer, PyObject};
use crate::error::BufferError;
use crate::grant::{CachedView, grants_all, grants_records, grants_simple, refuse};
use crate::request::Request;

// SAFETY: it is the raw exporter in the box that answers.
unsafe impl<L: RawExporter + ?Sized> RawExporter for Box<L> {
    unsafe fn getbuffer(
        &self,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError> {
        // SAFETY: the caller's promises, passed on.
        unsafe { (**self).getbuffer(view, obj, request) }
    }

    fn runs_foreign_code(&self) -> bool {
        (**self).runs_foreign_code()
    }
}

// SAFETY: `internal` is the cell, whose count keeps it, the value and what it shows in place
// until the export ends.
unsafe impl<E: Exporter> RawExporter for Exported<E> {
    // The usual requests come first and inline: a return by reference costs more than the whole
    // answer, as `cargo bench -- getbuffer` shows.
    #[inline(always)]
    unsafe fn getbuffer(
        &self,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError> {
        // During a mutation these are the properties from before: a request that they refuse would
        // have been refused then.
        let properties = self.cell().header.word.load(Ordering::Acquire);
        if grants_all(properties, request) {
            // SAFETY: the caller's promises, and the request gets all fields.
            if let Some(answer) = unsafe { self.try_grant(properties, view, CachedView::all, obj) }
            {
                return answer;
            }
        }
        // SAFETY: the caller's promises.
        unsafe { self.grant_partly(properties, view, obj, request) }
    }

    #[inline(always)]
    fn runs_foreign_code(&self) -> bool {
        false
    }
}

impl<E: Exporter> Exported<E> {
    /// Answers a request that the properties grant, with a view that `fill` makes of what is shown.
    /// None: the properties have changed.
    ///
    /// # Safety
    ///
    /// As [`RawExporter::getbuffer`]. The properties grant the request the fields that `fill`
    /// shows.
    #[inline(always)]
    unsafe fn try_grant(
        &self,
        properties: usize,
        view: *mut Py_buffer,
        fill: impl Fn(&CachedView, *mut PyObject, *mut c_void) -> Py_buffer,
        obj: *mut PyObject,
    ) -> Option<Result<(), BufferError>> {
        let header = &self.cell().header;
        if let Err(reason) = header.count.export() {
            // SAFETY: `view` is valid for writes, by the caller's promise.
            unsafe { refuse(view) };
            return Some(Err(reason.into()));
        }
        // Now they hold until the export ends.
        if header.word.load(Ordering::Relaxed) != properties {
            header.end_own_export();
            return None;
        }
        // SAFETY: an export was just counted, and the properties are not 0.
        let cached = unsafe { self.cached() };
        let filled = fill(cached, obj, self.cell.as_ptr().cast());
        // SAFETY: `view` is valid for writes. The memory that it describes stays valid until the
        // export ends: until then the count excludes a change of `cached` and `value`, and the cell
        // stays.
        unsafe { view.write(filled) };
        Some(Ok(()))
    }

    /// [`RawExporter::getbuffer`] for all requests but those for every field.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(never)]
    unsafe fn grant_partly(
        &self,
        properties: usize,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError> {
        let quick = if grants_simple(properties, request) {
            // SAFETY: the caller's promises, and the request gets a run.
            unsafe { self.try_grant(properties, view, CachedView::simple, obj) }
        } else if grants_records(properties, request) {
            // SAFETY: the caller's promises, and the request gets all fields that there are.
            unsafe { self.try_grant(properties, view, CachedView::all, obj) }
        } else {
            None
        };
        // SAFETY: the caller's promises. Properties from before are no worse than others: `answer`
        // checks whether they still hold.
        quick.unwrap_or_else(|| unsafe { self.answer(properties, view, obj, request) })
    }

    /// Answers any request, with the properties from before.
    ///
    /// # Safety
    ///
    /// As [`RawExporter::getbuffer`].
    #[inline(never)]
    unsafe fn answer(
        &self,
        properties: usize,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError> {
        match self.cell().header.export(properties, request) {
            Ok(granted) => {
                // SAFETY: an export was just counted, and properties by which a request is granted
                // are not 0.
                let cached = unsafe { self.cached() };
                let filled = cached.partial(obj, self.cell.as_ptr().cast(), granted);
                // SAFETY: as in `try_grant`.
                unsafe { view.write(filled) };
                Ok(())
            }
            Err(refusal) => {
                // SAFETY: `view` is valid for writes, by the caller's promise.
                unsafe { refuse(view) };
                Err(refusal)
            }
        }
    }

    /// What is shown, during an export.
    ///
    /// # Safety
    ///
    /// An export is counted, and the properties are not 0.
    #[inline]
    unsafe fn cached(&self) -> &CachedView {
        // SAFETY: the export excludes a mutation.
        let cached = unsafe { &*self.cell().cached.get() };
        // SAFETY: properties that are not 0 are those of what is shown.
        unsafe { cached.as_ref().unwrap_unchecked() }
    }
}
