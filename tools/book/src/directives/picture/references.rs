//! What refers to what, in the situations that chapters explain. A proof in the chapter, or the
//! test below, shows that the arrows are right.

use super::Picture;
use super::diagram::{Arrow, Diagram, Node};
use super::svg::Figure;

/// The picture of that name, as a figure; None if it is none of these.
pub fn html(name: &str) -> Option<Picture> {
    let (_, caption, diagram) = DIAGRAMS.iter().find(|(listed, ..)| *listed == name)?;
    let mut svg = String::new();
    diagram.draw(&mut svg);
    let figure = Figure {
        name,
        title: caption,
        size: diagram.size(),
        drawing: &svg,
        caption,
        heads: &["from", "arrow", "to"],
        rows: diagram.rows(),
    };
    Some(Ok(figure.html()))
}

const fn node(column: usize, row: usize, title: &'static str, note: &'static str) -> Node {
    Node { column, row, title, note }
}

const fn arrow(from: usize, to: usize, label: &'static str) -> Arrow {
    Arrow { from, to, label }
}

static DIAGRAMS: [(&str, &str, Diagram); 10] = [
    (
        "calls",
        "The consumer calls the interpreter, and the interpreter calls the slots of the type",
        Diagram {
            nodes: &[
                node(0, 0, "consumer", "requests"),
                node(1, 0, "GetBuffer", "PyObject_…"),
                node(2, 0, "bf_getbuffer", "of the type"),
                node(0, 1, "consumer", "is done"),
                node(1, 1, "Release", "PyBuffer_…"),
                node(2, 1, "bf_releasebuffer", "may be NULL"),
                node(1, 2, "view->obj", "reference dropped"),
            ],
            arrows: &[
                arrow(0, 1, "flags"),
                arrow(1, 2, "flags"),
                arrow(3, 4, "view"),
                arrow(4, 5, "1. view"),
                arrow(4, 6, "2. drops, sets NULL"),
            ],
        },
    ),
    (
        "one-buffer-many-views",
        "Views of a view share one request; the last of them releases it",
        Diagram {
            nodes: &[
                node(0, 0, "memoryview", "memoryview(x)"),
                node(0, 1, "memoryview", "view[1:]"),
                node(1, 0, "one Py_buffer", "counts its views"),
                node(2, 0, "x", "the exporter"),
            ],
            arrows: &[arrow(0, 2, "shares"), arrow(1, 2, "shares"), arrow(2, 3, "obj")],
        },
    ),
    (
        "python-class",
        "A class in Python: the interpreter puts a wrapper between the consumer and the object",
        Diagram {
            nodes: &[
                node(0, 0, "Py_buffer", "of the consumer"),
                node(1, 0, "wrapper", "_buffer_wrapper"),
                node(2, 0, "your object", "__release_buffer__"),
                node(2, 1, "memoryview", "from __buffer__"),
                node(2, 2, "bytearray", "owns the memory"),
            ],
            arrows: &[
                arrow(0, 1, "obj"),
                arrow(1, 2, "holds"),
                arrow(1, 3, "holds"),
                arrow(3, 4, "obj"),
            ],
        },
    ),
    (
        "part-of-shared-memory",
        "A part with an exporter of its own: both exporters own the bytes",
        Diagram {
            nodes: &[
                node(0, 0, "memoryview", "of all"),
                node(1, 0, "Blob", "the object"),
                node(2, 0, "Arc<[u8]>", "the bytes"),
                node(0, 1, "memoryview", "of a part"),
                node(1, 1, "Rest", "small exporter"),
            ],
            arrows: &[
                arrow(0, 1, "obj"),
                arrow(1, 2, "owns"),
                arrow(3, 4, "obj"),
                arrow(4, 2, "owns"),
            ],
        },
    ),
    (
        "chain",
        "Re-exporting: the member has a view of the source, and the consumer has one of the member",
        Diagram {
            nodes: &[
                node(0, 0, "consumer's view", "Py_buffer"),
                node(1, 0, "member", "an exporter"),
                node(1, 1, "member's view", "Py_buffer"),
                node(2, 1, "source", "owns the memory"),
            ],
            arrows: &[arrow(0, 1, "obj"), arrow(1, 2, "holds"), arrow(2, 3, "obj")],
        },
    ),
    (
        "redirect",
        "Redirecting: the member passes the request on, and the view refers to the source",
        Diagram {
            nodes: &[
                node(0, 0, "consumer's view", "Py_buffer"),
                node(1, 0, "member", "only asked"),
                node(2, 1, "source", "owns the memory"),
            ],
            arrows: &[arrow(0, 2, "obj"), arrow(1, 2, "knows")],
        },
    ),
    (
        "check-then-change",
        "Two threads without the GIL, from left to right: the count was right when it was read",
        Diagram {
            nodes: &[
                node(0, 0, "thread 1", "reads count: 0"),
                node(1, 1, "thread 2", "gets a view"),
                node(2, 0, "thread 1", "frees the memory"),
                node(2, 1, "thread 2", "reads freed memory"),
            ],
            arrows: &[arrow(0, 1, "then"), arrow(1, 2, "then"), arrow(2, 3, "then")],
        },
    ),
    (
        "borrow-and-view",
        "A borrow ends with the method; the view that the method filled does not",
        Diagram {
            nodes: &[
                node(0, 0, "__getbuffer__", "borrows the vector"),
                node(1, 0, "method returns", "the borrow ends"),
                node(2, 0, "append", "moves the vector"),
                node(2, 1, "consumer", "reads freed memory"),
            ],
            arrows: &[arrow(0, 1, "then"), arrow(1, 2, "then"), arrow(2, 3, "then")],
        },
    ),
    (
        "argument",
        "An argument of a function: checked before the function runs, and released after it",
        Diagram {
            nodes: &[
                node(0, 0, "array", "any exporter"),
                node(1, 0, "ReadBuffer<T>", "requests, checks"),
                node(2, 0, "your function", "gets the items"),
                node(1, 1, "exception", "names the cause"),
            ],
            arrows: &[arrow(0, 1, "view"), arrow(1, 2, "copies"), arrow(1, 3, "does not fit")],
        },
    ),
    (
        "layers",
        "The test exporter in layers: the code that a request runs through",
        Diagram {
            nodes: &[
                node(0, 0, "ndarray", "a list of nodes"),
                node(1, 0, "Node", "flags of the suite"),
                node(2, 0, "Exported", "answers and counts"),
                node(2, 1, "Memory", "describes the items"),
            ],
            arrows: &[arrow(0, 1, "last node"), arrow(1, 2, "misbehave"), arrow(2, 3, "view()")],
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use bufferprocs::exporters::{Reexport, redirect};
    use bufferprocs::{Buffer, Object, Request};

    #[test]
    fn a_member_is_in_obj_and_a_redirecting_one_is_not() {
        let source = Object::new(vec![1u8, 2, 3]);
        let view = Buffer::get(&source, Request::FULL_RO).unwrap();
        let member = Object::new(Reexport::new(view));
        let view = Buffer::get(&member, Request::FULL_RO).unwrap();
        assert_eq!(view.raw().obj, member.as_ptr());
        let member = redirect::object(source.clone());
        let view = Buffer::get(&member, Request::FULL_RO).unwrap();
        assert_eq!(view.raw().obj, source.as_ptr());
    }

    #[test]
    fn every_arrow_has_two_ends() {
        for (name, _, diagram) in &DIAGRAMS {
            let ends = diagram.arrows.iter().flat_map(|arrow| [arrow.from, arrow.to]);
            assert!(ends.max() < Some(diagram.nodes.len()), "{name}");
            assert!(html(name).is_some());
        }
        assert!(html("none").is_none());
    }
}
