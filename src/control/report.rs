//! `GET report`: the merchant audit of a space, or of all.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use http::Response;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Deserialize;
use serde_json::Value;

use crate::control::duration::DurationText;
use crate::control::names::{Vocabulary, Word, vocabulary};
use crate::control::parts::{Content, part, text_content};
use crate::control::refusal::Refusal;
use crate::control::{Control, Scope};
use crate::engine::clock::wall_clock;
use crate::gateway::reply::Reply;
use crate::server::body::ResponseBody;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::platform::arrival::Arrival;
use momo_sandbox_core::platform::journal::JournalEntry;
use momo_sandbox_core::platform::request::AnsweredRequest;
use momo_sandbox_core::report::audit::Audit;
use momo_sandbox_core::report::audit_report::AuditReport;
use momo_sandbox_core::report::brief::BriefVerdict;
use momo_sandbox_core::report::check::Terms;
use momo_sandbox_core::report::exclusions::Exclusions;
use momo_sandbox_core::report::run::Run;
use momo_sandbox_core::report::{html, junit, text};

/// The parameters of the audit.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    /// The form of the audit.
    pub format: Option<Word<Format>>,
    /// How soon after a lost callback the merchant should query the status, such as `10m`.
    #[schemars(with = "Option<String>")]
    pub within: Option<DurationText>,
    /// Spaces to leave out: each an API user's id or a label.
    #[serde(default)]
    pub exclude: Vec<String>,
}

part!(query ReportQuery);

/// The forms of the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Text,
    Junit,
    Html,
}

vocabulary! {
    Format, vec![Format::Json, Format::Text, Format::Junit, Format::Html], |one| match one {
        Format::Json => "json",
        Format::Text => "text",
        Format::Junit => "junit",
        Format::Html => "html",
    };
}

/// An audit in one of its forms.
#[derive(Debug)]
pub enum Report {
    Json(Box<AuditReport>),
    Text(String),
    Junit(String),
    Html(String),
}

impl Content for Report {
    fn describe(answers: &mut SchemaGenerator) -> Value {
        let mut content = AuditReport::describe(answers);
        for media_type in ["text/plain", "application/xml", "text/html"] {
            content[media_type] = text_content(media_type)[media_type].take();
        }
        content
    }

    fn response(self) -> Response<ResponseBody> {
        let answer = match self {
            Self::Json(audit) => Answer::json(200, &audit),
            Self::Text(text) => Answer::of_type("text/plain; charset=utf-8", text),
            Self::Junit(text) => Answer::of_type("application/xml; charset=utf-8", text),
            Self::Html(text) => Answer::of_type("text/html; charset=utf-8", text),
        };
        Reply::from(answer).response()
    }
}

impl Control {
    /// The audit of a space, or of all.
    pub fn audit(&self, scope: &Scope, within: Duration) -> Audit {
        self.audit_without(scope, within, &Exclusions::default())
    }

    /// The audit of a space, or of all without those that are left out.
    pub fn audit_without(&self, scope: &Scope, within: Duration, exclusions: &Exclusions) -> Audit {
        let terms = self.terms(within);
        let mut audit = Audit::of_nothing(&terms);
        let mut own_scenarios = 0;
        let mut unknown: BTreeSet<&str> = exclusions.0.iter().map(String::as_str).collect();
        for space in self.spaces_of(scope) {
            let of_space = self.spaces.enter(&space, |platform, _| {
                own_scenarios += usize::from(platform.has_own_rules());
                for one in exclusions.naming(platform) {
                    unknown.remove(one);
                }
                Audit::unless_excluded(platform, &terms, exclusions)
            });
            audit.merge(of_space);
        }
        audit.run = Some(self.run(scope, own_scenarios));
        audit.excluded.unknown = unknown.into_iter().map(str::to_owned).collect();
        if matches!(scope, Scope::All) {
            let note = |request: &_| audit.reliance.note_stranger(request);
            let of_production = self.requests_of_strangers(&terms, note);
            let is_incomplete = self.evicted_entries(scope) > 0;
            audit.reliance.is_incomplete |= is_incomplete;
            audit.merge(Audit::of_strangers(&of_production, is_incomplete, &terms));
        }
        audit
    }

    /// The requests that are in no space, provisioning and unauthenticated ones: each is shown to
    /// `note`, and those that the rules of the migration are about are returned.
    fn requests_of_strangers(
        &self,
        terms: &Terms,
        mut note: impl FnMut(&AnsweredRequest),
    ) -> Vec<JournalEntry> {
        let mut of_production = Vec::new();
        self.read_entries(&Scope::All, 0, |_, api_user, entry| {
            if let (None, Some(request)) = (api_user, entry.request()) {
                note(request);
                if terms.migration.is_some() && request.arrival != Arrival::Untold {
                    of_production.push(entry.clone());
                }
            }
            ControlFlow::Continue(())
        });
        of_production
    }

    /// Answers the verdict of the audit of a space, or of all.
    pub async fn brief_verdict(self: Arc<Self>, scope: Scope) -> Result<BriefVerdict, Refusal> {
        let terms = self.terms(Terms::WITHIN);
        let mut brief = BriefVerdict::default();
        for space in self.spaces_of(&scope) {
            let of_space =
                self.spaces.enter(&space, |platform, _| BriefVerdict::of(platform, &terms));
            brief.merge(of_space);
        }
        if matches!(scope, Scope::All) && terms.migration.is_some() {
            let of_production = self.requests_of_strangers(&terms, |_| ());
            let is_incomplete = self.evicted_entries(&scope) > 0;
            brief.merge(BriefVerdict::of_strangers(&of_production, is_incomplete, &terms));
        }
        Ok(brief)
    }

    /// What the report says of the run.
    fn run(&self, scope: &Scope, own_scenarios: usize) -> Run {
        let settings = self.spaces.settings();
        let names = self.rules(scope).scenarios.iter().map(|one| one.name.to_string()).collect();
        Run {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: wall_clock(),
            clock: self.spaces.clock().now(),
            target_environment: settings.environment.name.to_owned(),
            scenarios: names,
            own_scenarios: if matches!(scope, Scope::All) { own_scenarios } else { 0 },
            seed: settings.seed.0,
        }
    }

    /// Answers the audit of a space, or of all, in one of its forms.
    pub async fn report(
        self: Arc<Self>,
        scope: Scope,
        query: ReportQuery,
    ) -> Result<Report, Refusal> {
        let within = query.within.map_or(Terms::WITHIN, |within| within.0);
        let audit = self.audit_without(&scope, within, &Exclusions(query.exclude));
        Ok(match query.format.map_or(Format::Json, |format| format.0) {
            Format::Json => Report::Json(Box::new(AuditReport::from(&audit))),
            Format::Text => Report::Text(text::render(&audit)),
            Format::Junit => Report::Junit(junit::render(&audit)),
            Format::Html => Report::Html(html::render(&audit)),
        })
    }
}
