//! `GET /_sandbox/metrics`: the metrics, in the text format 0.0.4 of Prometheus.

use std::fmt::{Display, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::Response;
use schemars::SchemaGenerator;
use serde_json::Value;
use strum::VariantArray;

use crate::control::Control;
use crate::control::parts::{Anything, Content, text_content};
use crate::control::refusal::Refusal;
use crate::engine::held::Held;
use crate::gateway::reply::Reply;
use crate::server::body::ResponseBody;
use momo_sandbox_core::model::http_fault::HttpFault;
use momo_sandbox_core::model::limits::{Limit, TABLE};
use momo_sandbox_core::operations::answer::Answer;

pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Debug)]
pub struct Metrics(pub String);

impl Content for Metrics {
    fn describe(_: &mut SchemaGenerator) -> Value {
        text_content("text/plain")
    }

    fn response(self) -> Response<ResponseBody> {
        Reply::from(Answer::of_type(MEDIA_TYPE, self.0)).response()
    }
}

/// The text while it is written.
struct Page(String);

impl Page {
    /// Begins a family; its samples follow.
    fn family(&mut self, kind: &'static str, name: &'static str, help: &str) -> Family<'_> {
        let _ = write!(
            self.0,
            "# HELP momo_sandbox_{name} {help}\n# TYPE momo_sandbox_{name} {kind}\n"
        );
        Family { page: self, name }
    }

    fn counter(&mut self, name: &'static str, help: &str, value: impl Display) {
        self.family("counter", name, help).sample(&[], value);
    }

    fn gauge(&mut self, name: &'static str, help: &str, value: impl Display) {
        self.family("gauge", name, help).sample(&[], value);
    }
}

/// Writes the samples of one name. The values of labels are names of this program, which need no
/// escapes.
struct Family<'a> {
    page: &'a mut Page,
    name: &'static str,
}

impl Family<'_> {
    fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> =
            labels.iter().map(|(name, said)| format!("{name}=\"{said}\"")).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.page.0, "momo_sandbox_{}{labels} {value}", self.name);
    }
}

impl Control {
    pub async fn metrics(self: Arc<Self>, _: Anything) -> Result<Metrics, Refusal> {
        let held = self.held();
        let mut page = Page(String::new());
        self.write_requests(&mut page);
        self.write_http_faults(&mut page);
        self.write_limits(&mut page, &held);
        self.write_callbacks(&mut page);
        self.write_held(&mut page, &held);
        let started = self.spaces.metrics().started.unix_seconds();
        page.gauge("start_time_seconds", "When it was started, in seconds since 1970.", started);
        page.family("gauge", "build_info", "The version that runs.")
            .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
        Ok(Metrics(page.0))
    }

    /// What all spaces hold, and what was evicted, also before a reset.
    fn held(&self) -> Held {
        self.spaces.catch_up();
        let mut held = self.spaces.held();
        let metrics = self.spaces.metrics();
        held.journal_evicted += self.spaces.read_global_journal(|feed| feed.evicted());
        held.settled_evicted += metrics.settled_evicted_before.load(Ordering::Relaxed);
        held.journal_evicted += metrics.journal_evicted_before.load(Ordering::Relaxed);
        held
    }

    fn write_requests(&self, page: &mut Page) {
        let metrics = self.spaces.metrics();
        let help = "Requests of the emulated API, by operation and status of the answer.";
        let mut requests = page.family("counter", "requests_total", help);
        for (operation, status, count) in metrics.answers() {
            let operation = operation.map_or("none", |operation| operation.id);
            let status = status.to_string();
            requests.sample(&[("operation", operation), ("status", &status)], count);
        }
        let help = "Requests that were refused, by the name of the refusal in the journal.";
        let mut refusals = page.family("counter", "refusals_total", help);
        for (name, count) in metrics.refusals() {
            refusals.sample(&[("refusal", name)], count);
        }
    }

    fn write_http_faults(&self, page: &mut Page) {
        let help = "Requests that failed in HTTP or TLS, before the emulated API.";
        let mut faults = page.family("counter", "http_faults_total", help);
        let metrics = self.spaces.metrics();
        for (fault, count) in HttpFault::VARIANTS.iter().zip(&metrics.http_faults) {
            faults.sample(&[("fault", fault.name())], count.load(Ordering::Relaxed));
        }
    }

    fn write_limits(&self, page: &mut Page, held: &Held) {
        let metrics = self.spaces.metrics();
        let help = "How often a limit was reached; docs/limits.md says what happens then.";
        let mut reached = page.family("counter", "limit_reached_total", help);
        for row in TABLE {
            let count = match row.limit {
                // What was evicted for want of bytes counts for that limit.
                Limit::Settled => {
                    held.settled_evicted.saturating_sub(self.spaces.memory().transactions_evicted())
                }
                Limit::Journal => {
                    held.journal_evicted.saturating_sub(self.spaces.memory().entries_evicted())
                }
                Limit::RecordedBytes => self.spaces.recorded().evicted(),
                other => metrics.reached(other),
            };
            reached.sample(&[("limit", row.name)], count);
        }
        let help = "The limits; times are in milliseconds.";
        let mut limits = page.family("gauge", "limit", help);
        for row in TABLE {
            limits.sample(&[("limit", row.name)], self.spaces.capacity().limits.number(row.limit));
        }
        let accepted = metrics.connections_accepted.load(Ordering::Relaxed);
        page.counter("connections_accepted_total", "Connections that were accepted.", accepted);
        let open = self.spaces.capacity().connections.in_use();
        page.gauge("connections_open", "Connections that are open.", open);
        let clients = self.spaces.capacity().control_clients.in_use();
        let help = "Calls of the control plane under way, journal streams among them.";
        page.gauge("control_clients", help, clients);
    }

    fn write_callbacks(&self, page: &mut Page) {
        let metrics = self.spaces.metrics();
        let help = "Attempts to deliver a callback, by what came of them.";
        let mut results = page.family("counter", "callbacks_total", help);
        for (name, count) in metrics.callback_results() {
            results.sample(&[("result", name)], count);
        }
        let help = "Attempts to deliver a callback, by the verdict on them.";
        let mut verdicts = page.family("counter", "callback_verdicts_total", help);
        for (name, count) in metrics.callback_verdicts() {
            verdicts.sample(&[("verdict", name)], count);
        }
        let in_flight = metrics.callbacks_in_flight.load(Ordering::Relaxed);
        page.gauge("callbacks_in_flight", "Callbacks on their way.", in_flight);
        let waiting = metrics.callbacks_waiting.load(Ordering::Relaxed);
        page.gauge("callbacks_waiting", "Callbacks that are due and wait their turn.", waiting);
    }

    fn write_held(&self, page: &mut Page, held: &Held) {
        let api_users = self.spaces.capacity().api_users.load(Ordering::Relaxed);
        page.gauge("api_users", "API users.", api_users);
        page.gauge("transactions", "Transactions that are held.", held.transactions);
        page.gauge("transactions_pending", "Those without a final status.", held.pending);
        let kept = self.spaces.memory().bytes();
        page.gauge("kept_bytes", "Bytes of all that is kept of what came, as counted.", kept);
        let recorded = self.spaces.recorded().bytes();
        let help = "Bytes of the heads and bodies that are kept to be looked at.";
        page.gauge("recorded_bytes", help, recorded);
        let help = "Settled transactions that had to go for newer ones.";
        page.counter("settled_evicted_total", help, held.settled_evicted);
        let help = "Entries in the journals of all API users.";
        page.gauge("journal_entries", help, held.journal_entries);
        let help = "Journal entries that had to go for newer ones, in the journal of all too.";
        page.counter("journal_evicted_total", help, held.journal_evicted);
    }
}
