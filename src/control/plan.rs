//! `POST plan`: what would become of a transaction that has not been sent yet.

use std::num::NonZeroU32;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::control::Control;
use crate::control::decode::Raw;
use crate::control::names::{KindWord, Word};
use crate::control::parts::{Texts, part};
use crate::control::refusal::Refusal;
use crate::control::transaction::NearMiss;
use crate::engine::space::Space;
use momo_sandbox_core::model::callback_url::CallbackUrl;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::ids::ReferenceId;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::spelling::suggestion;
use momo_sandbox_core::model::status::StatusKind;
use momo_sandbox_core::model::submission::{CallbackMethod, Submission};
use momo_sandbox_core::model::time::milliseconds;
use momo_sandbox_core::operations::parse_body::read_details;
use momo_sandbox_core::operations::table::{OPERATIONS, OperationKind};
use momo_sandbox_core::platform::preview::PreviewedPlan;
use momo_sandbox_core::scenario::forced_failure::ForcedFailure;
use momo_sandbox_core::scenario::plan::{Decision, Plan};
use momo_sandbox_core::scenario::planned_callback::{Delivery, PlannedCallback, PlannedEntry};
use momo_sandbox_core::scenario::telling::{told_queries, told_submit};

/// A transaction to plan, which is not created.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    pub operation: Word<KindWord>,
    pub reference_id: ReferenceId,
    /// The body of the POST.
    #[schemars(with = "Map<String, Value>")]
    pub body: Raw,
    pub product: Option<Word<Product>>,
    #[schemars(extend("format" = "uri"))]
    pub callback_url: Option<String>,
    /// How many transactions like this are planned, one after the other: what rules count goes on
    /// from one to the next. With more than one, `occurrences` has all of them.
    #[schemars(range(min = 1, max = 100))]
    pub occurrences: Option<u32>,
}

part!(body PlanRequest);

/// The most transactions that are planned at once.
const OCCURRENCES_MAX: u32 = 100;

/// The plan of a transaction, and of others like it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "plans")]
pub struct PlansView {
    #[serde(flatten)]
    pub first: PlanView,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub occurrences: Vec<OccurrenceView>,
}

/// One of several transactions that are the same.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OccurrenceView {
    /// Its number, from 1.
    pub number: u32,
    /// What the POST meets, in words.
    pub submit: String,
    pub plan: PlanView,
    /// What successive queries of the status meet, in words.
    pub queries: Vec<String>,
    /// The rules that are not for it.
    pub near_misses: Vec<NearMiss>,
}

/// The plan of a transaction.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "plan")]
pub struct PlanView {
    pub stages: Vec<StageView>,
    /// The callback; of several the first that is sent.
    pub callback: CallbackPlan,
    /// All callbacks in the order of the rule, where it asks for several or writes one out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub callbacks: Vec<PlannedCallbackView>,
    pub decided_by: DecisionView,
}

/// A status to come.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StageView {
    pub after_ms: u64,
    pub status: Word<StatusKind>,
    pub reason: Option<&'static str>,
}

/// One of several callbacks.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlannedCallbackView {
    #[serde(flatten)]
    pub plan: CallbackPlan,
    /// The body: `text` where the rule writes it out, otherwise as the rule names it.
    pub body: Option<&'static str>,
    /// The headers that the rule writes out.
    pub headers: Texts,
}

/// The planned callback.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum CallbackPlan {
    NotRequested,
    Lost,
    Sent {
        delay_ms: i64,
        method: &'static str,
        times: u32,
        every_ms: u64,
        /// The status in its body, if a scenario sets one.
        status: Option<Word<StatusKind>>,
    },
}

/// What decided the plan.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DecisionView {
    pub rule: Option<RuleView>,
    /// Which occurrence of the rule this was, from 1, where the rule counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<NonZeroU32>,
    pub rule_name: Option<String>,
    pub mtn_test_value: Option<String>,
    pub overruled_by: Option<&'static str>,
    pub why: Option<String>,
}

/// A rule of a scenario.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RuleView {
    pub scenario: String,
    /// The number of the rule in the scenario, from 1.
    pub rule: usize,
}

impl Control {
    /// Answers the plan that a transaction would get now.
    ///
    /// # Errors
    ///
    /// 400 if the transaction would be refused.
    pub async fn plan(
        self: Arc<Self>,
        space: Arc<Space>,
        request: PlanRequest,
    ) -> Result<PlansView, Refusal> {
        let number = request.occurrences.unwrap_or(1);
        if !(1..=OCCURRENCES_MAX).contains(&number) {
            let why = format!("`occurrences` cannot be {number}: write 1 to {OCCURRENCES_MAX}");
            return Err(Refusal::bad(why));
        }
        let submission = request.submission(self.spaces.settings().environment)?;
        Ok(self.spaces.enter(&space, |platform, _| match number {
            1 => PlansView::of_one(&platform.preview(&submission), &submission),
            _ => PlansView::of(&platform.preview_occurrences(&submission, number), &submission),
        }))
    }
}

impl PlansView {
    fn of_one(plan: &Plan, submission: &Submission) -> Self {
        Self { first: PlanView::of(plan, submission), occurrences: Vec::new() }
    }

    fn of(plans: &[PreviewedPlan], submission: &Submission) -> Self {
        let occurrence = |(number, one): (u32, &PreviewedPlan)| OccurrenceView {
            number,
            submit: told_submit(&one.plan),
            plan: PlanView::of(&one.plan, submission),
            queries: told_queries(&one.plan),
            near_misses: one.passed.iter().map(NearMiss::of).collect(),
        };
        let occurrences = (1..).zip(plans).map(occurrence).collect();
        Self { occurrences, ..Self::of_one(&plans[0].plan, submission) }
    }
}

impl PlanRequest {
    fn submission(self, environment: &Environment) -> Result<Submission, Refusal> {
        let kind = self.operation.0.0;
        let operation =
            OPERATIONS.iter().find(|operation| operation.kind == OperationKind::Submit(kind));
        let operation = operation.expect("every kind of transaction can be submitted");
        let product = self.product.map_or(operation.products[0], |product| product.0);
        if !operation.products.contains(&product) {
            let names: Vec<&str> = operation.products.iter().map(|one| one.name()).collect();
            let (name, help) = (product.name(), suggestion(product.name(), &names));
            return Err(Refusal::bad(format!("`product` cannot be `{name}`: {help}")));
        }
        let details = read_details(environment, kind, self.body.0.as_bytes())
            .map_err(|rejection| Refusal::bad(format!("in `body`: {rejection}")))?;
        let callback_url = self.callback_url.as_deref().map(CallbackUrl::parse).transpose();
        Ok(Submission {
            reference_id: self.reference_id,
            product,
            kind,
            details,
            callback_url: callback_url
                .map_err(|error| Refusal::bad(format!("`callback_url` {error}")))?,
            callback_method: CallbackMethod::of_path(operation.path),
            consent_fault: None,
            payment_elsewhere: None,
            is_manual: false,
        })
    }
}

impl PlanView {
    pub fn of(plan: &Plan, submission: &Submission) -> Self {
        let stages = plan.stages.iter().map(|stage| StageView {
            after_ms: milliseconds(stage.after),
            status: Word(stage.status.kind()),
            reason: stage.status.reason().map(|reason| reason.code()),
        });
        let callbacks: Vec<PlannedCallbackView> = match &plan.callback {
            PlannedCallback::Several(entries) => {
                entries.iter().map(PlannedCallbackView::of).collect()
            }
            PlannedCallback::NotRequested | PlannedCallback::Lost | PlannedCallback::Sent(_) => {
                Vec::new()
            }
        };
        let first = plan.callback.deliveries().next();
        let callback = match (&plan.callback, first) {
            (PlannedCallback::NotRequested, _) => CallbackPlan::NotRequested,
            (_, None) => CallbackPlan::Lost,
            (_, Some(delivery)) => CallbackPlan::of(delivery),
        };
        let decided_by = DecisionView::of(&plan.decided_by, submission);
        Self { stages: stages.collect(), callback, callbacks, decided_by }
    }
}

impl CallbackPlan {
    fn of(delivery: &Delivery) -> Self {
        Self::Sent {
            delay_ms: delivery.delay_ms,
            method: delivery.method.name(),
            times: delivery.times,
            every_ms: milliseconds(delivery.every),
            status: delivery.status.map(|status| Word(status.kind())),
        }
    }
}

impl PlannedCallbackView {
    fn of(entry: &PlannedEntry) -> Self {
        let content = entry.content.as_deref();
        let is_text = content.is_some_and(|content| content.body.is_some());
        let named = |delivery: &Delivery| if is_text { "text" } else { delivery.body.into() };
        let headers = content.iter().flat_map(|content| &content.headers);
        Self {
            plan: entry.delivery.as_ref().map_or(CallbackPlan::Lost, CallbackPlan::of),
            body: entry.delivery.as_ref().map(named),
            headers: Texts(
                headers
                    .map(|(name, value)| (name.clone().into_string().into(), value.clone()))
                    .collect(),
            ),
        }
    }
}

impl DecisionView {
    fn of(decision: &Decision, submission: &Submission) -> Self {
        let rule = decision.rule.as_ref();
        Self {
            rule: rule.map(|origin| RuleView {
                scenario: origin.scenario.to_string(),
                rule: origin.number,
            }),
            occurrence: decision.occurrence,
            rule_name: decision.rule_name.as_deref().map(str::to_owned),
            mtn_test_value: decision.test_value.as_deref().map(str::to_owned),
            overruled_by: decision.overruled_by.as_deref().map(ForcedFailure::name),
            why: decision.why(submission),
        }
    }
}
