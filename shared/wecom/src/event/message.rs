//! Messages of members to the app: `MsgType` other than `event`.

use std::fmt;

use super::ParseError;
use super::fields::Fields;
use crate::redact;

/// A message of a member to the app. `Debug` shows who sent which kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberMessage {
    /// Who sent it (`FromUserName`).
    pub userid: String,
    /// The platform's number of it, equal in repeated deliveries.
    pub msg_id: Option<i64>,
    /// The app.
    pub agent_id: Option<i64>,
    /// What it says.
    pub content: MemberContent,
}

/// What a member's message says. Media are fetched with
/// [`download_media`](crate::Client::download_media), within three days. `Debug` shows the kind only.
#[derive(Clone, PartialEq, Eq)]
pub enum MemberContent {
    /// `text`
    Text(String),
    /// `image`
    Image {
        /// Address of the picture.
        pic_url: Option<String>,
        /// The picture.
        media_id: String,
    },
    /// `voice`
    Voice {
        /// The recording.
        media_id: String,
        /// `amr` and so on.
        format: Option<String>,
    },
    /// `video`
    Video {
        /// The video.
        media_id: String,
        /// Its preview.
        thumb_media_id: Option<String>,
    },
    /// `location`
    Location(Place),
    /// `link`
    Link {
        /// Its title.
        title: Option<String>,
        /// Its text.
        description: Option<String>,
        /// The address.
        url: Option<String>,
        /// Address of the cover.
        pic_url: Option<String>,
    },
}

/// A place, each number as the platform wrote it. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Degrees north.
    pub latitude: Option<String>,
    /// Degrees east.
    pub longitude: Option<String>,
    /// How exact it is, in metres; of places that phones tell.
    pub precision: Option<String>,
    /// Scale of the map; of places that people choose.
    pub scale: Option<String>,
    /// Its address; of places that people choose.
    pub label: Option<String>,
    /// Its name; of places chosen from a menu.
    pub poi_name: Option<String>,
}

/// `None` for a type that is not known.
pub(super) fn parse(fields: &Fields<'_>, msg_type: &str) -> Result<Option<MemberMessage>, ParseError> {
    let media_id = || fields.required("MediaId");
    let content = match msg_type {
        "text" => MemberContent::Text(fields.required("Content")?),
        "image" => MemberContent::Image { pic_url: fields.optional("PicUrl")?, media_id: media_id()? },
        "voice" => MemberContent::Voice { media_id: media_id()?, format: fields.optional("Format")? },
        "video" => {
            MemberContent::Video { media_id: media_id()?, thumb_media_id: fields.optional("ThumbMediaId")? }
        }
        "location" => MemberContent::Location(Place::chosen(fields)?),
        "link" => MemberContent::Link {
            title: fields.optional("Title")?,
            description: fields.optional("Description")?,
            url: fields.optional("Url")?,
            pic_url: fields.optional("PicUrl")?,
        },
        _ => return Ok(None),
    };
    Ok(Some(MemberMessage {
        userid: fields.required("FromUserName")?,
        msg_id: fields.optional_integer("MsgId")?,
        agent_id: fields.optional_integer("AgentID")?,
        content,
    }))
}

impl Place {
    /// The elements of a place that somebody chose.
    pub(super) fn chosen(fields: &Fields<'_>) -> Result<Place, ParseError> {
        Ok(Place {
            latitude: fields.optional("Location_X")?,
            longitude: fields.optional("Location_Y")?,
            precision: None,
            scale: fields.optional("Scale")?,
            label: fields.optional("Label")?,
            poi_name: fields.optional("Poiname")?,
        })
    }

    /// The elements of a place that a phone told.
    pub(super) fn reported(fields: &Fields<'_>) -> Result<Place, ParseError> {
        Ok(Place {
            latitude: fields.optional("Latitude")?,
            longitude: fields.optional("Longitude")?,
            precision: fields.optional("Precision")?,
            ..Place::default()
        })
    }
}

impl fmt::Debug for MemberContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MemberContent::Text(_) => "Text(***)",
            MemberContent::Image { .. } => "Image(***)",
            MemberContent::Voice { .. } => "Voice(***)",
            MemberContent::Video { .. } => "Video(***)",
            MemberContent::Location(_) => "Location(***)",
            MemberContent::Link { .. } => "Link(***)",
        })
    }
}

redact::redacted_debug!(Place);
