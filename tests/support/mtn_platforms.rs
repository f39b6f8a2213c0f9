//! An emulator that plays both of MTN's platforms of production, and a merchant with credentials of
//! each.

use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::mtn_platform::{MtnPlatform, PlayedPlatforms};
use momo_sandbox_core::model::product::Product;

use super::emulator::{Emulator, Options};
use super::merchant::{Merchant, new_reference};

/// The host of the merchant's callbacks.
pub const HOST: &str = "shop.example";

/// The User ID and the Credential Token of the merchant on the new platform.
pub const SYSTEM_CREDENTIALS: (&str, &str) = ("c2hvcC1vbmUtdWdhbmRh=", "t0ken!with@punctuation:");

/// Both platforms, and one merchant on each: both share a wallet.
pub struct BothPlatforms {
    pub emulator: Emulator,
    pub legacy: Merchant,
    pub new: Merchant,
}

impl BothPlatforms {
    /// Both platforms in Uganda.
    pub async fn start(options: Options) -> Self {
        let uganda = Environment::named("mtnuganda").expect("a market");
        let legacy_id = new_reference();
        let (user_id, token) = SYSTEM_CREDENTIALS;
        let api_users = vec![
            (api_user(&legacy_id, MtnPlatform::Legacy), "secret".to_owned()),
            (api_user(user_id, MtnPlatform::New), token.to_owned()),
        ];
        let emulator = Emulator::with(Options {
            environment: uganda,
            platforms: Some(PlayedPlatforms::Both),
            api_users,
            ..options
        })
        .await;
        let legacy_url = emulator.legacy_url.as_ref().expect("a port of its own");
        let legacy = Merchant::at(legacy_url, uganda, &legacy_id, "secret").await;
        let new = Merchant::at(&emulator.url, uganda, user_id, token).await;
        Self { emulator, legacy, new }
    }
}

/// Credentials of a platform, of the merchant's one wallet.
fn api_user(user_id: &str, platform: MtnPlatform) -> ApiUser {
    let id = ApiUserId::of_user_id(user_id);
    let host = ProviderCallbackHost::parse(HOST).expect("a host");
    let user_id = (id.to_string() != user_id).then(|| user_id.into());
    let (platform, wallet) = (Some(platform), Some("main".into()));
    ApiUser { user_id, platform, wallet, ..ApiUser::new(id, host, Product::ALL) }
}
