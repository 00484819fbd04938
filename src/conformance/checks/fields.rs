//! Checks of the fields, each by itself. See the chapter "Py_buffer, field by field".

use crate::abi::{Py_ssize_t, PyBUF_MAX_NDIM};
use crate::conformance::check::Findings;
use crate::conformance::dialect::{Syntax, syntax};
use crate::conformance::evidence::{Evidence, Observation};
use crate::conformance::view_state::{NAMES, numbers};
use crate::request::Request;

/// Whether the arrays can be looked at: there are dimensions, and not too many.
fn has_dimensions(seen: &Observation) -> bool {
    seen.asks(Request::ND) && seen.view.ndim > 0
}

pub(super) fn all_written(evidence: &Evidence, findings: &mut Findings) {
    for seen in findings.each(evidence.granted_at_any_time()) {
        let fields = numbers(&seen.before).into_iter().zip(numbers(&seen.view)).zip(NAMES);
        let unwritten: Vec<_> =
            fields.filter(|((before, after), _)| before == after).map(|(_, name)| name).collect();
        if !unwritten.is_empty() {
            findings.add(
                seen,
                "all fields written",
                format!("{} not written", unwritten.join(", ")),
            );
        }
    }
}

pub(super) fn buf_empty(evidence: &Evidence, findings: &mut Findings) {
    for seen in findings.each(evidence.granted().filter(|seen| seen.view.len == 0)) {
        if seen.view.buf.is_null() {
            findings.add(seen, "buf not NULL, also without items", "buf NULL");
        }
    }
}

pub(super) fn len_product(evidence: &Evidence, findings: &mut Findings) {
    for seen in evidence.granted() {
        let shape = match seen.view.ndim {
            0 if seen.asks(Request::ND) => Some(&[][..]),
            _ => seen.fields.shape.as_deref().filter(|_| has_dimensions(seen)),
        };
        let Some(shape) = shape else { continue };
        findings.examine();
        let (len, itemsize) = (seen.view.len, seen.view.itemsize);
        match product(shape, itemsize) {
            Some(product) if product == len => {}
            Some(product) => {
                let expected = format!("len {product}: shape {shape:?}, itemsize {itemsize}");
                findings.add(seen, expected, format!("len {len}"));
            }
            None => {
                let found = format!("len {len}: shape {shape:?}, itemsize {itemsize}");
                findings.add(seen, "a shape of as many bytes as len can say", found);
            }
        }
    }
}

/// `product(shape) * itemsize`. None if that is no number of this type.
fn product(shape: &[Py_ssize_t], itemsize: Py_ssize_t) -> Option<Py_ssize_t> {
    match shape.contains(&0) {
        true => Some(0), // also if the others are large
        false => shape.iter().try_fold(itemsize, |product, &extent| product.checked_mul(extent)),
    }
}

pub(super) fn readonly_values(evidence: &Evidence, findings: &mut Findings) {
    for seen in findings.each(evidence.granted()) {
        let readonly = seen.view.readonly;
        if readonly != 0 && readonly != 1 {
            findings.add(seen, "readonly 0 or 1", format!("readonly {readonly}"));
        }
    }
}

/// Formats in an unknown syntax are for `format_string`.
pub(super) fn one_item(evidence: &Evidence, findings: &mut Findings) {
    for seen in evidence.granted() {
        let Some(format) = &seen.fields.format else { continue };
        let Syntax::Known { size, .. } = syntax(format, seen.view.itemsize) else { continue };
        findings.examine();
        if usize::try_from(seen.view.itemsize) != Ok(size) {
            let expected = format!("itemsize {size}, of format {format:?}");
            findings.add(seen, expected, format!("itemsize {}", seen.view.itemsize));
        }
    }
}

pub(super) fn itemsize_without_format(evidence: &Evidence, findings: &mut Findings) {
    let Some(with) = evidence.granted().find(|seen| seen.asks(Request::FORMAT)) else { return };
    let without = evidence.granted().filter(|seen| !seen.asks(Request::FORMAT));
    for seen in findings.each(without) {
        if with.view.itemsize != seen.view.itemsize {
            let expected = format!("itemsize {}, as with FORMAT", with.view.itemsize);
            findings.add(seen, expected, format!("itemsize {}", seen.view.itemsize));
        }
    }
}

pub(super) fn itemsize_positive(evidence: &Evidence, findings: &mut Findings) {
    let granted = findings.each(evidence.granted());
    for seen in granted.filter(|seen| seen.view.itemsize < 1) {
        findings.add(seen, "itemsize at least 1", format!("itemsize {}", seen.view.itemsize));
    }
}

pub(super) fn format_string(evidence: &Evidence, findings: &mut Findings) {
    for seen in evidence.granted() {
        let Some(format) = &seen.fields.format else { continue };
        findings.examine();
        if let Syntax::Unknown(error) = syntax(format, seen.view.itemsize) {
            let found = format!("format {format:?}, in no known syntax ({error})");
            findings.add(seen, "a format in the syntax of struct or of PEP 3118", found);
        }
    }
}

pub(super) fn ndim_max(evidence: &Evidence, findings: &mut Findings) {
    for seen in findings.each(evidence.granted()) {
        let ndim = usize::try_from(seen.view.ndim);
        if ndim.map_or(true, |ndim| ndim > PyBUF_MAX_NDIM) {
            let expected = format!("ndim from 0 to {PyBUF_MAX_NDIM}");
            findings.add(seen, expected, format!("ndim {}", seen.view.ndim));
        }
    }
}

pub(super) fn ndim_zero(evidence: &Evidence, findings: &mut Findings) {
    let without_axis =
        evidence.granted().filter(|seen| seen.view.ndim == 0 && seen.asks(Request::ND));
    for seen in findings.each(without_axis) {
        let view = &seen.view;
        let arrays =
            [("shape", view.shape), ("strides", view.strides), ("suboffsets", view.suboffsets)];
        for (name, array) in arrays {
            if !array.is_null() {
                findings.add(seen, format!("{name} NULL, since ndim is 0"), format!("{name} set"));
            }
        }
    }
}

pub(super) fn extents(evidence: &Evidence, findings: &mut Findings) {
    for seen in evidence.granted() {
        let Some(shape) = seen.fields.shape.as_deref() else { continue };
        findings.examine();
        if shape.iter().any(|&extent| extent < 0) {
            findings.add(seen, "no negative extent", format!("shape {shape:?}"));
        }
    }
}

pub(super) fn suboffsets_null(evidence: &Evidence, findings: &mut Findings) {
    for seen in evidence.granted() {
        findings.examine();
        let Some(suboffsets) = &seen.fields.suboffsets else { continue };
        if suboffsets.iter().all(|&suboffset| suboffset < 0) {
            let found = format!("suboffsets {suboffsets:?}");
            findings.add(seen, "suboffsets NULL, since no pointer is followed", found);
        }
    }
}
