//! Just enough XML to write what WeCom sends, and to read what it is answered.

mod read;

pub(crate) use read::{Node, read};

/// One element of a document.
#[derive(Debug, Clone)]
pub(crate) enum Element {
    /// `<name><![CDATA[text]]></name>`
    Text(&'static str, String),
    /// `<name>7</name>`
    Integer(&'static str, i64),
    /// `<name>…</name>`
    Group(&'static str, Vec<Element>),
}

/// The elements under one `<xml>` root, in the order given.
pub(crate) fn document(elements: &[Element]) -> String {
    let mut xml = String::from("<xml>");
    write(elements, &mut xml);
    xml.push_str("</xml>");
    xml
}

fn write(elements: &[Element], xml: &mut String) {
    for element in elements {
        match element {
            Element::Text(name, text) => {
                // a CDATA section ends at the first "]]>", so a text that holds one needs two sections
                let text = text.replace("]]>", "]]]]><![CDATA[>");
                xml.push_str(&format!("<{name}><![CDATA[{text}]]></{name}>"));
            }
            Element::Integer(name, number) => {
                xml.push_str(&format!("<{name}>{number}</{name}>"));
            }
            Element::Group(name, inner) => {
                xml.push_str(&format!("<{name}>"));
                write(inner, xml);
                xml.push_str(&format!("</{name}>"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_ends_a_section_is_split_over_two() {
        let xml = document(&[Element::Text("State", "a]]>b".to_owned()), Element::Integer("CreateTime", 5)]);
        assert_eq!(xml, "<xml><State><![CDATA[a]]]]><![CDATA[>b]]></State><CreateTime>5</CreateTime></xml>");
    }
}
