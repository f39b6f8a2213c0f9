//! The table of the control plane's calls. Routing, refusals of wrong paths and methods, and the
//! OpenAPI document read it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use crate::control::parts::{About, Asked, Description, Handler, Responding};
use crate::control::refusal::Refusal;
use crate::control::{Control, PREFIX};

pub struct Route {
    /// The id in the OpenAPI document.
    pub name: &'static str,
    pub method: &'static str,
    /// The path below the prefix or below a space; `{name}` stands for a parameter.
    pub path: &'static str,
    pub about: About,
    /// What the call does, in a line.
    pub summary: &'static str,
    handler: Box<dyn Erased>,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line())
    }
}

/// A [`Handler`] whose type is forgotten.
trait Erased: Send + Sync {
    fn call(&self, control: Arc<Control>, asked: Asked) -> Responding;
    fn describe(&self, to: &mut Description) -> Value;
}

struct Erase<H, P>(H, PhantomData<fn(P)>);

impl<P, H: Handler<P>> Erased for Erase<H, P> {
    fn call(&self, control: Arc<Control>, asked: Asked) -> Responding {
        self.0.call(control, asked)
    }

    fn describe(&self, to: &mut Description) -> Value {
        self.0.describe(to)
    }
}

fn route<P: 'static, H: Handler<P>>(
    name: &'static str,
    line: &'static str,
    handler: H,
    summary: &'static str,
) -> Route {
    let (method, path) = line.split_once(' ').expect("a method and a path");
    let handler = Box::new(Erase(handler, PhantomData));
    Route { name, method, path, about: H::ABOUT, summary, handler }
}

impl Route {
    /// The method, and the path below the prefix: `GET /_sandbox/health`.
    pub fn line(&self) -> String {
        let Self { method, path, .. } = self;
        match self.about {
            About::Emulator | About::Either => format!("{method} {PREFIX}/{path}"),
            About::Space => format!("{method} {PREFIX}/spaces/{{apiUserId}}/{path}"),
        }
    }

    pub fn call(&self, control: Arc<Control>, asked: Asked) -> Responding {
        self.handler.call(control, asked)
    }

    /// Describes the call; gives the content of its answer.
    pub fn describe(&self, to: &mut Description) -> Value {
        self.handler.describe(to)
    }
}

/// Writes the table of calls: the id in the OpenAPI document, the method and the path, the function
/// that answers, and what the call does.
macro_rules! routes {
    ($($name:ident: $line:literal => $function:ident, $summary:literal;)*) => {
        pub static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
            vec![$(route(stringify!($name), $line, Control::$function, $summary)),*]
        });
    };
}

routes! {
    Health: "GET health" => health,
        "Health, with counts";
    Metrics: "GET metrics" => metrics,
        "Metrics, in the text format of Prometheus";
    Spaces: "GET spaces" => list_spaces,
        "The spaces";
    Provision: "POST spaces" => provision,
        "Provisions an API user, with its key, tokens, scenario and label";
    Document: "GET openapi/{document}" => openapi_document,
        "An OpenAPI document: of a product, of provisioning, or of the control plane";
    Operations: "GET operations" => list_operations,
        "The operations of the emulated API, with the evidence of each behaviour";
    ScenarioSchema: "GET scenario.schema.json" => scenario_schema,
        "The JSON Schema of scenario files";
    Root: "GET ca.pem" => root_certificate,
        "The root of the HTTPS front's certificate, to trust";
    ReadClock: "GET clock" => read_clock,
        "The time, what happens next, and who is ahead";
    Advance: "POST clock/advance" => advance,
        "Moves time forward, and answers once all that is due by then has happened";
    Pause: "POST clock/pause" => pause,
        "Pauses the clock for everyone, until it runs again or is advanced";
    Run: "POST clock/run" => run_clock,
        "Runs the clock again";
    ReadCutover: "GET cutover" => read_cutover,
        "The cutover from MTN's legacy platform to the new one";
    PutCutover: "PUT cutover" => put_cutover,
        "Plans the cutover anew, where both of MTN's platforms are played";
    DeleteCutover: "DELETE cutover" => delete_cutover,
        "Takes the cutover back";
    ShippedScenarios: "GET scenarios" => shipped_scenarios,
        "The scenarios that ship";
    ReadScenario: "GET scenario" => read_scenario,
        "The scenarios in force";
    PutScenario: "PUT scenario" => put_scenario,
        "Replaces the scenarios in force, for what is accepted from now on: for good or for a time";
    DeleteScenario: "DELETE scenario" => delete_scenario,
        "Restores the startup scenarios, or ends those that are in force for a time";
    Transactions: "GET transactions" => list_transactions,
        "The transactions";
    Transaction: "GET transactions/{referenceId}" => read_transaction,
        "One transaction, with all that is known of it";
    Act: "POST transactions/{referenceId}/{act}" => act,
        "What the payer of a pending transaction does";
    CallBack: "POST transactions/{referenceId}/callback" => call_back,
        "Sends the callback of a final transaction by hand";
    Replay: "POST transactions/{referenceId}/replay" => replay,
        "Submits the request of a transaction again, under another reference id";
    Journal: "GET journal" => read_journal,
        "What happened";
    Stream: "GET journal/stream" => stream_journal,
        "What happened and what happens, as server-sent events";
    Requests: "GET requests" => list_requests,
        "What requests and callbacks looked like, the newest first, without secrets";
    RequestsArchive: "GET requests.har" => recorded_as_har,
        "The same as an HTTP Archive (HAR 1.2)";
    Request: "GET requests/{number}" => read_recorded,
        "A request or a callback with its answer: heads and bodies, without secrets";
    RequestAsCurl: "GET requests/{number}/curl" => recorded_as_curl,
        "The same as a command of curl, with variables in the place of secrets";
    Recording: "GET recording" => read_recording,
        "Which requests and callbacks are recorded";
    PutRecording: "PUT recording" => put_recording,
        "Records from now on all of them, those that were refused, or none";
    Plan: "POST plan" => plan,
        "What would become of a transaction that has not been sent yet";
    Wait: "POST wait" => wait,
        "Waits for a status, a callback or a time";
    ReadListener: "GET listener" => read_listener,
        "The callbacks that arrived at the console's own listener";
    ForgetReceived: "DELETE listener" => forget_received,
        "Forgets the callbacks that arrived at the console's own listener";
    Verify: "POST verify" => verify,
        "Compares what happened with what you expect";
    Report: "GET report" => report,
        "The merchant audit: what the merchant's program did, rule by rule, and the money";
    Verdict: "GET verdict" => brief_verdict,
        "The verdict of the merchant audit alone, which costs less to ask for than the report";
    Label: "PUT label" => put_label,
        "Labels a space in reports, and says whether the audit leaves it out";
    Reset: "POST reset" => reset,
        "Deletes transactions, accounts and journal; API users and keys stay";
}

/// The routes of each path below the prefix.
type Paths = matchit::Router<Vec<&'static Route>>;

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    let mut by_path: Vec<(String, Vec<&Route>)> = Vec::new();
    for route in ROUTES.iter() {
        for path in route.paths() {
            match by_path.iter_mut().find(|(one, _)| *one == path) {
                Some((_, routes)) => routes.push(route),
                None => by_path.push((path, vec![route])),
            }
        }
    }
    let mut paths = Paths::new();
    for (path, routes) in by_path {
        paths.insert(path, routes).expect("the paths of the table do not collide");
    }
    paths
});

impl Route {
    /// The paths below the prefix: of the emulator, of a space, or both.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        let path = self.path;
        let of_all = (self.about != About::Space).then(|| format!("/{path}"));
        let is_below = self.about != About::Emulator;
        let of_space = is_below.then(|| format!("/spaces/{{apiUserId}}/{path}"));
        of_all.into_iter().chain(of_space)
    }
}

/// A call, and the parameters of the path.
type Found = (&'static Route, Vec<(String, String)>);

/// The call of a method and a path below the prefix.
///
/// # Errors
///
/// 405 with the right methods, or 404 with all calls.
pub fn find(method: &str, path: &str) -> Result<Found, Refusal> {
    let Ok(found) = PATHS.at(path) else {
        let lines: Vec<String> = ROUTES.iter().map(Route::line).collect();
        let message = format!("no such path of the control plane; there are {}", lines.join(", "));
        return Err(Refusal::new(404, message));
    };
    let Some(route) = found.value.iter().find(|route| route.method == method) else {
        let methods: Vec<&str> = found.value.iter().map(|route| route.method).collect();
        let methods = methods.join(" or ");
        let message = format!("this path of the control plane is called with {methods}");
        return Err(Refusal::new(405, message));
    };
    let parameters = found.params.iter();
    Ok((route, parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_paths() {
        for route in ROUTES.iter() {
            for path in route.paths() {
                let (found, _) = find(route.method, &path).expect("a call");
                assert_eq!(found.name, route.name);
            }
        }
    }

    #[test]
    fn what_is_about_the_emulator_is_not_below_a_space() {
        assert!(find("GET", "/spaces/x/health").is_err());
        assert!(find("POST", "/plan").is_err());
    }
}
