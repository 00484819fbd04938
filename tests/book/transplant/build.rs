#[cfg(feature = "book-tests")]
#[path = "src/bin/book/source/mod.rs"]
#[allow(dead_code)]
mod source;

#[cfg(feature = "book-tests")]
#[path = "src/bin/book/pages.rs"]
mod pages;

fn main() {
    #[cfg(feature = "book-tests")]
    if let Err(message) = pages::generate() {
        eprintln!("{message}");
        std::process::exit(1);
    }
}
