//! The pieces that pictures are made of.

use std::fmt::Write;

use mdbook_proof::render::html::escape;

/// A picture with its caption and the same facts as a table.
pub struct Figure<'a> {
    /// Unique on the page.
    pub name: &'a str,
    pub title: &'a str,
    /// Of the drawing, in pixels.
    pub size: (usize, usize),
    /// The elements of the drawing.
    pub drawing: &'a str,
    /// Markup.
    pub caption: &'a str,
    pub heads: &'a [&'a str],
    /// Cells are text.
    pub rows: Vec<Vec<String>>,
}

impl Figure<'_> {
    pub fn html(&self) -> String {
        let Figure { name, title, size: (width, height), drawing, caption, heads, rows } = self;
        let mut html = format!(
            "<figure class=\"memory\">\n<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             role=\"img\" aria-labelledby=\"picture-{name}\">\n<title id=\"picture-{name}\">{title}; the table below has \
             the same facts</title>\n{drawing}</svg>\n<figcaption>{caption}.</figcaption>\n\
             <details><summary>The picture as a table</summary>\n<table>\n<thead><tr>"
        );
        for head in *heads {
            let _ = write!(html, "<th scope=\"col\">{head}</th>");
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        for row in rows {
            let cells: Vec<String> =
                row.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
            let _ = writeln!(html, "<tr>{}</tr>", cells.concat());
        }
        html.push_str("</tbody>\n</table>\n</details>\n</figure>\n");
        html
    }
}

pub fn rect(
    svg: &mut String,
    class: &str,
    (x, y): (usize, usize),
    (width, height): (usize, usize),
) {
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
    );
}

/// The class of a cell that the view shows, or leaves out.
pub fn cell_class(is_shown: bool) -> &'static str {
    if is_shown { "cell" } else { "cell outside" }
}

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
