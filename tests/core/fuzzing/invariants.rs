//! What every answer must be, whatever was asked.

use http::Method;
use serde_json::Value;

use momo_sandbox::internals::gateway::GatewayRequest;
use momo_sandbox::internals::gateway::Reply;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::operations::possible_refusals::PossibleRefusal;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::table::{Operation, OperationKind};

use super::harness::Harness;

/// The longest entry that the journal keeps, in bytes as it is shown.
const ENTRY_BYTES_MAX: usize = 16 * 1024;

/// Has the request decided, and judges the answer.
pub fn decide(harness: &Harness, request: &GatewayRequest) -> Option<Reply> {
    let decided = harness.gateway.decide(request).map_err(|refused| refused.rejection);
    let route = harness.gateway.routes.find(&request.method, request.path());
    match (&decided, &route) {
        // A scenario may ask for any answer, of any operation.
        (Ok(reply), Ok(_)) if reply.asked_for_by.is_some() => {
            assert!((200..600).contains(&reply.answer.status), "{}", reply.answer.status);
        }
        (Ok(reply), Ok(route)) => {
            judge_success(reply, route.operation);
            check_form(&reply.answer);
        }
        (Err(rejection), Ok(route)) => {
            judge_refusal(rejection, route.operation);
            check_form(&rejection.answer());
        }
        (Err(Rejection::LengthRequired(_)), Err(_)) => assert_eq!(request.method, Method::POST),
        (Err(rejection), Err(expected)) => {
            assert_eq!(rejection, expected);
            check_form(&rejection.answer());
        }
        (Ok(reply), Err(rejection)) => {
            panic!("{} at a path that is refused: {rejection}", reply.answer.status)
        }
    }
    decided.ok().inspect(|reply| {
        let copy = Reply { fault: reply.fault, ..Reply::from(reply.answer.clone()) };
        let response = copy.response();
        assert_eq!(response.status().as_u16(), reply.answer.status);
    })
}

fn judge_success(reply: &Reply, operation: &Operation) {
    let answer = &reply.answer;
    assert!(
        answer.status == operation.kind.success(),
        "{} answered {}: {}",
        operation.id,
        answer.status,
        answer.body
    );
}

fn judge_refusal(rejection: &Rejection, operation: &Operation) {
    let answer = rejection.answer();
    let met = match rejection {
        Rejection::Consent { error, .. } => PossibleRefusal::Consent(*error),
        other => PossibleRefusal::Of(other.kind()),
    };
    let is_documented =
        operation.possible_refusals().contains(&met) && met.answer().status == answer.status;
    // What a scenario, or MTN's table, says of an account holder.
    let is_told_by_rules = operation.kind == OperationKind::AccountHolderActive;
    assert!(
        is_documented || is_told_by_rules,
        "{} refused with what no document has: {rejection:?}",
        operation.id
    );
}

/// JSON on one line with its content type, or nothing and no content type.
fn check_form(answer: &Answer) {
    let Answer { status, content_type, body, .. } = answer;
    assert!((200..600).contains(status));
    assert_eq!(content_type.is_none(), body.is_empty(), "{answer:?}");
    if content_type.is_some_and(|content_type| content_type.starts_with("application/json")) {
        assert!(!body.contains(['\n', '\r']), "{body}");
        serde_json::from_str::<Value>(body).unwrap_or_else(|error| panic!("{error}: {body}"));
    }
}

/// Whatever happened, all that is held can be shown, and what is kept is within bounds.
pub fn check_harness(harness: &mut Harness) {
    for callback in harness.callbacks() {
        assert!(callback.url.as_str().starts_with("http"));
        assert!(callback.body.contains('{'));
    }
    for user in &harness.users {
        harness.gateway.spaces.enter(&user.space, |platform, now| {
            for transaction in platform.transactions() {
                let body = platform.status_body(transaction);
                assert_eq!(body["status"], transaction.status().name());
            }
            assert!(platform.next_due().is_none_or(|due| due > now));
            for entry in platform.journal().entries() {
                let length = format!("{entry:?}").len();
                assert!(length <= ENTRY_BYTES_MAX, "an entry of {length} bytes");
            }
        });
    }
}
