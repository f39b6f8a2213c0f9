//! A recorded exchange, as one line of the corpus describes it (docs/contract.md#recordings).

use serde_json::Value;

use momo_sandbox_core::model::product::Product;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Recorded answers of the real gateway.
    Measured,
    /// Written in MTN's own documentation.
    Documented,
    /// Expected or reported by a published client.
    SeenInClient,
}

impl Grade {
    /// All grades with their names in the corpus.
    pub const ALL: [(&'static str, Self); 3] = [
        ("measured", Self::Measured),
        ("documented", Self::Documented),
        ("seen-in-client", Self::SeenInClient),
    ];

    /// Its name in the corpus.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, grade)| *grade == self).map_or("", |(name, _)| name)
    }
}

/// Headers with their recorded values; `None` was recorded as absent.
pub type Headers = Vec<(String, Option<String>)>;

#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Its name, which no other recording has.
    pub id: String,
    pub grade: Grade,
    pub is_production: bool,
    /// The market, where it is known.
    pub market: Option<String>,
    /// When it was recorded: a year at least, where it is known.
    pub date: Option<String>,
    /// Where it was published.
    pub source: String,
    /// The part of the API that it is about.
    pub area: String,
    /// The operation, `callback` or `none`.
    pub operation: String,
    /// The request. If the operation is `callback` the gateway sent it; `None` if it sent nothing.
    pub request: Option<Message>,
    /// The answer; `None` for a callback.
    pub response: Option<Response>,
    /// JSON pointers to values that vary.
    pub volatile: Vec<String>,
    pub note: String,
    pub before: Vec<Before>,
    /// Whether only a part of the body was recorded. Other members and their order are free.
    pub body_partial: bool,
    /// JSON pointers that were recorded as absent.
    pub absent: Vec<String>,
    /// The content of the token at a JSON pointer.
    pub decoded: Vec<(String, Decoded)>,
    /// Whether it is replayed only if each product has a subscription key of its own.
    pub needs_keys: bool,
    /// Whether one API user, created with the key of collection, calls every product.
    pub one_user: bool,
    /// The gateway draws the answer at random. It is requested at most this often.
    pub draws: Option<u32>,
    /// The scope of the consent that was obtained first.
    pub consent: Option<String>,
    /// What decided the answer beside the request.
    pub circumstance: Option<String>,
    /// The `providerCallbackHost` of the API user.
    pub api_user_host: Option<String>,
    /// The whole recording as it was read.
    pub source_line: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The method; `*` for any.
    pub method: String,
    pub path: String,
    pub headers: Headers,
    pub body: RecordedBody,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    pub status: u16,
    /// The reason phrase, where it was recorded.
    pub phrase: Option<String>,
    pub headers: Headers,
    pub body: RecordedBody,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RecordedBody {
    Unknown,
    /// Each byte, with placeholders for what varies.
    Exact(String),
    /// A JSON value, or a text that was sent as it is.
    Value(Value),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    pub header: Value,
    pub payload: Value,
}

/// A request that was sent first.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    pub operation: String,
    pub method: String,
    pub path: String,
    /// The JSON body, with placeholders.
    pub body: Value,
    /// The placeholder for its `X-Reference-Id`; `None` if it has no such header.
    pub name: Option<String>,
    /// Whether the replay waits for the final status.
    pub waits: bool,
    pub has_callback: bool,
}

impl Recording {
    /// Whether the gateway sends the request, as for a callback.
    pub fn is_callback(&self) -> bool {
        self.operation == "callback"
    }

    /// The product of the recording's API user.
    pub fn main_product(&self) -> Product {
        let request = self.request.as_ref().filter(|_| !self.is_callback());
        let first = self.before.first().filter(|_| self.is_callback());
        let path = request.map(|request| &*request.path).or(first.map(|first| &*first.path));
        let path = path.unwrap_or_default();
        let authorization = self.request.as_ref().and_then(|request| {
            let found = request.headers.iter().find(|(name, _)| name == "Authorization");
            found.and_then(|(_, value)| value.as_deref())
        });
        let authorization = authorization.unwrap_or_default();
        let is_collections = authorization.contains("collection_user")
            || authorization.contains("{collection_token}");
        if is_collections || self.one_user {
            return Product::Collection;
        }
        product_of(path).unwrap_or(Product::Collection)
    }
}

/// The product that a path begins with.
pub fn product_of(path: &str) -> Option<Product> {
    Product::named(path.trim_start_matches('/').split('/').next().unwrap_or_default())
}
