//! A merchant of MTN's production that has credentials of both platforms, for one wallet.

use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::mtn_platform::{MtnPlatform, PlayedPlatforms};
use momo_sandbox_core::model::product::Product;

use super::emulator::{Emulator, Options};
use super::merchant::Merchant;

pub const LEGACY_USER: &str = "6f9619ff-8b86-4011-b42d-00c04fc964ff";
pub const LEGACY_KEY: &str = "0123456789abcdef0123456789abcdef";

/// System Credentials that look like those that were seen (docs/contract.md#new-platform).
pub const USER_ID: &str = "bW9tby1zaG9wLXVnYW5kYQ==";
pub const CREDENTIAL_TOKEN: &str = "tK9$x+Q!7mZ/p-2&uW";

/// The market of the tests.
pub fn uganda() -> &'static Environment {
    Environment::named("mtnuganda").expect("a market")
}

/// An API user of one platform, with its key or token, in the wallet `main`.
pub fn credentials(platform: MtnPlatform, host: &str) -> (ApiUser, String) {
    let (user_id, key) = match platform {
        MtnPlatform::Legacy => (LEGACY_USER, LEGACY_KEY),
        MtnPlatform::New => (USER_ID, CREDENTIAL_TOKEN),
    };
    let host = ProviderCallbackHost::parse(host).expect("a host");
    let api_user = ApiUser {
        user_id: (platform == MtnPlatform::New).then(|| user_id.into()),
        platform: Some(platform),
        wallet: Some("main".into()),
        ..ApiUser::new(ApiUserId::of_user_id(user_id), host, Product::ALL)
    };
    (api_user, key.to_owned())
}

/// Options of an emulator that plays both platforms for one merchant.
pub fn both_platforms(host: &str) -> Options {
    Options {
        environment: uganda(),
        platforms: Some(PlayedPlatforms::Both),
        api_users: vec![
            credentials(MtnPlatform::Legacy, host),
            credentials(MtnPlatform::New, host),
        ],
        ..Options::default()
    }
}

/// The merchant on one platform, with a token of collection.
pub async fn merchant_on(emulator: &Emulator, platform: MtnPlatform) -> Merchant {
    let (url, user_id, key) = match platform {
        MtnPlatform::Legacy => (&emulator.legacy_url, LEGACY_USER, LEGACY_KEY),
        MtnPlatform::New => (&emulator.url, USER_ID, CREDENTIAL_TOKEN),
    };
    Merchant::at(url, uganda(), user_id, key).await
}
