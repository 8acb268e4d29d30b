use serde::{Deserialize, Serialize};

use crate::random::Draws;

/// How long a token lives.
pub(crate) const TOKEN_SECONDS: i64 = 7200;
/// Old tokens remembered, so that they answer "expired" and not "unknown".
const KEPT: usize = 50;

/// The app's access tokens. The last one is the current one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tokens(Vec<Issued>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Issued {
    token: String,
    expires_at_ms: i64,
    /// Taken back early; calls answer this code.
    revoked: Option<i64>,
}

impl Tokens {
    /// The current token; a new one only when that has run out or was taken back.
    pub(crate) fn obtain(&mut self, now_ms: i64, draws: &mut Draws) -> String {
        if let Some(current) = self.0.last()
            && current.revoked.is_none()
            && now_ms < current.expires_at_ms
        {
            return current.token.clone();
        }
        let token = draws.draw("token").alphanumeric(214);
        self.0.push(Issued {
            token: token.clone(),
            expires_at_ms: now_ms + TOKEN_SECONDS * 1000,
            revoked: None,
        });
        if self.0.len() > KEPT {
            self.0.remove(0);
        }
        token
    }

    /// The code that a call with this token is refused with.
    pub(crate) fn check(&self, token: &str, now_ms: i64) -> Result<(), i64> {
        let issued = self.0.iter().find(|issued| issued.token == token).ok_or(40014)?;
        match issued.revoked {
            Some(code) => Err(code),
            None if now_ms >= issued.expires_at_ms => Err(42001),
            None => Ok(()),
        }
    }

    /// Takes the current token back, as the platform sometimes does; false if there is none.
    pub(crate) fn revoke(&mut self, code: i64) -> bool {
        let Some(current) = self.0.last_mut() else {
            return false;
        };
        current.revoked = Some(code);
        true
    }
}
