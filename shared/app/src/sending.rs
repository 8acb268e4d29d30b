//! What a customer gets of a content from one staff member: texts with their names, links that tell who opened them, files
//! with an address to fetch them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::{
    File, Playbook, StaffId,
    content::{BlobId, ContentVersion, Part, SentContent},
    sop::Text,
};
use futures::future::try_join_all;

use crate::{App, Error, LinkFor};

/// A part, ready to be sent. Addresses of files are good for some minutes; `None`: the file is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadyPart {
    /// A text without variables.
    Text {
        /// The text.
        text: String,
    },
    /// A picture.
    Image {
        /// Where it is.
        file: Option<String>,
    },
    /// A card that opens a web page.
    Link {
        /// Its title.
        title: String,
        /// What stands below it.
        desc: Option<String>,
        /// Where it leads: by way of us, so that we hear of it.
        url: String,
        /// Where its picture is.
        cover: Option<String>,
    },
    /// A card that opens a mini-program.
    MiniProgram {
        /// Its title.
        title: String,
        /// Which mini-program.
        appid: String,
        /// Which page of it.
        page: String,
        /// Where its picture is.
        cover: Option<String>,
    },
    /// A video.
    Video {
        /// Where it is.
        file: Option<String>,
    },
    /// A file.
    File {
        /// Under which name it arrives.
        name: String,
        /// Where it is.
        file: Option<String>,
    },
}

impl App {
    /// The parts of a content, as `file`'s customer gets them from `staff`. `None`: there is no such version.
    pub async fn ready_content(
        &self,
        file: &File,
        staff: &StaffId,
        sent: &SentContent,
        to: &LinkFor,
    ) -> Result<Option<Vec<ReadyPart>>, Error> {
        let Some(version) = self.content_as_sent(sent).await? else { return Ok(None) };
        let body = self.track(sent, &version.body, to).await?;
        let book = self.playbook().await?;
        let parts = body.parts.iter().map(|part| self.ready_part(part, file, staff, &book));
        Ok(Some(try_join_all(parts).await?))
    }

    /// These versions, as far as there are any; each is read once.
    pub async fn contents_as_sent(
        &self,
        wanted: BTreeSet<SentContent>,
    ) -> Result<BTreeMap<SentContent, Arc<ContentVersion>>, Error> {
        let read = wanted.into_iter().map(async |sent| {
            let version = self.content_as_sent(&sent).await?;
            Ok::<_, Error>(version.map(|version| (sent, version)))
        });
        Ok(try_join_all(read).await?.into_iter().flatten().collect())
    }

    async fn ready_part(
        &self,
        part: &Part,
        file: &File,
        staff: &StaffId,
        book: &Playbook,
    ) -> Result<ReadyPart, Error> {
        Ok(match part {
            Part::Text { text } => ReadyPart::Text { text: rendered(text, file, staff, book) },
            Part::Image { blob } => ReadyPart::Image { file: self.address_of(blob, None).await? },
            Part::Link { title, desc, url, cover } => ReadyPart::Link {
                title: title.clone(),
                desc: desc.clone(),
                url: url.clone(),
                cover: match cover {
                    Some(cover) => self.address_of(cover, None).await?,
                    None => None,
                },
            },
            Part::MiniProgram { title, appid, page, cover } => ReadyPart::MiniProgram {
                title: title.clone(),
                appid: appid.clone(),
                page: page.clone(),
                cover: self.address_of(cover, None).await?,
            },
            Part::Video { blob } => ReadyPart::Video { file: self.address_of(blob, None).await? },
            Part::File { blob, name } => {
                ReadyPart::File { name: name.clone(), file: self.address_of(blob, Some(name)).await? }
            }
        })
    }

    async fn address_of(&self, blob: &BlobId, name: Option<&str>) -> Result<Option<String>, Error> {
        let Some(inspected) = self.media(blob).await? else { return Ok(None) };
        self.media_address(blob, inspected.format, name).map(Some)
    }
}

/// A text as this customer gets it.
pub(crate) fn rendered(text: &str, file: &File, staff: &StaffId, book: &Playbook) -> String {
    Text::parse(text).map_or_else(|_| text.to_owned(), |parsed| parsed.render(file, staff, book))
}
