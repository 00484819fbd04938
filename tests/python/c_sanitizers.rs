//! The examples in C under AddressSanitizer and UndefinedBehaviorSanitizer, and the count of
//! `buffer_fill.h` under ThreadSanitizer. Each has to report a mistake first.

use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::c_compiler::{Compiler, Headers, Language, folder_of};
use crate::c_examples;
use crate::interpreter::Interpreter;

const OPTIONS: [&str; 3] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

pub fn run(python: &Interpreter) -> Outcome {
    let compiler = Compiler::find()?;
    let threads = threads(&compiler, python)?;
    let headers = Headers::of(python)?;
    let library = compiler.library("libasan.so")?;
    // The canary first.
    let source = "tests/python/c/canary.c";
    let build = |source: &str, name: &str| {
        let options = [&OPTIONS[..], &["-Iexamples/c"]].concat();
        compiler.module(python, &headers, Language::C11, source, "sanitized", name, &options)
    };
    let folder = build(source, "canary")?;
    let run = |code: &str| watched(python, &library, &folder, code);
    for (code, said) in [
        ("import canary; canary.overflow()", "heap-buffer-overflow"),
        ("import canary; canary.add(2**31 - 1)", "signed integer overflow"),
    ] {
        match run(code) {
            Err(report) if report.contains(said) => {}
            other => return Err(format!("{code} is not reported: {other:?}")),
        }
    }
    let names = c_examples::names_for(python)?;
    for name in &names {
        build(&format!("examples/c/{name}.c"), name)?;
    }
    for name in ["by_hand", "chapters", "unclean"] {
        build(&format!("tests/python/c/chapters/{name}.c"), name)?;
    }
    build("tests/python/c/header.c", "header")?;
    let scripts = names.iter().map(|name| format!("examples/c/{name}.py"));
    let scripts = scripts.chain(
        ["c/chapters/chapters.py", "c/test_leaks.py", "c_header.py"]
            .map(|script| format!("tests/python/{script}")),
    );
    let mut count = 0;
    for script in scripts {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&script);
        let code = format!("import runpy; runpy.run_path({path:?}, run_name='__main__')");
        run(&code).map_err(|report| format!("{script}: {report}"))?;
        count += 1;
    }
    Ok(format!("{count} scripts without a report, {threads}"))
}

/// Runs `code` in an interpreter that imports from `folder` and whose memory is watched. The error
/// is what it said.
fn watched(
    python: &Interpreter,
    library: &str,
    folder: &str,
    code: &str,
) -> Result<String, String> {
    let code = format!("import sys; sys.path.insert(0, {folder:?}); {code}");
    let mut command = Command::new(python.path());
    // Not -I, which would leave the interpreter's own allocator on.
    command.args(["-s", "-B", "-c", &code]).env("LD_PRELOAD", library);
    command.env("PYTHONMALLOC", "malloc").env("BUFFERPROCS_C_MODULES", folder);
    // The interpreter itself frees little at its end.
    command.env("ASAN_OPTIONS", "detect_leaks=0").stdin(std::process::Stdio::null());
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

/// Four threads that use one count.
fn threads(compiler: &Compiler, python: &Interpreter) -> Result<&'static str, String> {
    let headers = Headers::of(python)?;
    let folder = folder_of(python, "threads")?;
    let source = "tests/python/c/threads.c";
    let mut outcomes = Vec::new();
    for (name, more) in [("right", None), ("broken", Some("-DBROKEN"))] {
        let program = folder.join(name);
        let options = ["-fsanitize=thread", "-pthread", "-Iexamples/c"];
        let options: Vec<&str> = options.into_iter().chain(more).collect();
        compiler.program(&headers, source, &program, &options)?;
        let output = Command::new(&program).output();
        let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        outcomes.push((output.status.success(), said));
    }
    match outcomes.as_slice() {
        [(true, right), (false, broken)]
            if right.trim() == "0 wrong" && broken.contains("ThreadSanitizer: data race") =>
        {
            Ok("4 threads without a data race")
        }
        other => Err(format!("threads: {other:?}")),
    }
}
