use proptest::prelude::*;

use super::{
    tests::build::{CODES, QUANTIZATION, film, jpeg, jpeg_of, lying, padded, png},
    *,
};

pub(super) mod build;

fn zh(bytes: &[u8], kind: MediaKind) -> String {
    inspect(bytes, kind).unwrap_err().zh()
}

fn fault(bytes: &[u8], kind: MediaKind) -> Damage {
    match inspect(bytes, kind) {
        Err(MediaProblem::Damaged { damage, .. }) => damage,
        other => panic!("{other:?}"),
    }
}

#[test]
fn pictures_and_videos_are_told_with_their_size() {
    let found = |format, pixels, bytes: &[u8]| Inspected { format, pixels, damage: None, bytes: bytes.len() };
    let picture = png(640, 480);
    let pixels = Some(Pixels { width: 640, height: 480 });
    assert_eq!(inspect(&picture, MediaKind::Image), Ok(found(Format::Png, pixels, &picture)));
    let picture = jpeg(640, 480);
    assert_eq!(inspect(&picture, MediaKind::LinkCover), Ok(found(Format::Jpeg, pixels, &picture)));
    let video = film();
    assert_eq!(inspect(&video, MediaKind::Video), Ok(found(Format::Mp4, None, &video)));
    let file = b"%PDF-1.7 report".as_slice();
    assert_eq!(inspect(file, MediaKind::File), Ok(found(Format::Pdf, None, file)));
}

#[test]
fn pictures_that_others_have_made_are_pictures() {
    let pixels = |picture: &[u8]| inspect(picture, MediaKind::Image).unwrap().pixels.unwrap();
    for picture in [build::real_baseline(), build::real_progressive()] {
        assert_eq!(pixels(&picture), Pixels { width: 8, height: 6 });
    }
    assert_eq!(pixels(&build::real_png()), Pixels { width: 3, height: 2 });
}

#[test]
fn a_file_may_have_the_most_bytes_and_not_one_more() {
    const MB: usize = 1024 * 1024;
    for (kind, sound, most, over) in [
        (MediaKind::Image, jpeg(9, 9), 10 * MB, "图片 10.1 MB，超过 10 MB，请压缩后重新上传"),
        (MediaKind::Image, png(9, 9), 10 * MB, "图片 10.1 MB，超过 10 MB，请压缩后重新上传"),
        (MediaKind::Video, film(), 10 * MB, "视频 10.1 MB，超过 10 MB，请压缩或剪短后重新上传"),
        (
            MediaKind::File,
            b"PK\x03\x04".to_vec(),
            20 * MB,
            "文件 20.1 MB，超过 20 MB，请压缩或拆分后重新上传",
        ),
        (MediaKind::MiniCover, png(520, 416), 2 * MB, "小程序封面 2.1 MB，超过 2 MB，请压缩后重新上传"),
        (MediaKind::LinkCover, jpeg(9, 9), 2 * MB, "链接封面 2.1 MB，超过 2 MB，请压缩后重新上传"),
    ] {
        for fits in [most - 1, most] {
            let inspected = inspect(&padded(sound.clone(), fits), kind).unwrap();
            assert_eq!(inspected.bytes, fits, "{kind:?}");
        }
        let problem = inspect(&padded(sound, most + 1), kind).unwrap_err();
        assert_eq!(problem, MediaProblem::TooLarge { kind, bytes: most + 1 });
        assert_eq!(problem.zh(), over);
        assert_eq!(problem.to_string(), format!("{} bytes, at most {most}", most + 1));
    }
}

#[test]
fn figures_are_those_of_the_file() {
    let large = padded(jpeg(9, 9), 12_850_000);
    assert_eq!(zh(&large, MediaKind::Image), "图片 12.3 MB，超过 10 MB，请压缩后重新上传");
    let twenty = padded(b"PK\x03\x04".to_vec(), 20 * 1024 * 1024);
    assert!(inspect(&twenty, MediaKind::File).is_ok());
    assert_eq!(
        zh(&padded(film(), 20 * 1024 * 1024), MediaKind::Video),
        "视频 20 MB，超过 10 MB，请压缩或剪短后重新上传"
    );
}

#[test]
fn a_file_that_was_looked_at_once_is_judged_for_every_use() {
    let picture = Inspected::of(&padded(png(1040, 832), 3 * 1024 * 1024));
    for (kind, fits) in [(MediaKind::Image, true), (MediaKind::File, true), (MediaKind::MiniCover, false)] {
        assert_eq!(picture.suits(kind).is_ok(), fits, "{kind:?}");
    }
    let broken = Inspected::of(&jpeg(64, 64)[..40]);
    assert_eq!(broken.suits(MediaKind::File), Ok(()));
    let damaged = MediaProblem::Damaged { format: Format::Jpeg, damage: Damage::CutShort };
    assert_eq!(broken.suits(MediaKind::Image), Err(damaged));
    let kept = serde_json::to_value(broken).unwrap();
    assert_eq!(kept, serde_json::json!({ "format": "jpeg", "damage": "cut_short", "bytes": 40 }));
    assert_eq!(serde_json::from_value::<Inspected>(kept).unwrap(), broken);
}

#[test]
fn next_to_nothing_is_no_file() {
    for (kind, least) in [(MediaKind::Image, 6), (MediaKind::Video, 6), (MediaKind::File, 6)] {
        let small = MediaProblem::TooSmall { kind, bytes: least - 1 };
        assert_eq!(inspect(&vec![b'a'; least - 1], kind), Err(small));
        assert!(!matches!(inspect(&vec![b'a'; least], kind), Err(MediaProblem::TooSmall { .. })));
    }
    assert_eq!(zh(b"", MediaKind::File), "文件只有 0 字节，是空文件或没有传完，请重新上传");
    assert!(inspect(b"abcdef", MediaKind::File).is_ok());
}

#[test]
fn a_file_of_another_kind_is_called_what_it_is() {
    for (bytes, kind, words) in [
        (
            b"<!DOCTYPE html><script>alert(1)</script>".as_slice(),
            MediaKind::Image,
            "这个文件是网页（HTML），不是 JPG 或 PNG 图片，请选择 JPG 或 PNG 图片",
        ),
        (
            b"GIF89a\x01\0\x01\0",
            MediaKind::LinkCover,
            "这个文件是 GIF 动图，不是 JPG 或 PNG 图片，请转换为 JPG 或 PNG 后重新上传",
        ),
        (
            b"\0\0\0\x18ftypheic\0\0\0\0",
            MediaKind::Image,
            "这个文件是 HEIC 图片（手机照片格式），不是 JPG 或 PNG 图片，请转换为 JPG 或 PNG 后重新上传",
        ),
        (
            b"\0\0\0\x14ftypqt  \0\0\0\0",
            MediaKind::Video,
            "这个文件是 MOV 视频（苹果手机视频格式），不是 MP4 视频，请转换为 MP4 后重新上传",
        ),
        (
            b"\0\0\0\x14ftypisom\0\0\0\0",
            MediaKind::MiniCover,
            "这个文件是 MP4 视频，不是 JPG 或 PNG 图片，请选择 JPG 或 PNG 图片",
        ),
        (
            "你好，这是一段文字".as_bytes(),
            MediaKind::Video,
            "这个文件是无法识别的格式，不是 MP4 视频，请选择 MP4 视频",
        ),
        (
            b"MZ\x90\0\x03\0\0\0",
            MediaKind::File,
            "这个文件是可执行程序，不能发给客户，请改用文档、图片或视频",
        ),
    ] {
        assert_eq!(zh(bytes, kind), words);
    }
}

#[test]
fn formats_are_told_by_their_content() {
    for (bytes, format) in [
        (b"RIFF\x24\0\0\0WEBPVP8 ".as_slice(), Format::Webp),
        (b"RIFF\x24\0\0\0AVI LIST", Format::Video),
        (b"RIFF\x24\0\0\0WAVEfmt ", Format::Audio),
        (b"II*\0\x08\0\0\0", Format::Bitmap),
        (b"BM\x36\0\0\0\0\0\0\0\x36\0", Format::Bitmap),
        (b"BMW: price list of 2026", Format::Other),
        (b"\0\0\0\x1cftypavif\0\0\0\0", Format::Heic),
        (b"\0\0\0\x1cftypM4A \0\0\0\0", Format::Audio),
        (b"\0\0\0\x1cftyp3gp5\0\0\0\0", Format::Video),
        (b"\0\0\0\x08wide\0\0\0\x08mdat", Format::QuickTime),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81", Format::Video),
        (b"#!AMR\n\x3c\x08", Format::Audio),
        (b"\x7fELF\x02\x01\x01", Format::Program),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01", Format::Program),
        (b"\xca\xfe\xba\xbe\0\0\0\x02", Format::Program),
        (b"\x4c\0\0\0\x01\x14\x02\0\0\0", Format::Program),
        (b"dex\n035\0", Format::Program),
        (b"MZ is the sign of an old company", Format::Other),
        (b"#!/bin/sh\nrm -rf ~", Format::Script),
        (b"\xef\xbb\xbf@ECHO OFF\r\ndel *", Format::Script),
        (b"<?php system('id'); ?>", Format::Script),
        (b"  \r\n\t<HTML lang=zh>", Format::Html),
        (b"\xef\xbb\xbf<!-- hello --><p>", Format::Html),
        (b"\xff\xfe<\0h\0t\0m\0l\0>\0", Format::Html),
        (b"<?xml version=\"1.0\"?><html xmlns=\"\">", Format::Html),
        (b"<?xml version=\"1.0\"?>\n<svg onload=\"x()\">", Format::Svg),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\">", Format::Svg),
        (b"<?xml version=\"1.0\"?><orders/>", Format::Other),
        (b"<price> is what counts", Format::Other),
        (b"a,b,c\n1,2,3", Format::Other),
        (b"PK\x03\x04\x14\0\x06\0", Format::Other),
    ] {
        assert_eq!(Format::of(bytes), format, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn nothing_that_does_something_is_sent_as_a_file() {
    for active in [
        b"\x7fELF\x02\x01\x01".as_slice(),
        b"#!/bin/sh\n",
        b"<html></html>",
        b"<svg onload=\"alert(1)\"></svg>",
    ] {
        let problem = inspect(active, MediaKind::File).unwrap_err();
        assert_eq!(problem.code(), "media_not_allowed", "{problem}");
    }
}

#[test]
fn a_browser_is_told_only_of_what_it_can_show_without_harm() {
    assert_eq!(Format::Png.content_type(), "image/png");
    for format in [Format::Html, Format::Svg, Format::Pdf, Format::Script, Format::Other] {
        assert_eq!(format.content_type(), "application/octet-stream");
    }
}

#[test]
fn a_tiny_file_with_huge_dimensions_is_refused_by_its_header() {
    let bomb = lying(65_000, 65_000, b"");
    assert!(bomb.len() < 200);
    assert_eq!(zh(&bomb, MediaKind::Image), "图片为 65000×65000 像素，单边最多 10800 像素，请缩小后重新上传");
    let bomb = lying(i32::MAX.unsigned_abs(), i32::MAX.unsigned_abs(), b"");
    assert!(matches!(inspect(&bomb, MediaKind::LinkCover), Err(MediaProblem::TooManyPixels { .. })));
    let bomb = jpeg(u16::MAX, u16::MAX);
    assert!(matches!(inspect(&bomb, MediaKind::Image), Err(MediaProblem::TooManyPixels { .. })));
    assert_eq!(
        zh(&png(10_000, 10_001), MediaKind::Image),
        "图片为 10000×10001 像素，共 1.01 亿像素，最多 1 亿，请缩小后重新上传"
    );
}

#[test]
fn the_longest_side_and_the_largest_area_still_fit() {
    for (width, height, fits) in [
        (10_799, 1, true),
        (10_800, 1, true),
        (10_801, 1, false),
        (1, 10_800, true),
        (1, 10_801, false),
        (10_000, 9_999, true),
        (10_000, 10_000, true),
        (10_000, 10_001, false),
    ] {
        assert_eq!(inspect(&png(width, height), MediaKind::Image).is_ok(), fits, "{width}×{height}");
    }
}

#[test]
fn a_cover_of_a_mini_program_has_its_shape_and_at_least_its_size() {
    for (width, height, fits) in [
        (520, 416, true),
        (1040, 832, true),
        (651, 521, true),
        (519, 416, false),
        (520, 415, false),
        (520, 417, false),
        (500, 400, false),
        (416, 520, false),
        (800, 800, false),
    ] {
        let judged = inspect(&png(width, height), MediaKind::MiniCover);
        assert_eq!(judged.is_ok(), fits, "{width}×{height}");
    }
    assert_eq!(
        zh(&jpeg(500, 400), MediaKind::MiniCover),
        "小程序封面为 500×400 像素，需要 520×416 或更大的 5:4 图片，请裁剪后重新上传"
    );
}

#[test]
fn what_was_cut_short_anywhere_is_refused() {
    for (whole, kind) in [
        (png(64, 64), MediaKind::Image),
        (jpeg(64, 64), MediaKind::Image),
        (build::real_png(), MediaKind::Image),
        (build::real_baseline(), MediaKind::Image),
        (build::real_progressive(), MediaKind::Image),
        (film(), MediaKind::Video),
    ] {
        assert!(inspect(&whole, kind).is_ok());
        for length in 0..whole.len() {
            assert!(inspect(&whole[..length], kind).is_err(), "{kind:?} of {length} bytes");
        }
    }
    let cut = png(64, 64);
    let cut = &cut[..cut.len() - 12];
    assert_eq!(zh(cut, MediaKind::Image), "PNG 图片不完整，可能没有传完，请重新导出后上传");
}

#[test]
fn a_fake_picture_is_refused_whatever_it_begins_with() {
    let fake = [b"\x89PNG\r\n\x1a\n".as_slice(), b"<html><script>alert(1)</script></html>"].concat();
    assert_eq!(fault(&fake, MediaKind::Image), Damage::Header);
    assert_eq!(zh(&fake, MediaKind::Image), "PNG 图片已损坏，请重新导出后上传");
    let fake = [b"\xff\xd8\xff\xe0".as_slice(), b"<html><script>alert(1)</script></html>"].concat();
    assert_eq!(fault(&fake, MediaKind::Image), Damage::CutShort);
    let mut wrong_sum = png(64, 64);
    wrong_sum[19] ^= 1;
    assert_eq!(fault(&wrong_sum, MediaKind::Image), Damage::Header);
    let empty = build::assembled(&[build::header(64, 64), build::chunk(b"IEND", b"")]);
    assert_eq!(fault(&empty, MediaKind::Image), Damage::NoPicture);
    assert_eq!(fault(b"\xff\xd8\xff\xd9\0\0\0\0", MediaKind::Image), Damage::NoPicture);
    assert_eq!(fault(&png(0, 64), MediaKind::Image), Damage::Header);
    assert_eq!(fault(&jpeg(64, 0), MediaKind::Image), Damage::Header);
}

#[test]
fn a_second_size_is_not_believed_and_not_let_through() {
    let twice = build::assembled(&[build::header(64, 64), lying(60_000, 60_000, b"")[8..].to_vec()]);
    assert_eq!(fault(&twice, MediaKind::Image), Damage::Header);
    let (small, huge) = (jpeg(64, 64), jpeg(60_000, 60_000));
    let twice = [&small[..small.len() - 2], &huge[2..]].concat();
    assert_eq!(fault(&twice, MediaKind::Image), Damage::Header);
}

#[test]
fn a_picture_whose_data_was_touched_or_is_none_is_refused() {
    let sound = png(64, 64);
    for at in 8..sound.len() {
        let mut touched = sound.clone();
        touched[at] ^= 0x10;
        assert!(inspect(&touched, MediaKind::Image).is_err(), "byte {at}");
    }
    let html = lying(64, 64, b"<html>not zlib at all");
    assert_eq!(fault(&html, MediaKind::Image), Damage::Header);
    let raw = 64 * 9;
    assert_eq!(fault(&lying(64, 64, &build::zeros(raw - 1)), MediaKind::Image), Damage::CutShort);
    for fits in [raw, raw + 1, raw + 1024] {
        assert!(inspect(&lying(64, 64, &build::zeros(fits)), MediaKind::Image).is_ok());
    }
    assert_eq!(fault(&lying(64, 64, &build::zeros(raw + 1025)), MediaKind::Image), Damage::Swollen);
}

#[test]
fn a_picture_may_come_in_pieces_that_lie_together() {
    let data = build::zeros(64 * 9);
    let (first, second) = data.split_at(20);
    let [header, end] = [build::header(64, 64), build::chunk(b"IEND", b"")];
    let [first, second] = [build::chunk(b"IDAT", first), build::chunk(b"IDAT", second)];
    let between = build::chunk(b"tEXt", b"a\0b");
    let pieces = build::assembled(&[header.clone(), first.clone(), second.clone(), end.clone()]);
    assert!(inspect(&pieces, MediaKind::Image).is_ok());
    let apart = build::assembled(&[header.clone(), first, between, second, end.clone()]);
    assert_eq!(fault(&apart, MediaKind::Image), Damage::Header);
    let unknown = build::assembled(&[header, build::chunk(b"CgBI", b""), build::chunk(b"IDAT", &data), end]);
    assert_eq!(fault(&unknown, MediaKind::Image), Damage::Header);
}

#[test]
fn a_picture_of_a_palette_brings_it() {
    let [data, end] = [build::chunk(b"IDAT", &build::zeros(9 * 9)), build::chunk(b"IEND", b"")];
    let header = build::coloured(8, 9, 8, 3);
    for (palette, whole) in
        [(Some(3), true), (Some(768), true), (Some(769), false), (Some(0), false), (None, false)]
    {
        let palette = palette.map(|bytes| build::chunk(b"PLTE", &vec![0; bytes]));
        let file =
            build::assembled(&[header.clone(), palette.unwrap_or_default(), data.clone(), end.clone()]);
        assert_eq!(inspect(&file, MediaKind::Image).is_ok(), whole);
    }
}

#[test]
fn a_few_bytes_that_unpack_to_gigabytes_are_refused_wherever_they_stand() {
    let bomb = build::zeros(1 << 30);
    assert_eq!(fault(&lying(1, 1, &bomb), MediaKind::Image), Damage::Swollen);
    assert_eq!(
        zh(&lying(1, 1, &bomb), MediaKind::Image),
        "PNG 图片解压后的数据远远超过画面所需，请重新导出后上传"
    );
    let small = build::zeros(100_000);
    let [header, data, end] = [&png(64, 64)[8..33], &png(64, 64)[33..], &[]].map(<[u8]>::to_vec);
    let with = |kind: &[u8; 4], before: &[u8], packed: &[u8]| {
        let described = build::chunk(kind, &[before, packed].concat());
        build::assembled(&[header.clone(), described, data.clone(), end.clone()])
    };
    for (kind, before) in
        [(b"iCCP", b"sRGB\0\0".as_slice()), (b"zTXt", b"Comment\0\0"), (b"iTXt", b"XMP\0\x01\0zh\0\0")]
    {
        assert_eq!(fault(&with(kind, before, &bomb), MediaKind::Image), Damage::Swollen);
        assert!(inspect(&with(kind, before, &small), MediaKind::Image).is_ok());
        assert!(inspect(&with(kind, before, b"no stream"), MediaKind::Image).is_ok(), "read by nobody");
    }
    assert!(inspect(&with(b"iTXt", b"XMP\0\0\0zh\0\0", &bomb), MediaKind::Image).is_ok(), "not compressed");
}

/// Ten megabytes of them have eight million.
#[test]
fn blocks_with_nothing_in_them_hold_nobody_up() {
    let blocks = |count| build::idle(count, 64 * 9);
    assert!(inspect(&lying(64, 64, &blocks(1000)), MediaKind::Image).is_ok());
    assert_eq!(fault(&lying(64, 64, &blocks(1001)), MediaKind::Image), Damage::Header);
    // Four of them have five bytes.
    let full = [&[0x78, 0x01], blocks(4)[2..7].repeat(2_000_000).as_slice()].concat();
    assert_eq!(fault(&lying(64, 64, &full), MediaKind::Image), Damage::Header);
    let comment = build::chunk(b"zTXt", &[b"Comment\0\0", full.as_slice()].concat());
    let data = [build::chunk(b"IDAT", &blocks(0)), build::chunk(b"IEND", b"")].concat();
    let described = build::assembled(&[build::header(64, 64), comment, data]);
    assert!(inspect(&described, MediaKind::File).is_ok());
}

#[test]
fn a_jpeg_is_of_a_kind_that_phones_show_and_brings_its_tables() {
    for frame in [0xc0, 0xc1, 0xc2] {
        assert!(inspect(&jpeg_of(64, 64, frame, &[QUANTIZATION, CODES]), MediaKind::Image).is_ok());
    }
    // Lossless, differential, arithmetic.
    for frame in [0xc3, 0xc5, 0xc7, 0xc9, 0xcb, 0xcf] {
        let other = jpeg_of(64, 64, frame, &[QUANTIZATION, CODES]);
        assert_eq!(fault(&other, MediaKind::Image), Damage::Coding);
        assert_eq!(zh(&other, MediaKind::Image), "JPG 图片用了手机无法显示的编码方式，请重新导出后上传");
    }
    for tables in [&[QUANTIZATION][..], &[CODES], &[]] {
        assert_eq!(fault(&jpeg_of(64, 64, 0xc0, tables), MediaKind::Image), Damage::Header);
    }
}

#[test]
fn what_cameras_put_behind_a_picture_does_not_matter() {
    let moving = [jpeg(64, 64), film()].concat();
    assert!(inspect(&moving, MediaKind::Image).is_ok());
}

#[test]
fn a_video_has_a_track_and_something_to_play() {
    let [brand, description, data] = build::film_boxes();
    for (boxes, whole) in [
        (vec![&brand, &description, &data], true),
        (vec![&brand, &data, &description], true),
        (vec![&brand, &description], false),
        (vec![&brand, &data], false),
        (vec![&brand, &description, &build::boxed(b"mdat", b"")], false),
        (vec![&brand, &build::description(b"soun"), &data], false),
        (vec![&brand, &build::boxed(b"moov", &build::boxed(b"mvhd", &[0; 100])), &data], false),
    ] {
        let film: Vec<u8> = boxes.into_iter().flatten().copied().collect();
        assert_eq!(inspect(&film, MediaKind::Video).is_ok(), whole);
    }
    let long = [1_u32.to_be_bytes().as_slice(), b"mdat", &20_u64.to_be_bytes(), b"data"].concat();
    assert!(inspect(&[brand.clone(), description.clone(), long].concat(), MediaKind::Video).is_ok());
    let open = [0_u32.to_be_bytes().as_slice(), b"mdat", b"to the end"].concat();
    assert!(inspect(&[brand.clone(), description.clone(), open].concat(), MediaKind::Video).is_ok());
    let crumbs = build::boxed(b"free", b"").repeat(100_000);
    let crumbled = [brand.clone(), crumbs, description.clone(), data].concat();
    assert!(inspect(&crumbled, MediaKind::Video).is_ok(), "a box may be empty");
    let senseless = [7_u32.to_be_bytes().as_slice(), b"mdat"].concat();
    let in_track = build::boxed(
        b"moov",
        &[build::boxed(b"mvhd", &[0; 100]), build::boxed(b"trak", &senseless)].concat(),
    );
    assert_eq!(fault(&[brand.clone(), in_track].concat(), MediaKind::Video), Damage::Header);
    assert_eq!(fault(&[brand, description, senseless].concat(), MediaKind::Video), Damage::Header);
}

#[test]
fn every_problem_has_its_own_code_and_says_what_to_do_in_chinese() {
    let kind = MediaKind::Image;
    let pixels = Pixels { width: 1, height: 1 };
    let problems = [
        MediaProblem::TooSmall { kind, bytes: 0 },
        MediaProblem::TooLarge { kind, bytes: usize::MAX },
        MediaProblem::WrongFormat { kind, found: Format::Pdf },
        MediaProblem::NotAllowed { found: Format::Html },
        MediaProblem::Damaged { format: Format::Jpeg, damage: Damage::NoPicture },
        MediaProblem::TooManyPixels { kind, pixels },
        MediaProblem::CoverShape { pixels },
    ];
    let codes: std::collections::BTreeSet<_> = problems.iter().map(MediaProblem::code).collect();
    assert_eq!(codes.len(), problems.len());
    for problem in problems {
        assert!(problem.zh().contains("，请"), "{}", problem.zh());
        assert!(problem.to_string().is_ascii() || problem.to_string().contains('×'), "{problem}");
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_judged(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for kind in MediaKind::ALL {
            let _ = inspect(&bytes, kind);
        }
    }

    #[test]
    fn whatever_happens_to_a_sound_file_it_is_judged(
        which in 0..6_usize, at in any::<prop::sample::Index>(), byte in any::<u8>(), length in any::<prop::sample::Index>(),
    ) {
        let sound = [
            png(64, 64), jpeg(64, 64), film(), build::real_png(), build::real_baseline(), build::real_progressive(),
        ];
        let mut bytes = sound[which].clone();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        bytes.truncate(length.index(bytes.len()) + 1);
        for kind in MediaKind::ALL {
            let judged = inspect(&bytes, kind);
            let pixels = judged.ok().and_then(|inspected| inspected.pixels);
            let fits = kind == MediaKind::File || pixels.is_none_or(|pixels| pixels.area() <= MAX_PIXELS);
            prop_assert!(fits);
        }
    }
}
