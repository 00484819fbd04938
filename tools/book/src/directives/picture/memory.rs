//! One block of memory, and which of its items a layout shows.

use super::svg::{Figure, arrow, cell_class, list, rect, text, tuple};

use bufferprocs::exporters::Strided;
use bufferprocs::{Buffer, Layout, Object, Request};

/// One memory and the layout in which it is shown.
struct Subject {
    caption: &'static str,
    items: Vec<u16>,
    shape: &'static [usize],
    strides: &'static [isize],
    offset: usize,
}

fn subject(name: &str) -> Option<Subject> {
    let (caption, items, shape, strides, offset): (_, u16, &[usize], &[isize], usize) = match name {
        "c-order" => ("2 rows of 3 items, packed in C order", 6, &[2, 3], &[6, 2], 0),
        "fortran-order" => ("2 rows of 3 items, packed in Fortran order", 6, &[2, 3], &[2, 4], 0),
        "reversed" => ("6 items, from the last to the first", 6, &[6], &[-2], 10),
        "transposed" => {
            ("The same memory with its axes reversed: 3 rows of 2", 6, &[3, 2], &[2, 6], 0)
        }
        "repeated" => ("1 row of 2 items, shown 3 times", 2, &[3, 2], &[0, 2], 0),
        "windows" => ("3 windows of 2 items, which overlap", 4, &[3, 2], &[2, 2], 0),
        "gaps" => ("2 rows of 2 with a gap: packed in no order", 5, &[2, 2], &[6, 2], 0),
        "every-second-column" => ("Columns 0 and 2 of 2 rows of 4", 8, &[2, 2], &[8, 4], 0),
        "last-column-first" => {
            ("Columns 2 and 0 of 2 rows of 3, the last one first", 6, &[2, 2], &[6, -4], 4)
        }
        _ => return None,
    };
    Some(Subject { caption, items: (1..=items).collect(), shape, strides, offset })
}

/// One item of the memory, as far as the picture is concerned.
struct Cell {
    /// Bytes from the start of the memory.
    offset: usize,
    value: u16,
    /// The indices that reach it; none if the layout leaves it out, more than one where items
    /// overlap.
    indices: Vec<Vec<usize>>,
}

/// The picture of that name, as a figure; None if it is none of these.
pub fn html(name: &str) -> Option<Result<String, Box<dyn std::error::Error>>> {
    let subject = subject(name)?;
    Some(cells(&subject).map(|cells| figure(name, &subject, &cells)))
}

/// Asks the exporter, and finds each item by its indices.
fn cells(subject: &Subject) -> Result<Vec<Cell>, Box<dyn std::error::Error>> {
    let layout = Layout::strided(subject.shape, subject.strides, 2)?;
    let strided = Strided::readonly(subject.items.clone(), layout.clone(), subject.offset)?;
    let object = Object::new(strided);
    let buffer = Buffer::get(&object, Request::FULL_RO)?;
    if buffer.strides() != Some(subject.strides) {
        return Err("the exporter shows other strides".into());
    }
    let mut cells: Vec<Cell> = (0..)
        .step_by(2)
        .zip(&subject.items)
        .map(|(offset, &value)| Cell { offset, value, indices: Vec::new() })
        .collect();
    for indices in all_indices(subject.shape) {
        let step = layout.offset_of(&indices).ok_or("indices outside of the shape")?;
        let offset = subject.offset.wrapping_add_signed(step);
        let cell = cells.iter_mut().find(|cell| cell.offset == offset).ok_or("no such item")?;
        if buffer.item::<u16>(&indices)? != cell.value {
            return Err(format!("the exporter has another item at {indices:?}").into());
        }
        cell.indices.push(indices);
    }
    Ok(cells)
}

/// All index tuples of a shape, the last index fastest.
fn all_indices(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![Vec::new()], |tuples, &extent| {
        let longer = |tuple: &Vec<usize>, index| [&tuple[..], &[index]].concat();
        tuples
            .iter()
            .flat_map(|tuple| (0..extent).map(|index| longer(tuple, index)).collect::<Vec<_>>())
            .collect()
    })
}

const WIDTH: usize = 56;
const HEIGHT: usize = 36;
const MARGIN: usize = 28;
/// From one line of text to the next.
const LINE: usize = 19;
/// Height of one arrow over the cells.
const ARROW: usize = 34;

fn figure(name: &str, subject: &Subject, cells: &[Cell]) -> String {
    let arrows = arrows(subject);
    let top = 12 + ARROW * arrows.len();
    let lines = cells.iter().map(|cell| cell.indices.len()).max().unwrap_or(0);
    // Room for the label beside an arrow, where there are few cells.
    let size = (2 * MARGIN + WIDTH * cells.len().max(4), top + HEIGHT + LINE * (lines + 2) + 16);
    let mut svg = String::new();
    for (row, (label, from, to)) in arrows.iter().enumerate() {
        arrow(&mut svg, 8 + ARROW * (row + 1), middle(*from), middle(*to), label);
    }
    for cell in cells {
        let left = MARGIN + cell.offset / 2 * WIDTH;
        rect(&mut svg, cell_class(!cell.indices.is_empty()), (left, top), (WIDTH, HEIGHT));
        text(&mut svg, "cell-text", middle(cell.offset), top + 23, &cell.value.to_string());
        text(
            &mut svg,
            "cell-text label",
            middle(cell.offset),
            top + HEIGHT + 18,
            &format!("+{}", cell.offset),
        );
        for (line, indices) in cell.indices.iter().enumerate() {
            let y = top + HEIGHT + LINE * (line + 2);
            text(&mut svg, "cell-text", middle(cell.offset), y, &tuple(indices));
        }
    }
    text(
        &mut svg,
        "cell-text label",
        middle(subject.offset),
        top + HEIGHT + LINE * (lines + 2) + 4,
        "▲ buf",
    );
    let row = |cell: &Cell| {
        let indices: Vec<String> = cell.indices.iter().map(|indices| tuple(indices)).collect();
        let indices = if indices.is_empty() { "not shown".to_owned() } else { indices.join(" ") };
        vec![cell.offset.to_string(), cell.value.to_string(), indices]
    };
    Figure {
        name,
        title: subject.caption,
        size,
        drawing: &svg,
        caption: &format!(
            "{}: shape {}, strides {}",
            subject.caption,
            list(subject.shape),
            list(subject.strides)
        ),
        heads: &["bytes into the memory", "item", "indices"],
        rows: cells.iter().map(row).collect(),
    }
    .html()
}

/// For each axis with a second item elsewhere: its name, and the offsets of its first and second
/// item.
fn arrows(subject: &Subject) -> Vec<(String, usize, usize)> {
    let axes = subject.shape.iter().zip(subject.strides).enumerate();
    axes.filter(|(_, (extent, stride))| **extent > 1 && **stride != 0)
        .map(|(axis, (_, &stride))| {
            let second = subject.offset.wrapping_add_signed(stride);
            (format!("strides[{axis}] = {stride}"), subject.offset, second)
        })
        .collect()
}

/// The middle of the cell that starts `offset` bytes into the memory.
fn middle(offset: usize) -> usize {
    MARGIN + offset / 2 * WIDTH + WIDTH / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_shows_each_item_once() {
        for (name, shown, left_out) in [
            ("c-order", 6, 0),
            ("fortran-order", 6, 0),
            ("reversed", 6, 0),
            ("every-second-column", 4, 4),
            ("last-column-first", 4, 2),
            ("transposed", 6, 0),
            ("repeated", 2, 0),
            ("windows", 4, 0),
            ("gaps", 4, 1),
        ] {
            let cells = cells(&subject(name).unwrap()).unwrap();
            let count = cells.iter().filter(|cell| !cell.indices.is_empty()).count();
            assert_eq!((count, cells.len() - count), (shown, left_out), "{name}");
            assert_eq!(html(name).unwrap().unwrap().matches("<rect").count(), cells.len());
        }
        assert!(html("none").is_none());
    }

    #[test]
    fn an_item_may_be_reached_by_several_indices() {
        let reached = |name: &str| -> Vec<usize> {
            cells(&subject(name).unwrap()).unwrap().iter().map(|cell| cell.indices.len()).collect()
        };
        assert_eq!(reached("repeated"), [3, 3]);
        assert_eq!(reached("windows"), [1, 2, 2, 1]);
        assert_eq!(reached("transposed"), [1; 6]);
    }

    #[test]
    fn fortran_order_runs_down_the_columns() {
        let cells = cells(&subject("fortran-order").unwrap()).unwrap();
        let order: Vec<String> = cells.iter().map(|cell| tuple(&cell.indices[0])).collect();
        assert_eq!(order, ["[0,0]", "[1,0]", "[0,1]", "[1,1]", "[0,2]", "[1,2]"]);
    }

    /// The lists of numbers in the code of a page, in their order: `&[3, 2]`. Those that make a
    /// packed layout get its strides.
    fn lists_in_code(page: &str) -> Vec<Vec<isize>> {
        let mut lists = Vec::new();
        let code = page.split("```").skip(1).step_by(2);
        for (before, rest) in code.flat_map(|code| {
            code.match_indices("&[").map(|(at, mark)| (&code[..at], &code[at + mark.len()..]))
        }) {
            let inside = rest.split(']').next().unwrap_or("");
            let numbers: Result<Vec<isize>, _> =
                inside.split(',').map(|number| number.trim().parse()).collect();
            let Ok(numbers) = numbers else { continue };
            let shape: Vec<usize> = numbers.iter().map(|&extent| extent as usize).collect();
            let packed = if before.ends_with("::c_contiguous(") {
                Some(Layout::c_contiguous(&shape, 2))
            } else if before.ends_with("::f_contiguous(") {
                Some(Layout::f_contiguous(&shape, 2))
            } else {
                None
            };
            lists.push(numbers);
            lists.extend(packed.map(|layout| layout.unwrap().strides().to_vec()));
        }
        lists
    }

    #[test]
    fn a_picture_and_the_code_of_its_page_have_the_same_shape_and_strides() {
        let pages =
            std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("book/src");
        let (mut pictures, mut wrong) = (0, Vec::new());
        for entry in std::fs::read_dir(pages).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let page = std::fs::read_to_string(&path).unwrap();
            let lists = lists_in_code(&page);
            let names = page.split("{{#picture ").skip(1).filter_map(|rest| rest.split('}').next());
            for (name, subject) in names.filter_map(|name| Some((name, subject(name)?))) {
                let shape: Vec<isize> =
                    subject.shape.iter().map(|&extent| extent as isize).collect();
                pictures += 1;
                if !lists.windows(2).any(|two| two[0] == shape && two[1] == subject.strides) {
                    wrong.push(format!("{}: {name}", path.display()));
                }
            }
        }
        assert!(wrong.is_empty() && pictures >= 13, "{pictures} pictures, {wrong:#?}");
    }
}
