//! What goes along with the text of a message to customers, in WeCom's form.

use std::collections::BTreeSet;

use domain::content::{Body, Part};
use store::{MediaFile, MediaUse};
use wecom::attachment::{Attachment, Image};

use super::media_ids::MediaIds;
use crate::{App, Error, Lane};

/// May somebody wait for an upload?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// What is missing is uploaded first.
    Now,
    /// A greeting: nothing is ever uploaded within a code's 20 seconds. What is not ready is left out.
    Welcome,
}

/// The parts of a body besides its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enclosed {
    /// In the body's order.
    pub attachments: Vec<Attachment>,
    /// So many parts are not among them, or go without their picture, because it was not ready.
    pub left_out: u32,
    /// Some of these are not among them at all; a link without its cover still is.
    pub partly: bool,
    /// What the files in it are known under.
    pub(crate) ids: MediaIds,
}

impl App {
    /// The parts of a body, ready to be sent.
    ///
    /// # Errors
    /// With [`Urgency::Now`] something could not be uploaded; else the store's.
    pub async fn attachments(&self, body: &Body, urgency: Urgency) -> Result<Enclosed, Error> {
        let files = files_of(body);
        let ids = match urgency {
            Urgency::Now => Box::pin(self.media_ids(&files, Lane::Sop)).await?,
            Urgency::Welcome => self.ready_media_ids(&files).await?,
        };
        Ok(Enclosed::of(body, ids))
    }
}

impl Enclosed {
    /// What can be made of a body with these ids.
    pub(crate) fn of(body: &Body, ids: MediaIds) -> Self {
        let mut enclosed = Self { ids, ..Self::default() };
        for part in body.parts.iter().filter(|part| !matches!(part, Part::Text { .. })) {
            let file = file_of(part);
            let id = file.as_ref().and_then(|file| enclosed.ids.get(file)).map(|media| media.id.clone());
            enclosed.left_out += u32::from(file.is_some() && id.is_none());
            let attachment = attachment(part, id);
            enclosed.partly |= attachment.is_none();
            enclosed.attachments.extend(attachment);
        }
        enclosed
    }

    /// Is there any that WeCom could refuse?
    pub(crate) fn has_ids(&self) -> bool {
        self.ids.keys().any(|file| !file.is_for_good())
    }

    /// The same after WeCom refused an id of it: without everything that has one.
    pub(crate) fn without_ids(&self, body: &Body) -> Self {
        let covers = self.ids.iter().filter(|(file, _)| file.is_for_good());
        Self::of(body, covers.map(|(file, media)| (file.clone(), media.clone())).collect())
    }
}

/// Everything that a body shows, as WeCom is given it.
pub(crate) fn files_of(body: &Body) -> BTreeSet<MediaFile> {
    body.parts.iter().filter_map(file_of).collect()
}

/// What a part shows, as WeCom is given it.
pub(super) fn file_of(part: &Part) -> Option<MediaFile> {
    let (blob, used_as) = match part {
        Part::Text { .. } | Part::Link { cover: None, .. } => return None,
        Part::Image { blob } | Part::MiniProgram { cover: blob, .. } => (blob, MediaUse::Image),
        Part::Link { cover: Some(cover), .. } => (cover, MediaUse::Cover),
        Part::Video { blob } => (blob, MediaUse::Video),
        Part::File { blob, name } => (blob, MediaUse::File { name: name.clone() }),
    };
    Some(MediaFile { blob: blob.clone(), used_as })
}

/// `None`: a part that is nothing without its file. A link is one without its cover.
fn attachment(part: &Part, id: Option<String>) -> Option<Attachment> {
    Some(match part {
        Part::Text { .. } => return None,
        Part::Image { .. } => Attachment::Image(Image::MediaId(id?)),
        Part::Video { .. } => Attachment::Video { media_id: id? },
        Part::File { .. } => Attachment::File { media_id: id? },
        Part::Link { title, desc, url, .. } => {
            Attachment::Link { title: title.clone(), picurl: id, desc: desc.clone(), url: url.clone() }
        }
        Part::MiniProgram { title, appid, page, .. } => Attachment::MiniProgram {
            title: title.clone(),
            pic_media_id: id?,
            appid: appid.clone(),
            page: page.clone(),
        },
    })
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, content::BlobId};
    use store::MediaId;

    use super::*;

    fn body() -> Body {
        let blob = || BlobId::of(b"picture");
        Body {
            parts: vec![
                Part::Text { text: "您好".into() },
                Part::Image { blob: blob() },
                Part::Link {
                    title: "新品".into(),
                    desc: None,
                    url: "https://example.com/".into(),
                    cover: Some(blob()),
                },
                Part::MiniProgram {
                    title: "商城".into(),
                    appid: "wx0123456789abcdef".into(),
                    page: "index".into(),
                    cover: BlobId::of(b"cover"),
                },
                Part::File { blob: blob(), name: "报价.pdf".into() },
            ],
        }
    }

    fn ids(files: impl IntoIterator<Item = MediaFile>) -> MediaIds {
        let media = |file: &MediaFile| MediaId { id: file.key(), uploaded_at: Timestamp::default() };
        files.into_iter().map(|file| (file.clone(), media(&file))).collect()
    }

    fn kinds(enclosed: &Enclosed) -> Vec<&str> {
        enclosed.attachments.iter().map(Attachment::msgtype).collect()
    }

    #[test]
    fn the_same_file_has_an_id_for_each_use() {
        assert_eq!(files_of(&body()).len(), 4);
        let all = Enclosed::of(&body(), ids(files_of(&body())));
        assert_eq!((kinds(&all), all.left_out), (vec!["image", "link", "miniprogram", "file"], 0));
    }

    #[test]
    fn what_is_not_ready_is_left_out_and_a_link_goes_without_its_cover() {
        let nothing = Enclosed::of(&body(), MediaIds::new());
        assert_eq!((kinds(&nothing), nothing.left_out), (vec!["link"], 4));
        assert!(matches!(&nothing.attachments[0], Attachment::Link { picurl: None, .. }));
    }

    #[test]
    fn without_the_ids_that_were_refused_covers_stay() {
        let without = Enclosed::of(&body(), ids(files_of(&body()))).without_ids(&body());
        assert_eq!((kinds(&without), without.left_out), (vec!["link"], 3));
        assert!(matches!(&without.attachments[0], Attachment::Link { picurl: Some(_), .. }));
    }
}
