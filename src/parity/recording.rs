//! A recorded exchange, as one line of the corpus describes it (docs/contract.md#recordings).

use serde_json::Value;

use momo_sandbox_core::model::product::Product;

/// How sure a recording is.
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
    /// Each, with its name in the corpus.
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

/// A recorded exchange.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Its name, which no other recording has.
    pub id: String,
    /// How sure it is.
    pub grade: Grade,
    /// Whether it was recorded in production.
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
    /// What was sent; what the gateway sent, where the operation is `callback`, and `None` where it
    /// sent nothing.
    pub request: Option<Message>,
    /// What was answered; `None` for a callback.
    pub response: Option<Response>,
    /// JSON pointers to values that vary.
    pub volatile: Vec<String>,
    /// What a reader should know.
    pub note: String,
    /// Requests that were sent first.
    pub before: Vec<Before>,
    /// Only a part of the body was recorded: others and their order are free.
    pub body_partial: bool,
    /// JSON pointers that were recorded as absent.
    pub absent: Vec<String>,
    /// What the token at a JSON pointer holds.
    pub decoded: Vec<(String, Decoded)>,
    /// It is replayed only where each product has a subscription key of its own.
    pub needs_keys: bool,
    /// One API user, made with the key of collection, asks under every product.
    pub one_user: bool,
    /// The gateway draws the answer at random. It is requested at most this often.
    pub draws: Option<u32>,
    /// The scope of the consent that was obtained first.
    pub consent: Option<String>,
    /// What decided outside the request.
    pub circumstance: Option<String>,
    /// The `providerCallbackHost` of the API user.
    pub api_user_host: Option<String>,
    /// All of it, as it was read.
    pub source_line: Value,
}

/// A recorded request.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The method; `*` for any.
    pub method: String,
    /// The path, with placeholders.
    pub path: String,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: RecordedBody,
}

/// A recorded answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The reason phrase, where it was recorded.
    pub phrase: Option<String>,
    /// The headers that were recorded.
    pub headers: Headers,
    /// The body.
    pub body: RecordedBody,
}

/// What was recorded of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordedBody {
    /// Nothing.
    Unknown,
    /// Each byte, with placeholders for what varies.
    Exact(String),
    /// A JSON value, or a text that was sent as it is.
    Value(Value),
}

/// What a token holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// Its header.
    pub header: Value,
    /// Its claims.
    pub payload: Value,
}

/// A request that was sent before.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    /// The operation.
    pub operation: String,
    /// The method.
    pub method: String,
    /// The path, with placeholders.
    pub path: String,
    /// The JSON body, with placeholders.
    pub body: Value,
    /// The placeholder that takes its `X-Reference-Id`; without one it has none.
    pub name: Option<String>,
    /// Whether the replay waits for the final status.
    pub waits: bool,
    /// Whether a callback is asked for.
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
