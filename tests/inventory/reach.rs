
/// What `tests/inventory/inventory.py` puts at the start of each unsafe block calls this.
#[allow(missing_docs)]
pub mod inventory {
    use std::cell::Cell;
    use std::io::Write;
    use std::sync::OnceLock;

    struct Wanted {
        /// The block that panics.
        panics: Option<usize>,
        /// Where to write down which test came to which block.
        record: Option<String>,
        /// The name outside libtest, which names its threads.
        label: Option<String>,
    }

    static WANTED: OnceLock<Wanted> = OnceLock::new();

    thread_local! {
        static SEEN: Cell<[u64; 16]> = const { Cell::new([0; 16]) };
    }

    pub fn reach(number: usize) {
        let wanted = WANTED.get_or_init(|| {
            let variable = |name: &str| std::env::var(name).ok();
            Wanted {
                panics: variable("INVENTORY_PANIC").and_then(|number| number.parse().ok()),
                record: variable("INVENTORY_RECORD"),
                label: variable("INVENTORY_LABEL"),
            }
        });
        if wanted.panics == Some(number) {
            panic!("unsafe block {number}");
        }
        let Some(file) = &wanted.record else { return };
        // A thread that ends has no cell any more; then the block is written down once more.
        let is_new = SEEN.try_with(|seen| {
            let mut bits = seen.get();
            let bit = 1 << (number % 64);
            let is_new = bits[number / 64] & bit == 0;
            bits[number / 64] |= bit;
            seen.set(bits);
            is_new
        });
        if is_new != Ok(false) {
            let thread = std::thread::current();
            if let Some(name) = wanted.label.as_deref().or(thread.name()) {
                let line = format!("{number} {name}\n");
                let file = std::fs::OpenOptions::new().append(true).create(true).open(file);
                let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
            }
        }
    }
}
