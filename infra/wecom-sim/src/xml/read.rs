//! Reading what the product answers: elements, text, CDATA. Enough for replies, and refusing the rest.

/// How deep elements may stand in each other.
const DEEPEST: usize = 16;

/// An element with what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Node>,
}

impl Node {
    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of a child; empty where there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.as_str())
    }
}

/// The one element of a document; `None` if it is not well formed, or more than is understood here.
pub(crate) fn read(document: &str) -> Option<Node> {
    let (node, rest) = element(document.trim_start(), DEEPEST)?;
    rest.trim().is_empty().then_some(node)
}

/// An element that begins here, and what follows it.
fn element(text: &str, depth: usize) -> Option<(Node, &str)> {
    let (name, rest) = text.strip_prefix('<')?.split_once('>')?;
    let (name, is_empty) = match name.strip_suffix('/') {
        Some(name) => (name.trim_end(), true),
        None => (name, false),
    };
    let is_legal = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_legal || depth == 0 {
        return None;
    }
    let mut node = Node { name: name.to_owned(), text: String::new(), children: Vec::new() };
    if is_empty {
        return Some((node, rest));
    }
    let mut rest = rest;
    loop {
        if let Some(after) = rest.strip_prefix("</") {
            let (closed, after) = after.split_once('>')?;
            if !node.children.is_empty() {
                node.text = node.text.trim().to_owned();
            }
            return (closed == name).then_some((node, after));
        }
        if let Some(section) = rest.strip_prefix("<![CDATA[") {
            let (text, after) = section.split_once("]]>")?;
            node.text.push_str(text);
            rest = after;
        } else if rest.starts_with('<') {
            let (child, after) = element(rest, depth - 1)?;
            node.children.push(child);
            rest = after;
        } else {
            let end = rest.find('<')?;
            node.text.push_str(&unescape(&rest[..end])?);
            rest = &rest[end..];
        }
    }
}

fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let (name, after) = part.split_once(';')?;
        plain.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => char::from_u32(name.strip_prefix('#')?.parse().ok()?)?,
        });
        plain.push_str(after);
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_sections_and_entities_are_read() {
        let node =
            read("<xml> <A><![CDATA[<1>]]>]]&gt;&#33;</A>\n<B><C>2</C><C/></B></xml>").expect("a document");
        assert_eq!(node.text_of("A"), "<1>]]>!");
        let inner = node.child("B").expect("B");
        assert_eq!(inner.children.len(), 2);
        assert_eq!((inner.text_of("C"), node.text.as_str()), ("2", ""));
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for bad in [
            "",
            "text",
            "<a>",
            "<a></b>",
            "<a>&b;</a>",
            "<a>&lt</a>",
            "<a/><b/>",
            "<!DOCTYPE a><a/>",
            "<a><![CDATA[x</a>",
            "<a b=\"c\"/>",
            "</a>",
            "<>x</>",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        let deep = format!("{}{}", "<a>".repeat(17), "</a>".repeat(17));
        assert_eq!(read(&deep), None);
    }
}
