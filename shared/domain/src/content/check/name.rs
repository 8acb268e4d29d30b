//! Names of files that people send to customers.

/// Endings of what systems run or open in a browser, documents with macros among them. What a file is, is told by its
/// bytes; what a system does with it, by its name.
const ACTIVE: [&str; 63] = [
    "apk",
    "app",
    "appimage",
    "application",
    "bat",
    "chm",
    "cmd",
    "com",
    "command",
    "cpl",
    "crx",
    "deb",
    "desktop",
    "dll",
    "dmg",
    "docm",
    "exe",
    "gadget",
    "hta",
    "htm",
    "html",
    "img",
    "inf",
    "ipa",
    "iso",
    "jar",
    "jnlp",
    "js",
    "jse",
    "lnk",
    "mht",
    "mhtml",
    "msc",
    "msi",
    "msix",
    "pif",
    "pkg",
    "pptm",
    "ps1",
    "psm1",
    "py",
    "reg",
    "rpm",
    "scf",
    "scr",
    "sh",
    "shtml",
    "svg",
    "svgz",
    "url",
    "vb",
    "vbe",
    "vbs",
    "vhd",
    "vhdx",
    "webloc",
    "wsf",
    "wsh",
    "xht",
    "xhtml",
    "xlam",
    "xll",
    "xlsm",
];

/// Why a name cannot be given to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// It has no ending: the customer's phone would not know how to open it.
    Ending,
    /// Characters that names of files do not have, or that hide how it ends.
    Characters,
    /// The ending of a program, a script or a web page.
    Active,
}

/// Checks a name.
pub(super) fn check(name: &str) -> Result<(), NameFault> {
    if name.chars().any(is_illegal) || name.starts_with('.') || name.ends_with(['.', ' ']) {
        return Err(NameFault::Characters);
    }
    match name.rsplit_once('.') {
        None => Err(NameFault::Ending),
        Some((_, ending)) if ACTIVE.iter().any(|active| ending.eq_ignore_ascii_case(active)) => {
            Err(NameFault::Active)
        }
        Some(_) => Ok(()),
    }
}

/// What no system takes, and what turns the direction of a text: `报价\u{202e}fdp.exe` looks like a PDF.
fn is_illegal(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || r#"/\:*?"<>|"#.contains(c)
}
