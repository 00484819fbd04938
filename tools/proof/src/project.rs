//! A repository with a book: where it is, what its `book.toml` says, and what its program adds.

use crate::extension::Extension;
use crate::settings::Settings;
use crate::source::{Result, read_text};
use mdbook_driver::config::{Config, RustEdition};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The name of the table, and of the preprocessor.
pub const NAME: &str = "proof";

/// The configuration of the book, below its repository.
pub const CONFIG: &str = "book/book.toml";

/// A repository with a book.
pub struct Project {
    pub root: PathBuf,
    pub settings: Settings,
    /// The address of the repository, for `git clone`.
    pub repository: String,
    /// Of the blocks, as `rustc --edition` takes it.
    pub edition: &'static str,
    pub extension: &'static dyn Extension,
}

/// Where this clone came from, if that is an address, and else the address of the clone itself.
fn address_of_clone(root: &Path) -> String {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["config", "--get", "remote.origin.url"]);
    let origin = git.output().ok().filter(|output| output.status.success());
    let origin = origin.and_then(|output| String::from_utf8(output.stdout).ok());
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    address(origin.as_deref().unwrap_or_default().trim(), &root.to_string_lossy())
}

fn address(origin: &str, root: &str) -> String {
    if origin.contains("://") {
        return origin.to_owned();
    }
    let path = root.replace('\\', "/").replace(' ', "%20");
    // Windows writes `\\?\C:\folder`.
    format!("file:///{}", path.trim_start_matches("//?/").trim_start_matches('/'))
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
        let configured = config.html_config().and_then(|html| html.git_repository_url);
        let repository = std::env::var("MDBOOK_OUTPUT__HTML__GIT_REPOSITORY_URL").ok();
        let repository = repository.or(configured).unwrap_or_else(|| address_of_clone(root));
        Ok(Project { root: root.to_owned(), settings, repository, edition, extension })
    }

    /// Code with the address of the repository in place of the word that stands for it.
    pub fn with_address(&self, code: &str) -> String {
        match &self.settings.repository_word {
            Some(word) => code.replace(word.as_str(), &self.repository),
            None => code.to_owned(),
        }
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

    /// The manifest of that crate.
    pub fn package_manifest(&self) -> Result<toml::Table> {
        let manifest = self.package().join("Cargo.toml");
        let explained = |error: String| format!("{}: {error}", manifest.display());
        read_text(&manifest)?.parse().map_err(|error| explained(format!("{error}")))
    }

    /// The version of that crate, if its manifest has it.
    pub fn version(&self) -> Result<Option<String>> {
        let table = self.package_manifest()?;
        let version = table.get("package").and_then(|package| package.get("version"));
        Ok(version.and_then(|version| version.as_str()).map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_address_of_a_clone_is_one_that_git_and_cargo_take() {
        let case = |origin, root, expected: &str| assert_eq!(address(origin, root), expected);
        case("https://example.org/a/b", "/clone", "https://example.org/a/b");
        case("", "/home/me/a clone", "file:///home/me/a%20clone");
        case("/other/clone", "/clone", "file:///clone");
        case("git@example.org:a/b", r"\\?\C:\clone", "file:///C:/clone");
    }
}
