//! The preprocessor: how mdBook, stock or embedded, gets the rendered pages, and how `mdbook test` runs our tests.
//!
//! For the renderer `test` it does what `cargo book test` does and hands back empty pages, so that mdBook's own
//! rustdoc, which cannot be told where the crate is, has nothing left to do. For any other renderer it replaces each
//! page by its rendered text.

use crate::model::Book;
use crate::render::Renderer;
use crate::source::Result;
use crate::subject;
use crate::test;
use mdbook_preprocessor::book::Book as MdBook;
use mdbook_preprocessor::errors::{Error, Result as MdResult};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use std::collections::BTreeMap;
use std::path::Path;

pub const NAME: &str = subject::CRATE;

pub struct BookPreprocessor;

impl Preprocessor for BookPreprocessor {
    fn name(&self) -> &str {
        NAME
    }

    fn run(&self, context: &PreprocessorContext, mut book: MdBook) -> MdResult<MdBook> {
        let root = context.root.parent().unwrap_or(&context.root);
        let mut pages = match context.renderer.as_str() {
            "test" => {
                run_tests(root).map_err(Error::msg)?;
                BTreeMap::new()
            }
            _ => rendered(root).map_err(Error::msg)?,
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

fn run_tests(root: &Path) -> Result<()> {
    if test::run(root, &mut std::io::stderr())? {
        Ok(())
    } else {
        Err("the book's tests failed".to_owned())
    }
}

fn rendered(root: &Path) -> Result<BTreeMap<String, String>> {
    let book = Book::read(root)?;
    let renderer = Renderer::new(&book);
    let mut pages = BTreeMap::new();
    let mut problems = Vec::new();
    for page in book.pages.iter().filter(|page| page.document.is_chapter()) {
        let (text, wrong) = renderer.page(page);
        problems.extend(wrong.iter().map(|problem| problem.to_string()));
        pages.insert(page.document.chapter_path().to_owned(), text);
    }
    if problems.is_empty() { Ok(pages) } else { Err(problems.join("\n")) }
}

/// `cargo book preprocess`: mdBook writes the book to standard input and reads it back from standard output.
pub fn run() -> Result<()> {
    let (context, book) = mdbook_preprocessor::parse_input(std::io::stdin())
        .map_err(|error| format!("{error:#}: this command is for mdBook to call"))?;
    let book = BookPreprocessor.run(&context, book).map_err(|error| format!("{error:#}"))?;
    serde_json::to_writer(std::io::stdout(), &book).map_err(|error| error.to_string())
}
