//! Documents to fetch: OpenAPI, the JSON Schema of scenario files, the root of the HTTPS front.

use std::sync::Arc;

use http::Response;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::control::parts::{Anything, Content, part, text_content};
use crate::control::refusal::Refusal;
use crate::control::{Control, openapi};
use crate::gateway::reply::Reply;
use crate::server::body::ResponseBody;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::scenario::description;

/// A document of JSON.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Document(#[schemars(with = "Map<String, Value>")] Value);

/// The path of an OpenAPI document.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DocumentPath {
    /// The name of the file, such as `collection.json`.
    pub document: String,
}

part!(path DocumentPath);

#[derive(Debug)]
pub struct Pem(pub String);

const PEM: &str = "application/x-pem-file";

impl Content for Pem {
    fn describe(_: &mut SchemaGenerator) -> Value {
        text_content(PEM)
    }

    fn response(self) -> Response<ResponseBody> {
        Reply::from(Answer::of_type(PEM, self.0)).response()
    }
}

impl Control {
    /// Gives an OpenAPI document by the name of its file.
    pub async fn openapi_document(
        self: Arc<Self>,
        path: DocumentPath,
        _: Anything,
    ) -> Result<Document, Refusal> {
        let file = path.document;
        let name = file.strip_suffix(".json").unwrap_or(&file);
        let document = if name == openapi::NAME {
            Some(openapi::document())
        } else {
            self.documents.named(name)
        };
        document.cloned().map(Document).ok_or_else(|| {
            let names = self.documents.names().map(|(name, _)| name).chain([openapi::NAME]);
            let names: Vec<String> = names.map(|name| format!("{name}.json")).collect();
            let names = names.join(", ");
            Refusal::new(404, format!("no document `{file}`; there are {names}"))
        })
    }

    /// Gives the JSON Schema of scenario files.
    pub async fn scenario_schema(self: Arc<Self>, _: Anything) -> Result<Document, Refusal> {
        Ok(Document(description::schema()))
    }

    /// Gives the root of the HTTPS front's certificate.
    pub async fn root_certificate(self: Arc<Self>, _: Anything) -> Result<Pem, Refusal> {
        let none = "there is no HTTPS front: start with --tls-listen ADDR";
        self.root.clone().map(Pem).ok_or_else(|| Refusal::new(404, none))
    }
}
