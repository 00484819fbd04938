//! The holders of an exporter over time: its owner, its views, and how long the memory stays.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bufferprocs::{Buffer, BufferError, Exporter, Object, Request, Shared, View};

use super::Picture;
use super::svg::{Figure, rect, text};

/// What happened in one step, as the exporter answered.
struct Step {
    label: &'static str,
    /// Whether these hold it afterwards: the owner, view a, view b.
    holders: [bool; 3],
    exports: usize,
    freed: bool,
}

const ROWS: [&str; 3] = ["owner", "view a", "view b"];

/// The picture of that name, as a figure; None if it is none of these.
pub fn html(name: &str) -> Option<Picture> {
    (name == "exports-over-time").then(|| Ok(figure(name, &steps()?)))
}

struct Bytes {
    bytes: Vec<Shared<u8>>,
    freed: Arc<AtomicBool>,
}

impl Exporter for Bytes {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::writable(&self.bytes))
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.freed.store(true, Ordering::Relaxed);
    }
}

/// Does each step with a real exporter, and notes what it says.
fn steps() -> Result<Vec<Step>, BufferError> {
    let freed = Arc::new(AtomicBool::new(false));
    let bytes = Shared::from_vec(b"abc".to_vec());
    let object = Object::new(Bytes { bytes, freed: Arc::clone(&freed) });
    let mut steps = Vec::new();
    let mut note = |label, holders, exports| {
        steps.push(Step { label, holders, exports, freed: freed.load(Ordering::Relaxed) });
    };
    let exports = |object: &Object| object.exported::<Bytes>().map_or(0, |bytes| bytes.exports());
    let change = |object: &Object| {
        let bytes = object.exported::<Bytes>().ok_or(BufferError::NotAnExporter)?;
        bytes.try_mut()?.bytes.push(Shared::new(b'd'));
        Ok::<(), BufferError>(())
    };
    note("new", [true, false, false], exports(&object));
    change(&object)?;
    note("grow done", [true, false, false], exports(&object));
    let a = Buffer::get(&object, Request::FULL)?;
    note("get a", [true, true, false], exports(&object));
    let b = Buffer::get(&object, Request::SIMPLE)?;
    note("get b", [true, true, true], exports(&object));
    if change(&object).is_ok() {
        return Err(BufferError::Refused("the change was not refused".into()));
    }
    note("grow refused", [true, true, true], exports(&object));
    drop(a);
    note("release a", [true, false, true], exports(&object));
    drop(object);
    note("drop owner", [false, false, true], 1);
    if b.len_bytes() != 4 {
        return Err(BufferError::Refused("the view has other bytes".into()));
    }
    drop(b);
    note("release b", [false, false, false], 0);
    Ok(steps)
}

const LEFT: usize = 68;
const WIDTH: usize = 82;
const ROW: usize = 38;
const TOP: usize = 56;

fn figure(name: &str, steps: &[Step]) -> String {
    let caption = "One exporter, its owner and two views, step by step";
    let size = (LEFT + WIDTH * steps.len() + 8, TOP + ROW * 5 + 8);
    let mut svg = String::new();
    let middle = |step: usize| LEFT + WIDTH * step + WIDTH / 2;
    for (number, step) in steps.iter().enumerate() {
        let (verb, object) = step.label.split_once(' ').unwrap_or((step.label, ""));
        text(&mut svg, "cell-text label", middle(number), 22, verb);
        text(&mut svg, "cell-text label", middle(number), 40, object);
    }
    let mut bar = |row: usize, label: &str, shown: &dyn Fn(&Step) -> bool| {
        let y = TOP + ROW * row;
        let _ = writeln!(svg, "<text class=\"label\" x=\"4\" y=\"{}\">{label}</text>", y + 22);
        for (number, _) in steps.iter().enumerate().filter(|(_, step)| shown(step)) {
            let x = LEFT + WIDTH * number;
            rect(&mut svg, "cell", (x, y), (WIDTH, ROW - 10));
        }
    };
    for (row, label) in ROWS.iter().enumerate() {
        bar(row, label, &|step| step.holders[row]);
    }
    bar(3, "memory", &|step| !step.freed);
    let y = TOP + ROW * 4 + 22;
    let _ = writeln!(svg, "<text class=\"label\" x=\"4\" y=\"{y}\">exports</text>");
    for (number, step) in steps.iter().enumerate() {
        let _ = writeln!(
            svg,
            "<text class=\"cell-text\" x=\"{}\" y=\"{y}\">{}</text>",
            middle(number),
            step.exports
        );
    }
    let row = |step: &Step| {
        let holders: Vec<&str> = ROWS
            .iter()
            .zip(step.holders)
            .filter(|(_, holds)| *holds)
            .map(|(row, _)| *row)
            .collect();
        let holders = if holders.is_empty() { "nobody".to_owned() } else { holders.join(", ") };
        let memory = if step.freed { "freed" } else { "there" };
        vec![step.label.to_owned(), holders, step.exports.to_string(), memory.to_owned()]
    };
    Figure {
        name,
        title: caption,
        size,
        drawing: &svg,
        caption: &format!("{caption}. The memory is there as long as somebody holds it"),
        heads: &["step", "held by", "exports", "memory"],
        rows: steps.iter().map(row).collect(),
    }
    .html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_stays_until_the_last_holder_goes() {
        let steps = steps().unwrap();
        for step in &steps {
            assert_eq!(step.freed, step.holders == [false; 3], "{}", step.label);
            let views = step.holders[1..].iter().filter(|holds| **holds).count();
            assert_eq!(step.exports, views, "{}", step.label);
        }
        assert_eq!(steps.len(), 8);
        assert!(html("none").is_none());
    }
}
