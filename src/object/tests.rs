//! The limit of the reference count.

use std::io::Write;
use std::process::Command;

use super::super::sync::model;
use super::*;

/// The count must not overflow: a live object would look unused. The abort happens in a child
/// process, which runs this test once more.
#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn too_many_references_end_the_process() {
    const CHILD: &str = "BUFFERPROCS_CHILD";
    const MOST: &str = "as many as there can be";
    let name = concat!(module_path!(), "::too_many_references_end_the_process");
    let name = name.split_once("::").map_or(name, |(_, name)| name); // without the crate
    if std::env::var(CHILD).is_ok_and(|child| child == name) {
        model(|| {
            let object = Object::without_procs(());
            object.head().references.store(isize::MAX as usize, Ordering::Relaxed);
            std::mem::forget(object.clone());
            // Not by `eprintln!`, whose output libtest keeps until the end.
            std::io::stderr().write_all(MOST.as_bytes()).unwrap();
            std::mem::forget(object.clone());
            std::mem::forget(object);
        });
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads", "1"])
        .env(CHILD, name)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(said.contains(MOST), "{}: {said}", child.status);
    assert!(!child.status.success() && !said.contains("panicked"), "{}: {said}", child.status);
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        assert!(child.status.signal().is_some(), "{}: {said}", child.status);
    }
}
