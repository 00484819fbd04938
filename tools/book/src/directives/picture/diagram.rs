//! Boxes and arrows: what refers to what.

use std::fmt::Write;

use mdbook_proof::render::html::escape;

use super::svg::{rect, text};

const WIDTH: usize = 168;
const HEIGHT: usize = 58;
const ACROSS: usize = 92;
const DOWN: usize = 46;
const MARGIN: usize = 8;
/// Of an arrow's head, in pixels.
const HEAD: f64 = 8.0;

/// A box in a grid.
pub struct Node {
    pub column: usize,
    pub row: usize,
    pub title: &'static str,
    pub note: &'static str,
}

/// An arrow from one box to another, by their positions in the list.
pub struct Arrow {
    pub from: usize,
    pub to: usize,
    pub label: &'static str,
}

pub struct Diagram {
    pub nodes: &'static [Node],
    pub arrows: &'static [Arrow],
}

impl Diagram {
    pub fn size(&self) -> (usize, usize) {
        let extent = |last: Option<usize>, size, gap| {
            let last = last.unwrap_or(0);
            2 * MARGIN + (last + 1) * size + last * gap
        };
        (
            extent(self.nodes.iter().map(|node| node.column).max(), WIDTH, ACROSS),
            extent(self.nodes.iter().map(|node| node.row).max(), HEIGHT, DOWN),
        )
    }

    pub fn draw(&self, svg: &mut String) {
        for node in self.nodes {
            let (x, y) = corner(node);
            rect(svg, "cell", (x, y), (WIDTH, HEIGHT));
            text(svg, "cell-text", x + WIDTH / 2, y + 24, &escape(node.title));
            text(svg, "cell-text label", x + WIDTH / 2, y + 44, &escape(node.note));
        }
        for arrow in self.arrows {
            draw_arrow(svg, &self.nodes[arrow.from], &self.nodes[arrow.to], &escape(arrow.label));
        }
    }

    /// The same facts as rows of a table: from, arrow, to.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let name = |node: &Node| match node.note {
            "" => node.title.to_owned(),
            note => format!("{} ({note})", node.title),
        };
        let row = |arrow: &Arrow| {
            let (from, to) = (&self.nodes[arrow.from], &self.nodes[arrow.to]);
            vec![name(from), arrow.label.to_owned(), name(to)]
        };
        self.arrows.iter().map(row).collect()
    }
}

fn corner(node: &Node) -> (usize, usize) {
    (MARGIN + node.column * (WIDTH + ACROSS), MARGIN + node.row * (HEIGHT + DOWN))
}

/// From the side of one box that faces the other to the side that faces back.
fn draw_arrow(svg: &mut String, from: &Node, to: &Node, label: &str) {
    let ((x, y), (to_x, to_y)) = (corner(from), corner(to));
    let (start, end) = if from.column < to.column {
        // Arrows that leave one box for several rows leave it at several heights.
        let shift = if to.row > from.row { HEIGHT / 4 } else { 0 };
        ((x + WIDTH, y + HEIGHT / 2 + shift), (to_x, to_y + HEIGHT / 2))
    } else if from.column > to.column {
        ((x, y + HEIGHT / 2), (to_x + WIDTH, to_y + HEIGHT / 2))
    } else if from.row < to.row {
        ((x + WIDTH / 2, y + HEIGHT), (to_x + WIDTH / 2, to_y))
    } else {
        ((x + WIDTH / 2, y), (to_x + WIDTH / 2, to_y + HEIGHT))
    };
    let (dx, dy) = (end.0 as f64 - start.0 as f64, end.1 as f64 - start.1 as f64);
    let length = dx.hypot(dy);
    let (dx, dy) = (dx / length, dy / length);
    let tip = (end.0 as f64, end.1 as f64);
    let base = (tip.0 - HEAD * dx, tip.1 - HEAD * dy);
    let half = HEAD / 2.0;
    let _ = writeln!(
        svg,
        "<path class=\"arrow\" d=\"M{} {}L{:.1} {:.1}\"/>",
        start.0, start.1, base.0, base.1
    );
    let _ = writeln!(
        svg,
        "<path class=\"arrow-head\" d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\"/>",
        tip.0,
        tip.1,
        base.0 - half * dy,
        base.1 + half * dx,
        base.0 + half * dy,
        base.1 - half * dx
    );
    let middle = ((start.0 + end.0) / 2, (start.1 + end.1) / 2);
    // Above a line that is level, and beside any other.
    let (x, y, anchor) = if start.0 == end.0 {
        (middle.0 + 8, middle.1 + 5, "start")
    } else if start.1 == end.1 {
        (middle.0, middle.1 - 8, "middle")
    } else if start.1 < end.1 {
        (middle.0 + 10, middle.1 - 6, "start")
    } else {
        (middle.0 - 10, middle.1 - 6, "end")
    };
    let _ = writeln!(
        svg,
        "<text class=\"label\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{label}</text>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    static TWO: Diagram = Diagram {
        nodes: &[
            Node { column: 0, row: 0, title: "view", note: "" },
            Node { column: 1, row: 1, title: "object", note: "exporter" },
        ],
        arrows: &[Arrow { from: 0, to: 1, label: "obj" }],
    };

    #[test]
    fn boxes_lie_in_a_grid_and_arrows_become_rows() {
        assert_eq!(TWO.size(), (2 * MARGIN + 2 * WIDTH + ACROSS, 2 * MARGIN + 2 * HEIGHT + DOWN));
        assert_eq!(TWO.rows(), [["view", "obj", "object (exporter)"]]);
        let mut svg = String::new();
        TWO.draw(&mut svg);
        assert_eq!((svg.matches("<rect").count(), svg.matches("arrow-head").count()), (2, 1));
    }
}
