//! `test`: the audit, then every block, then which rules that proved.

use crate::book::Book;
use crate::checks;
use crate::project::Project;
use crate::render::Rendered;
use crate::run::compile_fail;
use crate::run::compiler::Compiler;
use crate::run::rustdoc::{self, Verdict};
use crate::run::toolchain::{Library, WorkDir};
use crate::source::blocks::{Block, Quoted, Test};
use crate::source::{Place, Result, counted};
use std::collections::BTreeSet;
use std::io::Write;

/// Tests the book and reports to `out`; the last line is `N passed, N failed`. True if nothing
/// failed.
pub fn run(project: &Project, out: &mut dyn Write) -> Result<bool> {
    let book = Book::read(&project.root, &project.settings)?;
    let problems = checks::problems(project, &book, &Rendered::of(&book, project))?;
    let mut report = String::new();
    for problem in &problems {
        report.push_str(&format!("{problem}\n"));
    }
    let mut failed = BTreeSet::new();
    let mut passed = 0;
    for (block, verdict) in run_blocks(&book, project)? {
        match verdict {
            Ok(()) => passed += 1,
            Err(why) => {
                report.push_str(&failure(&book, block, &why));
                failed.insert(block.place.clone());
            }
        }
    }
    report.push_str(&proved(&book, &failed));
    if book.quotations().next().is_some() {
        report.push_str(&format!(
            "{} for Python, {} of C, {} of C++ and {} of Cython are parts of files that cargo test builds and runs\n",
            counted(book.blocks_for_python(), "block"),
            book.blocks_of(Quoted::C),
            book.blocks_of(Quoted::Cpp),
            book.blocks_of(Quoted::Cython)
        ));
    }
    let failures = failed.len() + problems.len();
    report.push_str(&format!("{passed} passed, {failures} failed\n"));
    out.write_all(report.as_bytes()).map_err(|error| error.to_string())?;
    Ok(failures == 0)
}

fn run_blocks<'a>(book: &'a Book, project: &Project) -> Result<Vec<(&'a Block, Verdict)>> {
    let library = Library::build(&project.package(), &project.settings.features)?;
    let work = WorkDir::new()?;
    let compiler = Compiler { library: &library, work: &work, edition: project.edition };
    let (failing, running): (Vec<&Block>, Vec<&Block>) =
        book.blocks().partition(|block| matches!(block.test, Test::CompileFail(_)));
    // rustdoc spends most of its time in one thread, so the other blocks cost next to nothing
    // beside it.
    let (ran, refused) = std::thread::scope(|scope| {
        let refused = scope.spawn(|| compile_fail::run(&failing, compiler));
        let ran = rustdoc::run(&running, compiler);
        (ran, refused.join())
    });
    let refused = refused.map_err(|_| "the compile_fail runner panicked".to_owned())??;
    let mut verdicts: Vec<(&Block, Verdict)> = running.into_iter().zip(ran?).collect();
    verdicts.extend(failing.into_iter().zip(refused));
    verdicts.sort_by(|(a, _), (b, _)| a.place.cmp(&b.place));
    Ok(verdicts)
}

/// `book/src/x.md:12: r[some.rule]`, and below it what the runner said.
fn failure(book: &Book, block: &Block, why: &str) -> String {
    let rules: Vec<String> = book
        .proofs
        .iter()
        .filter(|proof| proof.block == block.place)
        .map(|proof| format!(" r[{}]", proof.rule))
        .collect();
    let mut text = format!("{}: failed{}\n", block.place, rules.concat());
    for line in why.lines() {
        text.push_str(format!("    {line}").trim_end());
        text.push('\n');
    }
    text
}

/// A rule is proved when a block that claims it passed in this run.
fn proved(book: &Book, failed: &BTreeSet<Place>) -> String {
    let is_proved = |id: &str| book.proofs_of(id).any(|proof| !failed.contains(&proof.block));
    let (elsewhere, here): (Vec<_>, Vec<_>) =
        book.rules.iter().partition(|rule| rule.workflow && !is_proved(&rule.id));
    let proved = here.iter().filter(|rule| is_proved(&rule.id)).count();
    let mut text = format!("{}, {proved} proved", counted(book.rules.len(), "rule"));
    if !elsewhere.is_empty() {
        text.push_str(&format!(", {} left to the workflow", elsewhere.len()));
    }
    text.push('\n');
    let by_python = |id: &str| book.proofs_of(id).all(|proof| proof.by_python);
    match here.iter().filter(|rule| is_proved(&rule.id) && by_python(&rule.id)).count() {
        0 => {}
        count => text.push_str(&format!("{count} of them by scripts that cargo test runs\n")),
    }
    text
}
