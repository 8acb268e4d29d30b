//! Chance from a seed: the same seed gives the same world.

use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

/// SplitMix64. Shared by everything in one simulated world.
#[derive(Debug)]
pub struct Chance(Mutex<u64>);

impl Chance {
    /// From a seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// The next number.
    pub fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// True in `per_mille` of 1000 cases.
    pub fn hits(&self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of several.
    pub fn pick<T: Clone>(&self, among: &[T]) -> T {
        let place = self.below(among.len() as u64);
        among[usize::try_from(place).unwrap_or(0)].clone()
    }
}

impl app::Entropy for Chance {
    fn bytes16(&self) -> [u8; 16] {
        let (a, b) = (self.next().to_be_bytes(), self.next().to_be_bytes());
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&a);
        bytes[8..].copy_from_slice(&b);
        bytes
    }
}

/// What happened, as one hash: equal traces, equal runs.
#[derive(Debug, Default)]
pub struct Trace(Mutex<(Sha256, u64)>);

impl Trace {
    /// Adds a line.
    pub fn note(&self, line: &str) {
        let mut trace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trace.0.update(line.as_bytes());
        trace.0.update(b"\n");
        trace.1 += 1;
    }

    /// The hash so far, and the number of lines.
    #[must_use]
    pub fn hash(&self) -> (String, u64) {
        let trace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (hex::encode(trace.0.clone().finalize()), trace.1)
    }
}
