//! What each kind of operation does, once its request has passed all checks.

use std::sync::Arc;

use serde_json::json;

use crate::engine::spaces::Space;
use crate::gateway::Gateway;
use crate::gateway::checks::{Admitted, Task};
use crate::gateway::tokens::LIFETIME_SECONDS;
use crate::model::product::Product;
use crate::model::reference::ApiUserId;
use crate::operations::rejection::{Answer, Rejection};

/// Does what is asked for.
///
/// # Errors
///
/// What only the state can tell: a duplicate, an unknown reference, a wrong status.
pub fn handle(gateway: &Gateway, admitted: Admitted) -> Result<Answer, Rejection> {
    let Admitted { space, product, task } = admitted;
    let spaces = &gateway.spaces;
    match task {
        Task::CreateApiUser(api_user) => {
            spaces.provision(api_user)?;
            Ok(Answer::empty(201))
        }
        Task::ReadApiUser(id) => {
            let space = space_of(gateway, id)?;
            let host = spaces.enter(&space, |platform, _| {
                platform.api_user().provider_callback_host.as_sent.clone()
            });
            let environment = &gateway.target_environment;
            let body = json!({"providerCallbackHost": &*host, "targetEnvironment": environment});
            Ok(Answer::json(200, &body))
        }
        Task::CreateApiKey(id) => {
            let space = space_of(gateway, id)?;
            let key = spaces.enter(&space, |platform, now| platform.create_api_key(now));
            Ok(Answer::json(201, &json!({"apiKey": key})))
        }
        Task::IssueToken(api_user) => {
            let token = gateway.tokens.issue(api_user, of(product), spaces.clock().now());
            let body = json!({
                "access_token": token,
                "token_type": "access_token",
                "expires_in": LIFETIME_SECONDS,
            });
            Ok(Answer::json(200, &body))
        }
        Task::Submit(submission) => {
            spaces
                .enter(of(space.as_deref()), |platform, now| platform.accept(now, *submission))?;
            Ok(Answer::empty(202))
        }
        Task::ReadStatus(kind, reference_id) => {
            let body = spaces.enter(of(space.as_deref()), |platform, now| {
                platform.read_status(now, of(product), kind, reference_id)
            })?;
            Ok(Answer::json(200, &body))
        }
        Task::NotifyDelivery(reference_id, message) => {
            spaces.enter(of(space.as_deref()), |platform, now| {
                platform.notify_delivery(now, reference_id, message)
            })?;
            Ok(Answer::empty(200))
        }
        Task::ReadBalance => Ok(balance(gateway, of(space.as_deref()), of(product))),
        Task::ReadAccountHolderActive(id_type, id) => {
            let active = spaces.enter(of(space.as_deref()), |platform, _| {
                platform.rules().test_parties.account_holder_active(id_type, &id)
            })?;
            Ok(Answer::json(200, &json!({"result": active})))
        }
    }
}

fn balance(gateway: &Gateway, space: &Space, product: Product) -> Answer {
    let (available, currency) = gateway.spaces.enter(space, |platform, _| {
        (platform.available_balance(product), platform.currency().to_string())
    });
    let available = available.normalize().to_string();
    Answer::json(200, &json!({"availableBalance": available, "currency": currency}))
}

fn space_of(gateway: &Gateway, id: ApiUserId) -> Result<Arc<Space>, Rejection> {
    gateway.spaces.get(id).ok_or_else(|| Rejection::NotFound(format!("no API user {id}")))
}

/// What the checks find for every operation but provisioning.
fn of<T>(found: Option<T>) -> T {
    found.expect("an operation of a product has passed its authentication")
}
