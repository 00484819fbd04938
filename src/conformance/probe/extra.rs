//! References that an exporter may drop by mistake.

use super::super::target::Target;
use super::held::difference;

/// References taken beforehand: more than an exporter can drop that drops one too many for each
/// view.
const HELD: u32 = 1 << 13;

/// References to a target that are taken beforehand. They are given back in any case: foreign
/// code that the examination calls may panic.
pub(super) struct ExtraReferences<'a> {
    target: &'a dyn Target,
    /// References to it before.
    before: Option<u32>,
}

impl<'a> ExtraReferences<'a> {
    pub(super) fn take(target: &'a dyn Target) -> ExtraReferences<'a> {
        // SAFETY: the target is alive.
        let before = unsafe { target.references(target.as_ptr()) };
        target.take_references(HELD);
        ExtraReferences { target, before }
    }
}

impl Drop for ExtraReferences<'_> {
    fn drop(&mut self) {
        // SAFETY: the target is alive, also if its exporter dropped references that were not its
        // own.
        let after = unsafe { self.target.references(self.target.as_ptr()) };
        let lost = difference(self.before, after).unwrap_or(HELD as i32) - HELD as i32;
        // SAFETY: they were taken above; those that the exporter dropped are gone.
        unsafe { self.target.drop_references(HELD.saturating_add_signed(lost.min(0))) };
    }
}
