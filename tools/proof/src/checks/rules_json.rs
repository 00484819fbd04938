//! Files of rules that are not what the pages say.

use crate::book::Book;
use crate::project::Project;
use crate::render::rules_json::{files, text};
use crate::source::{Place, Problem, Result, read_text};

pub fn check(project: &Project, book: &Book) -> Result<Vec<Problem>> {
    let expected = text(book, project)?;
    let is_stale = |file: &std::path::PathBuf| {
        read_text(&project.root.join(file)).ok().as_ref() != Some(&expected)
    };
    let problem = |file: std::path::PathBuf| {
        let message = format!("is not what the pages say: `{}` writes it", project.call("lock"));
        Problem::new(&Place::new(file.to_string_lossy(), 1), message)
    };
    Ok(files(project).into_iter().filter(is_stale).map(problem).collect())
}
