//! One record, byte by byte: its fields as its format says, and what lies between them.

use std::fmt::Write;

use bufferprocs::format::{Element, Field};
use bufferprocs::{Format, Item, item::Pad};

use super::Picture;
use super::svg::{Figure, cell_class, rect, text};

bufferprocs::record! {
    struct Padded { a: u8, _pad: Pad<3>, b: u32, c: u16, _end: Pad<2> }
}

bufferprocs::record! {
    #[repr(packed)]
    struct Packed { a: u8, b: u32, c: u16 }
}

/// The picture of that name, as a figure; None if it is none of these.
pub fn html(name: &str) -> Option<Picture> {
    let (caption, format) = match name {
        "record-padded" => ("A record with its fields aligned", of::<Padded>()),
        "record-packed" => ("The same fields, packed", of::<Packed>()),
        _ => return None,
    };
    Some(format.map(|(text, format)| figure(name, caption, text, &format)))
}

/// The text of a record's format, and the record in it.
fn of<T: Item>() -> Result<(&'static str, Format), Box<dyn std::error::Error>> {
    match Format::of::<T>()?.fields() {
        [field] => match field.element() {
            Element::Record(record) => Ok((T::FORMAT.to_str()?, Format::clone(record))),
            _ => Err("no record".into()),
        },
        _ => Err("more than one record".into()),
    }
}

const BYTE: usize = 44;
const HEIGHT: usize = 36;
const MARGIN: usize = 28;
const TOP: usize = 30;

fn figure(name: &str, caption: &str, format_text: &str, record: &Format) -> String {
    let bytes = record.itemsize();
    let size = (2 * MARGIN + BYTE * bytes, TOP + HEIGHT + 30);
    let mut svg = String::new();
    for (start, end, field) in pieces(record) {
        let (left, wide) = (MARGIN + BYTE * start, BYTE * (end - start));
        rect(&mut svg, cell_class(field.is_some()), (left, TOP), (wide, HEIGHT));
        let label = field.and_then(Field::name).unwrap_or("padding");
        text(&mut svg, "cell-text", left + wide / 2, TOP + 23, label);
    }
    for byte in 0..bytes {
        let middle = MARGIN + BYTE * byte + BYTE / 2;
        text(&mut svg, "cell-text label", middle, TOP + HEIGHT + 18, &format!("+{byte}"));
        if byte > 0 {
            let x = MARGIN + BYTE * byte;
            let _ = writeln!(svg, "<path class=\"axis\" d=\"M{x} {0}V{1}\"/>", TOP - 5, TOP);
        }
    }
    let row = |(start, end, field): (usize, usize, Option<&Field>)| {
        let (name, format) = match field {
            Some(field) => (field.name().unwrap_or(""), field.element_format().to_string()),
            None => ("padding", format!("{}x", end - start)),
        };
        vec![format!("{start} to {}", end - 1), name.to_owned(), format]
    };
    Figure {
        name,
        title: caption,
        size,
        drawing: &svg,
        caption: &format!(
            "{caption}: <code>{format_text}</code>, {bytes} bytes, alignment {}",
            record.align()
        ),
        heads: &["bytes", "field", "format"],
        rows: pieces(record).into_iter().map(row).collect(),
    }
    .html()
}

/// Start and end of each field, and of the padding around them, in bytes.
fn pieces(record: &Format) -> Vec<(usize, usize, Option<&Field>)> {
    let mut pieces = Vec::new();
    let mut end = 0;
    for field in record.fields() {
        if field.offset() > end {
            pieces.push((end, field.offset(), None));
        }
        end = field.offset() + field.size();
        pieces.push((field.offset(), end, Some(field)));
    }
    if record.itemsize() > end {
        pieces.push((end, record.itemsize(), None));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_record_is_shown_once() {
        #[track_caller]
        fn case<T: Item>(expected: &[(usize, usize, Option<&str>)]) {
            let (_, record) = of::<T>().unwrap();
            let found: Vec<_> = pieces(&record)
                .into_iter()
                .map(|(start, end, field)| (start, end, field.and_then(Field::name)))
                .collect();
            assert_eq!(found, expected);
            assert_eq!(found.last().unwrap().1, size_of::<T>());
        }
        case::<Padded>(&[
            (0, 1, Some("a")),
            (1, 4, None),
            (4, 8, Some("b")),
            (8, 10, Some("c")),
            (10, 12, None),
        ]);
        case::<Packed>(&[(0, 1, Some("a")), (1, 5, Some("b")), (5, 7, Some("c"))]);
        assert_eq!(html("record-padded").unwrap().unwrap().matches("<rect").count(), 5);
        assert!(html("none").is_none());
    }
}
