//! Tables of the book with a column for each version of CPython. A run compares the column of its
//! own version, or writes it.

use std::fs;
use std::path::Path;

use crate::interpreter::Interpreter;

/// Set, the column is written.
pub const WRITE: &str = "BUFFERPROCS_WRITE";

/// A table, between `<!-- by version: NAME -->` and `<!-- end -->` on a line of its own each.
pub struct Table {
    /// The page, below the repository.
    pub page: &'static str,
    pub name: &'static str,
    /// The heading of the first column.
    pub heading: &'static str,
}

/// A row: the text of its first cell, and the text of the cell for this Python.
pub type Row = (String, String);

/// How the rows of this Python compare with its column.
pub enum Compared {
    Equal,
    /// The table has no column for this Python. These rows differ from its last column.
    Unknown(Vec<Row>),
    /// These rows differ from the column.
    Differ(Vec<Row>),
}

/// The rows of a page: for each the first cell, and a cell for each column.
struct Cells {
    minors: Vec<u32>,
    rows: Vec<(String, Vec<String>)>,
}

impl Table {
    /// Compares `rows` with the column of `python`; with [`WRITE`], first makes it the column.
    pub fn compare(&self, python: &Interpreter, rows: &[Row]) -> Result<Compared, String> {
        let Table { page, name, .. } = self;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
        let mut text = fs::read_to_string(&path).map_err(|error| format!("{page}: {error}"))?;
        let begin = format!("<!-- by version: {name} -->\n");
        let without = || format!("{page} has no table between {} and <!-- end -->", begin.trim());
        let from = text.find(&begin).ok_or_else(without)? + begin.len();
        let to = from + text[from..].find("<!-- end -->").ok_or_else(without)?;
        let mut cells = Cells::of(text[from..to].trim()).map_err(|why| format!("{page}: {why}"))?;
        if std::env::var_os(WRITE).is_some() && !python.is_newer_than_the_book() {
            cells.put(python.minor(), rows);
            text.replace_range(from..to, &format!("\n{}\n", cells.written(self.heading)));
            fs::write(&path, &text).map_err(|error| format!("{page}: {error}"))?;
        }
        if let Some((key, _)) =
            cells.rows.iter().find(|(_, row)| row.iter().any(|cell| cell == UNASKED))
        {
            return Err(format!(
                "{page}: {key} was not asked on every Python: set {WRITE}=1 there"
            ));
        }
        let keys = cells.rows.iter().map(|(key, _)| key);
        if !keys.eq(rows.iter().map(|(key, _)| key)) {
            return Err(format!(
                "{page} has other rows than were asked: set {WRITE}=1 to write it"
            ));
        }
        let column = cells.minors.iter().position(|&minor| minor == python.minor());
        let Some(last) = cells.minors.len().checked_sub(1) else {
            return Err(format!("{page} has no column: set {WRITE}=1 to write it"));
        };
        let stands = cells.rows.iter().map(|(_, row)| &row[column.unwrap_or(last)]);
        let others = rows.iter().zip(stands).filter(|((_, found), stands)| found != *stands);
        let others: Vec<Row> = others.map(|(row, _)| row.clone()).collect();
        Ok(match (column, others.is_empty()) {
            (_, true) => Compared::Equal,
            (None, false) => Compared::Unknown(others),
            (Some(_), false) => Compared::Differ(others),
        })
    }
}

/// In place of an answer, until the script was run on that version.
const UNASKED: &str = "?";

impl Cells {
    fn of(text: &str) -> Result<Cells, String> {
        let mut lines = text.lines().map(|line| {
            let cells = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |"));
            cells.map(|cells| cells.split(" | ").map(str::to_owned).collect::<Vec<_>>())
        });
        let Some(heading) = lines.next() else {
            return Ok(Cells { minors: Vec::new(), rows: Vec::new() });
        };
        let minors = heading.into_iter().flatten().skip(1);
        let minors = minors.map(|version| version.strip_prefix("3.").and_then(|m| m.parse().ok()));
        let minors: Option<Vec<u32>> = minors.collect();
        let minors = minors.ok_or("a heading of the table is no version")?;
        let rows = lines.skip(1).map(|row| {
            let (key, cells) = row.as_ref()?.split_first()?;
            (cells.len() == minors.len()).then(|| (key.clone(), cells.to_vec()))
        });
        let rows: Option<Vec<_>> = rows.collect();
        Ok(Cells { rows: rows.ok_or("a row of the table has another number of cells")?, minors })
    }

    /// Makes `rows` the column of a version; rows of other names go.
    fn put(&mut self, minor: u32, rows: &[Row]) {
        let column = self.minors.partition_point(|&other| other < minor);
        if self.minors.get(column) != Some(&minor) {
            self.minors.insert(column, minor);
            self.rows.iter_mut().for_each(|(_, row)| row.insert(column, UNASKED.to_owned()));
        }
        let row = |(key, found): &Row| {
            let old = self.rows.iter().find(|(other, _)| other == key).map(|(_, row)| row.clone());
            let mut row = old.unwrap_or_else(|| vec![UNASKED.to_owned(); self.minors.len()]);
            row[column].clone_from(found);
            (key.clone(), row)
        };
        self.rows = rows.iter().map(row).collect();
    }

    fn written(&self, heading: &str) -> String {
        let line = |key: &str, cells: &[String]| format!("| {key} | {} |\n", cells.join(" | "));
        let minors: Vec<String> = self.minors.iter().map(|minor| format!("3.{minor}")).collect();
        let ruled = format!("|{}\n", "---|".repeat(minors.len() + 1));
        let rows: String = self.rows.iter().map(|(key, row)| line(key, row)).collect();
        line(heading, &minors) + &ruled + &rows
    }
}
