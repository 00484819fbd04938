//! The preprocessor: how mdBook, stock or embedded, gets the rendered pages, and how `mdbook test`
//! runs our tests.
//!
//! For the renderer `test` it does what the command `test` does and hands back empty pages, so
//! that mdBook's own rustdoc, which cannot be told where the crate is, has nothing left to do. For
//! any other renderer it replaces each page by its rendered text.

use crate::book::Book;
use crate::commands::test;
use crate::extension::Extension;
use crate::project::{NAME, Project};
use crate::render::Rendered;
use crate::source::Result;
use mdbook_preprocessor::book::Book as MdBook;
use mdbook_preprocessor::errors::{Error, Result as MdResult};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use std::collections::BTreeMap;
use std::path::Path;

pub struct BookPreprocessor(pub &'static dyn Extension);

impl Preprocessor for BookPreprocessor {
    fn name(&self) -> &str {
        NAME
    }

    fn run(&self, context: &PreprocessorContext, mut book: MdBook) -> MdResult<MdBook> {
        let root = context.root.parent().unwrap_or(&context.root);
        let project = Project::open(root, self.0).map_err(Error::msg)?;
        let mut pages = match context.renderer.as_str() {
            "test" => {
                run_tests(&project).map_err(Error::msg)?;
                BTreeMap::new()
            }
            _ => rendered(&project).map_err(Error::msg)?,
        };
        book.for_each_chapter_mut(|chapter| {
            let path = chapter.source_path.as_deref().map(slashed);
            chapter.content = path.and_then(|p| pages.remove(&p)).unwrap_or_default();
        });
        Ok(book)
    }
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

fn run_tests(project: &Project) -> Result<()> {
    if test::run(project, &mut std::io::stderr())? {
        Ok(())
    } else {
        Err("the book's tests failed".to_owned())
    }
}

fn rendered(project: &Project) -> Result<BTreeMap<String, String>> {
    let book = Book::read(&project.root, &project.settings)?;
    let rendered = Rendered::of(&book, project);
    match rendered.problems.as_slice() {
        [] => Ok(rendered.pages),
        problems => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Err(problems.join("\n"))
        }
    }
}

/// mdBook writes the book to standard input and reads it back from standard output.
pub fn run(extension: &'static dyn Extension) -> Result<()> {
    let (context, book) = mdbook_preprocessor::parse_input(std::io::stdin())
        .map_err(|error| format!("{error:#}: this command is for mdBook to call"))?;
    let preprocessor = BookPreprocessor(extension);
    let book = preprocessor.run(&context, book).map_err(|error| format!("{error:#}"))?;
    serde_json::to_writer(std::io::stdout(), &book).map_err(|error| error.to_string())
}
