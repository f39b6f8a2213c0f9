//! An API user: who a merchant's program is to the gateway.

use std::collections::BTreeSet;

use crate::model::callback_url::ProviderCallbackHost;
use crate::model::ids::ApiUserId;
use crate::model::product::Product;

/// An API user as it was provisioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiUser {
    /// The id that the merchant chose.
    pub id: ApiUserId,
    /// The host that callback URLs must have.
    pub provider_callback_host: ProviderCallbackHost,
    /// The products whose subscription key provisioned it: with a token of any other, the target
    /// environment is forbidden (docs/contract.md#order-of-checks, check 5).
    pub products: BTreeSet<Product>,
}
