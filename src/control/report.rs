//! The merchant audit of a space, or of all.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::control::names;
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope};
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::report::audit::Audit;
use momo_sandbox_core::report::audit_report::AuditReport;
use momo_sandbox_core::report::check::Terms;
use momo_sandbox_core::report::exclusions::Exclusions;
use momo_sandbox_core::report::{html, junit, text};
use momo_sandbox_core::scenario::duration::{DURATION_REMEDY, read_duration};

/// The forms of the audit.
pub(super) const FORMATS: [&str; 4] = ["json", "text", "junit", "html"];

impl Control {
    /// The audit of a space, or of all.
    pub fn audit(&self, scope: &Scope, within: Duration) -> Audit {
        self.audit_without(scope, within, &Exclusions::default())
    }

    /// The same without the spaces that are left out.
    pub fn audit_without(&self, scope: &Scope, within: Duration, exclusions: &Exclusions) -> Audit {
        let terms = self.terms(within);
        let mut audit = Audit::default();
        let mut unknown: BTreeSet<&str> = exclusions.0.iter().map(String::as_str).collect();
        for space in self.spaces_of(scope) {
            let of_space = self.spaces.enter(&space, |platform, _| {
                for one in exclusions.naming(platform) {
                    unknown.remove(one);
                }
                Audit::unless_excluded(platform, &terms, exclusions)
            });
            audit.merge(of_space);
        }
        audit.excluded.unknown = unknown.into_iter().map(str::to_owned).collect();
        if matches!(scope, Scope::All) {
            // Provisioning, and who got no further than the door, is in nobody's space.
            self.read_entries(scope, 0, |_, api_user, entry| {
                if let (None, Some(request)) = (api_user, entry.request()) {
                    audit.reliance.note_stranger(request);
                }
                ControlFlow::Continue(())
            });
            audit.reliance.is_incomplete |= self.evicted_entries(scope) > 0;
        }
        audit
    }

    pub(super) fn report(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let within = request.parameter("within").map_or(Ok(Terms::WITHIN), |text| {
            read_duration(text)
                .map_err(|why| Refusal::bad(format!("`within` {why}; {DURATION_REMEDY}")))
        })?;
        let format = request.parameter("format").unwrap_or("json");
        let format = names::known_word("format", format, &FORMATS)?;
        let exclude = request.query.iter().filter(|(name, _)| name == "exclude");
        let exclusions = Exclusions(exclude.map(|(_, one)| one.clone()).collect());
        let audit = self.audit_without(scope, within, &exclusions);
        Ok(match format {
            "json" => Answer::json(200, &AuditReport::from(&audit)),
            "text" => Answer::of_type("text/plain; charset=utf-8", text::render(&audit)),
            "junit" => Answer::of_type("application/xml; charset=utf-8", junit::render(&audit)),
            _ => Answer::of_type("text/html; charset=utf-8", html::render(&audit)),
        })
    }
}
