//! An exporter that copies for each view: each copy lasts as long as its view.

use std::sync::Mutex;

use bufferprocs::exporters::{Snapshot, Snapshots};
use bufferprocs::{Buffer, BufferError, Exporter, Object, Request, View};

use super::Picture;
use super::svg::Figure;
use super::timeline::Timeline;

/// The picture of that name, as a figure; None if it is not this one.
pub fn html(name: &str) -> Option<Picture> {
    (name == "copies-over-time").then(|| Ok(figure(name, &steps()?)))
}

struct Log(Mutex<Vec<u8>>);
struct Copy(Vec<u8>);

impl Snapshots for Log {
    type Copy = Copy;

    fn snapshot(&self) -> Result<Copy, BufferError> {
        let log = self.0.lock().map_err(|_| BufferError::BeingModified)?;
        Ok(Copy(log.clone()))
    }
}

impl Exporter for Copy {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::readonly(&self.0))
    }
}

/// After one step: the length of the log and of each view that is held.
struct Step {
    label: &'static str,
    log: usize,
    views: [Option<usize>; 2],
}

/// Does each step with a real exporter, and notes what the views show.
fn steps() -> Result<Vec<Step>, BufferError> {
    let object = Object::from_raw_exporter(Snapshot(Log(Mutex::new(vec![1, 2]))));
    let log = object.value::<Snapshot<Log>>().ok_or(BufferError::NotAnExporter)?;
    let append = || log.0.0.lock().map(|mut log| log.push(3)).is_ok();
    let len = || log.0.0.lock().map_or(0, |log| log.len());
    let mut steps = Vec::new();
    let mut note = |label, views: [Option<&Buffer<Object>>; 2]| {
        let views = views.map(|view| view.map(Buffer::len_bytes));
        steps.push(Step { label, log: len(), views });
    };
    note("new", [None, None]);
    let a = Buffer::get(&object, Request::FULL_RO)?;
    note("get a", [Some(&a), None]);
    if !append() {
        return Err(BufferError::BeingModified);
    }
    note("append done", [Some(&a), None]);
    let b = Buffer::get(&object, Request::FULL_RO)?;
    note("get b", [Some(&a), Some(&b)]);
    drop(a);
    note("release a", [None, Some(&b)]);
    drop(b);
    note("release b", [None, None]);
    Ok(steps)
}

fn figure(name: &str, steps: &[Step]) -> String {
    let caption = "An exporter that copies for each view, step by step";
    let labels: Vec<&str> = steps.iter().map(|step| step.label).collect();
    let bar = |view: usize| steps.iter().map(|step| step.views[view].is_some()).collect();
    let items = |view: usize| {
        let shown = |step: &Step| step.views[view].map_or("–".to_owned(), |len| len.to_string());
        steps.iter().map(shown).collect()
    };
    let timeline = Timeline {
        steps: &labels,
        bars: vec![("copy of a", bar(0)), ("copy of b", bar(1))],
        numbers: vec![
            ("log", steps.iter().map(|step| step.log.to_string()).collect()),
            ("a shows", items(0)),
            ("b shows", items(1)),
        ],
    };
    let mut svg = String::new();
    timeline.draw(&mut svg, 0);
    Figure {
        name,
        title: caption,
        size: timeline.size(),
        drawing: &svg,
        caption: &format!("{caption}. Appending never fails, and no view changes"),
        heads: &["step", "exists afterwards", "items of the log", "a shows", "b shows"],
        rows: timeline.rows(),
    }
    .html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_keeps_the_state_of_its_moment() {
        let steps = steps().unwrap();
        assert_eq!(steps.iter().map(|step| step.log).collect::<Vec<_>>(), [2, 2, 3, 3, 3, 3]);
        assert_eq!((steps[3].views, steps[4].views), ([Some(2), Some(3)], [None, Some(3)]));
        assert!(html("none").is_none());
    }
}
