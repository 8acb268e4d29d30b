//! The platform's numeric result codes, sorted by how to react.
//!
//! From the global error-code page of <https://developer.work.weixin.qq.com> and the pages of the
//! single APIs.

use crate::Class;

/// The class of a code. A code that is not listed is [`Class::Never`]: repeating what is not
/// understood only uses up quota.
pub(crate) fn class_of(code: i64) -> Class {
    match code {
        // system busy · concurrent modification · mass message or moment still being dispatched ·
        // another app is sending the welcome · too many concurrent calls
        -1 | 6000 | 41063 | 41079 | 41096 | 45033 => Class::Transient,

        // access token wrong or expired · ticket of the wrong kind
        40014 | 42001 | 42012 => Class::Token,

        // concurrent moment jobs · reminders · the frequency limit proper
        41078 | 41094 | 45009 => Class::RateLimit,

        // member gone or invalid · media expired · group gone · department or tag gone · tag name
        // taken or too long
        40003 | 40007 | 40050 | 40066 | 40068 | 40071 | 40072 => Class::State,
        // customer not visible · transfers: not resigned, not verified, at the cap, under way, too
        // often
        40096..=40100 | 40128 | 40129 => Class::State,
        // member has to sign in · archive consent pending · member not activated
        40205 | 41053 | 41054 => Class::State,
        // moments: missing, not that member's, not yet published
        41059..=41062 | 41067 => Class::State,
        // member does not exist · group dissolved · member outside scope · app disabled · cursor
        // expired
        46004 | 49008 | 50002 | 50003 | 50100 => Class::State,
        // visible range
        60011 | 60021 | 60030 | 60111 => Class::State,
        // no relation between member and customer
        84061 => Class::State,
        // groups
        86001 | 86003 | 86008 | 90500..=90509 | 90511 => Class::State,
        // 微信客服 sessions
        95013 | 95014 | 95016 | 95018 | 95019 => Class::State,
        // archive
        301048..=301061 => Class::State,

        _ => Class::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_fall_into_the_documented_classes() {
        for (class, codes) in [
            (Class::Transient, [-1, 6000, 41063, 41096, 45033].as_slice()),
            (Class::Token, &[40014, 42001]),
            (Class::RateLimit, &[45009, 41094, 41078]),
            (Class::State, &[84061, 40096, 50100, 60111, 41053, 40007, 90511, 301055, 40100]),
            (Class::Never, &[40001, 40058, 41050, 41051, 48002, 60020, 81013, 301002, 90510, 95001, 40130]),
        ] {
            for code in codes {
                assert_eq!(class_of(*code), class, "{code}");
            }
        }
    }

    #[test]
    fn an_unknown_code_is_never_repeated() {
        for code in [1, -2, 40101, 99_999_999, i64::MIN, i64::MAX] {
            assert_eq!(class_of(code), Class::Never, "{code}");
        }
    }
}
