use super::*;
use crate::content::media::{Format, Pixels};

const EMOJI: &str = "😀";

fn blob(n: u8) -> BlobId {
    BlobId::of(&[n])
}

/// A picture, a mini-program's cover, a video, a file.
fn media() -> BTreeMap<BlobId, Inspected> {
    let of = |format, pixels| Inspected { format, pixels, damage: None, bytes: 1000 };
    let pixels = |width, height| Some(Pixels { width, height });
    BTreeMap::from([
        (blob(1), of(Format::Jpeg, pixels(800, 600))),
        (blob(2), of(Format::Png, pixels(520, 416))),
        (blob(3), of(Format::Mp4, None)),
        (blob(4), of(Format::Pdf, None)),
    ])
}

fn text(text: &str) -> Part {
    Part::Text { text: text.into() }
}

fn image() -> Part {
    Part::Image { blob: blob(1) }
}

fn link(title: &str, desc: Option<&str>, url: &str) -> Part {
    let desc = desc.map(str::to_owned);
    Part::Link { title: title.into(), desc, url: url.into(), cover: Some(blob(1)) }
}

fn mini(title: &str, appid: &str, page: &str) -> Part {
    Part::MiniProgram { title: title.into(), appid: appid.into(), page: page.into(), cover: blob(2) }
}

fn file(name: &str) -> Part {
    Part::File { blob: blob(4), name: name.into() }
}

const URL: &str = "https://example.com/a";
const APPID: &str = "wx0123456789abcdef";

fn problems(parts: impl IntoIterator<Item = Part>) -> Vec<ContentProblem> {
    Body { parts: parts.into_iter().collect() }.check(&media())
}

/// The one problem of one part: pointer within it, code and Chinese.
fn problem(part: Part) -> (String, &'static str, String) {
    match problems([part]).as_slice() {
        [only] => {
            let pointer = only.pointer.strip_prefix("/parts/0").unwrap().to_owned();
            (pointer, only.fault.code(), only.fault.zh())
        }
        other => panic!("{other:?}"),
    }
}

/// Texts of `length - 1`, `length` and `length + 1` bytes: of Chinese, of emoji, of letters.
fn around(length: usize) -> Vec<(String, usize)> {
    let filled = |unit: &str, bytes: usize| {
        let text = unit.repeat(bytes / unit.len());
        format!("{text}{}", "a".repeat(bytes - text.len()))
    };
    let lengths = [length - 1, length, length + 1];
    let of = |unit: &'static str| lengths.map(|bytes| (filled(unit, bytes), bytes));
    [of("好"), of(EMOJI), of("a")].into_iter().flatten().collect()
}

#[test]
fn every_field_may_have_the_most_bytes_and_not_one_more() {
    type Make = fn(&str) -> Part;
    let fields: [(Field, &str, Make, &str); 5] = [
        (
            Field::Text,
            "/text",
            |long| text(long),
            "文字有 4001 字节，最多 4000 字节（一个汉字 3 字节），请删去约 1 个汉字",
        ),
        (
            Field::LinkTitle,
            "/title",
            |long| link(long, None, URL),
            "链接标题有 129 字节，最多 128 字节（一个汉字 3 字节），请删去约 1 个汉字",
        ),
        (
            Field::LinkDesc,
            "/desc",
            |long| link("标题", Some(long), URL),
            "链接描述有 513 字节，最多 512 字节（一个汉字 3 字节），请删去约 1 个汉字",
        ),
        (
            Field::MiniTitle,
            "/title",
            |long| mini(long, APPID, "pages/index"),
            "小程序标题有 65 字节，最多 64 字节（一个汉字 3 字节），请删去约 1 个汉字",
        ),
        (
            Field::FileName,
            "/name",
            // The ending takes the place of what it is as long as.
            |long| file(&format!("{}.pdf", drop_bytes(long, 4))),
            "文件名有 129 字节，最多 128 字节（一个汉字 3 字节），请删去约 1 个汉字",
        ),
    ];
    for (field, pointer, make, words) in fields {
        for (long, bytes) in around(field.most()) {
            if bytes <= field.most() {
                assert_eq!(problems([make(&long)]), [], "{field:?} of {bytes}");
            } else {
                assert_eq!(problem(make(&long)), (pointer.into(), "too_long", words.into()));
            }
        }
    }
}

/// A text that is so many bytes shorter, in letters where its own do not fit.
fn drop_bytes(text: &str, bytes: usize) -> String {
    let length = text.len() - bytes;
    let whole = (0..=length).rev().find(|end| text.is_char_boundary(*end)).unwrap();
    format!("{}{}", &text[..whole], "a".repeat(length - whole))
}

#[test]
fn addresses_and_pages_may_have_the_most_bytes_and_not_one_more() {
    for bytes in [2047, 2048, 2049] {
        let url = format!("{URL}{}", "x".repeat(bytes - URL.len()));
        if bytes <= 2048 {
            assert_eq!(problems([link("标题", None, &url)]), []);
        } else {
            let words = "链接地址有 2049 字节，最多 2048 字节，请换一个短一些的";
            assert_eq!(problem(link("标题", None, &url)), ("/url".into(), "too_long", words.into()));
        }
    }
    for (bytes, fits) in [(1023, true), (1024, true), (1025, false)] {
        assert_eq!(problems([mini("标题", APPID, &"p".repeat(bytes))]).is_empty(), fits, "{bytes}");
    }
}

#[test]
fn a_text_with_variables_leaves_room_for_the_longest_name() {
    let with_name = |bytes: usize| text(&format!("{}{{{{customer.name|您}}}}", "a".repeat(bytes)));
    assert_eq!(problems([with_name(4000 - 256)]), []);
    let words = "填入最长的姓名后文字可达 4001 字节，超过 4000 字节，请删去约 1 个汉字";
    assert_eq!(problem(with_name(4001 - 256)), ("/text".into(), "too_long", words.into()));
}

#[test]
fn a_text_says_something_to_whoever_has_no_name_too() {
    for (source, says) in [
        ("{{customer.name|您}}", true),
        ("{{customer.name}}您好", true),
        ("{{customer.name}} {{staff.name|}}", false),
    ] {
        assert_eq!(problems([text(source)]).is_empty(), says, "{source}");
    }
    let words = "客户没有昵称时这段文字是空的，请加上文字，或写备用词：{{customer.name|您好}}";
    assert_eq!(problem(text("{{customer.name}}")), ("/text".into(), "empty", words.into()));
}

#[test]
fn a_draft_has_twenty_parts_at_most() {
    let parts = |count| Body { parts: vec![image(); count] };
    assert_eq!(parts(20).check_shape(), None);
    let problem = parts(21).check_shape().unwrap();
    assert_eq!((problem.pointer.as_str(), problem.fault.code()), ("/parts", "too_many"));
}

#[test]
fn variables_are_named_rightly_and_stand_in_texts_only() {
    assert_eq!(problems([text("{{customer.name|您}}好，我是{{staff.name}}")]), []);
    for (part, pointer, words) in [
        (
            text("{{name}}好"),
            "/text",
            "没有变量“name”，请改用 customer.name（客户昵称）或 staff.name（成员姓名）",
        ),
        (text("{{customer.name 好"), "/text", "变量以“{{”开头但没有“}}”，请补上"),
        (link("{{customer.name}}的方案", None, URL), "/title", "链接标题里不能用变量，请把变量写在文字里"),
        (
            link("标题", Some("给{{customer.name|您}}"), URL),
            "/desc",
            "链接描述里不能用变量，请把变量写在文字里",
        ),
        (
            link("标题", None, "https://example.com/?n={{customer.name}}"),
            "/url",
            "链接地址里不能用变量，请把变量写在文字里",
        ),
        (mini("{{staff.name}}", APPID, "p"), "/title", "小程序标题里不能用变量，请把变量写在文字里"),
        (
            mini("标题", APPID, "pages/i?c={{customer.id}}"),
            "/page",
            "小程序页面路径里不能用变量，请把变量写在文字里",
        ),
    ] {
        assert_eq!(problem(part), (pointer.into(), "bad_variable", words.into()));
    }
}

#[test]
fn what_has_to_be_there_is_missed() {
    for (part, pointer, words) in [
        (text(" \n"), "/text", "文字不能为空，请填写"),
        (link("", Some(""), URL), "/title", "链接标题不能为空，请填写"),
        (link("标题", None, ""), "/url", "链接地址不能为空，请填写"),
        (mini("标题", APPID, ""), "/page", "小程序页面路径不能为空，请填写"),
        (file(""), "/name", "文件名不能为空，请填写"),
    ] {
        assert_eq!(problem(part), (pointer.into(), "empty", words.into()));
    }
    let everything = problems([link("", None, "ftp://x"), mini("", "wx", "页")]);
    let told: Vec<_> = everything.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(told, ["/parts/0/title", "/parts/0/url", "/parts/1/title", "/parts/1/appid", "/parts/1/page"]);
}

#[test]
fn addresses_lead_where_they_seem_to_lead() {
    for good in [
        "https://example.com",
        "HTTP://example.com:8080/a?b=c#d",
        "https://example.com?x=%E4%BD%A0%E5%A5%BD",
        "https://a-b.c_d.example.cn/x@y",
        "http://127.0.0.1:3000/l/abc",
    ] {
        assert_eq!(address::check(good), Ok(()), "{good}");
    }
    for (bad, fault) in [
        ("example.com", AddressFault::Scheme),
        ("javascript:alert(1)", AddressFault::Scheme),
        ("javascript://example.com/%0aalert(1)", AddressFault::Scheme),
        ("ftp://example.com", AddressFault::Scheme),
        (" https://example.com", AddressFault::Scheme),
        ("https://example.com/你好", AddressFault::Characters),
        ("https://例子.com", AddressFault::Characters),
        ("https://example.com/a b", AddressFault::Characters),
        ("https://example.com\\@evil.com", AddressFault::Characters),
        ("https://example.com/\"onload", AddressFault::Characters),
        ("https://example.com/\n", AddressFault::Characters),
        ("https://bank.com@evil.com", AddressFault::User),
        ("https://bank.com:443@evil.com", AddressFault::User),
        ("https://", AddressFault::Host),
        ("https:///path", AddressFault::Host),
        ("https://intranet/", AddressFault::Host),
        ("https://example..com", AddressFault::Host),
        ("https://example.com:99999/", AddressFault::Host),
        ("https://{{customer.name}}/", AddressFault::Host),
    ] {
        assert_eq!(address::check(bad), Err(fault), "{bad}");
    }
    let words = "链接地址要以 http:// 或 https:// 开头，请从浏览器地址栏复制完整地址";
    assert_eq!(problem(link("标题", None, "www.example.com")), ("/url".into(), "bad_address", words.into()));
}

#[test]
fn a_mini_program_is_named_by_its_appid() {
    for bad in
        ["", "wx", "0123456789abcdef", "wx0123456789abcde", "wx0123456789abcdeff", "wx0123456789ABCDEF"]
    {
        let words = "小程序 AppID 应为 wx 加 16 位数字或小写字母 a–f，请到小程序后台复制";
        assert_eq!(problem(mini("标题", bad, "p")), ("/appid".into(), "bad_appid", words.into()), "{bad}");
    }
    assert_eq!(problem(mini("标题", APPID, "pages/首页")).1, "bad_page");
    assert_eq!(problems([mini("标题", APPID, "/pages/index?id=1&from=sop")]), []);
}

#[test]
fn a_file_is_called_what_it_is_and_nothing_that_runs() {
    for good in ["报价单.pdf", "2026 案例集（终稿）.PPTX", "a.b.docx", "😀.zip"] {
        assert_eq!(name::check(good), Ok(()), "{good}");
    }
    for (bad, fault) in [
        ("报价单", NameFault::Ending),
        ("报价单.pdf.exe", NameFault::Active),
        ("INSTALL.BAT", NameFault::Active),
        ("index.html", NameFault::Active),
        ("app.apk", NameFault::Active),
        ("帮助.CHM", NameFault::Active),
        ("报价.xlsm", NameFault::Active),
        ("console.msc", NameFault::Active),
        ("logo.svgz", NameFault::Active),
        ("报价\u{202e}fdp.docx", NameFault::Characters),
        ("../x.pdf", NameFault::Characters),
        ("a\\b.pdf", NameFault::Characters),
        ("a\n.pdf", NameFault::Characters),
        (".pdf", NameFault::Characters),
        ("a.exe.", NameFault::Characters),
    ] {
        assert_eq!(name::check(bad), Err(fault), "{bad}");
    }
    let words = "不能发送程序、脚本或网页文件，请换成文档、图片或视频";
    assert_eq!(problem(file("x.exe")), ("/name".into(), "bad_file_name", words.into()));
}

#[test]
fn what_is_shown_was_uploaded_and_suits() {
    let unknown = Part::Image { blob: blob(9) };
    let words = "文件没有上传成功，请重新上传";
    assert_eq!(problem(unknown), ("/blob".into(), "unknown_media", words.into()));
    let video = Part::Image { blob: blob(3) };
    let words = "这个文件是 MP4 视频，不是 JPG 或 PNG 图片，请选择 JPG 或 PNG 图片";
    assert_eq!(problem(video), ("/blob".into(), "media_wrong_format", words.into()));
    let cover =
        Part::MiniProgram { title: "a".into(), appid: APPID.into(), page: "p".into(), cover: blob(1) };
    let words = "小程序封面为 800×600 像素，需要 520×416 或更大的 5:4 图片，请裁剪后重新上传";
    assert_eq!(problem(cover), ("/cover".into(), "media_cover_shape", words.into()));
    assert_eq!(problems([Part::Video { blob: blob(3) }, file("a.pdf"), image()]), []);
}

#[test]
fn a_bundle_is_one_text_and_nine_more_at_most() {
    let faults =
        |parts: Vec<Part>| problems(parts).into_iter().map(|p| (p.pointer, p.fault)).collect::<Vec<_>>();
    assert_eq!(faults(vec![]), [("/parts".into(), Fault::NoParts)]);
    assert_eq!(faults(vec![image(); 8]), []);
    assert_eq!(faults(vec![image(); 9]), []);
    assert_eq!(faults(vec![image(); 10]), [("/parts".into(), Fault::TooManyParts { count: 10 })]);
    let with_text = |count| [vec![text("你好")], vec![image(); count]].concat();
    assert_eq!(faults(with_text(9)), []);
    assert_eq!(faults(with_text(10)), [("/parts".into(), Fault::TooManyParts { count: 10 })]);
    assert_eq!(faults(vec![image(), text("你好")]), [("/parts/1".into(), Fault::TextNotFirst)]);
    assert_eq!(faults(vec![text("你好"), text("再见")]), [("/parts/1".into(), Fault::TextNotFirst)]);
    assert_eq!(Fault::TooManyParts { count: 10 }.zh(), "除文字外有 10 条，最多 9 条，请删减或拆成多个内容");
}
