//! The corp's settings: read whole, replaced whole.

use axum::extract::State;
use domain::playbook::{HourMinute, Links, MAX_HOURS_AFTER_ANCHOR, OwnerPolicy, Quiet, Settings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::Caller,
    body::Body,
    precondition::{IfMatch, stale},
    problem::Problem,
    schema,
};

/// What the corp has decided about time, owners and links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Settings, example = json!({"timezone": "Asia/Shanghai", "quiet": {"from": "21:30", "to": "08:30"},
    "until": "20:00", "late_until_after": "19:00", "min_hours_after_anchor": 6, "owner": "first",
    "links": {"identify": false}}))]
pub(crate) struct SettingsBody {
    /// The zone in which days and hours are meant, an IANA name.
    timezone: String,
    quiet: QuietBody,
    /// When a touch of the day becomes overdue; outside the quiet hours, or where they begin.
    #[schema(value_type = schema::HourMinute)]
    until: HourMinute,
    /// Steps due after this hour may be done until the quiet hours begin.
    #[schema(value_type = schema::HourMinute)]
    late_until_after: HourMinute,
    /// A step of day 1 or later comes no sooner than this after its anchor.
    #[schema(minimum = 0, maximum = 72)]
    min_hours_after_anchor: i64,
    #[schema(value_type = schema::OwnerPolicy)]
    owner: OwnerPolicy,
    /// Left out: nobody is identified.
    #[serde(default)]
    links: LinksBody,
}

/// How links are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LinkSettings)]
struct LinksBody {
    /// Whoever opens the link of a mass send, or one that a staff member sends to several, inside WeChat or WeCom, is told
    /// by WeCom who it is, without asking them. The public address has to be a trusted domain of the app.
    identify: bool,
}

/// Hours in which nothing is offered, usually over midnight. Equal ends: none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuietHours)]
struct QuietBody {
    #[schema(value_type = schema::HourMinute)]
    from: HourMinute,
    #[schema(value_type = schema::HourMinute)]
    to: HourMinute,
}

/// The settings
///
/// The ETag is the revision, `"0"` for the defaults.
#[utoipa::path(get, path = "/settings", operation_id = "readSettings", tag = "settings",
    responses((status = 200, description = "The settings", body = SettingsBody, headers(("ETag" = String)))),
    extensions(("x-summary-zh" = json!("查看设置"))))]
pub(crate) async fn read(State(api): State<Api>) -> Outcome<SettingsBody> {
    let book = api.app.playbook().await?;
    Ok(Answer::new((&book.settings).into()).revision(book.settings.revision))
}

/// Replace the settings
///
/// Whole, and only by who has seen them.
#[utoipa::path(put, path = "/settings", operation_id = "writeSettings", tag = "settings", params(IfMatch),
    request_body = SettingsBody,
    responses((status = 200, description = "The settings as they are now", body = SettingsBody,
               headers(("ETag" = String))),
              (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("修改设置"))))]
pub(crate) async fn write(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(body): Body<SettingsBody>,
) -> Outcome<SettingsBody> {
    let now = api.app.playbook().await?.settings.clone();
    let read_as = seen.demand(Some(now.revision), || current(&now))?;
    let wanted = body.into_settings(read_as)?;
    match api.app.put_settings(&wanted, &caller.author()).await {
        Ok(()) => Ok(Answer::new((&wanted).into()).revision(read_as + 1)),
        Err(app::Error::Conflict(_)) => Err(stale(current(&api.app.playbook().await?.settings))),
        Err(error) => Err(error.into()),
    }
}

impl SettingsBody {
    fn into_settings(self, revision: u64) -> Result<Settings, Problem> {
        let timezone = self.timezone.parse().map_err(|_| {
            let message =
                format!("{:?} is no time zone; write an IANA name like Asia/Shanghai", self.timezone);
            Problem::field("/timezone", "bad_value", message)
        })?;
        if !(0..=MAX_HOURS_AFTER_ANCHOR).contains(&self.min_hours_after_anchor) {
            let message = format!("0 to {MAX_HOURS_AFTER_ANCHOR} hours");
            return Err(Problem::field("/min_hours_after_anchor", "out_of_range", message));
        }
        let quiet = Quiet { from: self.quiet.from, to: self.quiet.to };
        if ends_in(quiet, self.until) {
            let message = format!("{} lies in the quiet hours {}–{}", self.until, quiet.from, quiet.to);
            return Err(Problem::field("/until", "quiet_hours", message));
        }
        Ok(Settings {
            timezone,
            quiet,
            until: self.until,
            late_until_after: self.late_until_after,
            min_hours_after_anchor: self.min_hours_after_anchor,
            owner: self.owner,
            links: Links { identify: self.links.identify },
            revision,
        })
    }
}

/// Would what ends at `until` end in the quiet hours? Where they begin it may.
fn ends_in(quiet: Quiet, until: HourMinute) -> bool {
    let (covered, last) = (quiet.covers(until), until == quiet.to);
    quiet.from != quiet.to && until != quiet.from && (covered || last)
}

impl From<&Settings> for SettingsBody {
    fn from(settings: &Settings) -> Self {
        Self {
            timezone: settings.timezone.name().to_owned(),
            quiet: QuietBody { from: settings.quiet.from, to: settings.quiet.to },
            until: settings.until,
            late_until_after: settings.late_until_after,
            min_hours_after_anchor: settings.min_hours_after_anchor,
            owner: settings.owner,
            links: LinksBody { identify: settings.links.identify },
        }
    }
}

fn current(settings: &Settings) -> serde_json::Value {
    serde_json::to_value(SettingsBody::from(settings)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_may_be_written_back() {
        let settings = Settings::default();
        let body = SettingsBody::from(&settings);
        let text = serde_json::to_string(&body).unwrap();
        assert_eq!(crate::body::parse::<SettingsBody>(text.as_bytes()).unwrap(), body);
        assert_eq!(body.into_settings(0).unwrap(), settings);
    }

    #[test]
    fn an_unknown_zone_is_named() {
        let body = SettingsBody { timezone: "Peking".into(), ..(&Settings::default()).into() };
        let refused = body.into_settings(0).unwrap_err();
        assert!(String::from_utf8(refused.document("r")).unwrap().contains("/timezone"));
    }

    #[test]
    fn a_day_does_not_end_in_the_quiet_hours() {
        let at = |text: &str| HourMinute::parse(text).unwrap();
        for (from, to, until, sound) in [
            ("21:30", "08:30", "20:00", true),
            ("21:30", "08:30", "21:30", true),
            ("21:30", "08:30", "21:31", false),
            ("21:30", "08:30", "00:00", false),
            ("21:30", "08:30", "08:30", false),
            ("00:00", "23:59", "20:00", false),
            ("00:00", "23:59", "23:59", false),
            ("12:00", "12:00", "12:00", true),
        ] {
            let quiet = QuietBody { from: at(from), to: at(to) };
            let body = SettingsBody { quiet, until: at(until), ..(&Settings::default()).into() };
            let refused = body.into_settings(0).err();
            assert_eq!(refused.is_none(), sound, "{until} and {from}–{to}");
            let told = refused.map(|refused| String::from_utf8(refused.document("r")).unwrap());
            assert!(told.is_none_or(|told| told.contains("\"/until\"") && told.contains("quiet_hours")));
        }
    }
}
