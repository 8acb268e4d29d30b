//! A strict reader for the small XML documents of callbacks.
//!
//! `quick-xml` splits the text into pieces but lets much pass that XML forbids. This module adds
//! the missing checks, refuses document type declarations altogether (no entity can then be
//! declared, so none can grow or fetch anything) and builds a tree whose depth is bounded.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// The deepest nesting accepted; the root counts as 1. The platform's own documents need 5.
const MAX_DEPTH: usize = 8;

/// Why a document was not accepted as XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XmlFault {
    /// The text is not a well-formed document.
    #[error("not well-formed")]
    NotWellFormed,
    /// It carries a document type declaration, which callbacks never do.
    #[error("carries a document type declaration")]
    Dtd,
    /// It refers to an entity other than the five built into XML.
    #[error("refers to an undeclared entity")]
    Entity,
    /// Its elements are nested more than eight deep.
    #[error("nested more than {MAX_DEPTH} deep")]
    TooDeep,
}

/// One element with everything in it; attributes are checked and dropped, because no callback uses
/// them.
#[derive(Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// The element's own character data (text, CDATA and resolved references) in document order.
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The direct children called `name`, in document order.
    pub(crate) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// How many elements below this one, at any depth, are called `name`.
    pub(crate) fn count_below(&self, name: &str) -> usize {
        self.children.iter().map(|child| usize::from(child.name == name) + child.count_below(name)).sum()
    }
}

/// Reads one document and returns its root.
pub(crate) fn parse(text: &str) -> Result<Element, XmlFault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.chars().all(is_char) {
        return Err(XmlFault::NotWellFormed);
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut tree = Tree::default();
    loop {
        let is_first = reader.buffer_position() == 0;
        match reader.read_event().map_err(|_| XmlFault::NotWellFormed)? {
            Event::Start(tag) => tree.open(element(&tag)?)?,
            Event::Empty(tag) => {
                tree.open(element(&tag)?)?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(piece) => {
                // Character data may not contain the end of a CDATA section.
                if piece.contains("]]>") {
                    return Err(XmlFault::NotWellFormed);
                }
                tree.text(&piece.xml10_content())?;
            }
            Event::CData(piece) => tree.cdata(&piece.xml10_content())?,
            Event::GeneralRef(reference) => tree.cdata(&resolve(&reference)?)?,
            Event::Decl(_) if is_first => {}
            Event::Decl(_) => return Err(XmlFault::NotWellFormed),
            Event::DocType(_) => return Err(XmlFault::Dtd),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return tree.finish(),
        }
    }
}

/// The elements not yet closed, outermost first, and the root once it is.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
}

impl Tree {
    fn open(&mut self, element: Element) -> Result<(), XmlFault> {
        if self.root.is_some() {
            return Err(XmlFault::NotWellFormed);
        }
        if self.open.len() == MAX_DEPTH {
            return Err(XmlFault::TooDeep);
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlFault> {
        let element = self.open.pop().ok_or(XmlFault::NotWellFormed)?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    /// Character data; outside the root only white space may stand.
    fn text(&mut self, piece: &str) -> Result<(), XmlFault> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(piece),
            None if piece.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n')) => {}
            None => return Err(XmlFault::NotWellFormed),
        }
        Ok(())
    }

    /// A CDATA section or a resolved reference; neither may stand outside the root.
    fn cdata(&mut self, piece: &str) -> Result<(), XmlFault> {
        self.open.last_mut().ok_or(XmlFault::NotWellFormed)?.text.push_str(piece);
        Ok(())
    }

    fn finish(self) -> Result<Element, XmlFault> {
        match self.root {
            Some(root) if self.open.is_empty() => Ok(root),
            _ => Err(XmlFault::NotWellFormed),
        }
    }
}

fn element(tag: &BytesStart<'_>) -> Result<Element, XmlFault> {
    let name = tag.name().as_ref().to_owned();
    if !is_name(&name) {
        return Err(XmlFault::NotWellFormed);
    }
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| XmlFault::NotWellFormed)?;
        if !is_name(attribute.key.as_ref()) || attribute.value.contains('<') {
            return Err(XmlFault::NotWellFormed);
        }
        attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| XmlFault::Entity)?;
    }
    Ok(Element { name, ..Element::default() })
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, XmlFault> {
    if reference.is_char_ref() {
        return match reference.resolve_char_ref() {
            Ok(Some(c)) if is_char(c) => Ok(c.to_string()),
            _ => Err(XmlFault::NotWellFormed),
        };
    }
    let resolved = match reference.xml10_content().as_ref() {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "apos" => "'",
        "quot" => "\"",
        _ => return Err(XmlFault::Entity),
    };
    Ok(resolved.to_owned())
}

/// `text` as a CDATA section. It cannot contain its own end, so that is split; characters that XML
/// forbids are the caller's business.
pub(crate) fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

/// The `Char` production of XML 1.0.
pub(crate) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The `Name` production of XML 1.0, widened to every non-ASCII character.
fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    let starts =
        chars.next().is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '_' | ':') || !c.is_ascii());
    starts && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-' | '.') || !c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> XmlFault {
        match parse(text) {
            Ok(_) => panic!("accepted: {text}"),
            Err(fault) => fault,
        }
    }

    #[test]
    fn text_cdata_references_comments_and_instructions_join_into_one_value() {
        let root = parse("\u{feff}<?xml version='1.0'?><!-- c --><x a='&lt;'>\n<v>a&amp;<![CDATA[<b>&lt;]]><!--no--><?pi?>&#x4e2d;&gt;</v></x>\n")
            .expect("well-formed");
        assert_eq!(root.children[0].text, "a&<b>&lt;中>");
    }

    #[test]
    fn repeated_elements_keep_their_order() {
        let root = parse("<x><i>1</i><j/><i>2</i></x>").expect("well-formed");
        assert_eq!(root.named("i").map(|i| i.text.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn what_xml_forbids_is_refused() {
        for text in [
            "",
            " ",
            "x",
            "{}",
            "<x>",
            "<x></y>",
            "</x>",
            "<x/><y/>",
            "<x/>tail",
            "lead<x/>",
            "<x>&</x>",
            "<x>a]]>b</x>",
            "<x a='1' a='2'/>",
            "<x a=1/>",
            "<x a='<'/>",
            "<1/>",
            "< x/>",
            "<x>\u{1}</x>",
            "<x>&#0;</x>",
            "<x>&#x1;</x>",
            "<x><![CDATA[a</x>",
            "<x><!-- a -- b --></x>",
            "<x/><![CDATA[]]>",
            " <?xml version='1.0'?><x/>",
            "<x>&#xD800;</x>",
        ] {
            assert_eq!(fault(text), XmlFault::NotWellFormed, "{text:?}");
        }
    }

    #[test]
    fn document_types_and_foreign_entities_are_refused() {
        assert_eq!(fault("<!DOCTYPE x><x/>"), XmlFault::Dtd);
        assert_eq!(
            fault("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><x>&e;</x>"),
            XmlFault::Dtd
        );
        assert_eq!(fault("<x>&nbsp;</x>"), XmlFault::Entity);
        assert_eq!(fault("<x a='&e;'/>"), XmlFault::Entity);
    }

    #[test]
    fn eight_levels_are_accepted_and_nine_refused() {
        let nested = |depth: usize| "<x>".repeat(depth) + &"</x>".repeat(depth);
        assert!(parse(&nested(8)).is_ok());
        assert_eq!(fault(&nested(9)), XmlFault::TooDeep);
        assert_eq!(fault(&"<x>".repeat(20_000)), XmlFault::TooDeep);
    }
}
