//! An API user that is ready to be used.

use std::collections::BTreeMap;
use std::fmt;

use uuid::Uuid;

use super::view::View;
use crate::Product;

/// An API user with its key and tokens, as [`Sandbox::provision`](crate::Sandbox::provision) makes
/// it.
///
/// It has a space of its own: its transactions, its scenario, its account and its time are apart
/// from those of other API users, so that tests may share an emulator.
#[derive(Clone)]
pub struct ApiUser {
    pub(super) id: Uuid,
    pub(super) user_id: String,
    pub(super) api_key: String,
    pub(super) subscription_keys: BTreeMap<Product, String>,
    pub(super) tokens: BTreeMap<Product, String>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) own: View,
}

/// Its key and tokens are secrets, and are not shown.
impl fmt::Debug for ApiUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiUser").field("id", &self.id).finish_non_exhaustive()
    }
}

impl ApiUser {
    /// Its id. It is also the user name of its Basic credentials, but on MTN's new platform of
    /// production, where that is [`user_id`](Self::user_id).
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The user name of its Basic credentials: the User ID of its System Credentials on MTN's new
    /// platform, otherwise its id.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// Its API key, or the token of its System Credentials: the password of its Basic credentials.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// A subscription key of a product, for the header `Ocp-Apim-Subscription-Key`.
    pub fn subscription_key(&self, product: Product) -> &str {
        self.subscription_keys.get(&product).map_or("", String::as_str)
    }

    /// An access token, for the header `Authorization: Bearer …`; it is good for every product.
    pub fn token(&self, product: Product) -> &str {
        self.tokens.get(&product).map_or("", String::as_str)
    }

    /// The environment variables by which a program learns of the emulator and of this API user,
    /// such as `MOMO_SANDBOX_URL`; for a program that the test starts.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }
}
