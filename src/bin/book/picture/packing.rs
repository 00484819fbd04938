//! A copy: items of a strided memory, and where each goes among the packed ones.

use std::fmt::Write;

use bufferprocs::exporters::Strided;
use bufferprocs::{Buffer, Layout, Object, Order, Request};

use super::Picture;
use super::svg::text;

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
    let (width, height) = (2 * MARGIN + WIDTH * usize::from(MEMORY), BELOW + HEIGHT + 30);
    let mut svg = format!(
        "<figure class=\"memory\">\n<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"picture-{name}\">\n<title id=\"picture-{name}\">{caption}; the table below has the same facts</title>\n"
    );
    let left = |number: usize| MARGIN + WIDTH * number;
    let mut cell = |number: usize, y: usize, item: u16, class: &str| {
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>",
            left(number)
        );
        text(&mut svg, "cell-text", left(number) + WIDTH / 2, y + 23, &item.to_string());
    };
    for item in 1..=MEMORY {
        let class = if packed.contains(&item) { "cell" } else { "cell outside" };
        cell(usize::from(item) - 1, TOP, item, class);
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
    let _ = write!(svg, "</svg>\n<figcaption>{caption}.</figcaption>\n");
    svg.push_str("<details><summary>The picture as a table</summary>\n<table>\n<thead><tr><th scope=\"col\">bytes into the memory</th><th scope=\"col\">item</th><th scope=\"col\">bytes into the packed copy</th></tr></thead>\n<tbody>\n");
    for item in 1..=MEMORY {
        let place = packed.iter().position(|&packed| packed == item);
        let place = place.map_or("not shown".to_owned(), |number| (2 * number).to_string());
        let _ =
            writeln!(svg, "<tr><td>{}</td><td>{item}</td><td>{place}</td></tr>", 2 * (item - 1));
    }
    svg.push_str("</tbody>\n</table>\n</details>\n</figure>\n");
    svg
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
