//! Whether a consumer may write, and why not: one decision for every way to write.

use super::{Buffer, Source};
use crate::error::AccessError;
use crate::format::{Described, Format};
use crate::request::Request;

impl<S: Source> Buffer<S> {
    /// Whether bytes from anywhere may be written over the items, or why not.
    pub(super) fn check_write(&self) -> Result<(), AccessError> {
        if self.view.readonly != 0 {
            return Err(AccessError::ReadOnly);
        }
        // Exporters may answer `readonly = 0` to a request that does not ask for it. The source
        // looks for addresses only in views that are requested to be written.
        if !self.may_write {
            return Err(AccessError::WritableNotRequested);
        }
        if self.permits_addresses || !self.request.contains(Request::FORMAT) {
            return Ok(()); // without a format the source promises that there are no addresses
        }
        let text = || self.format().map(|format| format.to_string_lossy().into_owned());
        match Format::describes(self.format(), self.itemsize()) {
            Described::Plain => Ok(()),
            // SAFETY: granted and not released.
            Described::Padded if unsafe { S::owns_padding(&self.view) } => Ok(()),
            Described::Addresses => {
                Err(AccessError::Pointers { format: text().unwrap_or_default() })
            }
            Described::NotUnderstood(reason) => {
                Err(AccessError::NotUnderstood { format: text().unwrap_or_default(), reason })
            }
            Described::Padded | Described::Partly => {
                Err(AccessError::PartlyDescribed { format: text(), itemsize: self.itemsize() })
            }
        }
    }
}
