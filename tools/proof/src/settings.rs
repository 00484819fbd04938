//! The table `[preprocessor.proof]` of `book/book.toml`.

use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;

/// A document that rules name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// As rules spell it.
    pub name: String,
    pub address: String,
    pub what: String,
}

/// Numbered statements that the page `statements.md` maps to rules: `N1`, `N2` and so on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statements {
    pub letter: char,
    pub count: usize,
    /// Whether a rule has to answer to each.
    pub answered: bool,
}

/// The picture that messengers show beside a link to a page.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// A PNG below `book/`.
    pub file: String,
    /// What it shows, for readers who do not see it.
    pub text: String,
}

/// The table in `book.toml`, without the keys that are mdBook's.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Settings {
    /// The folder of the crate that blocks use, relative to the repository: by default the
    /// repository itself.
    pub package: PathBuf,
    /// Its features that blocks use.
    pub features: Vec<String>,
    /// How an author calls the program, for messages: by default `mdbook-proof`.
    pub call: Option<String>,
    /// The lines that a program of the book needs in `Cargo.toml`.
    pub dependencies: String,
    /// In code, the word for which pages have the address of the repository: `git clone WORD`.
    pub repository_word: Option<String>,
    /// The page that says how to get the crate. Pages with programs link to it.
    pub getting_page: Option<String>,
    /// Folders that blocks in `python`, `pyo3`, `c`, `cpp` and `cython` are quoted from.
    pub quoted_from: Vec<String>,
    /// Where the rules are written to for programs.
    pub rules_json: Vec<PathBuf>,
    /// The page that tells how rules are checked outside the book.
    pub checks_page: String,
    /// Chapters whose proofs are open when the page opens, such as tutorials.
    pub unfolded: Vec<String>,
    pub statements: Vec<Statements>,
    pub sources: Vec<Source>,
    /// Where the site will be, such as `https://host/path/`. The environment variable
    /// `MDBOOK_PREPROCESSOR__PROOF__ADDRESS` sets it for one build.
    pub address: Option<String>,
    pub picture: Option<Picture>,
    // What mdBook reads in the same table.
    command: Option<Value>,
    before: Option<Value>,
    after: Option<Value>,
    optional: Option<Value>,
    renderer: Option<Value>,
    renderers: Option<Value>,
}
