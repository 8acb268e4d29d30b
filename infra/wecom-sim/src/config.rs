use std::fmt;

/// One corp with one self-built app, and where its news goes.
#[derive(Clone)]
pub struct Config {
    /// Corp id (`ww…`): `corpid` of `gettoken`, receive id of every callback.
    pub corp_id: String,
    /// The app's agent id.
    pub agent_id: u64,
    /// The app's secret.
    pub secret: String,
    /// Token of the callback signature.
    pub callback_token: String,
    /// EncodingAESKey: 43 characters; the last one may carry stray low bits, as most real keys do.
    pub callback_aes_key: String,
    /// Where callbacks are posted.
    pub callback_url: String,
    /// Where chat messages are posted as signed events.
    pub ingest_url: String,
    /// Key of the ingestion signature.
    pub ingest_secret: String,
    /// Source of every id, code and nonce.
    pub seed: u64,
}

impl fmt::Debug for Config {
    /// Leaves the secrets out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("corp_id", &self.corp_id)
            .field("agent_id", &self.agent_id)
            .field("callback_url", &self.callback_url)
            .field("ingest_url", &self.ingest_url)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
