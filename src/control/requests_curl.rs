//! `GET requests/{number}/curl`: a recorded request as a command of a shell. A secret is a variable
//! in it.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Response;
use http::uri::Authority;
use schemars::SchemaGenerator;
use serde_json::Value;

use crate::control::base_urls::Ports;
use crate::control::parts::{CalledAs, Content, text_content};
use crate::control::refusal::Refusal;
use crate::control::requests::RequestPath;
use crate::control::{Control, Scope};
use crate::engine::masking::{REDACTED, is_secret_header};
use crate::engine::message::Message;
use crate::engine::recorded::{Recorded, RecordedKind};
use crate::gateway::reply::Reply;
use crate::server::body::ResponseBody;
use momo_sandbox_core::model::environment_variables as variables;
use momo_sandbox_core::operations::answer::Answer;

const PLAIN: &str = "text/plain; charset=utf-8";

/// The variable of an access token.
const TOKEN: &str = "MOMO_SANDBOX_TOKEN";

/// The variable of any other secret.
const SECRET: &str = "MOMO_SANDBOX_SECRET";

/// Headers that curl writes itself, from the body and for the connection.
const CURLS_OWN: [&str; 6] =
    ["accept-encoding", "connection", "content-length", "expect", "host", "transfer-encoding"];

/// A command of a shell.
#[derive(Debug)]
pub struct ShellCommand(String);

impl Content for ShellCommand {
    fn describe(_: &mut SchemaGenerator) -> Value {
        text_content(PLAIN)
    }

    fn response(self) -> Response<ResponseBody> {
        Reply::from(Answer::of_type(PLAIN, self.0)).response()
    }
}

impl Control {
    /// Writes a recorded request as a command of curl.
    pub async fn recorded_as_curl(
        self: Arc<Self>,
        scope: Scope,
        path: RequestPath,
        called_as: CalledAs,
    ) -> Result<ShellCommand, Refusal> {
        let found = self.find_recorded(&scope, path.number)?;
        let place = Place { called_as: called_as.0.as_ref(), ports: self.provisioning.ports };
        Ok(ShellCommand(command(&found, place)))
    }
}

/// Where the emulator is.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The host and port by which the caller reached it.
    called_as: Option<&'a Authority>,
    ports: Ports,
}

impl Place<'_> {
    /// The base URL of the plain port, in a variable.
    fn plain(self) -> String {
        let (name, front) = (variables::URL, self.ports.front);
        match self.called_as {
            None => format!("\"${name}\""),
            Some(authority) if front.is_some() && authority.port_u16() == front => {
                let (host, port) = (authority.host(), self.ports.plain);
                format!("\"${{{name}:-http://{host}:{port}}}\"")
            }
            Some(authority) => format!("\"${{{name}:-http://{authority}}}\""),
        }
    }

    /// The base URL of the HTTPS front, in a variable.
    fn secure(self) -> String {
        let name = variables::TLS_URL;
        match self.called_as.and_then(|authority| self.ports.front_url(authority, None)) {
            None => format!("\"${name}\""),
            Some(url) => format!("\"${{{name}:-{url}}}\""),
        }
    }
}

/// The command: its options, one a line, and the variables that it uses.
#[derive(Default)]
struct Command {
    options: Vec<String>,
    variables: Vec<&'static str>,
}

impl Command {
    fn option(&mut self, name: &str, value: &str, secret: &'static str) {
        let value = self.quoted(value, secret);
        self.options.push(format!("--{name} {value}"));
    }

    /// A text in quotes, with a variable in the place of each secret.
    fn quoted(&mut self, text: &str, secret: &'static str) -> String {
        let parts: Vec<String> = text.split(REDACTED).map(in_quotes).collect();
        if parts.len() > 1 {
            self.uses(secret);
        }
        parts.join(&format!("\"${secret}\""))
    }

    fn uses(&mut self, variable: &'static str) {
        if !self.variables.contains(&variable) {
            self.variables.push(variable);
        }
    }
}

/// A text as one word of a shell.
fn in_quotes(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

fn command(recorded: &Recorded, place: Place<'_>) -> String {
    let request = &recorded.request;
    let line = request.line();
    let mut words = line.split(' ');
    let mut word = || words.next().unwrap_or_default();
    let (method, target) = (word(), word());
    let mut command = Command::default();
    command.options.push("--silent --show-error --include --globoff --path-as-is".to_owned());
    command.option("request", method, SECRET);
    for (name, value) in request.headers() {
        header(&mut command, &name, &value);
    }
    body(&mut command, request);
    let path = command.quoted(target, variables::PRIMARY_KEY);
    let url = match recorded.kind {
        RecordedKind::Callback => path,
        RecordedKind::Request if recorded.is_secure => {
            // The root is the emulator's own, and nothing else trusts it.
            let root = format!("curl --silent {}/_sandbox/ca.pem", place.plain());
            command.options.push(format!("--cacert <({root})"));
            place.secure() + &path
        }
        RecordedKind::Request => place.plain() + &path,
    };
    command.options.push(url);
    let mut text = String::new();
    if !command.variables.is_empty() {
        text.push_str(&format!("# Set {} first.\n", command.variables.join(", ")));
    }
    if request.is_cut() {
        text.push_str("# The body is not whole: only its beginning was kept.\n");
    }
    text.push_str("curl ");
    text.push_str(&command.options.join(" \\\n  "));
    text.push('\n');
    text
}

fn header(command: &mut Command, name: &str, value: &str) {
    let lower = name.to_ascii_lowercase();
    let is_chunked = lower == "transfer-encoding" && value.contains("chunked");
    let is_own_host = lower == "host" && is_of_mtn(value);
    if CURLS_OWN.contains(&&*lower) && !is_chunked && !is_own_host {
        return;
    }
    let basic = value.strip_prefix("Basic ").and_then(|rest| rest.strip_suffix(REDACTED));
    match (&*lower, basic) {
        ("authorization", Some(user)) if user.ends_with(':') => {
            command.option("user", &format!("{user}{REDACTED}"), variables::API_KEY);
        }
        // curl takes a header without a value for one to leave out, but for this spelling.
        (_, _) if value.is_empty() => command.option("header", &format!("{name};"), SECRET),
        ("authorization", _) => command.option("header", &format!("{name}: {value}"), TOKEN),
        ("ocp-apim-subscription-key", _) => {
            command.option("header", &format!("{name}: {value}"), variables::PRIMARY_KEY);
        }
        _ => {
            debug_assert!(!is_secret_header(name) || value.contains(REDACTED));
            command.option("header", &format!("{name}: {value}"), SECRET);
        }
    }
}

/// Whether a request named one of MTN's hosts, by which the emulator tells platforms apart.
fn is_of_mtn(host: &str) -> bool {
    let host = host.split(':').next().unwrap_or_default();
    !host.eq_ignore_ascii_case("localhost") && host.parse::<std::net::IpAddr>().is_err()
}

fn body(command: &mut Command, request: &Message) {
    let bytes = request.body();
    let is_announced = request.header("content-length").is_some();
    if bytes.is_empty() && !is_announced {
        return;
    }
    if request.header("content-type").is_none() {
        // curl would add one of its own.
        command.options.push("--header 'Content-Type:'".to_owned());
    }
    match std::str::from_utf8(bytes) {
        Ok("") => command.options.push("--data-raw ''".to_owned()),
        Ok(text) => command.option("data-raw", text, SECRET),
        Err(_) => {
            let encoded = BASE64_STANDARD.encode(bytes);
            let written = format!("--data-binary @<(printf %s {encoded} | base64 --decode)");
            command.options.push(written);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_word_of_a_shell_and_a_secret_a_variable() {
        let mut command = Command::default();
        let told = command.quoted("it's [redacted] $HOME", SECRET);
        assert_eq!(told, r#"'it'\''s '"$MOMO_SANDBOX_SECRET"' $HOME'"#);
        assert_eq!(command.variables, [SECRET]);
        assert!(is_of_mtn("sandbox.momodeveloper.mtn.com:443"));
        assert!(!is_of_mtn("127.0.0.1:4673") && !is_of_mtn("localhost:1"));
    }
}
