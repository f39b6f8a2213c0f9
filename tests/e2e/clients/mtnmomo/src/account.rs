//! What each product tells about its account and about account holders.

use mtnmomo::Currency;
use serde_json::{Value, json};

use crate::ORDINARY;
use crate::checks::{answered, equal, refused};
use crate::journal::Journal;
use crate::product::Product;

/// MTN's test values of account holders, by what they answer.
const REFUSED: [(&str, [&str; 3]); 5] = [
    (
        "RESOURCE_NOT_FOUND",
        ["46733123450", "notfound@email.com", "5cecb5a7-8bd0-4f49-87b1-8eb9ecc7b7bc"],
    ),
    (
        "NOT_ALLOWED",
        ["46733123452", "notallowed@email.com", "4d5f500f-c385-4901-9be5-25b6d36ad220"],
    ),
    (
        "NOT_ALLOWED_TARGET_ENVIRONMENT",
        [
            "46733123453",
            "notallowedtargetenvironment@email.com",
            "d2265f9b-0c22-496d-908f-79a65ad66266",
        ],
    ),
    (
        "INTERNAL_PROCESSING_ERROR",
        [
            "46733123454",
            "internalprocessingerror@email.com",
            "8f548a78-ceb8-4d12-a243-5640b91e91a4",
        ],
    ),
    (
        "SERVICE_UNAVAILABLE",
        ["46733123455", "serviceunavailable@email.com", "585c07a4-2c80-42f7-9e73-e586b36dee68"],
    ),
];
const NOT_ACTIVE: [&str; 3] =
    ["46733123451", "notactive@email.com", "b0040b3c-b426-4a90-af6e-673e65861cd7"];
/// In the order of the ids above; the client has the caller spell them.
const TYPES: [&str; 3] = ["MSISDN", "email", "party_code"];

pub async fn of_product<P: Product>(product: &P, journal: &Journal) {
    let what = |of: &str| format!("{} {of}", P::NAME);
    balances(product).await;

    let holder = answered(&what("holder"), product.basic_user_info(ORDINARY).await);
    equal(&what("given name"), holder.given_name, "Sand");
    equal(&what("family name"), holder.family_name, "Box");
    equal(&what("birthdate"), holder.birthdate.as_deref(), Some("1976-08-13"));
    equal(&what("locale"), holder.locale.as_deref(), Some("sv_SE"));
    equal(&what("gender"), holder.gender.as_deref(), Some("MALE"));

    for (code, ids) in REFUSED {
        for (id_type, id) in TYPES.into_iter().zip(ids) {
            let code = format!(r#""code":"{code}""#);
            refused(&what(id), product.is_active(id_type, id).await, &code);
        }
    }
    // The client does not look at the answer: who is not active is to it as who is.
    let generic = product.generic();
    let active = ["46733123999", "someone@email.com", "1b0df6ed-6b0a-4b8b-8a4f-1a6a6f1f0d8c"];
    for (ids, expected) in [(NOT_ACTIVE, false), (active, true)] {
        for (id_type, id) in TYPES.into_iter().zip(ids) {
            answered(&what(id), product.is_active(id_type, id).await);
            let path = format!("accountholder/{id_type}/{id}/active");
            let answer = answered(&what(id), generic.get::<Value>(&path).await);
            equal(&what(id), answer, json!({"result": expected}));
        }
    }
    let odd = product.is_active("passport", ORDINARY).await;
    journal.silent(&what("an unknown type of id"), odd, "malformed", "passport").await;
}

async fn balances<P: Product>(product: &P) {
    let balance = answered(P::NAME, product.balance().await);
    equal(P::NAME, balance.currency, Currency::EUR);
    // What the emulator opens an account with.
    equal(P::NAME, &balance.available_balance, "1000");
    // The client asks with the currency in lower case.
    let in_euro = answered(P::NAME, product.balance_in(Currency::EUR).await);
    equal(P::NAME, in_euro.available_balance, balance.available_balance);
    refused(P::NAME, product.balance_in(Currency::USD).await, "INVALID_CURRENCY");
}
