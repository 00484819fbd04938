//! `cargo book check`: the built site in headless Chromium.
//!
//! The checks are book/check/check.mjs; this finds what it needs. Nothing here is part of `cargo
//! test`.

use crate::directives::Directives;
use mdbook_proof::commands::build;
use mdbook_proof::run::toolchain::target_dir;
use mdbook_proof::source::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Pinned: a newer axe finds other things, and a check should only change when we change it.
const MODULES: &[&str] = &["playwright-core@1.65.1", "axe-core@4.14.1"];

/// Where the checked site claims to be: no host has this name. Its path is the one below which
/// book/check serves it.
const ADDRESS: &str = "https://book.example/some/sub/path/";

const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

const INSTALLED_BROWSERS: &[&str] = &[
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
];

/// `cargo book check [--screenshots]`.
pub fn run(root: &Path, screenshots: bool) -> Result<bool> {
    let node =
        on_path("node").ok_or("`node` is not on the PATH: install Node.js from nodejs.org")?;
    let chromium = chromium()?;
    let folder = target_dir()?.join("book-check");
    let site = folder.join("site");
    let site = site.to_str().ok_or("the target folder is not UTF-8")?;
    // Apart from the site of `cargo book`, which has no such address.
    let values = [("build.build-dir", site), ("preprocessor.proof.address", ADDRESS)];
    let site = build::build_with(root, &Directives, &values)?;
    install_modules(&folder)?;
    // A module is looked up from the folder of the script that imports it, so the scripts go to
    // where they are.
    copy_scripts(&root.join("book/check"), &folder)?;
    let out = folder.join("out");
    std::fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    let mut command = Command::new(node);
    command.arg(folder.join("check.mjs")).args([&site, &out, &chromium]).arg(ADDRESS);
    if screenshots {
        command.arg("--screenshots");
    }
    let status = command
        .current_dir(&folder)
        .status()
        .map_err(|error| format!("cannot run node: {error}"))?;
    Ok(status.success())
}

fn copy_scripts(from: &Path, to: &Path) -> Result<()> {
    let explained = |error: std::io::Error| format!("{}: {error}", from.display());
    for entry in std::fs::read_dir(from).map_err(explained)? {
        let file = entry.map_err(explained)?.path();
        if let (Some(name), true) = (file.file_name(), file.is_file()) {
            std::fs::copy(&file, to.join(name)).map_err(explained)?;
        }
    }
    Ok(())
}

fn install_modules(folder: &Path) -> Result<()> {
    let wanted = MODULES.join(" ");
    let stamp = folder.join("installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let npm = on_path("npm")
        .ok_or("`npm` is not on the PATH: install Node.js from nodejs.org, which brings it")?;
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let status = Command::new(npm)
        .args(["install", "--no-package-lock", "--prefix"])
        .arg(folder)
        .args(MODULES)
        .status()
        .map_err(|error| format!("cannot run npm: {error}"))?;
    if !status.success() {
        return Err(format!("npm could not install {wanted}"));
    }
    std::fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}

fn chromium() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Ok(PathBuf::from(path));
    }
    let installed = INSTALLED_BROWSERS.iter().map(PathBuf::from);
    BROWSERS
        .iter()
        .find_map(|name| on_path(name))
        .or_else(|| installed.into_iter().find(|path| path.exists()))
        .ok_or_else(|| {
            format!(
                "no Chromium found: install one of {} or set CHROMIUM to its path",
                BROWSERS.join(", ")
            )
        })
}

/// The program of this name in a folder of the PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    which::which(name).ok()
}
