//! A copy: items of a strided memory, and where each goes among the packed ones.

use std::fmt::Write;

use bufferprocs::exporters::Strided;
use bufferprocs::{Buffer, Layout, Object, Order, Request};

use super::Picture;
use super::svg::{Figure, cell_class, rect, text};

/// The picture of that name, as a figure; None if it is none of these.
pub fn html(name: &str) -> Option<Picture> {
    let (caption, order) = match name {
        "packed-in-c-order" => {
            ("Columns 0 and 2 of 2 rows of 4, packed: the last index fastest", Order::C)
        }
        "packed-in-fortran-order" => ("The same, with the first index fastest", Order::Fortran),
        _ => return None,
    };
    Some(packed(order).map(|packed| figure(name, caption, &packed)))
}

/// The memory has the numbers 1 to 8.
const MEMORY: u16 = 8;

fn packed(order: Order) -> Result<Vec<u16>, Box<dyn std::error::Error>> {
    let columns = Layout::strided(&[2, 2], &[8, 4], 2)?;
    let object = Object::new(Strided::readonly((1..=MEMORY).collect(), columns, 0)?);
    let buffer = Buffer::get(&object, Request::FULL_RO)?;
    Ok(buffer.to_vec(order)?)
}

const WIDTH: usize = 56;
const HEIGHT: usize = 36;
const MARGIN: usize = 28;
const TOP: usize = 12;
const BELOW: usize = 120;

fn figure(name: &str, caption: &str, packed: &[u16]) -> String {
    let size = (2 * MARGIN + WIDTH * usize::from(MEMORY), BELOW + HEIGHT + 30);
    let mut svg = String::new();
    let left = |number: usize| MARGIN + WIDTH * number;
    let mut cell = |number: usize, y: usize, item: u16, class: &str| {
        rect(&mut svg, class, (left(number), y), (WIDTH, HEIGHT));
        text(&mut svg, "cell-text", left(number) + WIDTH / 2, y + 23, &item.to_string());
    };
    for item in 1..=MEMORY {
        cell(usize::from(item) - 1, TOP, item, cell_class(packed.contains(&item)));
    }
    for (number, &item) in packed.iter().enumerate() {
        cell(number, BELOW, item, "cell");
    }
    for (number, &item) in packed.iter().enumerate() {
        let (from, to) = (left(usize::from(item) - 1) + WIDTH / 2, left(number) + WIDTH / 2);
        let _ = writeln!(
            svg,
            "<path class=\"arrow\" d=\"M{from} {}L{to} {}\"/>",
            TOP + HEIGHT,
            BELOW - 8
        );
        let _ = writeln!(
            svg,
            "<path class=\"arrow-head\" d=\"M{to} {BELOW}L{} {2}H{1}Z\"/>",
            to - 4,
            to + 4,
            BELOW - 9
        );
        let y = BELOW + HEIGHT + 18;
        text(&mut svg, "cell-text label", left(number) + WIDTH / 2, y, &format!("+{}", 2 * number));
    }
    let row = |item: u16| {
        let place = packed.iter().position(|&packed| packed == item);
        let place = place.map_or("not shown".to_owned(), |number| (2 * number).to_string());
        vec![(2 * (item - 1)).to_string(), item.to_string(), place]
    };
    Figure {
        name,
        title: caption,
        size,
        drawing: &svg,
        caption,
        heads: &["bytes into the memory", "item", "bytes into the packed copy"],
        rows: (1..=MEMORY).map(row).collect(),
    }
    .html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_packs_each_item_once() {
        assert_eq!(packed(Order::C).unwrap(), [1, 3, 5, 7]);
        assert_eq!(packed(Order::Fortran).unwrap(), [1, 5, 3, 7]);
        let picture = html("packed-in-c-order").unwrap().unwrap();
        assert_eq!(picture.matches("<rect").count(), 8 + 4);
        assert!(html("none").is_none());
    }
}
