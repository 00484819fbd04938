//! `lock`: freezes the rules as they are now.

use crate::book::Book;
use crate::book::lock::FILE;
use crate::project::Project;
use crate::render::rules_json;
use crate::source::{Result, counted};

pub fn run(project: &Project) -> Result<()> {
    let book = Book::read(&project.root, &project.settings)?;
    if !book.problems.is_empty() {
        let problems: Vec<String> = book.problems.iter().map(|p| p.to_string()).collect();
        // A rule that cannot be read would silently lose its entry.
        return Err(format!("{}\n{FILE} is as it was: solve these first", problems.join("\n")));
    }
    let write = |file: &std::path::Path, text: &str| {
        std::fs::write(project.root.join(file), text)
            .map_err(|error| format!("{}: {error}", file.display()))
    };
    let is_checked = |rule: &str| project.extension.check_of(rule).is_some();
    write(FILE.as_ref(), &book.lock.to_text(&book.rules, is_checked))?;
    let rules = rules_json::text(&book, project)?;
    for file in rules_json::files(project) {
        write(&file, &rules)?;
    }
    println!("{FILE}: {}", counted(book.rules.len(), "rule"));
    Ok(())
}
