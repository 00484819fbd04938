//! The rules for consumers that a check knows, and the pages that state them.

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $name:ident = $rule:literal on $page:literal;)*) => {
        $($(#[doc = $doc])* pub(super) const $name: &str = $rule;)*

        /// Each rule, and its page without `.html`.
        pub const PAGES: &[(&str, &str)] = &[$(($rule, $page)),*];
    };
}

rules! {
    AFTER_RELEASE = "consumer.no-use-after-release" on "first-consumer";
    PROMPTLY = "consumer.release-promptly" on "first-consumer";
    NO_ITEMS = "consumer.no-items" on "first-consumer";
    LOOK = "consumer.look" on "first-consumer";
    REFUSED = "consumer.refused" on "checking-consumers";
    EXCEPTION = "consumer.exception" on "checking-consumers";
    STRUCT_AS_FILLED = "consumer.struct-as-filled" on "checking-consumers";
    WRITABLE = "consumer.writable-to-write" on "checking-consumers";
    RELEASE_ONCE = "exports.release-once" on "counting";
    INTERNAL = "release.internal-unchanged" on "procs";
    READ_ONLY_FIELDS = "view.read-only-fields" on "procs";
    RESPECT_READONLY = "writable.respect" on "writable";
    ONE_RUN = "field.len.one-run" on "py-buffer";
    STRIDES = "field.strides.address" on "py-buffer";
    NEGATIVE_STRIDES = "field.strides.any-sign" on "py-buffer";
    SUBOFFSETS = "field.suboffsets.address" on "py-buffer";
    ANY_CONTIGUOUS = "request.any-contiguous" on "requests";
    FLAGS = "request.values" on "requests";
    BARE_FORMAT = "request.format.without-nd" on "requests";
}

/// Where the book states a rule: page and anchor.
pub(super) fn link(rule: &str) -> String {
    let page = PAGES.iter().find(|(known, _)| *known == rule).map_or("rules", |(_, page)| page);
    format!("{page}.html#r-{rule}")
}
