//! Which body of a content is meant: a version, or the draft.

use domain::content::{Body, Content};

use super::reader::Reader;
use crate::{Api, auth::Caller, problem::Problem};

/// A body of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// What is worked on.
    Draft,
    /// This version.
    Version(u32),
}

impl Source {
    /// Reads a query parameter: `draft`, or the number of a version.
    pub(super) fn parse(text: &str, pointer: &str) -> Result<Self, Problem> {
        if text == "draft" {
            return Ok(Self::Draft);
        }
        let number = text.parse().ok().filter(|number| *number > 0).map(Self::Version);
        number.ok_or_else(|| Problem::field(pointer, "bad_value", "either draft, or the number of a version"))
    }

    /// What is published.
    pub(super) fn published(content: &Content) -> Option<Self> {
        content.published.map(Self::Version)
    }
}

impl Api {
    /// The body that is meant. Who does not write contents sees the published one alone.
    pub(super) async fn body(
        &self,
        content: &Content,
        source: Option<Source>,
        caller: &Caller,
    ) -> Result<Body, Problem> {
        let writes = Reader::new(caller, &*self.app.playbook().await?).writes();
        let published = Source::published(content);
        let source = source.or(published).unwrap_or(Source::Draft);
        let found = match source {
            source if !writes && Some(source) != published => None,
            Source::Draft => self.app.content_draft(&content.id).await?.map(|draft| draft.body),
            Source::Version(number) => {
                self.app.content_version(&content.id, number).await?.map(|version| version.body)
            }
        };
        found.ok_or_else(|| {
            Problem::not_found(match source {
                Source::Draft => format!("draft of content {:?}", content.id.as_str()),
                Source::Version(number) => format!("version {number} of content {:?}", content.id.as_str()),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_number_from_one_on() {
        assert_eq!(Source::parse("draft", "/v").unwrap(), Source::Draft);
        assert_eq!(Source::parse("12", "/v").unwrap(), Source::Version(12));
        for bad in ["", "0", "-1", "Draft", "1.0", "99999999999"] {
            assert!(Source::parse(bad, "/v").is_err(), "{bad}");
        }
    }
}
