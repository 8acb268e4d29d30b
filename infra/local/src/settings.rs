//! Settings of the runner: the environment, and with the simulated WeCom defaults that both sides share.

use std::collections::BTreeMap;

use app::config::{Environment, Source};

/// The environment, filled up for the simulator.
#[derive(Clone, Debug)]
pub struct Defaults {
    sim: bool,
    address: String,
    given: BTreeMap<String, String>,
}

impl Defaults {
    /// `sim`: the WeCom settings and the ingest secret may be left out. `address`: where this process listens.
    /// `given`: settings that go before the environment.
    #[must_use]
    pub fn new(sim: bool, address: &str, given: &BTreeMap<String, String>) -> Self {
        Self { sim, address: address.to_owned(), given: given.clone() }
    }
}

impl Source for Defaults {
    fn get(&self, name: &str) -> Option<String> {
        self.given.get(name).cloned().or_else(|| Environment.get(name)).or_else(|| match name {
            "STEPWISE_PUBLIC_URL" => Some(self.address.clone()),
            _ if !self.sim => None,
            "WECOM_CORP_ID" => Some("ww5f0e1d2c3b4a5968".into()),
            "WECOM_AGENT_ID" => Some("1000002".into()),
            "WECOM_SECRET" => Some("simulated-secret-of-the-app".into()),
            "WECOM_CALLBACK_TOKEN" => Some("SimulatedCallbackToken".into()),
            "WECOM_CALLBACK_AES_KEY" => Some("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C".into()),
            "WECOM_API_BASE" => Some(format!("{}/sim", self.address)),
            "STEPWISE_INGEST_SECRET" => Some("simulated-ingest-secret".into()),
            _ => None,
        })
    }
}
