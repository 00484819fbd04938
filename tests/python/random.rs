//! The same arbitrary choices in every run: a comparison that fails can be repeated.

/// The source of arbitrary cases.
pub trait Choices {
    /// Less than `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize;

    /// True in `times` of `of` cases.
    fn chance(&mut self, times: usize, of: usize) -> bool {
        self.below(of) < times
    }

    /// One of `choices`, which are not empty.
    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// SplitMix64. Good enough to choose test cases, and short.
pub struct Random(pub u64);

impl Random {
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }
}

impl Choices for Random {
    fn below(&mut self, end: usize) -> usize {
        (self.word() % end as u64) as usize
    }
}
