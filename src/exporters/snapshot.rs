//! A new copy of the memory for each export, found again through `internal`.
//!
//! For values that have no memory of the shape that consumers want (it is computed), or that must
//! be changeable while views are held. Each consumer gets the state of its own moment; it is freed
//! with its release.

use std::cell::Cell;

use crate::abi::{Py_buffer, PyObject};
use crate::catch_panic::caught;
use crate::error::BufferError;
use crate::exporter::{Exported, Exporter, RawExporter};
use crate::grant::refuse;
use crate::request::Request;

/// A value of which consumers see copies.
///
/// ```
/// use bufferprocs::exporters::Snapshots;
/// use bufferprocs::BufferError;
///
/// /// Shows the seconds since it was made, one item, new for each request.
/// struct Clock(std::time::Instant);
///
/// impl Snapshots for Clock {
///     type Copy = [u64; 1];
///
///     fn snapshot(&self) -> Result<[u64; 1], BufferError> {
///         Ok([self.0.elapsed().as_secs()])
///     }
/// }
///
/// assert_eq!(Clock(std::time::Instant::now()).snapshot()?, [0]);
/// # Ok::<(), BufferError>(())
/// ```
pub trait Snapshots: Send + Sync + 'static {
    /// What a copy is.
    type Copy: Exporter;

    /// A copy of the value as it is now. Called during each request; an error is the request's
    /// refusal.
    fn snapshot(&self) -> Result<Self::Copy, BufferError>;
}

/// So many exporters may ask one another for a buffer before the innermost request is refused.
const DEEPEST: usize = 100;

/// Runs `code`, which is foreign, during a request. Refuses in a deep nest, since an exporter that
/// asks another one, or itself, for a buffer uses the stack. A panic is caught.
pub(crate) fn nested<R>(code: impl FnOnce() -> Result<R, BufferError>) -> Result<R, BufferError> {
    thread_local! {
        static DEPTH: Cell<usize> = const { Cell::new(0) };
    }
    let depth = DEPTH.get();
    if depth == DEEPEST {
        return Err(BufferError::Refused("too many exporters ask one another for a buffer".into()));
    }
    DEPTH.set(depth + 1);
    let answer = caught(code).unwrap_or(Err(BufferError::ViewPanicked));
    DEPTH.set(depth);
    answer
}

/// Lends a copy of the value for each request.
///
/// A request runs the code of [`Snapshots::snapshot`] and allocates, unlike one to an [`Exported`]
/// value.
///
/// ```
/// use bufferprocs::exporters::{Snapshot, Snapshots, Strided};
/// use bufferprocs::{Buffer, BufferError, Layout, Object, Request};
/// use std::sync::Mutex;
///
/// struct Log(Mutex<Vec<u32>>);
///
/// impl Snapshots for Log {
///     type Copy = Strided<u32>;
///
///     fn snapshot(&self) -> Result<Strided<u32>, BufferError> {
///         let log = self.0.lock().unwrap().clone();
///         let layout = Layout::c_contiguous(&[log.len()], 4)?;
///         Ok(Strided::readonly(log, layout, 0)?)
///     }
/// }
///
/// let object = Object::from_raw_exporter(Snapshot(Log(Mutex::new(vec![1, 2]))));
/// let before = Buffer::get(&object, Request::FULL_RO)?;
/// let log = &object.value::<Snapshot<Log>>().unwrap().0;
/// log.0.lock().unwrap().push(3); // although a view is held
/// let after = Buffer::get(&object, Request::FULL_RO)?;
/// assert_eq!((before.shape(), after.shape()), (Some(&[2][..]), Some(&[3][..])));
/// # Ok::<(), BufferError>(())
/// ```
#[derive(Debug)]
pub struct Snapshot<S>(pub S);

// SAFETY: what is granted is granted by an `Exported`, whose cell outlives it until the release.
unsafe impl<S: Snapshots> RawExporter for Snapshot<S> {
    unsafe fn getbuffer(
        &self,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError> {
        let answer = nested(|| {
            let copy = Exported::new(self.0.snapshot()?);
            // SAFETY: the caller's promises, passed on. The export keeps the copy when its owner is
            // dropped, in a moment.
            unsafe { copy.getbuffer(view, obj, request) }
        });
        if answer.is_err() {
            // SAFETY: `view` is valid for writes, by the caller's promise.
            unsafe { refuse(view) };
        }
        answer
    }
}
