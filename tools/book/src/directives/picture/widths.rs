//! Items of a writable memory, and items between them that a view refuses to show.

use bufferprocs::{Layout, Shared, View};

use super::Picture;
use super::svg::{Figure, cell_class, list, rect, text};

/// The picture of that name, as a figure; None if it is none of these.
pub fn html(name: &str) -> Option<Picture> {
    (name == "split-items").then(|| Ok(figure(name, &split()?)))
}

/// A memory of items of 4 bytes, and a layout over it that is refused.
struct Split {
    itemsize: usize,
    /// Bytes of the memory.
    memory: usize,
    layout: Layout,
    refusal: String,
}

impl Split {
    /// Where the items of the layout would start.
    fn starts(&self) -> impl Iterator<Item = usize> {
        let starts = (0..).map_while(|index| self.layout.offset_of(&[index]));
        starts.map(isize::unsigned_abs)
    }
}

fn split() -> Result<Split, Box<dyn std::error::Error>> {
    let memory: Vec<Shared<u32>> = Shared::from_vec(vec![0; 4]);
    let layout = Layout::strided(&[3], &[6], 4)?;
    let Err(refusal) = View::writable(&memory).with_layout(&layout, 0) else {
        return Err("the layout is not refused".into());
    };
    let view = View::writable(&memory);
    Ok(Split {
        itemsize: view.itemsize(),
        memory: view.len_bytes(),
        layout,
        refusal: refusal.to_string(),
    })
}

const BYTE: usize = 36;
const HEIGHT: usize = 36;
const LEFT: usize = 100;
const TOP: usize = 12;
const BELOW: usize = TOP + HEIGHT + 44;

fn figure(name: &str, split: &Split) -> String {
    let title = "Items of 4 bytes, and items at strides of 6 over the same memory";
    let (bytes, wide) = (split.memory, BYTE * split.itemsize);
    let mut svg = String::new();
    text(&mut svg, "label", 4, TOP + 23, "the memory");
    text(&mut svg, "label", 4, BELOW + 23, "refused");
    for (number, start) in (0..bytes).step_by(split.itemsize).enumerate() {
        let x = LEFT + BYTE * start;
        rect(&mut svg, cell_class(true), (x, TOP), (wide, HEIGHT));
        text(&mut svg, "cell-text", x + wide / 2, TOP + 23, &format!("[{number}]"));
    }
    for byte in (0..bytes).step_by(2) {
        let middle = LEFT + BYTE * byte + BYTE / 2;
        text(&mut svg, "cell-text label", middle, TOP + HEIGHT + 18, &format!("+{byte}"));
    }
    for (number, start) in split.starts().enumerate() {
        let (x, whole) = (LEFT + BYTE * start, start % split.itemsize == 0);
        rect(&mut svg, cell_class(whole), (x, BELOW), (wide, HEIGHT));
        text(&mut svg, "cell-text", x + wide / 2, BELOW + 23, &format!("[{number}]"));
    }
    let row = |(number, start): (usize, usize)| {
        let last = start + split.itemsize - 1;
        let (first_item, last_item) = (start / split.itemsize, last / split.itemsize);
        let lies_in = match first_item == last_item {
            true => format!("item {first_item}"),
            false => format!("parts of items {first_item} and {last_item}"),
        };
        vec![number.to_string(), format!("{start} to {last}"), lies_in]
    };
    Figure {
        name,
        title,
        size: (LEFT + BYTE * bytes + 8, BELOW + HEIGHT + 12),
        drawing: &svg,
        caption: &format!("{title}, strides {}: {}", list(split.layout.strides()), split.refusal),
        heads: &["item of the refused layout", "bytes", "lies in"],
        rows: split.starts().enumerate().map(row).collect(),
    }
    .html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_item_is_in_parts_of_two() {
        let split = split().unwrap();
        assert_eq!(split.starts().collect::<Vec<_>>(), [0, 6, 12]);
        let picture = html("split-items").unwrap().unwrap();
        assert_eq!(picture.matches("<rect").count(), 4 + 3);
        assert!(picture.contains("parts of items 1 and 2"));
        assert!(picture.contains("is no multiple of itemsize 4"));
        assert!(html("none").is_none());
    }
}
