//! The protocol in one picture: who refers to what, and how long each thing lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bufferprocs::{Buffer, BufferError, Exporter, Object, Request, View};

use super::Picture;
use super::diagram::{Arrow, Diagram, Node};
use super::svg::Figure;
use super::timeline::Timeline;

/// The picture of that name, as a figure; None if it is not this one.
pub fn html(name: &str) -> Option<Picture> {
    (name == "overview").then(|| Ok(figure(name, &steps()?)))
}

static PARTS: Diagram = Diagram {
    nodes: &[
        Node { column: 0, row: 0, title: "consumer", note: "NumPy, your code" },
        Node { column: 1, row: 0, title: "Py_buffer", note: "the view" },
        Node { column: 2, row: 0, title: "object", note: "the exporter" },
        Node { column: 2, row: 1, title: "memory", note: "items, shape …" },
    ],
    arrows: &[
        Arrow { from: 0, to: 1, label: "holds" },
        Arrow { from: 1, to: 2, label: "obj" },
        Arrow { from: 2, to: 3, label: "owns" },
        Arrow { from: 1, to: 3, label: "buf" },
    ],
};

struct Bytes(Arc<AtomicBool>);

impl Exporter for Bytes {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::readonly(b"abc"))
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// After one step: whether the program has a name for the object, whether the view is held, how
/// many references the object has, and whether the memory exists.
struct Step {
    label: &'static str,
    named: bool,
    viewed: bool,
    references: usize,
    exists: bool,
}

/// Does each step with a real exporter, and notes what happened.
fn steps() -> Result<Vec<Step>, BufferError> {
    let freed = Arc::new(AtomicBool::new(false));
    let object = Object::new(Bytes(Arc::clone(&freed)));
    let mut steps = Vec::new();
    let mut note = |label, named, viewed, references| {
        let exists = !freed.load(Ordering::Relaxed);
        steps.push(Step { label, named, viewed, references, exists });
    };
    note("create object", true, false, object.references());
    let view = Buffer::get(&object, Request::FULL_RO)?;
    note("get view", true, true, object.references());
    let before = object.references();
    drop(object);
    note("delete name", false, true, before - 1);
    if view.item::<u8>(&[2]).ok() != Some(b'c') {
        return Err(BufferError::Refused("the view lost its memory".into()));
    }
    note("read item", false, true, before - 1);
    drop(view);
    note("release view", false, false, 0);
    Ok(steps)
}

fn figure(name: &str, steps: &[Step]) -> String {
    let caption = "The buffer protocol: above, what refers to what; below, how long it lasts";
    let labels: Vec<&str> = steps.iter().map(|step| step.label).collect();
    let bar = |lasts: &dyn Fn(&Step) -> bool| steps.iter().map(lasts).collect();
    let timeline = Timeline {
        steps: &labels,
        bars: vec![
            ("a name", bar(&|step| step.named)),
            ("the view", bar(&|step| step.viewed)),
            ("object", bar(&|step| step.exists)),
            ("memory", bar(&|step| step.exists)),
        ],
        numbers: vec![("refs", steps.iter().map(|step| step.references.to_string()).collect())],
    };
    let mut svg = String::new();
    PARTS.draw(&mut svg);
    let (top, (width, height)) = (PARTS.size().1 + 24, timeline.size());
    timeline.draw(&mut svg, top);
    let mut rows = PARTS.rows();
    let lasting = timeline.rows().into_iter().map(|row| {
        let [step, exists, references] = row.try_into().unwrap_or_default();
        vec![step, format!("exists: {exists}"), format!("references to the object: {references}")]
    });
    rows.extend(lasting);
    Figure {
        name,
        title: caption,
        size: (width.max(PARTS.size().0), top + height),
        drawing: &svg,
        caption: &format!(
            "{caption}. The view owns a reference to the object, so the memory outlives the name"
        ),
        heads: &["from, or the step", "relation, or what exists", "to, or the references"],
        rows,
    }
    .html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_lasts_as_long_as_a_name_or_a_view() {
        let steps = steps().unwrap();
        for step in &steps {
            assert_eq!(step.exists, step.named || step.viewed, "{}", step.label);
            let holders = usize::from(step.named) + usize::from(step.viewed);
            assert_eq!(step.references, holders, "{}", step.label);
        }
        let picture = html("overview").unwrap().unwrap();
        assert_eq!(picture.matches("<rect").count(), 4 + 2 + 3 + 4 + 4);
        assert!(html("none").is_none());
    }
}
