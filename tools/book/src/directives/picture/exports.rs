//! The holders of an exporter over time: its owner, its views, and how long the memory stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bufferprocs::{Buffer, BufferError, Exporter, Object, Request, Shared, View};

use super::Picture;
use super::svg::Figure;
use super::timeline::Timeline;

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

fn figure(name: &str, steps: &[Step]) -> String {
    let caption = "One exporter, its owner and two views, step by step";
    let labels: Vec<&str> = steps.iter().map(|step| step.label).collect();
    let bar = |lasts: &dyn Fn(&Step) -> bool| steps.iter().map(lasts).collect();
    let timeline = Timeline {
        steps: &labels,
        bars: vec![
            (ROWS[0], bar(&|step| step.holders[0])),
            (ROWS[1], bar(&|step| step.holders[1])),
            (ROWS[2], bar(&|step| step.holders[2])),
            ("memory", bar(&|step| !step.freed)),
        ],
        numbers: vec![("exports", steps.iter().map(|step| step.exports.to_string()).collect())],
    };
    let mut svg = String::new();
    timeline.draw(&mut svg, 0);
    Figure {
        name,
        title: caption,
        size: timeline.size(),
        drawing: &svg,
        caption: &format!("{caption}. The memory exists as long as the owner or a view"),
        heads: &["step", "exists afterwards", "exports"],
        rows: timeline.rows(),
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
