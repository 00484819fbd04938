//! The pieces that pictures are made of.

use std::fmt::Write;

/// An arrow from one column to another, its label beyond the tip.
pub fn arrow(svg: &mut String, y: usize, from: usize, to: usize, label: &str) {
    let tip = if to > from { to - 7 } else { to + 7 };
    let _ = writeln!(svg, "<path class=\"arrow\" d=\"M{from} {y}V{}H{tip}\"/>", y - 10);
    let _ = writeln!(
        svg,
        "<path class=\"arrow-head\" d=\"M{to} {0}L{tip} {1}V{2}Z\"/>",
        y - 10,
        y - 14,
        y - 6
    );
    let (x, anchor) = if to > from { (to + 6, "start") } else { (to - 6, "end") };
    let y = y - 5;
    let _ = writeln!(
        svg,
        "<text class=\"label\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{label}</text>"
    );
}

pub fn text(svg: &mut String, class: &str, x: usize, y: usize, content: &str) {
    let _ = writeln!(svg, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{content}</text>");
}

pub fn tuple(indices: &[usize]) -> String {
    let indices: Vec<String> = indices.iter().map(usize::to_string).collect();
    format!("[{}]", indices.join(","))
}

pub fn list<T: ToString>(numbers: &[T]) -> String {
    let numbers: Vec<String> = numbers.iter().map(T::to_string).collect();
    format!("({})", numbers.join(", "))
}
