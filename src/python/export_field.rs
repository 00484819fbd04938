//! The field of a class that holds the exported value, alone or in a lock, and which requests are
//! refused while the lock is held.

use std::sync::{Mutex, OnceLock, RwLock, TryLockError};

use crate::error::BufferError;
use crate::exporter::RawExporter;

/// A field that holds what a class exports: an [`Exported`](crate::Exported) value or another
/// [`RawExporter`], or something around it.
///
/// | field | a request is refused |
/// |---|---|
/// | `Exported<E>`, `Immutable<E>`, `Lazy<E>`, `Snapshot<S>`, `Box<dyn RawExporter>` | as these decide |
/// | `Option<F>`, `OnceLock<F>` | while there is nothing: `ValueError`, as of something closed |
/// | `RwLock<F>` | while somebody holds it for writing |
/// | `Mutex<F>` | while anybody holds it, another request at that moment included |
///
/// No request waits for a lock: the thread that holds it may be waiting for the interpreter, which
/// the requesting thread has. A `Snapshot` in a lock makes its copy while the lock is held:
/// `snapshot()` must not wait for a thread that waits for the lock. The same holds for the `view()`
/// of a `Lazy`, which runs during the first request.
///
/// An `Arc<Exported<E>>` cannot be such a field. Two classes could share it, and the collector
/// would count each reference in the value twice. To keep a hold on the memory from Rust, export
/// an `Arc<[Shared<T>]>`; to change the value from Rust, keep the object (`Py<Class>`).
///
/// An error that an implementation keeps, to refuse with it again, has to be
/// [plain](BufferError::into_plain): an exception refers to objects that no collector finds there.
///
/// ```pyo3
/// impl ExportField for Moody {
///     type Exporter = Exported<Items>;
///
///     fn with_exporter<R>(
///         &self,
///         request: impl FnOnce(&Self::Exporter) -> R,
///     ) -> Result<R, BufferError> {
///         assert!(!self.panics.load(Ordering::Relaxed), "not now");
///         match &*self.refuses.lock().unwrap() {
///             Some(refusal) => Err(refusal.clone()),
///             None => Ok(request(&self.items)),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be exported",
    label = "the field is no `Exported<...>`, nor something around one",
    note = "`Exported<Vec<T>>` and `Exported<Vec<Shared<T>>>` are the simplest; any type that implements `Exporter` will do",
    note = "an `Arc<Exported<...>>` will not: export an `Arc<[Shared<T>]>`, or keep the object as `Py<...>`"
)]
pub trait ExportField {
    /// What is exported.
    type Exporter: RawExporter + ?Sized;

    /// Calls `ask` with what is exported. An error is the refusal of the request, also after `ask`:
    /// what was granted is released then.
    fn with_exporter<R>(&self, ask: impl FnOnce(&Self::Exporter) -> R) -> Result<R, BufferError>;

    /// Whether a request runs code that is not this crate's: then PyO3 is told that the thread is
    /// attached, which takes time. Without that it puts off each drop of a reference.
    fn runs_foreign_code(&self) -> bool {
        true
    }
}

impl<L: RawExporter> ExportField for L {
    type Exporter = L;

    #[inline]
    fn with_exporter<R>(&self, ask: impl FnOnce(&L) -> R) -> Result<R, BufferError> {
        Ok(ask(self))
    }

    #[inline]
    fn runs_foreign_code(&self) -> bool {
        RawExporter::runs_foreign_code(self)
    }
}

impl<F: ExportField> ExportField for Option<F> {
    type Exporter = F::Exporter;

    fn with_exporter<R>(&self, ask: impl FnOnce(&F::Exporter) -> R) -> Result<R, BufferError> {
        self.as_ref().ok_or(BufferError::Closed)?.with_exporter(ask)
    }

    fn runs_foreign_code(&self) -> bool {
        self.as_ref().is_some_and(F::runs_foreign_code)
    }
}

impl<F: ExportField> ExportField for OnceLock<F> {
    type Exporter = F::Exporter;

    fn with_exporter<R>(&self, ask: impl FnOnce(&F::Exporter) -> R) -> Result<R, BufferError> {
        self.get().ok_or(BufferError::Closed)?.with_exporter(ask)
    }

    fn runs_foreign_code(&self) -> bool {
        self.get().is_some_and(F::runs_foreign_code)
    }
}

impl<F: ExportField> ExportField for RwLock<F> {
    type Exporter = F::Exporter;

    fn with_exporter<R>(&self, ask: impl FnOnce(&F::Exporter) -> R) -> Result<R, BufferError> {
        unpoisoned(self.try_read())?.with_exporter(ask)
    }
}

impl<F: ExportField> ExportField for Mutex<F> {
    type Exporter = F::Exporter;

    fn with_exporter<R>(&self, ask: impl FnOnce(&F::Exporter) -> R) -> Result<R, BufferError> {
        unpoisoned(self.try_lock())?.with_exporter(ask)
    }
}

/// The guard, whether or not a thread that held the lock panicked: an `Exported` is whole at all
/// times.
fn unpoisoned<G>(guard: Result<G, TryLockError<G>>) -> Result<G, BufferError> {
    match guard {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(guard)) => Ok(guard.into_inner()),
        Err(TryLockError::WouldBlock) => Err(BufferError::BeingModified),
    }
}
