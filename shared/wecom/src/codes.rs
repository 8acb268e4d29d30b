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

    /// First and last of every row of codes that the documentation explains. Where it leaves the
    /// choice between "never" and "look again" (40003, 40066, 40068, 60011), looking again wins: it
    /// costs one call and may show that somebody has left.
    const DOCUMENTED: &[(Class, &[(i64, i64)])] = &[
        (Class::Transient, &[(-1, -1), (6000, 6000), (41063, 41063), (41079, 41079), (41096, 41096)]),
        (Class::Transient, &[(45033, 45033)]),
        (Class::Token, &[(40014, 40014), (42001, 42001), (42012, 42012)]),
        (Class::RateLimit, &[(41078, 41078), (41094, 41094), (45009, 45009)]),
        (Class::State, &[(40003, 40003), (40007, 40007), (40050, 40050), (40066, 40066), (40068, 40068)]),
        (Class::State, &[(40071, 40072), (40096, 40100), (40128, 40129), (40205, 40205), (41053, 41054)]),
        (Class::State, &[(41059, 41062), (41067, 41067), (46004, 46004), (49008, 49008), (50002, 50003)]),
        (Class::State, &[(50100, 50100), (60011, 60011), (60021, 60021), (60030, 60030), (60111, 60111)]),
        (Class::State, &[(84061, 84061), (86001, 86001), (86003, 86003), (86008, 86008), (90500, 90509)]),
        (Class::State, &[(90511, 90511), (95013, 95014), (95016, 95016), (95018, 95019), (301048, 301061)]),
        (Class::Never, &[(40001, 40001), (40004, 40006), (40008, 40009), (40011, 40011), (40013, 40013)]),
        (Class::Never, &[(40029, 40029), (40031, 40033), (40035, 40035), (40056, 40058), (40063, 40063)]),
        (Class::Never, &[(40091, 40091), (40093, 40093), (40123, 40123), (40126, 40126), (40130, 40131)]),
        (Class::Never, &[(40143, 40143), (40201, 40201), (40204, 40204), (40206, 40206), (41001, 41002)]),
        (Class::Never, &[(41004, 41004), (41035, 41035), (41037, 41051), (41055, 41055), (41058, 41058)]),
        (Class::Never, &[(41064, 41065), (41072, 41072), (41080, 41082), (41090, 41091), (41093, 41093)]),
        (Class::Never, &[(41095, 41095), (42003, 42003), (42014, 42019), (42022, 42022), (42027, 42052)]),
        (Class::Never, &[(43009, 43009), (43012, 43012), (44001, 44001), (44004, 44004), (45001, 45002)]),
        (Class::Never, &[(45034, 45034), (48001, 48007), (48009, 48009), (50001, 50001), (60020, 60020)]),
        (Class::Never, &[(60031, 60031), (60123, 60123), (60140, 60140), (60251, 60253), (81013, 81013)]),
        (Class::Never, &[(81017, 81017), (82001, 82004), (84014, 84015), (85004, 85012), (90206, 90208)]),
        (Class::Never, &[(91040, 91040), (92001, 92003), (95000, 95007), (95017, 95017), (301002, 301002)]),
        (Class::Never, &[(301042, 301042), (610001, 610022), (701008, 701008), (701099, 701099)]),
        (Class::Never, &[(830001, 830003)]),
    ];

    #[test]
    fn codes_fall_into_the_documented_classes() {
        for (class, ranges) in DOCUMENTED {
            for code in ranges.iter().flat_map(|(first, last)| *first..=*last) {
                assert_eq!(class_of(code), *class, "{code}");
            }
        }
    }

    #[test]
    fn no_code_is_of_a_class_that_the_documentation_does_not_give_it() {
        let documented = |code: i64| {
            DOCUMENTED
                .iter()
                .any(|(_, ranges)| ranges.iter().any(|(first, last)| (*first..=*last).contains(&code)))
        };
        for code in (-10..1_000_000).filter(|code| !documented(*code)) {
            assert_eq!(class_of(code), Class::Never, "{code}");
        }
    }

    #[test]
    fn an_unknown_code_is_never_repeated() {
        for code in [1, -2, 40101, 99_999_999, i64::MIN, i64::MAX] {
            assert_eq!(class_of(code), Class::Never, "{code}");
        }
    }
}
