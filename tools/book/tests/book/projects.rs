//! `cargo book new`: what it writes, and what it refuses. `projects` and `c-projects` of
//! `tests/python/` build what it writes.

use super::fixture::{Fixture, repository, said};
use example::in_c::{Target, modules_of, target};
use std::path::Path;
use std::process::{Command, Output};

#[path = "../../src/example.rs"]
#[allow(dead_code)] // a part of it is used here
mod example;

fn new(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_book")).arg("new").args(arguments).output();
    output.expect("the tool runs")
}

#[test]
fn a_project_in_c_is_complete() {
    let fixture = Fixture::folder("new-in-c");
    for name in example::in_c::names(repository()).expect("the examples") {
        let project = fixture.root.join(&name);
        let output = new(&[text_of(&project), "--example", &format!("c/{name}")]);
        assert!(output.status.success(), "{}", said(&output));
        let mut files: Vec<String> = std::fs::read_dir(&project)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        let script = std::fs::read_to_string(project.join(format!("use_{name}.py"))).expect("it");
        let mut expected: Vec<String> =
            [".gitignore", "README.md", "buffer_fill.h", "pyproject.toml", "setup.py"]
                .map(str::to_owned)
                .into_iter()
                .chain([format!("use_{name}.py")])
                .chain(
                    modules_of(repository(), &name, &script)
                        .expect("the examples")
                        .into_iter()
                        .map(|module| format!("{module}.c")),
                )
                .collect();
        files.sort();
        expected.sort();
        assert_eq!(files, expected, "{name}");
        // No option that only one kind of compiler knows, except for MSVC's behind a condition.
        let setup = std::fs::read_to_string(project.join("setup.py")).expect("it");
        let options: Vec<&str> = setup.lines().filter(|line| line.contains("_args")).collect();
        assert_eq!(options, ["    settings[\"extra_compile_args\"] = [\"/std:c11\"]"], "{name}");
        assert!(setup.contains("if sysconfig.get_platform().startswith(\"win\"):\n    settings"));
    }
}

/// The chapter shows both files for those who have no Rust.
#[test]
fn the_chapter_shows_the_files_of_a_project() {
    let fixture = Fixture::folder("new-shown");
    let project = fixture.root.join("project");
    assert!(new(&[text_of(&project), "--example", "c/minimal"]).status.success());
    let read = |path: &Path| std::fs::read_to_string(path).expect("it is there");
    let chapter = read(&repository().join("book/src/first-exporter-c.md"));
    for (file, language) in [("pyproject.toml", "toml"), ("setup.py", "python")] {
        let block = format!("```{language}\n{}```\n", read(&project.join(file)));
        assert!(chapter.contains(&block), "the chapter does not show:\n{block}");
    }
}

/// The script of one example imports two others.
#[test]
fn modules_of_the_script_are_in_the_project() {
    let script = "import rows\nfrom strided import Array\nimport limited_edition\n# import slots\n";
    let modules = modules_of(repository(), "consume", script).expect("the examples");
    assert_eq!(modules, ["consume", "rows", "strided"]);
}

#[test]
fn a_macro_says_which_pythons_a_module_is_for() {
    assert_eq!(target("#define PY_SSIZE_T_CLEAN\n"), Ok(Target::OneBuild));
    assert_eq!(target("#define Py_LIMITED_API 0x030B0000\n"), Ok(Target::Abi3(11)));
    assert_eq!(target("#define Py_TARGET_ABI3T 0x030F0000\n"), Ok(Target::Abi3t(15)));
    for wrong in ["3", "0x02070000", "0xOOPS", "030B0000"] {
        let error = target(&format!("#define Py_LIMITED_API {wrong}\n")).expect_err(wrong);
        assert!(error.contains(&format!("Py_LIMITED_API is {wrong}")), "{error}");
    }
}

#[test]
fn new_refuses_what_it_cannot_make() {
    let fixture = Fixture::folder("new-refused");
    let place = fixture.root.join("project");
    let refused = |arguments: &[&str], parts: &[&str]| {
        let output = new(arguments);
        let message = said(&output);
        assert!(!output.status.success(), "{arguments:?}: {message}");
        for part in parts {
            assert!(message.contains(part), "{arguments:?}: {part:?} is not in {message:?}");
        }
    };
    let all = ", c/minimal, ";
    refused(&[text_of(&place), "--example", "nothing"], &["no example nothing; there are: ", all]);
    refused(&[text_of(&place), "--example", "c/nothing"], &["no example c/nothing; there are: "]);
    refused(
        &[text_of(&place), "--example", "minimal"],
        &["no example minimal; did you mean c/minimal? there are: ", all],
    );
    refused(&[text_of(&place)], &["cargo book new DIR --example NAME; there are: ", all]);
    assert!(!place.exists());
    // A file that is there already stays as it is.
    std::fs::create_dir(&place).expect("a folder");
    std::fs::write(place.join("mine"), "text").expect("a file");
    for name in ["first", "c/minimal"] {
        refused(
            &[text_of(&place), "--example", name],
            &[text_of(&place), "the folder is not empty; name one that does not exist yet"],
        );
        refused(&[text_of(&place.join("mine")), "--example", name], &[text_of(&place), "mine"]);
    }
    assert_eq!(std::fs::read_dir(&place).expect("a folder").count(), 1);
    assert_eq!(std::fs::read_to_string(place.join("mine")).expect("a file"), "text");
}

fn text_of(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
