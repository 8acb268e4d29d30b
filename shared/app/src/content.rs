//! Contents: a header that lists and decisions go by, a draft that may be wrong, and versions that never change.

mod attachments;
mod draft;
mod greetings;
mod group;
mod header;
mod media;
mod media_ids;
mod publish;
mod trial;
mod versions;

use domain::{Actor, ContentId, Playbook, StaffId, content::Content};
use store::{Change, RecordKind};

use crate::{Error, catalog};

pub use attachments::{Enclosed, Urgency};
pub use draft::LookedAt;
pub(crate) use greetings::Woken;
pub use group::GroupEdit;
pub use media::Media;
pub(crate) use media_ids::{MediaIds, is_refused_media};
pub use trial::{Refused, Trial, TrialPart};
pub(crate) use versions::Versions;

/// The content as it is, if it still is what was read.
fn as_read<'a>(book: &'a Playbook, id: &ContentId, read_as: u64) -> Result<Option<&'a Content>, Error> {
    let known = book.contents.get(id);
    if known.map_or(0, |known| known.revision) == read_as {
        return Ok(known);
    }
    Err(Error::Conflict("it was changed meanwhile; read it again".into()))
}

/// With the revision that it has once it is written.
fn next(content: Content) -> Content {
    Content { revision: content.revision + 1, ..content }
}

/// A content as it is kept: `content.revision` is the one that it gets.
fn record(content: &Content) -> Result<Change, Error> {
    Ok(Change {
        kind: RecordKind::Content,
        id: content.id.to_string(),
        doc: Some(catalog::to_json(content)?),
        revision: content.revision,
        expected: catalog::expected(content.revision - 1),
    })
}

fn missing(id: &ContentId) -> Error {
    Error::NotFound(format!("content {id}"))
}

fn staff_of(actor: &Actor) -> Option<StaffId> {
    match actor {
        Actor::Staff { userid } => Some(userid.clone()),
        _ => None,
    }
}
