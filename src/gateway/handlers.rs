//! Carries out the commands of requests that passed all checks.

use std::sync::Arc;

use uuid::Uuid;

use crate::engine::space::Space;
use crate::gateway::Gateway;
use crate::gateway::admission::AdmittedRequest;
use crate::gateway::command::{Call, Command, Provision};
use crate::gateway::reply::Reply;
use crate::gateway::request_context::{Answered, RequestContext};
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::party::PartyIdType;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::TransactionKind;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::answer::{Answer, NEVER_STORED, Nothing};
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::responses::{
    ActiveAnswer, ApiKeyAnswer, ApiUserAnswer, AuthorizeAnswer, BalanceAnswer, BasicUserInfoAnswer,
    ConsentTokenAnswer, TokenAnswer,
};
use momo_sandbox_core::platform::consent::{
    ConsentNumber, Grant, INTERVAL_SECONDS, REQUEST_LIFETIME,
};
use momo_sandbox_core::platform::request::ReportedStatus;
use momo_sandbox_core::platform::{Acceptance, Platform};
use momo_sandbox_core::scenario::call::CallFate;
use momo_sandbox_core::scenario::matching::Call as AskedCall;
use momo_sandbox_core::scenario::rule::Fault;
use momo_sandbox_core::scenario::scenario_answer::Pace;

/// Carries out an admitted request, and writes it in the journal with its answer. That happens
/// before its space is left, so the journal has the order in which things happened.
///
/// # Errors
///
/// The refusals that depend on the state: a duplicate, an unknown reference, a wrong status.
pub fn handle(
    gateway: &Gateway,
    admitted: AdmittedRequest,
    context: &RequestContext<'_>,
) -> Answered {
    let spaces = &gateway.spaces;
    let (space, product, command) = match admitted {
        AdmittedRequest::Provision(command) => {
            let answered = provision_by_scenario(gateway, command);
            let answered = answered.map_err(|rejection| context.refused(rejection));
            context.record_outside(spaces, &answered);
            return answered;
        }
        AdmittedRequest::Command { caller, product, command } => (caller, product, command),
    };
    let call = CommandCall { gateway, space: &space, product, context };
    let party = command.party();
    match command {
        Command::Submit(submission) => {
            spaces.accept_and(&space, *submission, |platform, accepted| {
                let answered = accepted.map(|acceptance| submitted(&space, acceptance));
                call.note(platform, answered)
            })
        }
        Command::ReadStatus(kind, id) => {
            call.enter(party.as_ref(), |handler| handler.read_status(kind, id))
        }
        Command::ReadBalance(_) => call.enter(party.as_ref(), |handler| Ok(handler.read_balance())),
        Command::Call(asked) => {
            call.enter(party.as_ref(), |handler| handler.answer(asked).map(Reply::from))
        }
    }
}

/// A command of a product, with its caller.
#[derive(Clone, Copy)]
struct CommandCall<'a> {
    gateway: &'a Gateway,
    space: &'a Arc<Space>,
    product: Product,
    context: &'a RequestContext<'a>,
}

impl CommandCall<'_> {
    /// Answers in the caller's space, or as a rule asks for; `party` is that of the path.
    fn enter(
        self,
        party: Option<&(PartyIdType, String)>,
        act: impl FnOnce(Handler<'_>) -> Result<Reply, Rejection>,
    ) -> Answered {
        self.gateway.spaces.enter(self.space, |platform, now| {
            let fate = self.context.operation.and_then(|(operation, _)| {
                let party = party.map(|(id_type, id)| (*id_type, &**id));
                let product = Some(self.product);
                let call = AskedCall { operation: operation.kind, product, party };
                platform.fate_of_call(call, self.context.reference_id)
            });
            let Some(fate) = fate else {
                let answered = act(Handler { call: self, platform, now });
                return self.note(platform, answered);
            };
            let success =
                self.context.operation.map_or(200, |(operation, _)| operation.kind.success());
            let act = || act(Handler { call: self, platform: &mut *platform, now });
            let answered = carry_out(fate, success, (now, Some(Arc::clone(self.space))), act);
            self.note(platform, answered)
        })
    }

    /// Writes the request with its answer in the journal of the caller's space.
    fn note(self, platform: &mut Platform, answered: Result<Reply, Rejection>) -> Answered {
        let answered = answered
            .map_err(|rejection| self.context.refused(self.of_other_platform(platform, rejection)));
        self.context.record_in(platform, &answered);
        answered
    }

    /// The same refusal, or why a transaction is not found if the merchant has it on MTN's other
    /// platform.
    fn of_other_platform(self, platform: &Platform, rejection: Rejection) -> Rejection {
        let (Rejection::NotFound(_), Some(id)) = (&rejection, self.context.reference_id) else {
            return rejection;
        };
        let own = platform.api_user();
        let elsewhere = self.gateway.spaces.holding(id).into_iter().find_map(|space| {
            let other = space.api_user();
            let is_the_merchants = other.wallet.is_some() && other.wallet == own.wallet;
            other.platform.filter(|other| is_the_merchants && Some(*other) != own.platform)
        });
        match elsewhere {
            None => rejection,
            Some(other) => Rejection::OtherPlatform(format!(
                "The {} platform has no transaction {id}; the {} platform has one. A transaction \
                 is known only where it was sent: keep the platform with each reference id, and \
                 ask {}.",
                other.other().name(),
                other.name(),
                other.host()
            )),
        }
    }
}

/// Carries out a call to which a rule does something, or leaves it undone.
///
/// # Errors
///
/// The refusal of the call, if the rule does not replace the answer.
fn carry_out(
    fate: CallFate,
    success: u16,
    (now, space): (Timestamp, Option<Arc<Space>>),
    act: impl FnOnce() -> Result<Reply, Rejection>,
) -> Result<Reply, Rejection> {
    let reply = if fate.is_done { act() } else { Ok(Answer::empty(success).into()) };
    let reply = match reply {
        Err(rejection) if fate.fault.is_some() => rejection.answer().into(),
        other => other?,
    };
    Ok(reply.after(fate, now, space))
}

/// Carries out a command of provisioning, or what a rule asks for in its place.
fn provision_by_scenario(gateway: &Gateway, command: Provision) -> Result<Reply, Rejection> {
    let spaces = &gateway.spaces;
    let operation = command.operation();
    match spaces.fate_of_provisioning(operation) {
        None => provision(gateway, command).map(Reply::from),
        Some(fate) => {
            let act = || provision(gateway, command).map(Reply::from);
            carry_out(fate, operation.success(), (spaces.clock().now(), None), act)
        }
    }
}

/// Carries out a command of provisioning, which needs no caller.
fn provision(gateway: &Gateway, command: Provision) -> Result<Answer, Rejection> {
    let spaces = &gateway.spaces;
    let space_of = |id: ApiUserId| {
        spaces.get(id).ok_or_else(|| {
            Rejection::NotFound(format!(
                "No API user has the id {id}. Create it by POST /v1_0/apiuser first."
            ))
        })
    };
    match command {
        Provision::CreateApiUser(api_user) => {
            spaces.provision(api_user)?;
            Ok(Answer::empty(201))
        }
        Provision::ReadApiUser(id) => {
            let host = space_of(id)?.api_user().provider_callback_host.as_sent.to_string();
            let target_environment = gateway.environment.name.to_owned();
            let answer = ApiUserAnswer { provider_callback_host: host, target_environment };
            Ok(Answer::json(200, &answer))
        }
        Provision::CreateApiKey(id) => {
            let space = space_of(id)?;
            let api_key = spaces.enter(&space, |platform, _| platform.create_api_key());
            Ok(Answer::json(201, &ApiKeyAnswer { api_key }))
        }
    }
}

/// The answer to an accepted submission, with what a scenario does to it.
fn submitted(space: &Arc<Space>, acceptance: Acceptance) -> Reply {
    let accepted = Answer::empty(202);
    match acceptance.submit {
        Some(submit) => Reply::with(accepted, submit.fault, acceptance.rule)
            .at(Arc::clone(space), acceptance.at.after(submit.delay)),
        None => accepted.into(),
    }
}

/// Answers a command in its caller's space.
struct Handler<'a> {
    call: CommandCall<'a>,
    platform: &'a mut Platform,
    now: Timestamp,
}

impl Handler<'_> {
    fn read_status(self, kind: TransactionKind, id: ReferenceId) -> Result<Reply, Rejection> {
        let reading = self.platform.read_status(self.call.product, kind, id)?;
        let answer = Answer::json_text(200, reading.body);
        let (kind, is_made_up) = (reading.status.kind(), reading.is_made_up);
        let reported_status = Some(ReportedStatus { kind, is_made_up });
        Ok(match reading.query {
            Some(query) => {
                let reported_status =
                    reported_status.filter(|_| query.fault.as_ref().is_none_or(Fault::leaves_body));
                let reply =
                    Reply { reported_status, ..Reply::with(answer, query.fault, reading.rule) };
                reply.at(Arc::clone(self.call.space), reading.at.after(query.delay))
            }
            None => Reply { reported_status, ..answer.into() },
        })
    }

    fn answer(self, call: Call) -> Result<Answer, Rejection> {
        let (product, now) = (self.call.product, self.now);
        match call {
            Call::IssueToken => Ok(self.token()),
            Call::RedeemConsent(id) => {
                let grant = self.platform.redeem_consent(product, id)?;
                Ok(self.consent_token(grant))
            }
            Call::RefreshConsent(token) => {
                let grant = self.platform.refresh_consent(product, token)?;
                Ok(self.consent_token(grant))
            }
            Call::AskForConsent(request) => self.platform.ask_for_consent(request).map(asked),
            Call::ReadUserInfo(consent) => {
                Ok(Answer::json(200, &self.platform.read_user_info(consent)?))
            }
            Call::CancelInvoice(id) => {
                self.platform.cancel_invoice(product, id)?;
                Ok(Answer::empty(202))
            }
            Call::CancelPreApproval(id) => {
                self.platform.cancel_preapproval(product, id)?;
                Ok(Answer::json(200, &Nothing {}))
            }
            Call::ListPreApprovals(id_type, id) => {
                let list = self.platform.approved_preapprovals(product, id_type, &id);
                Ok(Answer::json(200, &list))
            }
            Call::NotifyDelivery(id, message) => {
                self.platform.notify_delivery(id, message)?;
                Ok(Answer::empty(200))
            }
            Call::ReadAccountHolderActive(id_type, id) => {
                let result = self.platform.rules().account_holder_active(id_type, &id)?;
                Ok(Answer::json(200, &ActiveAnswer { result }))
            }
            Call::ReadBasicUserInfo(id_type, id) => {
                let holder = self.platform.rules().account_holder(id_type, &id);
                let answer = BasicUserInfoAnswer::about(holder, now);
                let known = self.platform.environment().basic_user_info_fields;
                Ok(Answer::json(200, &answer.with_only(known)))
            }
        }
    }

    fn token(&self) -> Answer {
        let api_user = self.call.space.api_user().id;
        let lifetime = self.platform.rules().token_lifetime;
        let session = self.platform.session();
        let answer = TokenAnswer {
            access_token: self.call.gateway.tokens.issue(api_user, session, self.now, lifetime),
            token_type: "access_token",
            expires_in: lifetime.as_secs(),
        };
        Answer::json(200, &answer).with(NEVER_STORED)
    }

    fn consent_token(&self, grant: Grant) -> Answer {
        let api_user = self.call.space.api_user().id;
        let lifetime = self.platform.rules().consent_token_lifetime;
        let consent = (ConsentNumber::of(grant.consent), &*grant.scope);
        let tokens = &self.call.gateway.tokens;
        let (refresh_token, seconds) = grant.refresh.unzip();
        let answer = ConsentTokenAnswer {
            access_token: tokens.issue_for_consent(api_user, consent, self.now, lifetime),
            token_type: "Bearer",
            expires_in: lifetime.as_secs(),
            scope: grant.scope.into(),
            refresh_token: refresh_token.map(|token| token.to_string()),
            refresh_token_expired_in: seconds,
        };
        Answer::json(200, &answer).with(NEVER_STORED)
    }

    fn read_balance(self) -> Reply {
        let read = self.platform.read_balance(self.call.product);
        // An answer that is cut off in the middle must be the beginning of a good one.
        let own = self.platform.available_balance(self.call.product);
        let (available, failed) =
            read.map_or_else(|failed| (own, Some(failed)), |balance| (balance, None));
        let (fault, rule) = failed.unzip();
        let currency = self.platform.environment().currency.to_owned();
        let available_balance = available.normalize().to_string();
        let answer = BalanceAnswer { available_balance, currency };
        let reply = Reply::with(Answer::json(200, &answer), fault, rule);
        if reply.pace == Pace::default() {
            reply
        } else {
            reply.at(Arc::clone(self.call.space), self.now)
        }
    }
}

/// The answer to a request for consent, about which its account holder decides later.
fn asked(id: Uuid) -> Answer {
    let answer = AuthorizeAnswer {
        auth_req_id: id.to_string(),
        interval: INTERVAL_SECONDS,
        expires_in: REQUEST_LIFETIME.as_secs(),
    };
    Answer::json(200, &answer)
}
