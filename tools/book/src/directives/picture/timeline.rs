//! Bars over steps: how long each thing lasts.

use std::fmt::Write;

use super::svg::{rect, text};

const LEFT: usize = 84;
const WIDTH: usize = 82;
const ROW: usize = 38;
/// Two lines of text above the bars.
const HEAD: usize = 56;

/// What lasts how long, over steps in the order in which they happen.
pub struct Timeline<'a> {
    /// One or two words for each step.
    pub steps: &'a [&'a str],
    /// A label, and for each step whether the thing exists after it.
    pub bars: Vec<(&'a str, Vec<bool>)>,
    /// A label, and a number for each step.
    pub numbers: Vec<(&'a str, Vec<String>)>,
}

impl Timeline<'_> {
    pub fn size(&self) -> (usize, usize) {
        let rows = self.bars.len() + self.numbers.len();
        (LEFT + WIDTH * self.steps.len() + 8, HEAD + ROW * rows + 8)
    }

    /// Draws it below `top`.
    pub fn draw(&self, svg: &mut String, top: usize) {
        let middle = |step: usize| LEFT + WIDTH * step + WIDTH / 2;
        for (number, step) in self.steps.iter().enumerate() {
            let (verb, object) = step.split_once(' ').unwrap_or((step, ""));
            text(svg, "cell-text label", middle(number), top + 22, verb);
            text(svg, "cell-text label", middle(number), top + 40, object);
        }
        let label = |svg: &mut String, row: usize, label: &str| {
            let y = top + HEAD + ROW * row + 22;
            let _ = writeln!(svg, "<text class=\"label\" x=\"4\" y=\"{y}\">{label}</text>");
            y
        };
        for (row, (name, lasts)) in self.bars.iter().enumerate() {
            let y = label(svg, row, name);
            for (number, _) in lasts.iter().enumerate().filter(|(_, lasts)| **lasts) {
                rect(svg, "cell", (LEFT + WIDTH * number, y - 22), (WIDTH, ROW - 10));
            }
        }
        for (row, (name, values)) in self.numbers.iter().enumerate() {
            let y = label(svg, self.bars.len() + row, name);
            for (number, value) in values.iter().enumerate() {
                text(svg, "cell-text", middle(number), y, value);
            }
        }
    }

    /// The same facts as rows of a table: step, what exists, the numbers.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let row = |(number, step): (usize, &&str)| {
            let there = self.bars.iter().filter(|(_, lasts)| lasts[number]);
            let there: Vec<&str> = there.map(|(name, _)| *name).collect();
            let there = if there.is_empty() { "nothing".to_owned() } else { there.join(", ") };
            let values = self.numbers.iter().map(|(_, values)| values[number].clone());
            [(*step).to_owned(), there].into_iter().chain(values).collect()
        };
        self.steps.iter().enumerate().map(row).collect()
    }
}
