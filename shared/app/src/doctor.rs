//! The launch checklist: what of the corp's settings in WeCom and of our own stands between Stepwise and its customers.
//! Every finding says how to mend it, in Chinese and English; what WeCom does not tell is said to be unknown.
//!
//! Looking and wording are apart: in each file the methods of [`App`] look, and functions without IO word what was seen.
//! It only reads: nothing is changed in WeCom, no message goes out, no customer is asked for.

mod access;
mod callback;
mod customs;
mod finding;
mod past;
mod people;
mod plan;
mod tags;
mod trouble;

use domain::StaffId;
use wecom::crypto::CallbackKeys;

pub use access::unusable;
pub use finding::{Check, Finding, Verdict, Words, words};
pub use past::{Past, Welcomes};
pub use plan::{BoundBoard, BoundStage, NoPlan, Plan};

use crate::{App, net::Net};
use trouble::Trouble;

/// What is examined, beside the app itself.
pub struct Case {
    /// Where WeCom's API is, as the settings say.
    pub api_base: String,
    /// The whole address that is entered as 接收消息服务器URL.
    pub callback_url: String,
    /// The keys of that page.
    pub callback: CallbackKeys,
    /// What the playbook relies on, or why it is not known.
    pub plan: Result<Plan, NoPlan>,
    /// What the store remembers, or why it is not known.
    pub past: Result<Past, NoPlan>,
    /// For asking the callback address, from which no proxy may lead away.
    pub net: Net,
}

impl App {
    /// Makes all checks, one after the other, in the order of [`Check::ALL`].
    ///
    /// An access token is fetched anew and kept, because it is the secret that is tried; an access token that WeCom
    /// refuses costs one call.
    pub async fn examine(&self, case: &Case) -> Vec<Finding> {
        let mut findings = vec![access::settings(&self.corp, case)];
        let secret = self.try_secret().await;
        findings.push(access::secret(&secret));
        findings.extend(self.examine_access(case, secret.is_ok()).await);
        let echo = self.try_callback(case).await;
        let reach = callback::reach(&case.callback_url, &case.api_base);
        findings.push(callback::callback_url(&echo, reach, &case.callback_url));
        findings.push(callback::callback_use(&case.past));
        let tags = if secret.is_ok() { self.corp_tags().await } else { Err(Trouble::NoToken) };
        findings.extend(tags::bound(&case.plan, &tags));
        findings.push(tags::count(&tags));
        findings.push(tags::rights(&case.plan));
        findings.push(customs::console_welcome(&case.past));
        findings.push(customs::mass_rule());
        findings
    }

    /// Calling address, admission, staff, visible range.
    async fn examine_access(&self, case: &Case, has_token: bool) -> [Finding; 4] {
        let (address, licensed, directory) = if has_token {
            (self.try_address().await, self.licensed().await, self.directory().await)
        } else {
            (Err(Trouble::NoToken), Err(Trouble::NoToken), Err(Trouble::NoToken))
        };
        let staff = case.plan.iter().flat_map(|plan| &plan.staff);
        let missing: Vec<&StaffId> = match &licensed {
            Ok(licensed) => staff.filter(|member| !licensed.contains(*member)).collect(),
            Err(_) => Vec::new(),
        };
        let missing = self.standings(&missing).await;
        let staff_known = case.plan.as_ref().is_ok_and(|plan| !plan.staff.is_empty());
        [
            access::trusted_ip(&address),
            people::customer_contact(&licensed),
            people::staff_licences(&case.plan, &licensed, &missing),
            people::visible_range(&directory, &licensed, staff_known),
        ]
    }
}
