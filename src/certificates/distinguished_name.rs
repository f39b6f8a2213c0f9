//! Distinguished names, however they are written.

use std::fmt;

use x509_parser::oid_registry::Oid;
use x509_parser::x509::X509Name;

/// A distinguished name. Two are equal if they have the same attributes, whatever their order, case
/// and spaces (X.520, caseIgnoreMatch).
#[derive(Debug, Clone)]
pub struct DistinguishedName(Vec<(String, String)>);

/// The attributes that have short names (RFC 4519, section 2, and RFC 5280, appendix A).
const SHORT_NAMES: [(&str, &str); 8] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
];

impl DistinguishedName {
    /// Reads `CN=a; O=b; C=c` or `CN = a,O = b,C = c`. A backslash escapes the next character of a
    /// value. `None` if there is no attribute, or the name of one has characters other than
    /// letters, digits and dots.
    pub fn parse(text: &str) -> Option<Self> {
        let with_semicolons = split(text, ';');
        let parts = if with_semicolons.len() > 1 { with_semicolons } else { split(text, ',') };
        let attributes = parts.iter().map(|part| {
            let (name, value) = part.split_once('=')?;
            begins_like_an_attribute(part)
                .then(|| (name.trim().to_uppercase(), unescaped(value.trim())))
        });
        let attributes: Vec<_> = attributes.collect::<Option<_>>()?;
        (!attributes.is_empty()).then_some(Self(attributes))
    }

    /// The name of a certificate's subject or issuer. `None` if an attribute has no type, as in a
    /// broken certificate.
    pub fn of(name: &X509Name<'_>) -> Option<Self> {
        let attributes = name.iter_attributes().map(|attribute| {
            let value = match attribute.as_str() {
                Ok(text) => text.to_owned(),
                Err(_) => in_hexadecimal(attribute.as_slice()),
            };
            Some((attribute_name(attribute.attr_type())?, value))
        });
        attributes.collect::<Option<_>>().map(Self)
    }

    /// The attributes as they were written: the short name, or its number if there is none, and the
    /// value.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn comparable(&self) -> Vec<(&str, String)> {
        let folded =
            |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let mut all: Vec<_> =
            self.attributes().map(|(name, value)| (name, folded(value))).collect();
        all.sort();
        all
    }
}

impl PartialEq for DistinguishedName {
    fn eq(&self, other: &Self) -> bool {
        self.comparable() == other.comparable()
    }
}

impl Eq for DistinguishedName {}

/// Writes semicolons between attributes, and backslashes where a value could be read as attributes.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.attributes().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{name}={}", escaped(value))?;
        }
        Ok(())
    }
}

/// The name of an attribute type: its short name, or else its numbers with dots between them, or
/// else, if one of them is too long, all bytes in hexadecimal.
fn attribute_name(id: &Oid<'_>) -> Option<String> {
    if id.as_bytes().is_empty() {
        return None;
    }
    let name = match id.iter() {
        Some(_) => id.to_id_string(),
        None => in_hexadecimal(id.as_bytes()).to_uppercase(),
    };
    let short = SHORT_NAMES.iter().find(|(known, _)| *known == name);
    Some(short.map_or(name, |(_, short)| (*short).to_owned()))
}

fn in_hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for (at, character) in value.char_indices() {
        let separates = match character {
            ';' | '\\' => true,
            ',' => begins_like_an_attribute(&value[at + 1..]),
            _ => false,
        };
        if separates {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// The parts between separators. A part that does not begin like an attribute belongs to the one
/// before, since names of companies contain commas.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut is_escaped = false;
    let mut part = String::new();
    for character in text.chars() {
        if character == separator && !is_escaped {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(character);
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    parts.push(part);
    let mut whole: Vec<String> = Vec::new();
    for part in parts {
        match whole.last_mut() {
            Some(before) if !begins_like_an_attribute(&part) => {
                before.push(separator);
                before.push_str(&part);
            }
            _ => whole.push(part),
        }
    }
    whole
}

fn begins_like_an_attribute(part: &str) -> bool {
    let name = part.split_once('=').map(|(name, _)| name.trim());
    name.is_some_and(|name| {
        !name.is_empty()
            && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '.')
    })
}

fn unescaped(value: &str) -> String {
    let mut characters = value.chars();
    let mut plain = String::with_capacity(value.len());
    while let Some(character) = characters.next() {
        if character == '\\' {
            plain.extend(characters.next());
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> DistinguishedName {
        DistinguishedName::parse(text).expect(text)
    }

    #[test]
    fn order_case_spaces_and_ways_of_writing_do_not_matter() {
        let one = name("CN=cPanel, Inc. Certification Authority; O=cPanel, Inc.; C=US");
        for other in [
            "C=US; O=cPanel, Inc.; CN=cPanel, Inc. Certification Authority",
            "CN = cPanel\\, Inc. Certification Authority,O = cPanel\\, Inc.,C = US",
            "cn=CPANEL,  INC. certification authority; o=cPanel, Inc. ; c=us",
        ] {
            assert_eq!(name(other), one, "{other}");
        }
        for other in
            ["CN=cPanel, Inc. Certification Authority; C=US", "CN=R3; O=cPanel, Inc.; C=US"]
        {
            assert_ne!(name(other), one, "{other}");
        }
    }

    #[test]
    fn a_value_may_have_what_separates() {
        let agreement = name("CN=a; OU=http://certs.example/x=1,y; O=Let's b");
        let attributes: Vec<_> = agreement.attributes().collect();
        assert_eq!(attributes[1], ("OU", "http://certs.example/x=1,y"));
        for text in [r"O=a\; b\\; C=US", r"O=a\, CN=b", r"O=a\; CN=b"] {
            let name = name(text);
            assert_eq!(DistinguishedName::parse(&name.to_string()), Some(name), "{text}");
        }
        assert_eq!(DistinguishedName::parse("no attribute"), None);
        assert_eq!(DistinguishedName::parse(""), None);
    }

    #[test]
    fn a_type_without_a_short_name_has_one_that_can_be_read() {
        // A type below 2.25 is a UUID as a number, which has more than 64 bits.
        let uuid = [&[0x69, 0x83], [0xFF; 16].as_slice(), &[0x7F]].concat();
        for (bytes, expected) in [
            (&[0x55, 4, 3][..], Some("CN")),
            (&[0x55, 4, 97], Some("2.5.4.97")),
            (&uuid, Some("6983FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F")),
            (&[], None),
        ] {
            assert_eq!(attribute_name(&Oid::new(bytes.into())).as_deref(), expected);
            let Some(attribute) = expected else { continue };
            let read = name(&format!("{attribute}=a"));
            assert_eq!(read.attributes().collect::<Vec<_>>(), [(attribute, "a")]);
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_panics(text in ".*") {
            if let Some(read) = DistinguishedName::parse(&text) {
                prop_assert_eq!(&read, &read.clone());
            }
        }
    }
}
