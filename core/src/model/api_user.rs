//! An API user: who a merchant's program is to the gateway.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::model::callback_url::ProviderCallbackHost;
use crate::model::ids::ApiUserId;
use crate::model::mtn_platform::MtnPlatform;
use crate::model::product::Product;

/// An API user as it was provisioned, or the holder of System Credentials of the new platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiUser {
    /// The id that the merchant chose; for a User ID that is not a UUID, what
    /// [`ApiUserId::of_user_id`] makes of it.
    pub id: ApiUserId,
    /// The User ID of the credentials, where it is not a UUID
    /// (docs/contract.md#new-platform).
    pub user_id: Option<Box<str>>,
    /// The host that callback URLs must have.
    pub provider_callback_host: ProviderCallbackHost,
    /// The products whose subscription key provisioned it: with a token of any other, the target
    /// environment is forbidden (docs/contract.md#order-of-checks, check 5).
    pub products: BTreeSet<Product>,
    /// The platform of production that knows its credentials; `None` where platforms are not told
    /// apart, as in the sandbox.
    pub platform: Option<MtnPlatform>,
    /// The wallet whose accounts it shares with others of the same name; `None` for accounts of
    /// its own.
    pub wallet: Option<Box<str>>,
}

impl ApiUser {
    /// An API user with accounts of its own, where platforms are not told apart.
    pub fn new(
        id: ApiUserId,
        provider_callback_host: ProviderCallbackHost,
        products: impl Into<BTreeSet<Product>>,
    ) -> Self {
        let (user_id, platform, wallet) = (None, None, None);
        Self { id, user_id, provider_callback_host, products: products.into(), platform, wallet }
    }

    /// The id as its credentials have it.
    pub fn shown_id(&self) -> Cow<'_, str> {
        match &self.user_id {
            Some(user_id) => Cow::Borrowed(user_id),
            None => Cow::Owned(self.id.to_string()),
        }
    }
}
