//! Classes of PyO3 as exporters: what the attribute [`exports`](macro@super::exports) makes of a
//! field.

use std::ffi::c_int;

use pyo3::impl_::pyclass::PyClassImpl;
use pyo3::{Bound, PyAny, PyClass, PyClassGuard, PyErr, PyResult, ffi};

use super::export_field::ExportField;
use super::procs::{PendingRequest, attached, releasebufferproc};
use crate::error::BufferError;

/// A class that exports a field. The attribute [`exports`](macro@super::exports) implements it.
///
/// # Safety
///
/// `__getbuffer__` and `__releasebuffer__` of the class are those that the attribute adds. Every
/// view that is released by an object of the class, or of one derived from it, has in `internal`
/// what a [`RawExporter`](crate::RawExporter) of this crate wrote there. So:
///
/// - The base of the class is `object`, or a class with the attribute. Another base may have
///   buffers of its own: `Base.__buffer__(derived, 0)` gets one of them, and the release of the
///   derived class would take its `internal` for a pointer to an exporter.
/// - The class has at least one byte, so that Python derives no class from it and from a type in C
///   with fields.
/// - A class in Rust or C that derives from it does not write the two methods by hand.
/// - A class in Python that derives from it does not derive also from a type in C that has buffers
///   of its own (and no fields, or Python refuses the combination).
///
/// ```pyo3
/// #[exports(points)]
/// #[pymethods]
/// impl Cloud {
///     // …
/// }
/// ```
pub unsafe trait Exports: PyClass + PyClassImpl<BaseType: BaseOfExporter> {
    /// The field.
    fn export_field(&self) -> &impl ExportField;
}

/// What a class with the attribute [`exports`](macro@super::exports) may extend: `object`, and
/// other classes with the attribute.
///
/// # Safety
///
/// The class has no buffers, or grants them by a [`RawExporter`](crate::RawExporter) of this crate.
///
/// ```pyo3
/// #[pyclass(extends = Base)]
/// pub struct Outer {
///     bytes: Exported<Vec<u8>>,
/// }
///
/// // …
/// #[pymethods]
/// impl Outer {
///     #[new]
///     fn new(len: usize) -> PyClassInitializer<Outer> {
///         let outer = Outer { bytes: Exported::new(vec![7; len]) };
///         PyClassInitializer::from(Base::new(len)).add_subclass(outer)
///     }
/// // …
/// ```
#[diagnostic::on_unimplemented(
    message = "a class with `#[exports]` cannot extend `{Self}`",
    label = "its buffers would be released as if they were this crate's",
    note = "`Base.__buffer__(derived, 0)` gets a buffer of the base, and the derived class releases it",
    note = "put `#[exports]` on the base too, or keep an object of the base in a field"
)]
pub unsafe trait BaseOfExporter {}

// SAFETY: `object` has no buffers.
unsafe impl BaseOfExporter for PyAny {}
// SAFETY: as `Exports` promises.
unsafe impl<T: Exports> BaseOfExporter for T {}

/// Ends the compilation for a class without a byte. Python could derive a class from it and from a
/// type in C that has buffers and fields: of two types with fields it refuses that.
#[doc(hidden)]
pub const fn check_size<T: Exports>() {
    assert!(
        size_of::<T>() > 0,
        "a class with `#[exports]` has at least one byte: keep what is exported in a field"
    );
}

/// `__getbuffer__` of a class.
///
/// # Safety
///
/// `view` is valid for writes, and released at most once if it is granted.
#[inline]
pub unsafe fn getbuffer<T: Exports>(
    slf: &Bound<'_, T>,
    view: *mut ffi::Py_buffer,
    flags: c_int,
) -> PyResult<()> {
    // SAFETY: `slf` is alive and attached; the rest is the caller's promise.
    let pending = unsafe { PendingRequest::new(slf.as_ptr(), view, flags) };
    pending.answer(|| pass_to_field(slf, &pending)).map_err(PyErr::from)
}

/// Asks the field, unless a method has `&mut self`.
#[inline]
pub(super) fn pass_to_field<T: Exports>(
    slf: &Bound<'_, T>,
    pending: &PendingRequest,
) -> Result<(), BufferError> {
    // Not `slf.try_borrow()`, which takes a reference too.
    let class: PyClassGuard<'_, T> = slf.try_into().map_err(|_| BufferError::BeingModified)?;
    let field = class.export_field();
    match field.runs_foreign_code() {
        true => pass_to_foreign_field(field, pending),
        false => field.with_exporter(|exporter| pending.pass_to_ours(exporter))?,
    }
}

/// Asks a field of the user's own kind, or one that lends by code of the user's.
#[cold]
#[inline(never)]
fn pass_to_foreign_field<F: ExportField>(
    field: &F,
    pending: &PendingRequest,
) -> Result<(), BufferError> {
    // SAFETY: attached, as who made `pending` promised.
    unsafe { attached(|| field.with_exporter(|exporter| pending.pass_to(exporter))) }?
}

/// `__releasebuffer__` of a class. Borrows nothing: it runs during a method that has `&mut self`
/// too.
///
/// # Safety
///
/// `view` was granted by [`getbuffer`] and is not released, or has NULL in `internal`.
#[inline]
pub unsafe fn releasebuffer<T: Exports>(slf: &Bound<'_, T>, view: *mut ffi::Py_buffer) {
    // SAFETY: the caller's promise; attached, since there is a `Bound`.
    unsafe { releasebufferproc(slf.as_ptr(), view) };
}
