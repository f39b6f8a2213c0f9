//! `GET operations`: the operations of the emulated API, with the evidence of each behaviour.

use std::sync::{Arc, LazyLock};

use schemars::JsonSchema;
use serde::Serialize;
use strum::VariantArray;

use crate::control::Control;
use crate::control::names::{OperationId, Word};
use crate::control::parts::Anything;
use crate::control::refusal::Refusal;
use crate::documents::evidence::{self, evidence_of_all};
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::operations::behaviour::{Behaviour, Topic};
use momo_sandbox_core::operations::behaviours::of_the_tables;
use momo_sandbox_core::operations::evidence::EvidencedBehaviour;
use momo_sandbox_core::operations::general_rule::GeneralRule;
use momo_sandbox_core::operations::possible_refusals::PossibleRefusal;
use momo_sandbox_core::operations::real_answer::RealAnswer;
use momo_sandbox_core::operations::table::{OPERATIONS, Operation, OperationKind};
use momo_sandbox_core::report::audit_report::GradesReport;
use momo_sandbox_core::scenario::behaviours::{about, all, by_grade};

/// The operations, and the behaviours that are not about a single one.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct OperationList {
    by_grade: GradesReport,
    operations: Vec<OperationEvidence>,
    headers: Vec<EvidencedBehaviour>,
    answer_headers: Vec<EvidencedBehaviour>,
    /// The answers that only scenarios give, by the names that they ask for them with.
    real_answers: Vec<RealAnswerEvidence>,
    refusals: Vec<EvidencedBehaviour>,
    reasons: Vec<EvidencedBehaviour>,
    test_values: Vec<EvidencedBehaviour>,
    markets: Vec<EvidencedBehaviour>,
    callbacks: Vec<EvidencedBehaviour>,
    rules: Vec<RuleEvidence>,
}

/// An operation, with the evidence of each of its behaviours.
#[derive(Debug, Serialize, JsonSchema)]
struct OperationEvidence {
    id: Word<OperationId>,
    method: &'static str,
    path: &'static str,
    paths: Vec<String>,
    products: Vec<Word<Product>>,
    summary: &'static str,
    evidence: Vec<EvidencedBehaviour>,
    request: Vec<EvidencedBehaviour>,
    headers: Vec<EvidencedBehaviour>,
    success: SuccessEvidence,
    fields: Vec<EvidencedBehaviour>,
    refusals: Vec<RefusalEvidence>,
    callback: Option<Vec<EvidencedBehaviour>>,
}

/// The status of success.
#[derive(Debug, Serialize, JsonSchema)]
struct SuccessEvidence {
    status: u16,
    evidence: EvidencedBehaviour,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RefusalEvidence {
    #[serde(flatten)]
    evidence: EvidencedBehaviour,
    status: u16,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RealAnswerEvidence {
    #[serde(flatten)]
    evidence: EvidencedBehaviour,
    name: &'static str,
    status: u16,
    /// The answer, in a sentence.
    answer: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RuleEvidence {
    #[serde(flatten)]
    evidence: EvidencedBehaviour,
    /// The rule, in a sentence.
    rule: &'static str,
}

/// The evidence of all operations, and of behaviours that are not about a single one.
fn operations() -> OperationList {
    let listed = |topic| evidence_of_all(&about(topic));
    let headers = |is_one: fn(&Behaviour) -> bool| {
        of_the_tables().iter().filter(|one| is_one(one)).map(Into::into).collect()
    };
    let rule = |rule: &GeneralRule| RuleEvidence {
        evidence: (&Behaviour::General(*rule)).into(),
        rule: rule.words(),
    };
    OperationList {
        by_grade: by_grade(&all()).into(),
        operations: OPERATIONS.iter().map(operation).collect(),
        headers: headers(|one| matches!(one, Behaviour::Header(_))),
        answer_headers: headers(|one| matches!(one, Behaviour::AnswerHeader(_))),
        real_answers: RealAnswer::VARIANTS.iter().map(real_answer).collect(),
        refusals: listed(Topic::Refusals),
        reasons: listed(Topic::Reasons),
        test_values: listed(Topic::TestValues),
        markets: listed(Topic::Markets),
        callbacks: listed(Topic::Callbacks),
        rules: GeneralRule::ALL.iter().map(rule).collect(),
    }
}

fn real_answer(real: &RealAnswer) -> RealAnswerEvidence {
    RealAnswerEvidence {
        evidence: (&Behaviour::RealAnswer(*real)).into(),
        name: real.name(),
        status: real.status(),
        answer: real.words(),
    }
}

fn operation(operation: &'static Operation) -> OperationEvidence {
    let kind = operation.kind;
    let callback = match kind {
        OperationKind::Submit(transaction) => Some(evidence::callback_of(operation, transaction)),
        _ => None,
    };
    let refusal = |refusal: PossibleRefusal| RefusalEvidence {
        evidence: (&refusal.behaviour()).into(),
        status: refusal.answer().status,
    };
    OperationEvidence {
        id: Word(OperationId(operation.id)),
        method: operation.method.name(),
        path: operation.path,
        paths: operation.paths().map(|path| path.full_path()).collect(),
        products: operation.products.iter().copied().map(Word).collect(),
        summary: operation.summary,
        evidence: evidence_of_all(&evidence::served(operation)),
        request: evidence_of_all(&evidence::request_fields(kind)),
        headers: evidence_of_all(&evidence::headers_of(kind)),
        success: SuccessEvidence {
            status: kind.success(),
            evidence: (&Behaviour::Answer(kind)).into(),
        },
        fields: evidence_of_all(&evidence::answer_fields(kind)),
        refusals: operation.possible_refusals().into_iter().map(refusal).collect(),
        callback: callback.as_deref().map(evidence_of_all),
    }
}

impl Control {
    pub async fn list_operations(
        self: Arc<Self>,
        _: Anything,
    ) -> Result<&'static OperationList, Refusal> {
        static LIST: LazyLock<OperationList> = LazyLock::new(operations);
        Ok(&LIST)
    }
}
