use std::collections::BTreeSet;

use super::*;
use crate::content::media::{Damage, Format, MAX_SIDE, MediaKind, Pixels};

const FIELDS: [Field; 11] = [
    Field::Title,
    Field::Tag,
    Field::Project,
    Field::Note,
    Field::Text,
    Field::LinkTitle,
    Field::LinkDesc,
    Field::LinkUrl,
    Field::MiniTitle,
    Field::MiniPage,
    Field::FileName,
];

/// One of each, with the figures that its words have to name.
fn all() -> Vec<(Fault, Vec<usize>)> {
    let plain = [
        Fault::Id,
        Fault::Reserved,
        Fault::Variable(TextProblem::Open),
        Fault::Variable(TextProblem::Unknown("customer.nick".into())),
        Fault::OnlyVariables,
        Fault::Address(AddressFault::Scheme),
        Fault::Address(AddressFault::Characters),
        Fault::Address(AddressFault::Host),
        Fault::Address(AddressFault::User),
        Fault::AppId,
        Fault::Page,
        Fault::Name(NameFault::Ending),
        Fault::Name(NameFault::Characters),
        Fault::Name(NameFault::Active),
        Fault::NoMedia,
        Fault::NoParts,
        Fault::TextNotFirst,
    ];
    let mut all: Vec<_> = plain.into_iter().map(|fault| (fault, Vec::new())).collect();
    all.extend([
        (Fault::TooLongWithNames { length: 4010 }, vec![4010, 4000, 4]),
        (Fault::TooManyParts { count: 11 }, vec![11, MAX_ATTACHMENTS]),
        (Fault::TooManyTags { count: 21 }, vec![21, MAX_TAGS]),
        (Fault::TooManyVisible { count: 101 }, vec![101, MAX_VISIBILITY]),
        (Fault::TooMuchSaid { bytes: 5000 }, vec![5000, MAX_HEADER_BYTES]),
    ]);
    for field in FIELDS {
        let length = field.most() + 1;
        all.push((Fault::Empty { field }, Vec::new()));
        all.push((Fault::TooLong { field, length }, vec![length, field.most()]));
        all.push((Fault::VariableHere { field }, Vec::new()));
    }
    all.extend(media().into_iter().map(|(problem, figures)| (Fault::Media(problem), figures)));
    all
}

fn media() -> Vec<(MediaProblem, Vec<usize>)> {
    let mut all = Vec::new();
    for kind in MediaKind::ALL {
        let pixels = Pixels { width: 10_801, height: 7 };
        let megabytes = kind.most() / 1024 / 1024;
        all.extend([
            (MediaProblem::TooSmall { kind, bytes: 3 }, vec![3]),
            (MediaProblem::TooLarge { kind, bytes: kind.most() + 1 }, vec![megabytes]),
            (MediaProblem::WrongFormat { kind, found: Format::Html }, Vec::new()),
            (MediaProblem::TooManyPixels { kind, pixels }, vec![10_801, 7, MAX_SIDE as usize]),
        ]);
    }
    for damage in [Damage::CutShort, Damage::Header, Damage::NoPicture, Damage::Coding, Damage::Swollen] {
        all.push((MediaProblem::Damaged { format: Format::Jpeg, damage }, Vec::new()));
    }
    for found in [Format::Html, Format::Svg, Format::Program, Format::Script] {
        all.push((MediaProblem::NotAllowed { found }, Vec::new()));
    }
    let pixels = Pixels { width: 500, height: 400 };
    all.push((MediaProblem::CoverShape { pixels }, vec![500, 400, 520, 416]));
    all
}

/// Which fault it is. Whoever adds one is told here to add it above, too.
fn which(fault: &Fault) -> usize {
    match fault {
        Fault::Id => 0,
        Fault::Reserved => 1,
        Fault::Empty { .. } => 2,
        Fault::TooLong { .. } => 3,
        Fault::TooLongWithNames { .. } => 4,
        Fault::Variable(_) => 5,
        Fault::VariableHere { .. } => 6,
        Fault::OnlyVariables => 7,
        Fault::Address(_) => 8,
        Fault::AppId => 9,
        Fault::Page => 10,
        Fault::Name(_) => 11,
        Fault::NoMedia => 12,
        Fault::NoParts => 13,
        Fault::TooManyParts { .. } => 14,
        Fault::TextNotFirst => 15,
        Fault::TooManyTags { .. } => 16,
        Fault::TooManyVisible { .. } => 17,
        Fault::TooMuchSaid { .. } => 18,
        Fault::Media(MediaProblem::TooSmall { .. }) => 19,
        Fault::Media(MediaProblem::TooLarge { .. }) => 20,
        Fault::Media(MediaProblem::WrongFormat { .. }) => 21,
        Fault::Media(MediaProblem::NotAllowed { .. }) => 22,
        Fault::Media(MediaProblem::Damaged { .. }) => 23,
        Fault::Media(MediaProblem::TooManyPixels { .. }) => 24,
        Fault::Media(MediaProblem::CoverShape { .. }) => 25,
    }
}

#[test]
fn every_fault_says_in_chinese_what_to_mend_with_its_figures() {
    let all = all();
    let seen: BTreeSet<usize> = all.iter().map(|(fault, _)| which(fault)).collect();
    assert_eq!(seen, (0..=25).collect());
    for (fault, figures) in all {
        let words = fault.zh();
        let has_chinese = words.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count() > 5;
        assert!(has_chinese && words.contains('请'), "{words}");
        for figure in figures {
            assert!(words.contains(&figure.to_string()), "{figure} in {words}");
        }
        let english = fault.to_string();
        assert!(!english.is_empty() && english.is_ascii() || english.contains('×'), "{english}");
        let is_code = |code: &str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(is_code(fault.code()), "{}", fault.code());
    }
}
