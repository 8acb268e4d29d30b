//! Every accidental value of the simulated world, drawn from one seed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The source of all draws. Each purpose has its own sequence, so that one more API call does not change
/// the next welcome code, and two runs whose calls interleave differently still agree.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Draws {
    seed: u64,
    drawn: BTreeMap<String, u64>,
}

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, drawn: BTreeMap::new() }
    }

    /// The next stream of random bits for this purpose.
    pub(crate) fn draw(&mut self, purpose: &str) -> Stream {
        let nth = self.count(purpose);
        let mut state = mix(self.seed ^ 0x5741_434f_4d53_494d);
        for byte in purpose.bytes() {
            state = mix(state ^ u64::from(byte));
        }
        Stream(mix(state ^ nth))
    }

    /// The next number of this purpose: 1, 2, 3…
    pub(crate) fn count(&mut self, purpose: &str) -> u64 {
        let drawn = self.drawn.entry(purpose.to_owned()).or_default();
        *drawn += 1;
        *drawn
    }
}

/// A SplitMix64 generator. Not for secrets.
#[derive(Debug)]
pub(crate) struct Stream(u64);

impl Stream {
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound` (which must not be 0). The bias is far below what a simulation shows.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.number() % bound).unwrap_or(0)
    }

    pub(crate) fn bytes16(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.number().to_be_bytes());
        bytes[8..].copy_from_slice(&self.number().to_be_bytes());
        bytes
    }

    pub(crate) fn alphanumeric(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(ALPHANUMERIC[self.below(ALPHANUMERIC.len())])).collect()
    }

    pub(crate) fn digits(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b"0123456789"[self.below(10)])).collect()
    }

    /// True with the given probability.
    pub(crate) fn chance(&mut self, rate: f64) -> bool {
        self.unit() < rate
    }

    /// From 0 to just below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        // 53 bits fill a float's mantissa exactly
        (self.number() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_do_not_disturb_each_other() {
        let (mut alone, mut beside) = (Draws::new(7), Draws::new(7));
        beside.draw("hint");
        beside.draw("hint");
        assert_eq!(alone.draw("code").alphanumeric(20), beside.draw("code").alphanumeric(20));
        assert_ne!(alone.draw("code").alphanumeric(20), alone.draw("code").alphanumeric(20));
    }

    #[test]
    fn a_chance_comes_true_about_as_often_as_it_says() {
        let mut draws = Draws::new(1);
        let hits = (0..2000).filter(|_| draws.draw("x").chance(0.25)).count();
        assert!((420..580).contains(&hits), "{hits}");
    }
}
