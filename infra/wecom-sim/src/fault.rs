//! Injected trouble: what goes wrong, how often, and whom it hits.

use serde::{Deserialize, Serialize};

use crate::random::Draws;

/// All trouble in force, oldest first; the first that fits strikes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Faults {
    active: Vec<Fault>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Fault {
    pub(crate) id: u64,
    pub(crate) target: Target,
    /// How many strikes are left; `None`: until removed.
    pub(crate) left: Option<u64>,
    /// Probability of a strike where the fault fits; `None`: always.
    pub(crate) rate: Option<f64>,
    pub(crate) strikes: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    Api {
        /// `*`, a whole path (`externalcontact/mark_tag`) or its end (`mark_tag`).
        api: String,
        trouble: Trouble,
    },
    Callbacks {
        /// ChangeType, or every callback.
        change: Option<String>,
        mischief: Mischief,
    },
}

/// What happens to an API call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Trouble {
    /// Nothing happened, and this is the answer.
    Errcode(i64),
    /// It happened, and this is the answer all the same.
    ErrcodeAfter(i64),
    /// Nothing happened and no answer came.
    TimeoutBefore,
    /// It happened, and no answer came.
    TimeoutAfter,
    HttpStatus(u16),
    /// Status 200 and a body that is not JSON.
    Garbage,
}

impl Trouble {
    /// For the log of calls.
    pub(crate) fn name(self) -> String {
        match self {
            Trouble::Errcode(code) => format!("errcode {code}"),
            Trouble::ErrcodeAfter(code) => format!("errcode_after {code}"),
            Trouble::TimeoutBefore => "timeout_before".to_owned(),
            Trouble::TimeoutAfter => "timeout_after".to_owned(),
            Trouble::HttpStatus(status) => format!("http_status {status}"),
            Trouble::Garbage => "garbage".to_owned(),
        }
    }
}

/// What happens to a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mischief {
    Drop,
    Duplicate,
    Delay {
        seconds: i64,
    },
    /// Held back until the next callback has gone out, at most this long.
    Reorder {
        seconds: i64,
    },
}

impl Faults {
    pub(crate) fn put(&mut self, fault: Fault) {
        self.active.push(fault);
    }

    pub(crate) fn clear(&mut self) -> usize {
        let gone = self.active.len();
        self.active.clear();
        gone
    }

    /// Takes one back; false if it is not in force (any more).
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.active.len();
        self.active.retain(|fault| fault.id != id);
        self.active.len() < before
    }

    pub(crate) fn active(&self) -> &[Fault] {
        &self.active
    }

    pub(crate) fn strike_api(&mut self, path: &str, draws: &mut Draws) -> Option<Trouble> {
        self.strike(draws, |target| match target {
            Target::Api { api, trouble } => names_api(api, path).then_some(*trouble),
            Target::Callbacks { .. } => None,
        })
    }

    pub(crate) fn strike_callback(&mut self, event: &str, draws: &mut Draws) -> Option<Mischief> {
        self.strike(draws, |target| match target {
            Target::Callbacks { change, mischief } => {
                change.as_deref().is_none_or(|change| change == event).then_some(*mischief)
            }
            Target::Api { .. } => None,
        })
    }

    fn strike<T>(&mut self, draws: &mut Draws, fits: impl Fn(&Target) -> Option<T>) -> Option<T> {
        for at in 0..self.active.len() {
            let fault = &mut self.active[at];
            let Some(blow) = fits(&fault.target) else {
                continue;
            };
            if fault.rate.is_some_and(|rate| !draws.draw("fault").chance(rate)) {
                continue;
            }
            fault.strikes += 1;
            if let Some(left) = &mut fault.left {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.active.remove(at);
                }
            }
            return Some(blow);
        }
        None
    }
}

/// Whether the name, as people write it, means this path: `*`, the whole path, or its last parts.
pub(crate) fn names_api(name: &str, path: &str) -> bool {
    name == "*" || path == name || path.strip_suffix(name).is_some_and(|front| front.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_is_named_whole_by_its_end_or_by_a_star() {
        assert!(names_api("*", "externalcontact/mark_tag"));
        assert!(names_api("mark_tag", "externalcontact/mark_tag"));
        assert!(names_api("externalcontact/mark_tag", "externalcontact/mark_tag"));
        assert!(!names_api("tag", "externalcontact/mark_tag"));
        assert!(!names_api("", "gettoken"));
    }
}
