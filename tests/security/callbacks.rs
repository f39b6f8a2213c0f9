//! Where callbacks do not go, whoever asks for it.

use momo_sandbox::internals::callback::CallbackSettings;
use momo_sandbox::internals::callback::{HostOverride, HostOverrides};
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::{ApiUserId, parse_uuid_v4};
use momo_sandbox_core::model::product::Product;
use serde_json::Value;

use crate::support::emulator::{Emulator, Options};
use crate::support::listener::CallbackListener;
use crate::support::loopback_only::with_loopback_only;
use crate::support::merchant::{Merchant, PAYER};

const API_USER: &str = "c0ffee00-1111-4222-8333-444455556666";

/// An emulator with an API user that has this host.
async fn with_host(host: &str, callbacks: CallbackSettings) -> (Emulator, Merchant) {
    let api_user = ApiUser::new(
        ApiUserId(parse_uuid_v4(API_USER).expect("a UUID")),
        ProviderCallbackHost::parse(host).expect("a host"),
        Product::ALL,
    );
    let api_users = vec![(api_user, "key".to_owned())];
    let emulator = Emulator::with(Options { api_users, callbacks, ..Options::default() }).await;
    let merchant = Merchant::given(&emulator, &SANDBOX, API_USER, "key").await;
    (emulator, merchant)
}

async fn attempt(emulator: &Emulator, merchant: &Merchant, url: &str) -> Value {
    let reference = merchant.submit(PAYER, Some(url)).await;
    emulator.settle();
    let record = emulator.record_once_callback(&reference, &["answered", "failed"]).await;
    record["callback_attempts"][0].clone()
}

/// Checks that a callback to each of these is not sent, and that the journal says why.
async fn refused(kind: &str, hosts: &[&str]) {
    for host in hosts {
        let (emulator, merchant) = with_host(host, CallbackSettings::default()).await;
        let attempt = attempt(&emulator, &merchant, &format!("http://{host}:9/paid")).await;
        assert_eq!(attempt["error"], "not_allowed", "{host}: {attempt}");
        let detail = attempt["error_detail"].as_str().expect("text");
        assert!(detail.contains(kind) && detail.contains("--route"), "{host}: {detail}");
        let journal = emulator.control("journal?event=callback_finished").await.to_string();
        assert!(journal.contains(kind), "{journal}");
    }
}

#[test]
fn a_callback_to_an_address_where_no_merchant_listens_is_not_sent_and_says_why() {
    with_loopback_only(
        "security::callbacks::\
         a_callback_to_an_address_where_no_merchant_listens_is_not_sent_and_says_why",
        async {
            refused("a link-local address", &["[fe80::1]"]).await;
            refused("an unspecified address", &["0.0.0.0"]).await;
            refused("a multicast address", &["224.0.0.1"]).await;
            refused("the broadcast address", &["255.255.255.255"]).await;
            refused("a reserved address", &["240.0.0.1"]).await;
        },
    );
}

/// Makes a test of each address.
macro_rules! metadata_addresses {
    ($($test:ident: $host:literal is $kind:literal;)*) => {
        $(#[test]
        fn $test() {
            let test = concat!("security::callbacks::", stringify!($test));
            with_loopback_only(test, refused($kind, &[$host]));
        })*
    };
}

metadata_addresses! {
    no_callback_goes_to_the_metadata_of_most_clouds:
        "169.254.169.254" is "a link-local address";
    no_callback_goes_to_the_metadata_of_most_clouds_written_as_ipv6:
        "[::ffff:169.254.169.254]" is "a link-local address";
    no_callback_goes_to_the_credentials_of_amazons_containers:
        "169.254.170.2" is "a link-local address";
    no_callback_goes_to_the_metadata_of_tencent: "169.254.0.23" is "a link-local address";
    no_callback_goes_to_the_metadata_of_scaleway: "169.254.42.42" is "a link-local address";
    no_callback_goes_to_the_metadata_of_openstack_over_ipv6:
        "[fe80::a9fe:a9fe]" is "a link-local address";
    no_callback_goes_to_the_metadata_of_alibaba:
        "100.100.100.200" is "the metadata address of a cloud";
    no_callback_goes_to_the_wire_server_of_azure:
        "168.63.129.16" is "the metadata address of a cloud";
    no_callback_goes_to_the_metadata_of_oracle_classic:
        "192.0.0.192" is "the metadata address of a cloud";
    no_callback_goes_to_the_metadata_of_oracle_classic_written_as_ipv6:
        "[::ffff:192.0.0.192]" is "the metadata address of a cloud";
    no_callback_goes_to_the_metadata_of_oracle_over_ipv6:
        "[fd00:c1::a9fe:a9fe]" is "the metadata address of a cloud";
    no_callback_goes_to_the_metadata_of_amazon_over_ipv6:
        "[fd00:ec2::254]" is "the metadata address of a cloud";
    no_callback_goes_to_the_credentials_of_amazons_pods_over_ipv6:
        "[fd00:ec2::23]" is "the metadata address of a cloud";
    no_callback_goes_to_the_metadata_of_google_over_ipv6:
        "[fd20:ce::254]" is "the metadata address of a cloud";
    no_callback_goes_to_the_metadata_of_scaleway_over_ipv6:
        "[fd00:42::42]" is "the metadata address of a cloud";
    no_callback_goes_to_the_metadata_of_akamai_over_ipv6:
        "[fd00:a9fe:a9fe::1]" is "the metadata address of a cloud";
}

#[tokio::test]
async fn a_route_names_where_a_callback_goes_all_the_same() {
    let mut listener = CallbackListener::start().await;
    let route = format!("shop.example=0.0.0.0:{}", listener.address.port());
    let overrides = HostOverrides::new(vec![HostOverride::parse(&route).expect("a route")]);
    let callbacks = CallbackSettings { overrides, ..CallbackSettings::default() };
    let (emulator, merchant) = with_host("shop.example", callbacks).await;
    let attempt = attempt(&emulator, &merchant, "http://shop.example/paid").await;
    assert_eq!(attempt["answer_status"], 200);
    assert_eq!(listener.next().await.path, "/paid");
}

#[tokio::test]
async fn a_callback_to_another_emulators_control_plane_changes_nothing() {
    let other = Emulator::start().await;
    let theirs = Merchant::of(&other, "collection").await;
    let payment = theirs.submit(PAYER, None).await;
    let (emulator, merchant) = with_host("127.0.0.1", CallbackSettings::default()).await;
    let url = format!("{}/_sandbox/reset", other.url);
    assert_eq!(attempt(&emulator, &merchant, &url).await["answer_status"], 403);
    assert_eq!(other.record(&payment).await["status"], "PENDING", "it is still there");
}

/// What is in a callback's URL stays in its request line.
#[tokio::test]
async fn nothing_of_a_callback_url_becomes_a_header() {
    let mut listener = CallbackListener::start().await;
    let (emulator, merchant) = with_host("127.0.0.1", CallbackSettings::default()).await;
    let url = format!("{}/a%0d%0aX-Injected:%201?b=%0d%0aX-Injected:%202", listener.url);
    attempt(&emulator, &merchant, &url).await;
    let callback = listener.next().await;
    assert_eq!(callback.path, "/a%0d%0aX-Injected:%201?b=%0d%0aX-Injected:%202");
    assert_eq!(callback.headers.len(), 6, "{:?}", callback.headers);
}
