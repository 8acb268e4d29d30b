//! What a message says, by its type. Over-long texts are cut where the documentation says so, and refused
//! elsewhere.

use serde_json::{Value, json};

use super::{Call, Refusal};
use crate::api::attachment::{check_appid, check_media, check_text, check_url, text};
use crate::card::{self, Occasion};
use crate::state::{MediaKind, World};

const LONGEST_TEXT_BYTES: usize = 2048;
const LONGEST_TITLE: usize = 128;
const LONGEST_DESCRIPTION: usize = 512;
const LONGEST_AUTHOR_BYTES: usize = 64;
const LONGEST_ARTICLE_BYTES: usize = 666 * 1024;
const MOST_ARTICLES: usize = 8;

/// The body as it is delivered.
pub(super) fn check(world: &World, call: &Call<'_>, kind: &str, mut body: Value) -> Result<Value, Refusal> {
    match kind {
        "text" => {
            let content = text(&body["content"]).ok_or_else(empty)?;
            body = json!({"content": cut(content, LONGEST_TEXT_BYTES)});
        }
        "markdown" => {
            let content = text(&body["content"]).ok_or_else(empty)?;
            if content.len() > LONGEST_TEXT_BYTES {
                return Err(Refusal::new(45002, "content size out of limit"));
            }
        }
        "image" => check_media(world, call, &body["media_id"], MediaKind::Image)?,
        "voice" => check_media(world, call, &body["media_id"], MediaKind::Voice)?,
        "file" => check_media(world, call, &body["media_id"], MediaKind::File)?,
        "video" => {
            check_media(world, call, &body["media_id"], MediaKind::Video)?;
            cut_fields(&mut body, &[("title", LONGEST_TITLE), ("description", LONGEST_DESCRIPTION)]);
        }
        "textcard" => check_text_card(&mut body)?,
        "news" => check_articles(&mut body, check_news_article)?,
        "mpnews" => check_articles(&mut body, |article| check_mpnews_article(world, call, article))?,
        // for apps that are mini-programs; the simulated ones are not
        "miniprogram_notice" => return Err(Refusal::new(48002, "api forbidden")),
        "template_card" => check_card(call, &body)?,
        _ => return Err(Refusal::new(40008, "invalid message type")),
    }
    Ok(body)
}

/// Its limits are characters, not bytes.
fn check_text_card(body: &mut Value) -> Result<(), Refusal> {
    text(&body["title"]).ok_or_else(|| Refusal::new(41016, "title missing"))?;
    text(&body["description"]).ok_or_else(|| Refusal::new(41033, "description missing"))?;
    check_url(body, "url", 41010)?;
    for (field, most) in [("title", LONGEST_TITLE), ("description", LONGEST_DESCRIPTION), ("btntxt", 4)] {
        if let Some(text) = body[field].as_str() {
            let cut: String = text.chars().take(most).collect();
            body[field] = json!(cut);
        }
    }
    Ok(())
}

fn check_articles(
    body: &mut Value,
    mut check: impl FnMut(&mut Value) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let articles = body.get_mut("articles").and_then(Value::as_array_mut);
    let articles = articles.ok_or_else(|| Refusal::parameter("articles missing"))?;
    if !(1..=MOST_ARTICLES).contains(&articles.len()) {
        return Err(Refusal::new(45008, "article size out of limit"));
    }
    articles.iter_mut().try_for_each(|article| {
        text(&article["title"]).ok_or_else(|| Refusal::new(41016, "title missing"))?;
        check(article)
    })
}

/// A mini-program counts before a page.
fn check_news_article(article: &mut Value) -> Result<(), Refusal> {
    if text(&article["appid"]).is_some() {
        check_appid(article)?;
        check_text(article, "pagepath", LONGEST_TEXT_BYTES, 40058)?;
    } else {
        check_url(article, "url", 41010)?;
    }
    cut_fields(article, &[("title", LONGEST_TITLE), ("description", LONGEST_DESCRIPTION)]);
    Ok(())
}

fn check_mpnews_article(world: &World, call: &Call<'_>, article: &mut Value) -> Result<(), Refusal> {
    check_media(world, call, &article["thumb_media_id"], MediaKind::Image)?;
    if article["author"].as_str().is_some_and(|author| author.len() > LONGEST_AUTHOR_BYTES) {
        return Err(Refusal::new(45032, "author size out of limit"));
    }
    let content = text(&article["content"]).ok_or_else(empty)?;
    if content.len() > LONGEST_ARTICLE_BYTES {
        return Err(Refusal::new(45002, "content size out of limit"));
    }
    cut_fields(article, &[("title", LONGEST_TITLE), ("digest", LONGEST_DESCRIPTION)]);
    Ok(())
}

fn check_card(call: &Call<'_>, card: &Value) -> Result<(), Refusal> {
    if !card.is_object() {
        return Err(Refusal::parameter("template_card missing"));
    }
    card::check(card, Occasion::Sending).map_err(|flaw| Refusal::new(flaw.code, flaw.text))?;
    if card::is_interactive(card) && call.config.callback_url.is_empty() {
        return Err(Refusal::new(43012, "require callback url"));
    }
    Ok(())
}

/// Cuts texts to so many bytes, at a character.
fn cut_fields(object: &mut Value, fields: &[(&str, usize)]) {
    for (field, most) in fields {
        if let Some(text) = object[*field].as_str() {
            object[*field] = json!(cut(text, *most));
        }
    }
}

fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

fn empty() -> Refusal {
    Refusal::new(44004, "empty content")
}
