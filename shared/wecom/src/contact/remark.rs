//! What a member notes about a customer: `externalcontact/remark`.
//!
//! Source: 客户联系 / 客户管理 / 修改客户备注信息,
//! <https://developer.work.weixin.qq.com/document/path/92115>.

use std::fmt;

use serde::Serialize;

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, Nothing};
use crate::limits::Check;
use crate::{AccessToken, Error};

const REMARK: Api = Api { path: "externalcontact/remark", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };

/// A change to what a member notes about a customer: at least one text, or the phone numbers. `None`
/// leaves a field as it is; whether an empty text clears it is not documented. `Debug` shows who and
/// whom only.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Remark {
    /// The member.
    pub userid: String,
    /// The customer.
    pub external_userid: String,
    /// The member's name for the customer, up to 20 characters.
    pub remark: Option<String>,
    /// Notes, up to 150 characters.
    pub description: Option<String>,
    /// The customer's corp, up to 20 characters. Counts for WeChat users only.
    pub remark_company: Option<String>,
    /// Phone numbers, in place of those that were there; an empty list takes them all away.
    pub remark_mobiles: Option<Vec<String>>,
    /// A picture beside the notes, uploaded with `media/upload`.
    pub remark_pic_mediaid: Option<String>,
}

#[derive(Serialize)]
struct Request<'a> {
    userid: &'a str,
    external_userid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark_company: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark_mobiles: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark_pic_mediaid: Option<&'a str>,
}

impl Client {
    /// `POST externalcontact/remark`: changes what a member notes about a customer. It causes no
    /// callback. Repeating a call changes nothing more.
    ///
    /// Refusals: 84061 no relation, 40096 unknown customer, 40003 and 60111 unknown member, 60011
    /// outside the visible range, 40007 the picture has expired, 40058 a field is too long.
    pub async fn remark_contact(&self, token: &AccessToken, remark: &Remark) -> Result<(), Error> {
        let check = Check { api: REMARK.path };
        remark.check(check)?;
        let Nothing {} = self.post(&REMARK, token, &remark.request()).await?;
        Ok(())
    }
}

impl Remark {
    fn check(&self, check: Check) -> Result<(), Error> {
        check.required_bytes(format_args!("userid"), &self.userid, 64)?;
        check.required_bytes(format_args!("external_userid"), &self.external_userid, 64)?;
        let texts = [
            ("remark", &self.remark, 20),
            ("description", &self.description, 150),
            ("remark_company", &self.remark_company, 20),
            ("remark_pic_mediaid", &self.remark_pic_mediaid, usize::MAX),
        ];
        let mut says_nothing = self.remark_mobiles.is_none();
        for (field, text, max) in texts {
            let text = text.as_deref().unwrap_or_default();
            check.chars(format_args!("{field}"), text, max)?;
            says_nothing &= text.is_empty();
        }
        if says_nothing {
            return Err(check.error(format_args!("remark"), "is empty, and so are all other fields"));
        }
        for (i, mobile) in self.remark_mobiles.iter().flatten().enumerate() {
            check.present(format_args!("remark_mobiles[{i}]"), mobile)?;
        }
        Ok(())
    }

    fn request(&self) -> Request<'_> {
        Request {
            userid: &self.userid,
            external_userid: &self.external_userid,
            remark: self.remark.as_deref(),
            description: self.description.as_deref(),
            remark_company: self.remark_company.as_deref(),
            remark_mobiles: self.remark_mobiles.as_ref().map(|mobiles| match mobiles.as_slice() {
                // An empty list would mean "leave them"; one empty text is how the platform is told
                // to take them away.
                [] => vec![""],
                mobiles => mobiles.iter().map(String::as_str).collect(),
            }),
            remark_pic_mediaid: self.remark_pic_mediaid.as_deref(),
        }
    }
}

impl fmt::Debug for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remark")
            .field("userid", &self.userid)
            .field("external_userid", &self.external_userid)
            .finish_non_exhaustive()
    }
}
