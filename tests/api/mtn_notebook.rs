//! The flow of MTN's own notebook of 2024: one API user, one token of collection, and with it
//! disbursement's refund, transfer, deposit, basic user info and consent. MTN accepted them all.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::emulator::{Emulator, Options};
use crate::support::merchant::{Merchant, new_reference, outcome};

const PAYER: &str = "56733123452";
const PAYEE: &str = "56733123453";

struct Notebook {
    emulator: Emulator,
    collection: Merchant,
}

impl Notebook {
    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        Client::new()
            .request(method, format!("{}{path}", self.emulator.url))
            .header("Ocp-Apim-Subscription-Key", "any-key")
            .header("X-Target-Environment", "sandbox")
            .bearer_auth(&self.collection.token)
    }

    async fn submit(&self, path: &str, body: &Value) -> String {
        let reference = new_reference();
        let request = self.call(Method::POST, path).header("X-Reference-Id", &reference);
        assert_eq!(outcome(request.json(body)).await, (202, String::new()), "{path}");
        reference
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = outcome(self.call(Method::GET, path)).await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    }
}

fn body(amount: &str, role: &str, party: &str) -> Value {
    json!({
        "amount": amount,
        "currency": "EUR",
        "externalId": new_reference(),
        role: {"partyIdType": "MSISDN", "partyId": party},
        "payerMessage": "MoMo API",
        "payeeNote": "MoMo API",
    })
}

#[tokio::test]
async fn one_token_of_collection_serves_disbursement_too() {
    let emulator = Emulator::with(Options { ledger: Some(false), ..Options::default() }).await;
    let collection = Merchant::of(&emulator, "collection").await;
    let notebook = Notebook { emulator, collection };

    let paid =
        notebook.submit("/collection/v1_0/requesttopay", &body("50000", "payer", PAYER)).await;
    notebook.emulator.settle();
    let told = notebook.get(&format!("/collection/v1_0/requesttopay/{paid}")).await;
    assert_eq!(told["status"], "SUCCESSFUL");

    let mut refund = body("200", "unused", PAYER);
    refund["referenceIdToRefund"] = json!(paid);
    let refund = notebook.submit("/disbursement/v1_0/refund", &refund).await;
    let transfer =
        notebook.submit("/disbursement/v1_0/transfer", &body("5009009900", "payee", PAYEE)).await;
    let deposit = notebook.submit("/disbursement/v1_0/deposit", &body("500", "payee", PAYEE)).await;
    notebook.emulator.settle();

    let told = notebook.get(&format!("/disbursement/v1_0/refund/{refund}")).await;
    assert_eq!((&told["status"], &told["payee"]["partyId"]), (&json!("SUCCESSFUL"), &json!(PAYER)));
    let told = notebook.get(&format!("/disbursement/v1_0/transfer/{transfer}")).await;
    assert_eq!(told["status"], "SUCCESSFUL", "there is no ledger that is too small");
    let first: Vec<&String> = told.as_object().expect("an object").keys().take(3).collect();
    assert_eq!(first, ["amount", "currency", "financialTransactionId"]);
    let told = notebook.get(&format!("/disbursement/v1_0/deposit/{deposit}")).await;
    assert_eq!(told["status"], "SUCCESSFUL");
    assert!(told.get("financialTransactionId").is_none(), "{told}");

    let holder = format!("/disbursement/v1_0/accountholder/msisdn/{PAYEE}/basicuserinfo");
    assert_eq!(notebook.get(&holder).await["name"], "Sand Box");

    let consent = notebook.call(Method::POST, "/disbursement/v1_0/bc-authorize").form(&[
        ("login_hint", "ID:46733123499/MSISDN"),
        ("scope", "all_info"),
        ("access_type", "offline"),
    ]);
    let (status, asked) = outcome(consent).await;
    assert_eq!(status, 200, "{asked}");
    let asked: Value = serde_json::from_str(&asked).expect("JSON");
    let id = asked["auth_req_id"].as_str().expect("an id");
    assert!(id.starts_with("2000"), "a counter in the first group: {id}");
    let token = Client::new()
        .post(format!("{}/disbursement/oauth2/token/", notebook.emulator.url))
        .header("Ocp-Apim-Subscription-Key", "any-key")
        .header("X-Target-Environment", "sandbox")
        .basic_auth(&notebook.collection.api_user, Some(&notebook.collection.api_key))
        .form(&[("grant_type", "urn:openid:params:grant-type:ciba"), ("auth_req_id", id)]);
    let answer = token.send().await.expect("an answer");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let token: Value = answer.json().await.expect("JSON");
    assert_eq!(token["expires_in"], 300);
    let shown = Client::new()
        .get(format!("{}/disbursement/oauth2/v1_0/userinfo", notebook.emulator.url))
        .header("Ocp-Apim-Subscription-Key", "any-key")
        .header("X-Target-Environment", "sandbox")
        .bearer_auth(token["access_token"].as_str().expect("a token"));
    let (status, shown) = outcome(shown).await;
    assert_eq!(status, 200, "{shown}");
    assert!(
        shown.contains(r#""employer_name":"Ericsson","identification_type":"PASS""#),
        "{shown}"
    );
}
