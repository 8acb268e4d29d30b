//! What a customer has had, one row for each edition of a content (`X#<content>#<edition>` beside the file): written with
//! the commit that notes a sending or an opening, and added to by the next.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{
    ContentId, CustomerId, Timestamp,
    react::{ContentRecord, Sending},
};

use crate::{
    Error, Store,
    attributes::{Item, document, get_document, get_number, get_text, key, number},
    file::file_pk,
};

const PREFIX: &str = "X#";

/// An edition that a customer has had, or of which they opened a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HadContent {
    /// The content.
    pub content: ContentId,
    /// The edition.
    pub edition: u32,
    /// When it was first sent.
    pub first_at: Option<Timestamp>,
    /// The last sending; `None`: nobody sent it, they came by its link otherwise.
    pub last: Option<Sending>,
    /// How often it was sent.
    pub sendings: u32,
    /// When a link of it was first opened.
    pub first_opened_at: Option<Timestamp>,
    /// And last.
    pub last_opened_at: Option<Timestamp>,
    /// How often. Openings within half an hour count once.
    pub openings: u32,
}

impl Store {
    /// Adds to the row, within the transaction of the commit: on the file's condition it happens once.
    pub(crate) fn add_to_content(
        &self,
        pk: &str,
        record: &ContentRecord,
    ) -> Result<TransactWriteItem, Error> {
        let sk = format!("{PREFIX}{}#{:06}", record.content, record.edition);
        let mut set = Vec::new();
        let mut update = Update::builder().table_name(&self.names.main).set_key(Some(key(pk, sk)));
        if let Some(sent) = &record.sent {
            set.push("first_at = if_not_exists(first_at, :sent_at), last_sent = :last");
            update = update
                .expression_attribute_values(":sent_at", number(sent.at.ms()))
                .expression_attribute_values(":last", document(sent)?);
        }
        if let Some(at) = record.opened_at {
            set.push(
                "first_opened_at = if_not_exists(first_opened_at, :opened_at), last_opened_at = :opened_at",
            );
            update = update.expression_attribute_values(":opened_at", number(at.ms()));
        }
        let set = if set.is_empty() { String::new() } else { format!("SET {} ", set.join(", ")) };
        let update = update
            .update_expression(format!("{set}ADD sendings :sendings, openings :openings"))
            .expression_attribute_values(":sendings", number(record.sendings))
            .expression_attribute_values(":openings", number(record.openings));
        let update = update.build().map_err(|error| Error::unreadable("an update", error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Everything that a customer has had, by content and edition.
    pub async fn had_contents(&self, customer: &CustomerId) -> Result<Vec<HadContent>, Error> {
        let items = self.all(&file_pk(customer), PREFIX).await?;
        items.iter().map(read).collect()
    }
}

fn read(item: &Item) -> Result<HadContent, Error> {
    let sk = get_text(item, "sk")?;
    let named = sk.strip_prefix(PREFIX).and_then(|rest| rest.rsplit_once('#'));
    let named = named.and_then(|(content, edition)| Some((content, edition.parse().ok()?)));
    let (content, edition) = named.ok_or_else(|| Error::unreadable(sk, "no content and edition"))?;
    let time = |name| get_number(item, name).ok().map(Timestamp::from_ms);
    Ok(HadContent {
        content: content.into(),
        edition,
        first_at: time("first_at"),
        last: item.contains_key("last_sent").then(|| get_document(item, "last_sent")).transpose()?,
        sendings: get_number(item, "sendings")?,
        first_opened_at: time("first_opened_at"),
        last_opened_at: time("last_opened_at"),
        openings: get_number(item, "openings")?,
    })
}
