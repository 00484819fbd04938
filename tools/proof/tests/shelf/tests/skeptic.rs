mod programs {
    include!(concat!(env!("OUT_DIR"), "/skeptic-tests.rs"));
}

#[test]
fn declared_equals_executed() {
    mdbook_proof::executed::declared_equals_executed(".".as_ref()).unwrap();
}
