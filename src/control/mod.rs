//! The control plane under `/_sandbox`: what a test author or operator asks the emulator itself.
//!
//! Its own JSON, not MTN's: field names in snake case, times in RFC 3339, durations in ms.

pub mod transactions;

use std::sync::Arc;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use serde_json::json;

use crate::documents::openapi;
use crate::engine::spaces::Spaces;
use crate::gateway::reply::{Reply, ReplyBody};
use crate::model::reference::{ApiUserId, ReferenceId, parse_uuid};
use crate::operations::rejection::Answer;
use crate::scenario::format;

/// Every path of the control plane begins with this.
pub const PREFIX: &str = "/_sandbox";

/// The control plane of one emulator.
#[derive(Debug)]
pub struct Control {
    /// The spaces.
    pub spaces: Arc<Spaces>,
}

impl Control {
    /// Whether a path is the control plane's.
    pub fn owns(path: &str) -> bool {
        path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Answers one request of the control plane.
    pub fn respond(&self, request: &Request<Incoming>) -> Response<ReplyBody> {
        let path = request.uri().path().strip_prefix(PREFIX).unwrap_or_default();
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let answer = match (request.method(), segments.as_slice()) {
            (&Method::GET, ["health"]) => self.health(),
            (&Method::GET, ["transactions"]) => self.transactions(),
            (&Method::GET, ["transactions", id]) => {
                self.transaction(id, request.uri().query().unwrap_or_default())
            }
            (&Method::GET, ["openapi", file]) => openapi_document(file),
            (&Method::GET, ["scenario.schema.json"]) => Answer::json(200, &format::schema()),
            (&Method::POST, ["reset"]) => self.reset(),
            (
                _,
                ["health" | "transactions" | "scenario.schema.json"]
                | ["transactions" | "openapi", _],
            ) => wrong_method("GET"),
            (_, ["reset"]) => wrong_method("POST"),
            _ => error(
                404,
                "no such path of the control plane; there are GET /_sandbox/health, \
                 GET /_sandbox/transactions, GET /_sandbox/transactions/{referenceId}, \
                 GET /_sandbox/openapi/{product}.json, \
                 GET /_sandbox/scenario.schema.json and POST /_sandbox/reset",
            ),
        };
        Reply::from(answer).response()
    }

    fn health(&self) -> Answer {
        let (mut transactions, mut pending) = (0, 0);
        let spaces = self.spaces.all();
        for space in &spaces {
            self.spaces.enter(space, |platform, _| {
                transactions += platform.transaction_count();
                pending += platform.pending();
            });
        }
        let body = json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "time": self.spaces.clock().now().to_string(),
            "seed": self.spaces.settings().seed.0,
            "api_users": spaces.len(),
            "transactions": transactions,
            "pending": pending,
        });
        Answer::json(200, &body)
    }

    fn transactions(&self) -> Answer {
        let mut found = Vec::new();
        for space in self.spaces.all() {
            self.spaces.enter(&space, |platform, _| {
                let api_user = platform.api_user().id;
                found.extend(platform.transactions().map(|transaction| {
                    (transaction.accepted_at, transactions::summary(api_user, transaction))
                }));
            });
        }
        found.sort_by_key(|(accepted_at, _)| *accepted_at);
        let list: Vec<_> = found.into_iter().map(|(_, summary)| summary).collect();
        Answer::json(200, &json!({"transactions": list}))
    }

    /// One transaction. The same reference may stand in several spaces: then `?api_user=` says
    /// which is meant.
    fn transaction(&self, id: &str, query: &str) -> Answer {
        let Some(reference_id) = parse_uuid(id).map(ReferenceId) else {
            return error(400, &format!("`{id}` is not a reference id: a UUID is expected"));
        };
        let wanted = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "api_user")
            .map(|(_, value)| parse_uuid(&value).map(ApiUserId));
        if wanted == Some(None) {
            return error(400, "`api_user` in the query must be a UUID");
        }
        let wanted = wanted.flatten();
        let mut found = Vec::new();
        for space in self.spaces.all() {
            self.spaces.enter(&space, |platform, _| {
                let api_user = platform.api_user().id;
                if wanted.is_none_or(|wanted| wanted == api_user) {
                    found.extend(
                        platform.transaction(reference_id).map(|transaction| {
                            (api_user, transactions::whole(platform, transaction))
                        }),
                    );
                }
            });
        }
        match found.as_slice() {
            [] => error(404, &format!("no transaction has the reference id {reference_id}")),
            [(_, one)] => Answer::json(200, one),
            several => {
                let users: Vec<_> = several.iter().map(|(user, _)| user.to_string()).collect();
                error(
                    409,
                    &format!(
                        "{} API users have a transaction of this reference id; add ?api_user= \
                         with one of {}",
                        users.len(),
                        users.join(", ")
                    ),
                )
            }
        }
    }

    fn reset(&self) -> Answer {
        let mut forgotten = 0;
        for space in self.spaces.all() {
            self.spaces.enter(&space, |platform, now| {
                forgotten += platform.transaction_count();
                platform.reset(now);
            });
        }
        Answer::json(200, &json!({"forgotten_transactions": forgotten}))
    }
}

fn openapi_document(file: &str) -> Answer {
    let name = file.strip_suffix(".json").unwrap_or(file);
    match openapi::named(name) {
        Some(document) => Answer::json(200, document),
        None => {
            let names: Vec<String> =
                openapi::documents().map(|(name, _)| format!("{name}.json")).collect();
            error(404, &format!("no document `{file}`; there are {}", names.join(", ")))
        }
    }
}

fn error(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"error": message}))
}

fn wrong_method(right: &str) -> Answer {
    error(405, &format!("this path of the control plane is called with {right}"))
}
