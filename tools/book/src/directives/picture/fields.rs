//! Which fields a request gets: computed by asking an exporter.

use std::fmt::Write;

use bufferprocs::exporters::Rows;
use bufferprocs::{Buffer, BufferError, Exporter, Object, Request, Shared, View};

use super::Picture;
use super::svg::{Figure, rect, text};

/// The picture of that name, as a figure; None if it is not this one.
pub fn html(name: &str) -> Option<Picture> {
    (name == "fields-of-requests").then(|| Ok(figure(name, &answers()?)))
}

const REQUESTS: [(&str, Request); 6] = [
    ("SIMPLE", Request::SIMPLE),
    ("ND", Request::ND),
    ("ND | FORMAT", Request::ND.union(Request::FORMAT)),
    ("STRIDES", Request::STRIDES),
    ("INDIRECT", Request::INDIRECT),
    ("FULL_RO", Request::FULL_RO),
];
const FIELDS: [&str; 5] = ["buf, len", "shape", "strides", "suboffsets", "format"];

/// One line of items.
struct Line(Vec<Shared<u16>>);

impl Exporter for Line {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::writable(&self.0))
    }
}

/// For each request, whether the fields are set. Memory with pointers is shown to the requests that
/// may get it, so that every field is set somewhere.
fn answers() -> Result<Vec<[bool; 5]>, Box<dyn std::error::Error>> {
    let line = Object::new(Line(Shared::from_vec(vec![1, 2, 3])));
    let rows = Object::new(Rows::new(vec![vec![1u16, 2, 3], vec![4, 5, 6]])?);
    REQUESTS
        .iter()
        .map(|(_, request)| {
            let object = if request.contains(Request::INDIRECT) { &rows } else { &line };
            let buffer = Buffer::get(object, *request)?;
            let view = buffer.raw();
            Ok([
                !view.buf.is_null(),
                !view.shape.is_null(),
                !view.strides.is_null(),
                !view.suboffsets.is_null(),
                !view.format.is_null(),
            ])
        })
        .collect()
}

const LEFT: usize = 110;
const WIDTH: usize = 112;
const HEIGHT: usize = 30;
const TOP: usize = 30;

fn figure(name: &str, answers: &[[bool; 5]]) -> String {
    let caption = "The fields that a request gets";
    let mut svg = String::new();
    for (column, field) in FIELDS.iter().enumerate() {
        text(&mut svg, "cell-text label", LEFT + WIDTH * column + WIDTH / 2, 20, field);
    }
    for (row, ((request, _), set)) in REQUESTS.iter().zip(answers).enumerate() {
        let y = TOP + (HEIGHT + 6) * row;
        let _ = writeln!(svg, "<text class=\"label\" x=\"4\" y=\"{}\">{request}</text>", y + 20);
        for (column, _) in set.iter().enumerate() {
            let class = if set[column] { "cell" } else { "cell outside" };
            let x = LEFT + WIDTH * column;
            rect(&mut svg, class, (x, y), (WIDTH - 6, HEIGHT));
            let content = if set[column] { "set" } else { "NULL" };
            text(&mut svg, "cell-text", x + (WIDTH - 6) / 2, y + 20, content);
        }
    }
    let row = |((request, _), set): (&(&str, Request), &[bool; 5])| {
        let cells = set.iter().map(|set| if *set { "set" } else { "NULL" }.to_owned());
        [(*request).to_owned()].into_iter().chain(cells).collect()
    };
    Figure {
        name,
        title: caption,
        size: (LEFT + WIDTH * FIELDS.len(), TOP + (HEIGHT + 6) * REQUESTS.len() + 4),
        drawing: &svg,
        caption: &format!(
            "{caption}. Suboffsets are set only for memory with pointers, as here for \
             <code>INDIRECT</code> and <code>FULL_RO</code>"
        ),
        heads: &["request", FIELDS[0], FIELDS[1], FIELDS[2], FIELDS[3], FIELDS[4]],
        rows: REQUESTS.iter().zip(answers).map(row).collect(),
    }
    .html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_adds_its_field() {
        let answers = answers().unwrap();
        let set = |row: &[bool; 5]| row.iter().filter(|set| **set).count();
        assert_eq!(answers.iter().map(set).collect::<Vec<_>>(), [1, 2, 3, 3, 4, 5]);
        assert!(html("none").is_none());
    }
}
