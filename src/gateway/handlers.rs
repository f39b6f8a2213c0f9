//! What each kind of operation does, once its request has passed all checks.

use std::sync::Arc;

use uuid::Uuid;

use crate::engine::spaces::Space;
use crate::gateway::Gateway;
use crate::gateway::admission::Admitted;
use crate::gateway::command::Task;
use crate::gateway::reply::Reply;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::reference::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::model::transaction::TransactionKind;
use momo_sandbox_core::operations::answer::{Answer, NEVER_STORED, Nothing};
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::wire::{
    ActiveAnswer, ApiKeyAnswer, ApiUserAnswer, AuthorizeAnswer, BalanceAnswer, BasicUserInfoAnswer,
    ConsentTokenAnswer, TokenAnswer,
};
use momo_sandbox_core::platform::consent::{
    ConsentNumber, Grant, INTERVAL_SECONDS, REQUEST_LIFETIME,
};
use momo_sandbox_core::platform::request::AnsweredRequest;
use momo_sandbox_core::platform::{Acceptance, Platform};

/// Does what is asked for, and writes in the journal what `record` makes of the answer.
///
/// # Errors
///
/// What only the state can tell: a duplicate, an unknown reference, a wrong status.
pub fn handle(
    gateway: &Gateway,
    admitted: Admitted,
    record: impl FnOnce(&Result<Reply, Rejection>) -> AnsweredRequest,
) -> Result<Reply, Rejection> {
    let spaces = &gateway.spaces;
    let Admitted { caller, product, task } = admitted;
    let (Some(space), Some(product)) = (caller, product) else {
        let answered = provision(gateway, task).map(Reply::from);
        spaces.note_unauthenticated(record(&answered));
        return answered;
    };
    let space = &space;
    let note = |platform: &mut Platform, answered| {
        platform.record_request(record(&answered));
        answered
    };
    match task {
        Task::Submit(submission) => spaces.accept_and(space, *submission, |platform, accepted| {
            let answered = accepted.map(|acceptance| submitted(space, acceptance));
            note(platform, answered)
        }),
        task => spaces.enter(space, |platform, now| {
            let answered = Call { gateway, space, product, platform, now }.answer(task);
            note(platform, answered)
        }),
    }
}

/// Does what is asked for at the root: provisioning, which needs no caller.
fn provision(gateway: &Gateway, task: Task) -> Result<Answer, Rejection> {
    let spaces = &gateway.spaces;
    let space_of = |id: ApiUserId| {
        spaces.get(id).ok_or_else(|| {
            Rejection::NotFound(format!(
                "No API user has the id {id}. Create it by POST /v1_0/apiuser first."
            ))
        })
    };
    match task {
        Task::CreateApiUser(api_user) => {
            spaces.provision(api_user)?;
            Ok(Answer::empty(201))
        }
        Task::ReadApiUser(id) => {
            let host = space_of(id)?.api_user().provider_callback_host.as_sent.to_string();
            let target_environment = gateway.environment.name.to_owned();
            let answer = ApiUserAnswer { provider_callback_host: host, target_environment };
            Ok(Answer::json(200, &answer))
        }
        Task::CreateApiKey(id) => {
            let space = space_of(id)?;
            let api_key = spaces.enter(&space, |platform, _| platform.create_api_key());
            Ok(Answer::json(201, &ApiKeyAnswer { api_key }))
        }
        other => unreachable!("an operation of a product has passed its authentication: {other:?}"),
    }
}

/// The answer to a submission that was accepted, as a scenario leaves it.
fn submitted(space: &Arc<Space>, acceptance: Acceptance) -> Reply {
    let accepted = Answer::empty(202);
    match acceptance.submit {
        Some(submit) => Reply::with(accepted, submit.fault, acceptance.rule)
            .at(Arc::clone(space), acceptance.at.after(submit.delay)),
        None => accepted.into(),
    }
}

/// A call of an operation of a product, in its caller's space.
struct Call<'a> {
    gateway: &'a Gateway,
    space: &'a Arc<Space>,
    product: Product,
    platform: &'a mut Platform,
    now: Timestamp,
}

impl Call<'_> {
    fn answer(self, task: Task) -> Result<Reply, Rejection> {
        match task {
            Task::ReadStatus(kind, id) => self.read_status(kind, id),
            Task::ReadBalance(_) => Ok(self.read_balance()),
            task => self.answer_whole(task).map(Reply::from),
        }
    }

    fn read_status(self, kind: TransactionKind, id: ReferenceId) -> Result<Reply, Rejection> {
        let reading = self.platform.read_status(self.product, kind, id)?;
        let answer = Answer::json_text(200, reading.body);
        let told = Some(reading.status.kind());
        Ok(match reading.query {
            Some(query) => {
                let told = told.filter(|_| query.fault.is_none());
                let reply = Reply { told, ..Reply::with(answer, query.fault, reading.rule) };
                reply.at(Arc::clone(self.space), reading.at.after(query.delay))
            }
            None => Reply { told, ..answer.into() },
        })
    }

    /// The answer where no scenario may break it.
    fn answer_whole(self, task: Task) -> Result<Answer, Rejection> {
        let Self { product, now, .. } = self;
        match task {
            Task::Submit(_) | Task::ReadStatus(..) | Task::ReadBalance(_) => {
                unreachable!("what a scenario may break is not answered here")
            }
            Task::CreateApiUser(_) | Task::ReadApiUser(_) | Task::CreateApiKey(_) => {
                unreachable!("provisioning is outside all products")
            }
            Task::IssueToken => Ok(self.token()),
            Task::RedeemConsent(id) => {
                let grant = self.platform.redeem_consent(product, id)?;
                Ok(self.consent_token(grant))
            }
            Task::RefreshConsent(token) => {
                let grant = self.platform.refresh_consent(product, token)?;
                Ok(self.consent_token(grant))
            }
            Task::AskForConsent(request) => self.platform.ask_for_consent(request).map(asked),
            Task::ReadUserInfo(consent) => {
                Ok(Answer::json(200, &self.platform.read_user_info(consent)?))
            }
            Task::CancelInvoice(id) => {
                self.platform.cancel_invoice(product, id)?;
                Ok(Answer::empty(202))
            }
            Task::CancelPreApproval(id) => {
                self.platform.cancel_preapproval(product, id)?;
                Ok(Answer::json(200, &Nothing {}))
            }
            Task::ListPreApprovals(id_type, id) => {
                let list = self.platform.approved_preapprovals(product, id_type, &id);
                Ok(Answer::json(200, &list))
            }
            Task::NotifyDelivery(id, message) => {
                self.platform.notify_delivery(id, message)?;
                Ok(Answer::empty(200))
            }
            Task::ReadAccountHolderActive(id_type, id) => {
                let result = self.platform.rules().account_holder_active(id_type, &id)?;
                Ok(Answer::json(200, &ActiveAnswer { result }))
            }
            Task::ReadBasicUserInfo(id_type, id) => {
                let holder = self.platform.rules().account_holder(id_type, &id);
                let answer = BasicUserInfoAnswer::about(holder, now);
                let known = self.platform.environment().basic_user_info_fields;
                Ok(Answer::json(200, &answer.with_only(known)))
            }
        }
    }

    fn token(&self) -> Answer {
        let api_user = self.space.api_user().id;
        let lifetime = self.platform.rules().token_lifetime;
        let session = self.platform.session();
        let answer = TokenAnswer {
            access_token: self.gateway.tokens.issue(api_user, session, self.now, lifetime),
            token_type: "access_token",
            expires_in: lifetime.as_secs(),
        };
        Answer::json(200, &answer).with(NEVER_STORED)
    }

    fn consent_token(&self, grant: Grant) -> Answer {
        let api_user = self.space.api_user().id;
        let lifetime = self.platform.rules().consent_token_lifetime;
        let consent = (ConsentNumber::of(grant.consent), &*grant.scope);
        let tokens = &self.gateway.tokens;
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
        let read = self.platform.read_balance(self.product);
        // What breaks off in the middle needs an answer that it is the beginning of.
        let own = self.platform.available_balance(self.product);
        let (available, failed) =
            read.map_or_else(|failed| (own, Some(failed)), |told| (told, None));
        let (fault, rule) = failed.unzip();
        let currency = self.platform.environment().currency.to_owned();
        let available_balance = available.normalize().to_string();
        let answer = BalanceAnswer { available_balance, currency };
        Reply::with(Answer::json(200, &answer), fault, rule)
    }
}

/// The answer to a request for consent that is under way.
fn asked(id: Uuid) -> Answer {
    let answer = AuthorizeAnswer {
        auth_req_id: id.to_string(),
        interval: INTERVAL_SECONDS,
        expires_in: REQUEST_LIFETIME.as_secs(),
    };
    Answer::json(200, &answer)
}
