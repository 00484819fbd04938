//! Without a command: builds the site with the mdBook that is compiled in, and checks its links.

use crate::checks::links;
use crate::commands::metadata::Site;
use crate::commands::preprocess::BookPreprocessor;
use crate::extension::Extension;
use crate::project::NAME;
use crate::source::Result;
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Builds the book of `root` and returns the folder of the site.
pub fn build(root: &Path, extension: &'static dyn Extension) -> Result<PathBuf> {
    build_with(root, extension, &[])
}

/// The same with other values for keys of `book.toml`.
pub fn build_with(
    root: &Path,
    extension: &'static dyn Extension,
    values: &[(&str, &str)],
) -> Result<PathBuf> {
    // mdBook's libraries set no subscriber. A second call changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .without_time()
        .try_init();
    let folder = root.join("book");
    let mut config = Config::from_disk(folder.join("book.toml")).map_err(explained)?;
    // As stock mdBook does: a workflow that knows where the repository lies sets the links to it.
    config.update_from_env().map_err(explained)?;
    for (key, value) in values {
        config.set(key, value).map_err(explained)?;
    }
    let metadata = Site::of(&mut config)?;
    without_our_command(&mut config)?;
    let mut book = MDBook::load_with_config(&folder, config).map_err(explained)?;
    book.with_preprocessor(BookPreprocessor(extension));
    book.build().map_err(explained)?;
    let site = book.build_dir_for("html");
    metadata.complete(&site, root)?;
    let problems = links::check(&site, root)?;
    if problems.is_empty() {
        Ok(site.canonicalize().unwrap_or(site))
    } else {
        Err(format!("broken links:\n{}", problems.join("\n")))
    }
}

/// book.toml names a command for stock mdBook. Here the preprocessor runs in this process, and
/// must not run twice.
fn without_our_command(config: &mut Config) -> Result<()> {
    let mut preprocessors: BTreeMap<String, serde_json::Value> =
        config.preprocessors().map_err(explained)?;
    preprocessors.remove(NAME);
    config.set("preprocessor", preprocessors).map_err(explained)
}

fn explained(error: mdbook_driver::errors::Error) -> String {
    format!("{error:#}")
}

/// Builds the site, says where it is, and opens it if that is wanted.
pub fn run(root: &Path, extension: &'static dyn Extension, open: bool) -> Result<()> {
    let index = build(root, extension)?.join("index.html");
    println!("{}", index.display());
    if open {
        opener::open(&index).map_err(|error| format!("cannot open it: {error}"))?;
    }
    Ok(())
}
