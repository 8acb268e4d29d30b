//! Addresses of the platform itself: `getcallbackip`, `get_api_domain_ip`.
//!
//! Neither needs more than a token of a trusted address, which makes them good for finding out
//! whether ours is one: `gettoken` alone tends to succeed from anywhere.
//!
//! Sources: 获取企业微信回调IP段, <https://developer.work.weixin.qq.com/document/path/92521>;
//! 获取企业微信接口IP段, <https://developer.work.weixin.qq.com/document/path/92520>.

use serde::Deserialize;

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect};
use crate::{AccessToken, Error, lenient};

const CALLBACK: Api = Api { path: "getcallbackip", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const API_DOMAIN: Api = Api { path: "get_api_domain_ip", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "lenient::texts")]
    ip_list: Vec<String>,
}

impl Client {
    /// `GET getcallbackip`: where callbacks come from, for a firewall in front of the callback
    /// address. Addresses or ranges, as the platform writes them; they change without notice, so a
    /// firewall asks at least once a day.
    ///
    /// Refusals: 60020 the calling address is not among the app's trusted ones.
    pub async fn list_callback_addresses(&self, token: &AccessToken) -> Result<Vec<String>, Error> {
        let answer: Answer = self.get(&CALLBACK, token, &[]).await?;
        Ok(answer.ip_list)
    }

    /// `GET get_api_domain_ip`: the addresses behind the server API's host name, for a firewall that
    /// lets calls out. Addresses or ranges, as the platform writes them.
    ///
    /// Refusals: 60020 the calling address is not among the app's trusted ones.
    pub async fn list_api_addresses(&self, token: &AccessToken) -> Result<Vec<String>, Error> {
        let answer: Answer = self.get(&API_DOMAIN, token, &[]).await?;
        Ok(answer.ip_list)
    }
}
