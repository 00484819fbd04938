//! A repository with a book: where it is, what its `book.toml` says, and what its program adds.

use crate::extension::Extension;
use crate::settings::Settings;
use crate::source::{Result, read_text};
use mdbook_driver::config::{Config, RustEdition};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The name of the table, and of the preprocessor.
pub const NAME: &str = "proof";

/// The configuration of the book, below its repository.
pub const CONFIG: &str = "book/book.toml";

/// A repository with a book.
pub struct Project {
    pub root: PathBuf,
    pub settings: Settings,
    /// Of the blocks, as `rustc --edition` takes it.
    pub edition: &'static str,
    pub extension: &'static dyn Extension,
}

impl Project {
    pub fn open(root: &Path, extension: &'static dyn Extension) -> Result<Project> {
        let explained = |error: String| format!("{CONFIG}: {error}");
        let config = Config::from_disk(root.join(CONFIG))
            .map_err(|error| explained(format!("{error:#}")))?;
        let mut tables: BTreeMap<String, Value> =
            config.preprocessors().map_err(|error| explained(format!("{error:#}")))?;
        let settings = match tables.remove(NAME) {
            Some(table) => serde_json::from_value(table)
                .map_err(|error| explained(format!("[preprocessor.{NAME}]: {error}")))?,
            None => Settings::default(),
        };
        let edition = match config.rust.edition {
            Some(RustEdition::E2015) => "2015",
            Some(RustEdition::E2018) => "2018",
            Some(RustEdition::E2021) => "2021",
            _ => "2024",
        };
        Ok(Project { root: root.to_owned(), settings, edition, extension })
    }

    /// What an author types for one of the commands.
    pub fn call(&self, command: &str) -> String {
        let program = self.settings.call.as_deref().unwrap_or("mdbook-proof");
        format!("{program} {command}").trim_end().to_owned()
    }

    /// The folder of the crate that blocks use.
    pub fn package(&self) -> PathBuf {
        self.root.join(&self.settings.package)
    }

    /// The version of that crate, if its manifest has it.
    pub fn version(&self) -> Result<Option<String>> {
        let manifest = self.package().join("Cargo.toml");
        let explained = |error: String| format!("{}: {error}", manifest.display());
        let table: toml::Table =
            read_text(&manifest)?.parse().map_err(|error| explained(format!("{error}")))?;
        let version = table.get("package").and_then(|package| package.get("version"));
        Ok(version.and_then(|version| version.as_str()).map(str::to_owned))
    }
}
