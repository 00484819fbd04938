//! Programs of Python that show a fault without the checker.

use super::report::{Violation, request_name};
use crate::request::Request;

/// What each program starts with, and then what differs, below a line with the rules.
const PROGRAMS: &str = include_str!("snippets.py");

/// The line before a part.
const HEADING: &str = "\n#: ";

impl Violation {
    /// A program of Python that shows the fault without this crate: it fails, or ends the process,
    /// if `obj` breaks the rule. What else it needs from the author of the exporter, a comment
    /// says.
    ///
    /// ```
    /// use bufferprocs::conformance::Examination;
    /// use bufferprocs::exporters::broken::Broken;
    ///
    /// let report = Examination::of(&Broken::new("field.len.product").unwrap()).run();
    /// let snippet = report.violations[0].snippet();
    /// assert!(snippet.contains("FLAGS = 0x008  # CONTIG_RO\n"), "{snippet}");
    /// assert!(snippet.contains("assert view.len == product"), "{snippet}");
    /// ```
    pub fn snippet(&self) -> String {
        let mut parts = PROGRAMS.split(HEADING);
        let start = parts.next().unwrap_or_default();
        let own = parts.find_map(|part| {
            let (rules, program) = part.split_once('\n')?;
            rules.split(' ').any(|rule| rule == self.check.rule).then_some(program)
        });
        let request = self.first_request().unwrap_or(Request::FULL_RO);
        let (flags, words) = (request.bits(), request_name(request));
        let words = words.split_once(' ').map_or("SIMPLE", |(_, words)| words);
        let (rule, own) = (self.check.rule, own.unwrap_or_default().trim_end());
        format!("{start}\n# {rule}\nFLAGS = {flags:#05x}  # {words}\n{own}\n")
    }
}
