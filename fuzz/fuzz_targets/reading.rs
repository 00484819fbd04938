#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| bufferprocs_fuzz::alone("reading", input));
