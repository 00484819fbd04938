//! Runs `compile_fail` blocks: the block has to fail with its error code and no other, and its fixed twin has to compile.
//!
//! Stable rustdoc accepts any error, also that the crate was not found, so it never sees these blocks. Without the twin a block could fail
//! for a reason that has nothing to do with the line it shows.

use crate::runner::Verdict;
use crate::source::Result;
use crate::source::blocks::{Block, Test};
use crate::source::program::{fixed_twin, program as whole};
use crate::toolchain::{CRATE, Library, WorkDir, program};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The verdict for each block, in their order. Only `compile_fail` blocks get here.
pub fn run(blocks: &[&Block], library: &Library, work: &WorkDir) -> Result<Vec<Verdict>> {
    if !blocks.is_empty() {
        canary(library, work)?;
    }
    let verdicts = Mutex::new(vec![Ok(()); blocks.len()]);
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(block) = blocks.get(index) else {
                        break;
                    };
                    let verdict = check(block, &format!("block{index}"), library, work);
                    if let Ok(mut verdicts) = verdicts.lock() {
                        verdicts[index] = verdict;
                    }
                }
            });
        }
    });
    verdicts.into_inner().map_err(|error| error.to_string())
}

/// A program that has to fail for a reason of its own. Were the crate not found, it would fail for that one.
fn canary(library: &Library, work: &WorkDir) -> Result<()> {
    let wrong = format!("use {CRATE} as _;\nfn main() {{ let _: u8 = \"\"; }}\n");
    let codes = errors(&wrong, "canary", library, work)?;
    match codes.as_slice() {
        [(code, _)] if code == "E0308" => Ok(()),
        other => Err(format!(
            "the crate cannot be used from a compile_fail block, so no result counts\n{}",
            rendered(other)
        )),
    }
}

fn check(block: &Block, name: &str, library: &Library, work: &WorkDir) -> Verdict {
    let Test::CompileFail(declared) = &block.test else {
        return Err("is no compile_fail block".to_owned());
    };
    let found = errors(&whole(&block.code), name, library, work)?;
    if found.is_empty() {
        return Err(format!("compiles, but should fail with {declared}"));
    }
    if let Some((code, _)) = found.iter().find(|(code, _)| code != declared) {
        let code = if code.is_empty() { "an error without a code" } else { code };
        return Err(format!(
            "should fail with {declared} only, but fails with {code}\n{}",
            rendered(&found)
        ));
    }
    let twin = whole(&fixed_twin(&block.code));
    let left = errors(&twin, &format!("{name}-fixed"), library, work)?;
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "its fixed twin does not compile, so {declared} is not all that is wrong with it\n{}",
            rendered(&left)
        ))
    }
}

/// Code and text of each error that rustc finds in a program.
fn errors(
    source: &str,
    name: &str,
    library: &Library,
    work: &WorkDir,
) -> Result<Vec<(String, String)>> {
    let file = work.write(&format!("{name}.rs"), source)?;
    let mut rustc = program("RUSTC", "rustc");
    // Constants of generic code are only evaluated when machine code is made; stopping earlier would miss E0080.
    rustc
        .args(["--edition", "2024", "--crate-type", "bin"])
        .args(["--crate-name", "block"])
        .args(["--emit", "obj", "--error-format", "json", "-o"])
        .arg(work.path().join(format!("{name}.o")))
        .arg(&file);
    library.link(&mut rustc);
    let output = rustc.output().map_err(|error| format!("cannot run rustc: {error}"))?;
    let errors = parse(&String::from_utf8_lossy(&output.stderr), &file);
    if output.status.success() == errors.is_empty() {
        Ok(errors)
    } else {
        Err(format!(
            "rustc ended with {} and this:\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

/// The errors among rustc's messages. The closing "aborting due to" is none of its own.
fn parse(messages: &str, file: &Path) -> Vec<(String, String)> {
    let file = file.display().to_string();
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["level"] == "error")
        .filter(|message| {
            let text = message["message"].as_str().unwrap_or("");
            !text.starts_with("aborting due to")
        })
        .map(|message| {
            let code = message["code"]["code"].as_str().unwrap_or("");
            let text = message["rendered"].as_str().unwrap_or("");
            (code.to_owned(), text.replace(&file, "block"))
        })
        .collect()
}

fn rendered(errors: &[(String, String)]) -> String {
    errors.iter().map(|(_, text)| text.as_str()).collect()
}
