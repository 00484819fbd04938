fn main() {
    mdbook_proof::chapters::generate(".".as_ref()).unwrap();
}
