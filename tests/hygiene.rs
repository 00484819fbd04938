//! Programs that use the macros of the crate under names of their own: each compiles, or is
//! refused with the message that its author needs.
//!
//! Whatever the user calls a constant, a type, a macro or a module, `record!` has to mean what its
//! documentation says: a name of the user's that meets one of the macro's could hide padding, and
//! padding shows a consumer memory that belongs to somebody else.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The outcome that a program has to have.
enum Expected {
    Compiles,
    /// The compiler's output has this text.
    Refused(&'static str),
}
use Expected::{Compiles, Refused};

struct Program {
    name: &'static str,
    /// The name under which the program knows the crate.
    dependency: &'static str,
    source: &'static str,
    expected: Expected,
}

/// A program that knows the crate by its own name.
const fn program(name: &'static str, expected: Expected, source: &'static str) -> Program {
    Program { name, dependency: "bufferprocs", source, expected }
}

const PROGRAMS: [Program; 17] = [
    program(
        "padding_behind_a_constant_of_the_users",
        Refused("record `Foo` has 3 bytes of padding before `c`"),
        "const OFFSET: usize = 1;
         bufferprocs::record! { struct Foo { a: u32, b: [u8; OFFSET], c: u32 } }",
    ),
    program(
        "padding_at_the_end",
        Refused("record `Foo` has 3 bytes of padding at its end: put a field of type `Pad<3>` there"),
        "bufferprocs::record! { struct Foo { a: u32, b: u8 } }",
    ),
    program(
        "padding_in_a_function_that_nobody_calls",
        Refused("record `Foo` has 1 byte of padding before `b`"),
        "#[allow(dead_code)] fn unused() { bufferprocs::record! { struct Foo { a: u8, b: u16 } } }",
    ),
    program(
        "padding_where_panic_is_another_macro",
        Refused("record `Foo` has 3 bytes of padding before `b`"),
        "#[allow(unused_macros)] macro_rules! panic { ($($any:tt)*) => { () } }
         #[allow(unused_macros)] macro_rules! assert { ($($any:tt)*) => { () } }
         bufferprocs::record! { struct Foo { a: u8, b: u32 } }",
    ),
    program(
        "padding_where_offset_of_is_another_macro",
        Refused("record `Foo` has 3 bytes of padding before `b`"),
        "#[allow(unused)] mod std { pub mod mem { macro_rules! zero { ($($any:tt)*) => { 0 } } pub(crate) use zero as offset_of; } }
         #[allow(unused)] mod core { pub mod mem { pub const fn size_of<T>() -> usize { 1 } } }
         bufferprocs::record! { struct Foo { a: u8, b: u32 } }",
    ),
    program(
        "any_bits_where_a_field_is_a_bool",
        Refused("consumers may write any bits, and not all of them are a `bool`"),
        "bufferprocs::record! { struct Foo { a: bool } }",
    ),
    program(
        "a_field_that_is_no_item",
        Refused("`String` is no item of a buffer"),
        "bufferprocs::record! { readonly struct Foo { a: &'static u8 } }
         bufferprocs::record! { readonly struct Bar { a: String } }",
    ),
    program(
        // The macro's struct goes, and the name means another one, with a field of no bytes.
        "a_struct_that_goes_away",
        Refused("pattern requires `..` due to inaccessible fields"),
        "#[derive(Clone, Copy)] enum Never {}
         #[derive(Clone, Copy)] #[repr(C)] struct Evil { a: u8, never: Never }
         bufferprocs::record! { #[cfg(any())] struct Evil { a: u8 } }",
    ),
    program(
        "a_struct_of_another_module",
        Refused("field `token` of struct `Evil` is private"),
        "mod other { #[derive(Clone, Copy)] pub struct Token(()); \
         #[derive(Clone, Copy)] #[repr(C)] pub struct Evil { pub a: u8, token: Token } }
         use other::Evil;
         bufferprocs::record! { #[cfg(any())] readonly struct Evil { a: u8, token: [u8; 0] } }",
    ),
    program(
        "constants_with_the_names_of_the_macros",
        Compiles,
        "const OFFSET: usize = 1; const LEN: usize = 2; const PARTS: usize = 3; const TEXT: usize = 4;
         const ALIGNED: usize = 5; const FIELDS: usize = 6; const NAME: usize = 7; const FORMAT: usize = 8;
         bufferprocs::record! {
             struct Foo {
                 a: [u8; OFFSET], b: [u8; LEN], c: [u8; PARTS], d: [u8; TEXT],
                 e: [u8; ALIGNED], f: [u8; FIELDS], g: [u8; NAME], h: [u8; FORMAT],
             }
         }
         const _: () = assert!(size_of::<Foo>() == 36);
         const _: () = {
             let expected = b\"T{(1)B:a:(2)B:b:(3)B:c:(4)B:d:(5)B:e:(6)B:f:(7)B:g:(8)B:h:}\";
             let found = <Foo as bufferprocs::Item>::FORMAT.to_bytes();
             assert!(found.len() == expected.len());
             let mut at = 0;
             while at < found.len() { assert!(found[at] == expected[at]); at += 1; }
         };",
    ),
    program(
        "records_with_the_names_of_the_macros",
        Compiles,
        "macro_rules! records { ($($name:ident)*) => { $(
             #[allow(non_camel_case_types)] mod $name { bufferprocs::record! { pub struct $name { pub a: u8, pub b: [u8; 3] } } }
         )* } }
         records! { Part text join joined_len is_aligned field_parts Fields FieldOf Item AnyBits field
                    check format format_len CStr str usize u8_ Clone Copy Self_ core_ record any_bits }",
    ),
    program(
        "fields_with_the_names_of_the_macros",
        Compiles,
        "bufferprocs::record! { struct Foo { record: u8, end: u8, text: u8, R: u8, F: u8, r#type: u8, r#fn: u8, FORMAT: u8 } }
         const _: () = assert!(<Foo as bufferprocs::Item>::FORMAT.to_bytes().len() == 3 + 8 + 6 + 3 + 4 + 1 + 1 + 4 + 2 + 6 + 16);",
    ),
    program(
        "macros_and_modules_with_the_names_of_the_standard_ones",
        Compiles,
        "#![allow(unused_macros, unused_imports, dead_code, non_camel_case_types)]
         macro_rules! panic { ($($any:tt)*) => { compile_error!(\"mine\") } }
         macro_rules! stringify { ($($any:tt)*) => { compile_error!(\"mine\") } }
         macro_rules! concat { ($($any:tt)*) => { compile_error!(\"mine\") } }
         macro_rules! assert { ($($any:tt)*) => { compile_error!(\"mine\") } }
         mod core {} mod std {} mod alloc {}
         trait Copy {} trait Clone {}
         type usize = String; type u8 = String; struct str; struct Option;
         bufferprocs::record! { struct Foo { a: u32, b: [u16; 2] } }",
    ),
    program(
        "a_record_in_a_function",
        Compiles,
        "pub fn text() -> &'static std::ffi::CStr {
             const LEN: usize = 4;
             bufferprocs::record! { #[derive(Debug, PartialEq)] struct Foo { a: u32, b: [u8; LEN] } }
             <Foo as bufferprocs::Item>::FORMAT
         }",
    ),
    program(
        "a_packed_record",
        Compiles,
        "bufferprocs::record! { #[repr(packed)] struct Foo { a: u8, b: u32 } }
         const _: () = assert!(<Foo as bufferprocs::Item>::FORMAT.to_bytes()[2] == b'^');",
    ),
    program(
        "a_record_in_a_macro",
        Compiles,
        "macro_rules! points { ($($name:ident: $number:ty),*) => { $(
             bufferprocs::record! { pub struct $name { pub x: $number, pub y: $number } }
         )* } }
         points! { Narrow: f32, Wide: f64, Pair: [u16; 2] }
         const _: () = assert!(size_of::<Wide>() == 16);",
    ),
    Program {
        name: "the_crate_by_another_name",
        dependency: "buffers",
        source: "mod inner { pub use buffers as hidden; }
                 inner::hidden::record! { struct Foo { a: u32, b: u32 } }
                 const _: () = assert!(<Foo as buffers::Item>::FORMAT.to_bytes().len() == 11);",
        expected: Compiles,
    },
];

#[test]
fn names_of_the_user_change_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hygiene");
    let mut wrong = Vec::new();
    for Program { name, dependency, source, expected } in &PROGRAMS {
        let package = target.join(name);
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [lib]\npath = \"lib.rs\"\n\n[dependencies]\n\
             {dependency} = {{ package = \"bufferprocs\", path = {root:?} }}\n\n[workspace]\n"
        );
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("Cargo.toml"), manifest).unwrap();
        fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
        // Attributes of the whole program come first.
        let source = format!("#![forbid(unsafe_code)]\n#![allow(dead_code)]\n{source}\n");
        fs::write(package.join("lib.rs"), source).unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["check", "--quiet", "--color", "never", "--target-dir"])
            .arg(target.join("target"))
            .current_dir(&package)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let is_right = match expected {
            Compiles => output.status.success(),
            Refused(message) => !output.status.success() && said.contains(message),
        };
        if !is_right {
            let expected = match expected {
                Compiles => "should compile",
                Refused(message) => message,
            };
            wrong.push(format!("{name}: {expected}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
