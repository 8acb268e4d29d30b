//! The kinds of `message/send` beside texts and cards.

use serde_json::json;
use wecom::message::{Article, ArticleTarget, Body, TextCard, Video};

use crate::messages::{message, problem, sent, some};

fn textcard(title: &str, description: &str, url: &str) -> TextCard {
    TextCard {
        title: title.to_owned(),
        description: description.to_owned(),
        url: url.to_owned(),
        btntxt: None,
    }
}

fn article(title: &str, target: ArticleTarget) -> Article {
    Article { title: title.to_owned(), description: None, picurl: None, target }
}

fn page(url: &str) -> ArticleTarget {
    ArticleTarget::Url(url.to_owned())
}

fn mini_program() -> ArticleTarget {
    ArticleTarget::MiniProgram { appid: "wx1".to_owned(), pagepath: "index".to_owned() }
}

#[tokio::test]
async fn every_kind_is_sent_as_documented() {
    let media_id = || "m1".to_owned();
    let full = TextCard { btntxt: some("更多"), ..textcard("领奖通知", "恭喜<br>你", "https://u") };
    let video = Video { media_id: media_id(), title: some("标题"), description: some("d") };
    let articles = vec![
        Article {
            description: some("d"),
            picurl: some("https://p"),
            ..article("中秋节礼品领取", page("https://u"))
        },
        article("t", mini_program()),
    ];
    for (body, msgtype, expected) in [
        (
            Body::Markdown { content: "**待办** `1`".to_owned() },
            "markdown",
            json!({"content": "**待办** `1`"}),
        ),
        (
            Body::TextCard(full),
            "textcard",
            json!({"title": "领奖通知", "description": "恭喜<br>你", "url": "https://u", "btntxt": "更多"}),
        ),
        (
            Body::TextCard(textcard("t", "d", "https://u")),
            "textcard",
            json!({"title": "t", "description": "d", "url": "https://u"}),
        ),
        (Body::Image { media_id: media_id() }, "image", json!({"media_id": "m1"})),
        (Body::Voice { media_id: media_id() }, "voice", json!({"media_id": "m1"})),
        (Body::File { media_id: media_id() }, "file", json!({"media_id": "m1"})),
        (Body::Video(video), "video", json!({"media_id": "m1", "title": "标题", "description": "d"})),
        (
            Body::Video(Video { media_id: media_id(), title: None, description: None }),
            "video",
            json!({"media_id": "m1"}),
        ),
        (
            Body::News { articles },
            "news",
            json!({"articles": [
                {"title": "中秋节礼品领取", "description": "d", "picurl": "https://p", "url": "https://u"},
                {"title": "t", "appid": "wx1", "pagepath": "index"},
            ]}),
        ),
    ] {
        let request = sent(&message(body)).await;
        assert_eq!(request["msgtype"], msgtype);
        assert_eq!(request[msgtype], expected);
        assert_eq!(request.as_object().expect("an object").len(), 4, "{request}");
    }
}

#[tokio::test]
async fn limits_are_in_bytes_or_in_characters_as_the_kind_has_it() {
    let url = "https://u";
    let long_url = format!("https://{}", "u".repeat(2041));
    let video = |title: &str, description: &str| {
        Body::Video(Video { media_id: "m".to_owned(), title: some(title), description: some(description) })
    };
    let news = |article| Body::News { articles: vec![article] };
    for (body, expected) in [
        (Body::Markdown { content: String::new() }, "markdown.content: is required"),
        (Body::Markdown { content: "中".repeat(683) }, "markdown.content: 2049 bytes, at most 2048"),
        (Body::TextCard(textcard("", "d", url)), "textcard.title: is required"),
        (
            Body::TextCard(textcard(&"👍".repeat(129), "d", url)),
            "textcard.title: 129 characters, at most 128",
        ),
        (
            Body::TextCard(textcard("t", &"中".repeat(513), url)),
            "textcard.description: 513 characters, at most 512",
        ),
        (Body::TextCard(textcard("t", "d", &long_url)), "textcard.url: 2049 bytes, at most 2048"),
        (Body::TextCard(textcard("t", "d", "example.com")), "textcard.url: has no scheme"),
        (
            Body::TextCard(TextCard { btntxt: some("一二三四五"), ..textcard("t", "d", url) }),
            "textcard.btntxt: 5 characters, at most 4",
        ),
        (Body::Image { media_id: String::new() }, "image.media_id: is required"),
        (Body::Voice { media_id: String::new() }, "voice.media_id: is required"),
        (Body::File { media_id: String::new() }, "file.media_id: is required"),
        (video(&"中".repeat(43), ""), "video.title: 129 bytes, at most 128"),
        (video("", &"中".repeat(171)), "video.description: 513 bytes, at most 512"),
        (Body::News { articles: Vec::new() }, "news.articles: 0 entries, at least 1"),
        (Body::News { articles: vec![article("t", page(url)); 9] }, "news.articles: 9 entries, at most 8"),
        (news(article("", page(url))), "news.articles[0].title: is required"),
        (news(article(&"中".repeat(43), page(url))), "news.articles[0].title: 129 bytes, at most 128"),
        (
            news(Article { description: some(&"a".repeat(513)), ..article("t", page(url)) }),
            "news.articles[0].description: 513 bytes, at most 512",
        ),
        (
            news(Article { picurl: some(&long_url), ..article("t", page(url)) }),
            "news.articles[0].picurl: 2049 bytes, at most 2048",
        ),
        (news(article("t", page("u"))), "news.articles[0].url: has no scheme"),
        (
            news(article("t", ArticleTarget::MiniProgram { appid: String::new(), pagepath: "p".to_owned() })),
            "news.articles[0].appid: is required",
        ),
    ] {
        assert_eq!(problem(&message(body)).await, expected);
    }
    for longest in [
        Body::TextCard(textcard(&"👍".repeat(128), &"中".repeat(512), &long_url[..2048])),
        video(&"中".repeat(42), &"a".repeat(512)),
        Body::Markdown { content: "a".repeat(2048) },
        Body::News { articles: vec![article(&"a".repeat(128), mini_program()); 8] },
    ] {
        sent(&message(longest)).await;
    }
}

#[test]
fn no_kind_shows_what_it_says() {
    let secret = "秘密".to_owned();
    for body in [
        Body::Markdown { content: secret.clone() },
        Body::TextCard(textcard(&secret, &secret, &secret)),
        Body::Image { media_id: secret.clone() },
        Body::Video(Video { media_id: secret.clone(), title: None, description: None }),
        Body::News { articles: vec![article(&secret, page(&secret))] },
    ] {
        let shown = format!("{body:?}");
        assert!(!shown.contains("秘密") && !shown.is_empty(), "{shown}");
    }
}
