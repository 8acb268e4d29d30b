//! Findings as lines for people and as JSON for scripts.

use app::doctor::{Finding, Verdict};
use serde_json::json;

use super::Lang;

/// How lines look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) lang: Lang,
    /// Only for a terminal.
    pub(super) colour: bool,
}

/// One line for each finding, its mend and details indented under it, and how many there are of each kind.
pub(super) fn text(findings: &[Finding], style: Style) -> String {
    let mut out = String::new();
    for finding in findings {
        let (found, mend) = match style.lang {
            Lang::Zh => (&finding.zh, &finding.mend_zh),
            Lang::En => (&finding.en, &finding.mend_en),
        };
        let mark = mark(finding.verdict, style.colour);
        out.push_str(&format!("{mark} {:<16}  {found}\n", finding.check.name()));
        for line in mend.iter().map(|mend| format!("→ {mend}")).chain(finding.detail.clone()) {
            out.push_str(&format!("{:20}{line}\n", ""));
        }
    }
    let all = [Verdict::Ok, Verdict::Warning, Verdict::Problem, Verdict::Unknown];
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let counts = all.map(|verdict| format!("{} {}", mark(verdict, style.colour), count(verdict)));
    out.push_str(&format!("\n{}\n", counts.join("   ")));
    out
}

/// `{"findings": [{"check", "verdict", "zh", "en", "mend_zh", "mend_en", "detail"}]}`
pub(super) fn json(findings: &[Finding]) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(&json!({ "findings": findings }))? + "\n")
}

fn mark(verdict: Verdict, colour: bool) -> String {
    let (mark, code) = match verdict {
        Verdict::Ok => ("✓", 32),
        Verdict::Warning => ("!", 33),
        Verdict::Problem => ("✗", 31),
        Verdict::Unknown => ("?", 36),
    };
    if colour { format!("\x1b[{code}m{mark}\x1b[0m") } else { mark.to_owned() }
}

#[cfg(test)]
mod tests {
    use app::{config::BadSetting, doctor::unusable};

    use super::*;

    fn finding() -> Finding {
        unusable(&BadSetting { name: "WECOM_SECRET", problem: "is not set".into() })
    }

    #[test]
    fn a_finding_is_a_line_with_its_mend_and_details_under_it() {
        let told = text(&[finding()], Style { lang: Lang::Zh, colour: false });
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[0], "✗ settings          设置 WECOM_SECRET 不能用");
        assert!(lines[1].starts_with("                    → 改好 WECOM_SECRET"), "{told}");
        assert_eq!(lines[2], "                    WECOM_SECRET: is not set");
        assert_eq!(lines[4], "✓ 0   ! 0   ✗ 1   ? 0");
        let told = text(&[finding()], Style { lang: Lang::En, colour: false });
        assert!(told.contains("The setting WECOM_SECRET cannot be used") && !told.contains('\x1b'), "{told}");
    }

    #[test]
    fn only_a_terminal_sees_colours() {
        assert!(text(&[finding()], Style { lang: Lang::Zh, colour: true }).starts_with("\x1b[31m✗\x1b[0m"));
    }

    #[test]
    fn json_has_both_languages() {
        let told: serde_json::Value = serde_json::from_str(&json(&[finding()]).unwrap()).unwrap();
        let finding = &told["findings"][0];
        assert_eq!((&finding["check"], &finding["verdict"]), (&json!("settings"), &json!("problem")));
        for field in ["zh", "en", "mend_zh", "mend_en", "detail"] {
            assert!(finding[field].is_string(), "{field}");
        }
    }
}
