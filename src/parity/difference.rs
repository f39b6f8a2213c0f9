//! The differences between an answer and the recorded one, each with its sentence.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    Status {
        received: u16,
        recorded: u16,
    },
    Phrase {
        received: String,
        recorded: String,
    },
    HeaderMissing {
        name: String,
        recorded: String,
    },
    /// A header is there that was recorded as absent.
    HeaderUnexpected {
        name: String,
        received: String,
    },
    Header {
        name: String,
        received: String,
        recorded: String,
    },
    /// `Content-Length` is not the length of the body.
    Length {
        received: String,
        bytes: usize,
    },
    Body {
        received: String,
        /// What was recorded, in words.
        recorded: &'static str,
    },
    Missing {
        /// The JSON pointer of their object.
        at: String,
        names: Vec<String>,
    },
    /// Members are there that were not recorded.
    More {
        /// The JSON pointer of their object.
        at: String,
        names: Vec<String>,
    },
    Order {
        /// The JSON pointer of their object.
        at: String,
        /// The names in the answer's order.
        received: Vec<String>,
        /// The names in the recorded order.
        recorded: Vec<String>,
    },
    Value {
        at: String,
        received: String,
        recorded: String,
    },
    /// A member is there that was recorded as absent.
    Present {
        at: String,
    },
    NoToken {
        at: String,
    },
    NoCallback,
    /// A callback came where none was recorded.
    Callback {
        method: String,
        body: String,
    },
    Method {
        received: String,
        recorded: String,
    },
    /// The answer is drawn at random, and the recorded one never came.
    NeverDrawn {
        /// How often it was asked for.
        asks: u32,
        /// How the nearest answer differs.
        nearest: Vec<Self>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Status,
    Phrase,
    Header,
    /// Whether a callback comes, and how.
    Callback,
    /// An answer that is drawn at random.
    Draw,
    Order,
    Fields,
    /// A value, or the body as a whole.
    Value,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Phrase => "reason phrase",
            Self::Header => "header",
            Self::Callback => "callback",
            Self::Draw => "random answer",
            Self::Order => "field order",
            Self::Fields => "fields",
            Self::Value => "value",
        }
    }
}

impl Difference {
    pub fn class(&self) -> Class {
        match self {
            Self::Status { .. } => Class::Status,
            Self::Phrase { .. } => Class::Phrase,
            Self::HeaderMissing { .. }
            | Self::HeaderUnexpected { .. }
            | Self::Header { .. }
            | Self::Length { .. } => Class::Header,
            Self::NoCallback | Self::Callback { .. } | Self::Method { .. } => Class::Callback,
            Self::NeverDrawn { .. } => Class::Draw,
            Self::Order { .. } => Class::Order,
            Self::Missing { .. } | Self::More { .. } => Class::Fields,
            Self::Body { .. }
            | Self::Value { .. }
            | Self::Present { .. }
            | Self::NoToken { .. } => Class::Value,
        }
    }
}

/// The place of an object, in words.
fn place(at: &str) -> &str {
    if at.is_empty() { "body" } else { at }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { received, recorded } => {
                write!(f, "status {received}, recorded {recorded}")
            }
            Self::Phrase { received, recorded } => {
                write!(f, "reason phrase `{received}`, recorded `{recorded}`")
            }
            Self::HeaderMissing { name, recorded } => {
                write!(f, "no header {name}, recorded `{recorded}`")
            }
            Self::HeaderUnexpected { name, received } => {
                write!(f, "header {name} is `{received}`, recorded as absent")
            }
            Self::Header { name, received, recorded } => {
                write!(f, "header {name} is `{received}`, recorded `{recorded}`")
            }
            Self::Length { received, bytes } => {
                write!(f, "header Content-Length is `{received}`, but the body has {bytes} bytes")
            }
            Self::Body { received, recorded } => write!(f, "body {received}, recorded {recorded}"),
            Self::Missing { at, names } => {
                write!(f, "{}: recorded but missing: {}", place(at), names.join(", "))
            }
            Self::More { at, names } => {
                write!(f, "{}: more than recorded: {}", place(at), names.join(", "))
            }
            Self::Order { at, received, recorded } => {
                let (received, recorded) = (received.join(", "), recorded.join(", "));
                write!(f, "{}: order of fields {received}; recorded {recorded}", place(at))
            }
            Self::Value { at, received, recorded } => {
                write!(f, "{} is {received}, recorded {recorded}", place(at))
            }
            Self::Present { at } => write!(f, "{at} is there, recorded as absent"),
            Self::NoToken { at } => write!(f, "{at} is no JWT, recorded one"),
            Self::NoCallback => write!(f, "no callback came, recorded one"),
            Self::Callback { method, body } => {
                write!(f, "a callback came by {method}, recorded none: {body}")
            }
            Self::Method { received, recorded } => {
                write!(f, "the callback came by {received}, recorded {recorded}")
            }
            Self::NeverDrawn { asks, nearest } => {
                let nearest: Vec<String> = nearest.iter().map(Self::to_string).collect();
                write!(f, "never in {asks} requests; the nearest: {}", nearest.join("; "))
            }
        }
    }
}

/// A text, quoted and shortened.
pub fn shown(text: &str, most: usize) -> String {
    if text.is_empty() {
        return "empty".to_owned();
    }
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("`{}…`", &text[..at]),
        None => format!("`{text}`"),
    }
}
