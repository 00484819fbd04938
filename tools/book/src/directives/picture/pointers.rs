//! Rows behind a table of pointers, and which of their items a view shows.

use std::fmt::Write;

use bufferprocs::exporters::{Reexport, Rows};
use bufferprocs::layout::Slice;
use bufferprocs::{Buffer, Object, Order, Request};

use super::Picture;
use super::svg::{Figure, cell_class, list, rect, text, tuple};

/// The picture of that name, as a figure; None if it is none of these.
pub fn html(name: &str) -> Option<Picture> {
    let (caption, slice) = match name {
        "rows" => ("Two rows that lie anywhere, and the table of their addresses", None),
        "rows-sliced" => (
            "The last two columns of the same rows, the last one first",
            Some(Slice { start: 2, count: 2, step: -1 }),
        ),
        _ => return None,
    };
    Some(shown(slice).map(|shown| figure(name, caption, &shown)))
}

/// What the exporter shows.
struct Shown {
    rows: Vec<Vec<u16>>,
    shape: Vec<isize>,
    strides: Vec<isize>,
    suboffsets: Vec<isize>,
    /// The items in C order.
    items: Vec<u16>,
}

impl Shown {
    /// The indices of an item, if the view shows it. Each item is another number.
    fn indices(&self, item: u16) -> Option<Vec<usize>> {
        let at = self.items.iter().position(|&shown| shown == item)?;
        let columns = self.shape[1].unsigned_abs();
        Some(vec![at / columns, at % columns])
    }
}

fn shown(slice: Option<Slice>) -> Result<Shown, Box<dyn std::error::Error>> {
    let rows = vec![vec![1u16, 2, 3], vec![4, 5, 6]];
    let object = Object::new(Rows::new(rows.clone())?);
    let whole = Reexport::new(Buffer::get(&object, Request::FULL)?);
    let part = match slice {
        Some(slice) => whole.slice(1, slice)?,
        None => whole,
    };
    let object = Object::new(part);
    let buffer = Buffer::get(&object, Request::FULL_RO)?;
    let numbers = |array: Option<&[isize]>| array.map(<[isize]>::to_vec).ok_or("no such array");
    Ok(Shown {
        rows,
        shape: numbers(buffer.shape())?,
        strides: numbers(buffer.strides())?,
        suboffsets: numbers(buffer.suboffsets())?,
        items: buffer.to_vec(Order::C)?,
    })
}

const WIDTH: usize = 56;
const HEIGHT: usize = 36;
const TABLE: usize = 28;
const ROWS: usize = 220;
const TOP: usize = 20;
/// From one row to the next, its labels included.
const STEP: usize = 108;

fn figure(name: &str, caption: &str, shown: &Shown) -> String {
    let columns = shown.rows[0].len();
    let size = (ROWS + WIDTH * columns + 28, TOP + STEP * shown.rows.len() + 8);
    let mut svg = String::new();
    let start = shown.suboffsets[0].unsigned_abs();
    for (number, row) in shown.rows.iter().enumerate() {
        let (table, y) = (TOP + HEIGHT * number, TOP + STEP * number);
        rect(&mut svg, "cell", (TABLE, table), (WIDTH, HEIGHT));
        text(&mut svg, "cell-text", TABLE + WIDTH / 2, table + 23, "●");
        let (from, to, middle) = (TABLE + WIDTH / 2, ROWS - 6, y + HEIGHT / 2);
        let _ = writeln!(
            svg,
            "<path class=\"arrow\" d=\"M{from} {0}L{to} {middle}\"/>",
            table + HEIGHT / 2
        );
        let _ = writeln!(
            svg,
            "<path class=\"arrow-head\" d=\"M{ROWS} {middle}L{0} {1}V{2}Z\"/>",
            ROWS - 9,
            middle - 4,
            middle + 4
        );
        for (column, &item) in row.iter().enumerate() {
            let (x, indices) = (ROWS + WIDTH * column, shown.indices(item));
            rect(&mut svg, cell_class(indices.is_some()), (x, y), (WIDTH, HEIGHT));
            let middle = x + WIDTH / 2;
            text(&mut svg, "cell-text", middle, y + 23, &item.to_string());
            text(&mut svg, "cell-text label", middle, y + HEIGHT + 18, &format!("+{}", 2 * column));
            if let Some(indices) = indices {
                text(&mut svg, "cell-text", middle, y + HEIGHT + 38, &tuple(&indices));
            }
        }
        let first = ROWS + start / 2 * WIDTH + WIDTH / 2;
        let label = format!("▲ suboffsets[0] = {start}");
        let y = y + HEIGHT + 60;
        let _ = writeln!(svg, "<text class=\"label\" x=\"{}\" y=\"{y}\">{label}</text>", first - 6);
    }
    let below = TOP + HEIGHT * shown.rows.len();
    text(&mut svg, "cell-text label", TABLE + WIDTH / 2, below + 20, "▲ buf");
    let row = |(number, column, item): (usize, usize, u16)| {
        let indices = shown.indices(item).map_or("not shown".to_owned(), |at| tuple(&at));
        vec![number.to_string(), (2 * column).to_string(), item.to_string(), indices]
    };
    let items = shown.rows.iter().enumerate().flat_map(|(number, row)| {
        row.iter().enumerate().map(move |(column, &item)| (number, column, item))
    });
    Figure {
        name,
        title: caption,
        size,
        drawing: &svg,
        caption: &format!(
            "{caption}: shape {}, strides {}, suboffsets {}",
            list(&shown.shape),
            list(&shown.strides),
            list(&shown.suboffsets)
        ),
        heads: &["pointer", "bytes into the row", "item", "indices"],
        rows: items.map(row).collect(),
    }
    .html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_behind_a_pointer_moves_the_suboffset() {
        let whole = shown(None).unwrap();
        assert_eq!(
            (&whole.suboffsets[..], &whole.items[..]),
            (&[0, -1][..], &[1, 2, 3, 4, 5, 6][..])
        );
        let part = shown(Some(Slice { start: 2, count: 2, step: -1 })).unwrap();
        assert_eq!((&part.suboffsets[..], &part.items[..]), (&[4, -1][..], &[3, 2, 6, 5][..]));
        assert_eq!(part.indices(1), None);
        assert_eq!(html("rows").unwrap().unwrap().matches("<rect").count(), 2 + 6);
        assert!(html("none").is_none());
    }
}
