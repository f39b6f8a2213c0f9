//! The emulator's observer of its HTTP server: it counts events, and writes failed requests in the
//! global journal.

use std::borrow::Cow;
use std::iter;
use std::sync::Arc;

use crate::engine::capacity::Capacity;
use crate::engine::message::{Body, Message, Secrets};
use crate::engine::metrics::add;
use crate::engine::recorded::{JournalPlace, Recorded, RecordedKind};
use crate::engine::spaces::Spaces;
use crate::server::http_faults::{FaultReporter, Ports, Remedies};
use crate::server::limits::ServerLimit;
use crate::server::observer::{FailedRequest, Observer};
use momo_sandbox_core::model::limits::Limit;
use momo_sandbox_core::platform::arrival::Arrival;
use momo_sandbox_core::platform::request::{
    AnsweredRequest, LineAsSent, Refusal, RefusalCause, RequestLine,
};

/// The emulator's limit for a limit of the server.
fn limit_of(limit: ServerLimit) -> Limit {
    match limit {
        ServerLimit::Connections => Limit::Connections,
        ServerLimit::HeadBytes => Limit::HeadBytes,
        ServerLimit::HeadTime => Limit::HeadTime,
        ServerLimit::IdleTime => Limit::IdleTime,
        ServerLimit::AnswerTime => Limit::AnswerTime,
    }
}

/// The flags of the program that messages name.
const REMEDIES: Remedies = Remedies {
    limit_flag: |limit| limit_of(limit).row().flag,
    https_flag: "--tls-listen ADDRESS",
    certificate_name_flag: "--tls-name",
    root_certificate_path: "/_sandbox/ca.pem",
};

/// Counts and records the events of an HTTP server.
#[derive(Debug)]
struct Recorder {
    capacity: Arc<Capacity>,
    spaces: Arc<Spaces>,
}

impl Observer for Recorder {
    fn connection_accepted(&self) {
        add(&self.capacity.metrics.connections_accepted);
    }

    fn limit_reached(&self, limit: ServerLimit) {
        self.capacity.metrics.reach(limit_of(limit));
    }

    fn request_failed(&self, failed: FailedRequest) {
        let FailedRequest { fault, line, status, why } = failed;
        add(&self.capacity.metrics.http_faults[fault as usize]);
        let cause = RefusalCause::HttpFault(fault);
        let shown = format!("{} {}", line.method, line.target);
        let (method, path) = (Cow::Owned(line.method), line.target.into());
        let line = LineAsSent { method, path, operation: None };
        let number = self.spaces.note_unauthenticated(AnsweredRequest {
            line: RequestLine::AsSent(Box::new(line)),
            reference_id: None,
            fingerprint: None,
            has_callback_url: false,
            arrival: Arrival::Untold,
            reported_status: None,
            status,
            refusal: Some(Box::new(Refusal { cause, why: why.as_str().into() })),
            fault: None,
        });
        if self.spaces.recorded().is_on() {
            let request = Message::new(&shown, iter::empty(), Body::NONE, &Secrets::default());
            let recorded = Recorded {
                number,
                kind: RecordedKind::Request,
                at: self.spaces.clock().now(),
                took: None,
                api_user: None,
                reference_id: None,
                operation: None,
                is_secure: false,
                status,
                refusal: Some(cause),
                why: Some(why.into()),
                broken: None,
                request,
                answer: None,
            };
            // None after a reset, which forgets it as well.
            let _ = self.spaces.record(JournalPlace::Global(number), recorded);
        }
    }
}

/// The reporter of an emulator that listens at these addresses.
pub fn reporter(spaces: &Arc<Spaces>, ports: Ports) -> FaultReporter {
    let capacity = Arc::clone(spaces.capacity());
    FaultReporter {
        limits: capacity.limits.into(),
        observer: Arc::new(Recorder { capacity, spaces: Arc::clone(spaces) }),
        ports,
        remedies: Some(REMEDIES),
    }
}
