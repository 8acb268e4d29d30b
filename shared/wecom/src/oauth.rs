//! Who is at the browser: the two sign-in addresses, and `auth/getuserinfo`, `auth/getuserdetail`
//! for what comes back from them.
//!
//! A browser that is sent to a sign-in address returns to `redirect_uri?code=…&state=…`. The host of
//! `redirect_uri`, port included, has to be one of the app's trusted domains (50001).
//!
//! A member *outside* the app's visible range gets through sign-in inside WeCom all the same: that
//! somebody is a member says nothing about what they may do here.
//!
//! Sources: 身份验证 / 网页授权登录: 构造网页授权链接,
//! <https://developer.work.weixin.qq.com/document/path/91022>; 获取访问用户身份,
//! <https://developer.work.weixin.qq.com/document/path/91023>; 获取访问用户敏感信息,
//! <https://developer.work.weixin.qq.com/document/path/95833>; 企业微信Web登录,
//! <https://developer.work.weixin.qq.com/document/path/98152>.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, unclear, with_query};
use crate::contact::Gender;
use crate::limits::Check;
use crate::{AccessToken, Error, lenient, redact};

/// A code that was asked for twice is refused the second time, which harms nobody: the call counts
/// as reading.
const USER_INFO: Api = Api { path: "auth/getuserinfo", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const USER_DETAIL: Api = Api { path: "auth/getuserdetail", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };

/// Where sign-in inside WeCom happens.
pub const IN_WECOM_BASE: &str = "https://open.weixin.qq.com";
/// Where sign-in in any browser happens.
pub const BROWSER_BASE: &str = "https://login.work.weixin.qq.com";

/// What comes back with the code, so that an answer can be told from one that somebody else
/// started: 1 to 128 letters and digits, best random.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State(String);

/// A text that cannot be a [`State`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sign-in state has 1 to 128 ASCII letters and digits")]
pub struct NotAState;

/// What a sign-in address says.
#[derive(Debug, Clone, Copy)]
pub struct SignIn<'a> {
    /// The corp's id.
    pub corp_id: &'a str,
    /// The app.
    pub agent_id: i64,
    /// Where the browser returns to, with its scheme, not percent-encoded.
    pub redirect_uri: &'a str,
    /// Comes back unchanged.
    pub state: &'a State,
}

/// How much sign-in inside WeCom tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `snsapi_base`: who it is, without asking.
    Base,
    /// `snsapi_privateinfo`: the member is asked, and a ticket for their details comes along.
    PrivateInfo,
}

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Somebody of the corp, perhaps outside the app's visible range.
    Member {
        /// The member's id.
        userid: String,
        /// For the member's details; only with [`Scope::PrivateInfo`] and inside the visible range.
        user_ticket: Option<UserTicket>,
    },
    /// Somebody else.
    Outsider {
        /// The same person to this corp always.
        openid: String,
        /// If a customer, and of somebody in the app's visible range.
        external_userid: Option<String>,
    },
}

/// Good for a member's details, within 1800 seconds. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct UserTicket(String);

/// Details of a member: those that the admin released and the member consented to. `Debug` shows
/// the id only.
#[derive(Clone, PartialEq, Eq)]
pub struct MemberDetail {
    /// The member's id.
    pub userid: String,
    /// As the member stated it.
    pub gender: Gender,
    /// Address of the picture.
    pub avatar: Option<String>,
    /// Address of the picture of the QR code through which customers add the member.
    pub qr_code: Option<String>,
    /// Phone number.
    pub mobile: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// E-mail address at the corp.
    pub biz_mail: Option<String>,
    /// Postal address.
    pub address: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct UserInfo {
    #[serde(deserialize_with = "lenient::optional_text")]
    userid: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    user_ticket: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    openid: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    external_userid: Option<String>,
}

#[derive(Serialize)]
struct DetailRequest<'a> {
    user_ticket: &'a str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireDetail {
    #[serde(deserialize_with = "lenient::text")]
    userid: String,
    #[serde(deserialize_with = "lenient::integer")]
    gender: i64,
    #[serde(deserialize_with = "lenient::optional_text")]
    avatar: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    qr_code: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    mobile: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    email: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    biz_mail: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    address: Option<String>,
}

impl Client {
    /// `GET auth/getuserinfo`: who came back with this code, from either sign-in address. `code` has
    /// 1 to 512 bytes, works once and for 5 minutes. Not rate-limited while the code is good.
    ///
    /// Refusals: 40029 and 42003 the code is bad or too old, 42022 it was used before; all of them
    /// mean signing in again.
    pub async fn get_user_info(&self, token: &AccessToken, code: &str) -> Result<Identity, Error> {
        Check { api: USER_INFO.path }.required_bytes(format_args!("code"), code, 512)?;
        let answer: UserInfo = self.get(&USER_INFO, token, &[("code", code)]).await?;
        match answer {
            UserInfo { userid: Some(userid), user_ticket, .. } => {
                Ok(Identity::Member { userid, user_ticket: user_ticket.map(UserTicket) })
            }
            UserInfo { openid: Some(openid), external_userid, .. } => {
                Ok(Identity::Outsider { openid, external_userid })
            }
            _ => Err(unclear(&USER_INFO, "answer has neither userid nor openid")),
        }
    }

    /// `POST auth/getuserdetail`: details of the member who signed in with
    /// [`Scope::PrivateInfo`].
    ///
    /// Refusals: 84014 the ticket is too old, 84015 it is no ticket.
    pub async fn get_user_detail(
        &self,
        token: &AccessToken,
        ticket: &UserTicket,
    ) -> Result<MemberDetail, Error> {
        Check { api: USER_DETAIL.path }.present(format_args!("user_ticket"), &ticket.0)?;
        let request = DetailRequest { user_ticket: &ticket.0 };
        let detail: WireDetail = self.post(&USER_DETAIL, token, &request).await?;
        if detail.userid.is_empty() {
            return Err(unclear(&USER_DETAIL, "answer has no userid"));
        }
        Ok(MemberDetail {
            userid: detail.userid,
            gender: Gender::from(detail.gender),
            avatar: detail.avatar,
            qr_code: detail.qr_code,
            mobile: detail.mobile,
            email: detail.email,
            biz_mail: detail.biz_mail,
            address: detail.address,
        })
    }
}

impl SignIn<'_> {
    /// The address for a browser inside WeCom (or WeChat): `connect/oauth2/authorize`. `base` is
    /// [`IN_WECOM_BASE`], or the address of a simulator.
    pub fn in_wecom(&self, base: &str, scope: Scope) -> String {
        let scope = match scope {
            Scope::Base => "snsapi_base",
            Scope::PrivateInfo => "snsapi_privateinfo",
        };
        // Without agentid the wider scope counts as the narrower one; without the fragment the
        // address is refused.
        let query = [
            ("appid", self.corp_id),
            ("redirect_uri", self.redirect_uri),
            ("response_type", "code"),
            ("scope", scope),
            ("state", &self.state.0),
            ("agentid", &self.agent_id.to_string()),
        ];
        let address = format!("{}/connect/oauth2/authorize", base.trim_end_matches('/'));
        with_query(address, &query) + "#wechat_redirect"
    }

    /// The address for any other browser, where the member scans a code with their phone:
    /// `wwlogin/sso/login`, in Chinese. `base` is [`BROWSER_BASE`], or the address of a simulator.
    /// Members outside the app's visible range do not get through.
    pub fn in_browser(&self, base: &str) -> String {
        let query = [
            ("login_type", "CorpApp"),
            ("appid", self.corp_id),
            ("agentid", &self.agent_id.to_string()),
            ("redirect_uri", self.redirect_uri),
            ("state", &self.state.0),
            ("lang", "zh"),
        ];
        with_query(format!("{}/wwlogin/sso/login", base.trim_end_matches('/')), &query)
    }
}

impl State {
    /// A state of 1 to 128 ASCII letters and digits; the platform allows no others.
    pub fn new(text: impl Into<String>) -> Result<State, NotAState> {
        let text = text.into();
        let is_state = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_state { Ok(State(text)) } else { Err(NotAState) }
    }

    /// For comparing with what came back.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

redact::redacted_debug!(UserTicket);

impl fmt::Debug for MemberDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemberDetail").field("userid", &self.userid).finish_non_exhaustive()
    }
}
