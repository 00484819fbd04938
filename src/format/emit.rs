//! From a [`Format`] back to a text.
//!
//! The text is the plainest one that parses to the same value: padding is written out as `x`, an
//! order character is written where it is needed, and codes of one meaning become one (`l` and `n`
//! become `q` or `i`).

use std::fmt::{self, Write};

use super::scalar::{Kind, Mode, Scalar};
use super::{Element, Field, Format};

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Emitter { out: f, mode: Mode::Aligned }.fields(self)
    }
}

struct Emitter<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    /// In force at the end of what is written.
    mode: Mode,
}

impl Emitter<'_, '_> {
    fn fields(&mut self, format: &Format) -> fmt::Result {
        let mut end = 0;
        for field in format.fields() {
            self.pad(field.offset - end)?;
            self.field(field)?;
            end = field.offset + field.size;
        }
        self.pad(format.itemsize - end)
    }

    fn pad(&mut self, bytes: usize) -> fmt::Result {
        match bytes {
            0 => Ok(()),
            1 => self.out.write_char('x'),
            bytes => write!(self.out, "{bytes}x"),
        }
    }

    fn field(&mut self, field: &Field) -> fmt::Result {
        let (aligned, natural) = (field.align > 1, field.element.natural_align());
        // A count would be part of a string, and `1` is what no count means.
        let is_string = matches!(&field.element, Element::Scalar(s) if s.kind.counts_within());
        let count = match *field.shape {
            [extent] if !is_string && extent != 1 => Some(extent),
            _ => None,
        };
        // The shape comes before the order, and the count after it: NumPy reads nothing else.
        if count.is_none() && !field.shape.is_empty() {
            let extents: Vec<String> = field.shape.iter().map(usize::to_string).collect();
            write!(self.out, "({})", extents.join(","))?;
        }
        if let Element::Scalar(scalar) = &field.element {
            self.choose(scalar, aligned, natural)?;
        } else if matches!(field.element, Element::Pointer(_)) {
            self.set(if aligned { Mode::Aligned } else { Mode::Standard })?;
        }
        if let Some(count) = count {
            write!(self.out, "{count}")?;
        }
        match &field.element {
            Element::Scalar(scalar) => self.out.write_str(&scalar.text())?,
            Element::Pointer(target) => {
                self.out.write_char('&')?;
                self.fields(target)?;
            }
            Element::Record(record) => {
                self.out.write_str("T{")?;
                self.fields(record)?;
                // The order in force at the end decides on the alignment of the whole.
                if natural > 1 && aligned != (self.mode == Mode::Aligned) {
                    self.set(if aligned { Mode::Aligned } else { Mode::Standard })?;
                    self.out.write_str("0x")?;
                }
                self.out.write_char('}')?;
            }
        }
        match &field.name {
            Some(name) => write!(self.out, ":{name}:"),
            None => Ok(()),
        }
    }

    /// Puts an order in force in which the scalar has its byte order, and its alignment if that
    /// counts.
    fn choose(&mut self, scalar: &Scalar, aligned: bool, natural: usize) -> fmt::Result {
        match () {
            () if aligned => self.set(Mode::Aligned),
            () if scalar.swapped => self.set(Mode::FOREIGN),
            () if natural == 1 => Ok(()),
            // NumPy reads no `=g`.
            () if scalar.kind == Kind::Float && scalar.size > 8 => self.set(Mode::Native),
            () if scalar.kind == Kind::Complex && scalar.size > 16 => self.set(Mode::Native),
            () => self.set(Mode::Standard),
        }
    }

    fn set(&mut self, mode: Mode) -> fmt::Result {
        if mode != self.mode {
            self.out.write_char(mode.character())?;
            self.mode = mode;
        }
        Ok(())
    }
}

impl Element {
    fn natural_align(&self) -> usize {
        match self {
            Element::Scalar(scalar) => scalar.natural_align(),
            Element::Record(record) => record.align,
            Element::Pointer(_) => align_of::<*const u8>(),
        }
    }
}
