use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::random::Draws;

/// How long a code lives, counted from the event.
const CODE_MS: i64 = 20_000;
/// How long another app that has got hold of it is at it.
const CONTENDED_MS: i64 = 3000;

/// Every welcome code ever issued.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct WelcomeCodes(BTreeMap<String, Issued>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Issued {
    userid: String,
    external_userid: String,
    issued_at_ms: i64,
    used: bool,
    #[serde(default)]
    hindrance: Option<Hindrance>,
}

/// What may stand between a code and its use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Hindrance {
    /// Another app sends its welcome.
    OtherSends,
    /// Another app tries to, in vain.
    OtherFails,
    /// The customer has not agreed to the archive. Agreeing brings a new code.
    NoConsent,
}

/// Why a code does not open the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WelcomeRefusal {
    /// Never issued, or older than 20 s.
    Invalid,
    /// This very code was used, however long ago, by whichever app.
    Used,
    /// Another app is at it.
    Contended,
    /// The customer has not agreed to the archive yet.
    NoConsent,
}

impl WelcomeCodes {
    pub(crate) fn issue(
        &mut self,
        userid: &str,
        external_userid: &str,
        hindrance: Option<Hindrance>,
        now_ms: i64,
        draws: &mut Draws,
    ) -> String {
        let code = draws.draw("welcome_code").alphanumeric(43);
        self.0.insert(
            code.clone(),
            Issued {
                userid: userid.to_owned(),
                external_userid: external_userid.to_owned(),
                issued_at_ms: now_ms,
                used: false,
                hindrance,
            },
        );
        code
    }

    /// Whom a usable code stands for: member and customer.
    pub(crate) fn open(&self, code: &str, now_ms: i64) -> Result<(String, String), WelcomeRefusal> {
        let issued = self.0.get(code).ok_or(WelcomeRefusal::Invalid)?;
        if issued.used {
            return Err(WelcomeRefusal::Used);
        }
        let age_ms = now_ms - issued.issued_at_ms;
        match issued.hindrance {
            Some(Hindrance::OtherSends | Hindrance::OtherFails) if age_ms < CONTENDED_MS => {
                return Err(WelcomeRefusal::Contended);
            }
            Some(Hindrance::OtherSends) => return Err(WelcomeRefusal::Used),
            Some(Hindrance::NoConsent) if age_ms <= CODE_MS => return Err(WelcomeRefusal::NoConsent),
            Some(Hindrance::OtherFails | Hindrance::NoConsent) | None => {}
        }
        if age_ms > CODE_MS {
            return Err(WelcomeRefusal::Invalid);
        }
        Ok((issued.userid.clone(), issued.external_userid.clone()))
    }

    pub(crate) fn mark_used(&mut self, code: &str) {
        if let Some(issued) = self.0.get_mut(code) {
            issued.used = true;
        }
    }
}
