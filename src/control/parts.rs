//! The parameters and answers of a call's function. Each parameter is a part of the request. Its
//! type alone says how it is read and how the OpenAPI document describes it. The same holds for the
//! answer.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::Response;
use http::uri::Authority;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::control::refusal::Refusal;
use crate::control::request::ControlRequest;
use crate::control::routes::Route;
use crate::control::{Control, Scope, decode};
use crate::engine::capacity::SHORT_BODY_BYTES_MAX;
use crate::engine::space::Space;
use crate::gateway::reply::Reply;
use crate::permits::Permit;
use crate::server::body::ResponseBody;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::operations::unreadable::beginning;

/// What a call can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Emulator,
    Space,
    /// One space or, without `spaces/{apiUserId}`, all of them.
    Either,
}

/// A request whose parts are being taken for the function of its call. What no part takes is
/// refused.
#[derive(Debug)]
pub struct Asked {
    pub route: &'static Route,
    pub space: Option<Arc<Space>>,
    pub path: Vec<(String, String)>,
    pub request: ControlRequest,
    /// The names of the query's parameters, once they were read.
    pub parameters: Vec<String>,
}

impl Asked {
    fn query_place(&self) -> String {
        format!("the query of `{}`", self.route.line())
    }

    pub(super) fn take_path<T: DeserializeOwned>(&mut self) -> Result<T, Refusal> {
        decode::parameters(&std::mem::take(&mut self.path), "the path")
    }

    pub(super) fn take_query<T: DeserializeOwned + JsonSchema>(&mut self) -> Result<T, Refusal> {
        self.parameters = decode::names_of::<T>();
        let query = std::mem::take(&mut self.request.query);
        decode::parameters(&query, &self.query_place())
    }

    /// Whether there is more than white space in the body that no part has taken.
    pub(super) fn has_body(&self) -> bool {
        !self.request.body.trim_ascii().is_empty()
    }

    pub(super) fn take_body<T: DeserializeOwned>(&mut self) -> Result<T, Refusal> {
        let sent = self.request.json()?;
        self.request.body.clear();
        decode::object(&sent, &format!("the body of `{}`", self.route.path))
    }

    /// Refuses a long body for a call that keeps its permit as long as it waits.
    pub(super) fn take_short_body<T: DeserializeOwned>(&mut self) -> Result<T, Refusal> {
        let bytes = self.request.body.len();
        if bytes > SHORT_BODY_BYTES_MAX {
            let message = format!(
                "the body has {bytes} bytes; that of `{}` has {SHORT_BODY_BYTES_MAX} at most",
                self.route.line()
            );
            return Err(Refusal::new(413, message));
        }
        self.take_body()
    }

    /// Refuses parameters of the query, and fields of the body, that no part has taken.
    fn refuse_the_rest(&self) -> Result<(), Refusal> {
        decode::parameters::<Nothing>(&self.request.query, &self.query_place())?;
        if !self.has_body() {
            return Ok(());
        }
        let body = self.request.json()?;
        let Some(name) = body.keys().next() else { return Ok(()) };
        let help = if self.parameters.contains(name) {
            "it is a parameter of the query: write it behind the `?` of the address"
        } else {
            "it takes none"
        };
        let (shown, line) = (beginning(name), self.route.line());
        Err(Refusal::bad(format!("unknown `{shown}` in the body of `{line}`: {help}")))
    }
}

/// A query or a body without fields.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// The description of a call for the OpenAPI document.
#[derive(Debug)]
pub struct Description {
    /// The shapes that requests refer to.
    pub requests: SchemaGenerator,
    /// The shapes that answers refer to.
    pub answers: SchemaGenerator,
    /// The parameters of the path, the query and the headers.
    pub parameters: Vec<Value>,
    /// The body by media type.
    pub body: Option<Value>,
}

impl Default for Description {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
        });
        Self {
            requests: settings.clone().for_deserialize().into_generator(),
            answers: settings.for_serialize().into_generator(),
            parameters: Vec::new(),
            body: None,
        }
    }
}

impl Description {
    pub fn parameter(&mut self, place: &str, name: &str, mut schema: Value) {
        let description = schema.as_object_mut().and_then(|one| one.shift_remove("description"));
        self.parameters.push(json!({
            "name": name,
            "in": place,
            "required": place == "path",
            "schema": schema,
            "description": description,
        }));
    }

    pub(super) fn fields<T: JsonSchema>(&mut self, place: &str) {
        let mut schema = T::json_schema(&mut self.requests).to_value();
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, schema) in properties.into_iter().flatten() {
            self.parameter(place, name, std::mem::take(schema));
        }
    }

    pub(super) fn json_body<T: JsonSchema>(&mut self) {
        let schema = self.requests.subschema_for::<T>();
        self.body = Some(json!({"application/json": {"schema": schema}}));
    }
}

pub trait Part: Sized + Send + 'static {
    /// What a call with this part is about; `None` if the part does not decide it.
    const ABOUT: Option<About> = None;

    /// Takes the part.
    ///
    /// # Errors
    ///
    /// The refusal of a part that is not what the call expects.
    fn take(asked: &mut Asked) -> Result<Self, Refusal>;

    fn describe(_: &mut Description) {}
}

impl Part for Scope {
    const ABOUT: Option<About> = Some(About::Either);

    fn take(asked: &mut Asked) -> Result<Self, Refusal> {
        Ok(asked.space.take().map_or(Self::All, Self::One))
    }
}

impl Part for Arc<Space> {
    const ABOUT: Option<About> = Some(About::Space);

    fn take(asked: &mut Asked) -> Result<Self, Refusal> {
        asked.space.take().ok_or_else(|| Refusal::bad("a space is expected"))
    }
}

/// Any query and any body. They change nothing, and a monitor or a cache may add one.
#[derive(Debug)]
pub struct Anything;

impl Part for Anything {
    fn take(asked: &mut Asked) -> Result<Self, Refusal> {
        asked.request.query.clear();
        asked.request.body.clear();
        Ok(Self)
    }
}

/// The host and port by which the caller reached the emulator, as it says.
#[derive(Debug, Default)]
pub struct CalledAs(pub Option<Authority>);

impl Part for CalledAs {
    fn take(asked: &mut Asked) -> Result<Self, Refusal> {
        Ok(Self(asked.request.authority.take()))
    }
}

/// The permit of a call, for an answer that goes on after the call's function has returned.
#[derive(Debug)]
pub struct OwnPlace(pub Option<Permit>);

impl Part for OwnPlace {
    fn take(asked: &mut Asked) -> Result<Self, Refusal> {
        Ok(Self(asked.request.place.take()))
    }
}

/// Makes a type a part: the fields of a path or of a query, a JSON body, or a short JSON body.
macro_rules! part {
    (path $type:ty) => {
        crate::control::parts::part!($type, take_path, |to| to.fields::<Self>("path"));
    };
    (query $type:ty) => {
        crate::control::parts::part!($type, take_query, |to| to.fields::<Self>("query"));
    };
    (body $type:ty) => {
        crate::control::parts::part!($type, take_body, |to| to.json_body::<Self>());
    };
    (short_body $type:ty) => {
        crate::control::parts::part!($type, take_short_body, |to| to.json_body::<Self>());
    };
    ($type:ty, $take:ident, |$to:ident| $describe:expr) => {
        impl crate::control::parts::Part for $type {
            fn take(
                asked: &mut crate::control::parts::Asked,
            ) -> Result<Self, crate::control::refusal::Refusal> {
                asked.$take()
            }

            fn describe($to: &mut crate::control::parts::Description) {
                $describe;
            }
        }
    };
}
pub(super) use part;

pub trait Content {
    /// The media types of the answer, with their schemas.
    fn describe(answers: &mut SchemaGenerator) -> Value;

    fn response(self) -> Response<ResponseBody>;
}

/// A type with a schema is sent as JSON.
impl<T: Serialize + JsonSchema> Content for T {
    fn describe(answers: &mut SchemaGenerator) -> Value {
        json!({"application/json": {"schema": answers.subschema_for::<T>()}})
    }

    fn response(self) -> Response<ResponseBody> {
        Reply::from(Answer::json(200, &self)).response()
    }
}

/// The description of an answer that is text.
pub(super) fn text_content(media_type: &str) -> Value {
    json!({media_type: {"schema": {"type": "string"}}})
}

pub(super) type Responding =
    Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Refusal>> + Send>>;

/// A function that answers a call; `Parts` are its parameters.
pub trait Handler<Parts>: Send + Sync + 'static {
    const ABOUT: About;

    /// Takes the parts of the request, refuses what is left, and calls the function.
    fn call(&self, control: Arc<Control>, asked: Asked) -> Responding;

    /// Describes parts and answer; gives the content of the answer.
    fn describe(&self, to: &mut Description) -> Value;
}

macro_rules! handler {
    ($($part:ident $value:ident),*) => {
        impl<F, Fut, A, $($part),*> Handler<($($part,)*)> for F
        where
            F: Fn(Arc<Control>, $($part),*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = Result<A, Refusal>> + Send + 'static,
            A: Content,
            $($part: Part,)*
        {
            #[allow(unused_mut, reason = "a function without parameters is about the emulator")]
            const ABOUT: About = {
                let mut found = About::Emulator;
                $(if let Some(about) = $part::ABOUT {
                    found = about;
                })*
                found
            };

            #[allow(unused_mut, reason = "a function without parameters takes nothing")]
            fn call(&self, control: Arc<Control>, mut asked: Asked) -> Responding {
                let mut parts = || {
                    $(let $value = $part::take(&mut asked)?;)*
                    asked.refuse_the_rest()?;
                    Ok::<_, Refusal>(($($value,)*))
                };
                match parts() {
                    Err(refusal) => Box::pin(async { Err(refusal) }),
                    Ok(($($value,)*)) => {
                        let answer = self(control, $($value),*);
                        Box::pin(async move {
                            // The permits of the request are released with the answer.
                            let _asked = asked;
                            answer.await.map(Content::response)
                        })
                    }
                }
            }

            fn describe(&self, to: &mut Description) -> Value {
                $($part::describe(to);)*
                A::describe(&mut to.answers)
            }
        }
    };
}

handler!();
handler!(P1 one);
handler!(P1 one, P2 two);
handler!(P1 one, P2 two, P3 three);
handler!(P1 one, P2 two, P3 three, P4 four);

/// An object of texts, in their order.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(inline)]
pub struct Texts(
    #[schemars(with = "BTreeMap<String, String>")] pub Vec<(Cow<'static, str>, Box<str>)>,
);

impl Texts {
    /// The texts by these names.
    pub fn named(texts: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let texts = texts.into_iter();
        Self(texts.map(|(name, text)| (name.into(), text.into())).collect())
    }
}

impl Serialize for Texts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}
