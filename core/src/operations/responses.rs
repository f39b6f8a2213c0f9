//! The bodies of answers that are not a transaction's status, as types: they are serialised to be
//! sent, and their JSON Schema goes into the OpenAPI documents.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::model::account_holder::AccountHolder;
use crate::model::time::Timestamp;

/// An API user.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiUserAnswer {
    /// The host, as it was sent.
    pub provider_callback_host: String,
    /// The target environment.
    pub target_environment: String,
}

/// A new API key.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyAnswer {
    /// 32 hex digits.
    pub api_key: String,
}

/// An access token.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TokenAnswer {
    /// A JWT.
    pub access_token: String,
    /// `access_token`.
    pub token_type: &'static str,
    /// How long it lives, in seconds.
    pub expires_in: u64,
}

/// A token for an account holder's consent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConsentTokenAnswer {
    /// A JWT.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// How long it lives, in seconds.
    pub expires_in: u64,
    /// What was consented to, as asked for.
    pub scope: String,
    /// What gets the next token; only where the access type is `offline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub refresh_token: Option<String>,
    /// How long that is good, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub refresh_token_expired_in: Option<u64>,
}

/// A request for consent, under way.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuthorizeAnswer {
    /// What the token is asked for with.
    pub auth_req_id: String,
    /// How long to wait between two tries, in seconds.
    pub interval: u64,
    /// How long the request is good, in seconds.
    pub expires_in: u64,
}

/// What an account can pay out.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BalanceAnswer {
    /// A decimal.
    pub available_balance: String,
    /// Its currency.
    pub currency: String,
}

/// Whether an account holder is active.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActiveAnswer {
    /// Whether.
    pub result: bool,
}

/// Names and birthdate of an account holder, to whoever asks; with a consent of the scope `profile`
/// the same (recorded 2023).
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BasicUserInfoAnswer {
    /// Who: always `0`.
    pub sub: &'static str,
    /// All names in a row.
    pub name: String,
    /// Given names.
    pub given_name: String,
    /// Family names.
    pub family_name: String,
    /// Such as `1976-08-13`.
    pub birthdate: String,
    /// Such as `sv_SE`.
    pub locale: String,
    /// Such as `MALE`.
    pub gender: String,
    /// The time of the call, in seconds since 1970.
    pub updated_at: i64,
}

impl BasicUserInfoAnswer {
    /// The answer about this account holder at that time.
    pub fn about(holder: &AccountHolder, now: Timestamp) -> Self {
        Self {
            sub: SUBJECT,
            name: holder.full_name(),
            given_name: holder.given_name.to_string(),
            family_name: holder.family_name.to_string(),
            birthdate: holder.birthdate.to_string(),
            locale: holder.locale.to_string(),
            gender: holder.gender.to_string(),
            updated_at: now.unix_seconds(),
        }
    }

    /// The answer with no other fields than these, if any are given.
    pub fn with_only(&self, fields: Option<&[&str]>) -> Value {
        let mut answer = serde_json::to_value(self).expect("plain data with text keys");
        if let (Some(fields), Some(members)) = (fields, answer.as_object_mut()) {
            members.retain(|name, _| fields.contains(&name.as_str()));
        }
        answer
    }
}

/// The account holder's id in every answer about one (recorded 2023 and 2024).
const SUBJECT: &str = "0";

/// What an account holder consented to show, by scope.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum UserInfoAnswer {
    /// With the scope `all_info`.
    AllInfo(Box<AllInfoAnswer>),
    /// With any other.
    Profile(BasicUserInfoAnswer),
}

impl UserInfoAnswer {
    /// The answer about this account holder, to a consent of these scopes, at that time.
    pub fn about(holder: &AccountHolder, scope: &str, now: Timestamp) -> Self {
        if scope.split(' ').any(|word| word == ALL_INFO) {
            Self::AllInfo(Box::new(AllInfoAnswer::about(holder, now)))
        } else {
            Self::Profile(BasicUserInfoAnswer::about(holder, now))
        }
    }
}

/// The scope that shows everything.
const ALL_INFO: &str = "all_info";

/// All that the sandbox shows of an account holder (recorded 2024). What a scenario cannot declare
/// is the same for every account holder.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AllInfoAnswer {
    /// Who: always `0`.
    pub sub: &'static str,
    /// All names in a row.
    pub name: String,
    /// Given names.
    pub given_name: String,
    /// Family names.
    pub family_name: String,
    /// Such as `1976-08-13`.
    pub birthdate: String,
    /// Such as `sv_SE`.
    pub locale: String,
    /// `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// Such as `MALE`.
    pub gender: String,
    /// E-mail address.
    pub email: &'static str,
    /// Whether that was verified.
    pub email_verified: bool,
    /// Phone number, whatever number was asked for.
    pub phone_number: &'static str,
    /// Whether that was verified.
    pub phone_number_verified: bool,
    /// Postal address.
    pub address: AddressAnswer,
    /// The time of the call, in seconds since 1970.
    pub updated_at: i64,
    /// A number.
    pub credit_score: u32,
    /// Whether the account is active.
    pub active: bool,
    /// Country of birth.
    pub country_of_birth: &'static str,
    /// Region of birth.
    pub region_of_birth: &'static str,
    /// City of birth.
    pub city_of_birth: &'static str,
    /// Occupation.
    pub occupation: &'static str,
    /// Employer.
    pub employer_name: &'static str,
    /// Such as `PASS`.
    pub identification_type: &'static str,
    /// Its number.
    pub identification_value: &'static str,
}

/// A postal address, as OpenID Connect writes it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AddressAnswer {
    /// All of it, with line breaks.
    pub formatted: &'static str,
    /// Street and number.
    pub street_address: &'static str,
    /// Postal code.
    pub postal_code: &'static str,
    /// Town.
    pub locality: &'static str,
    /// Region.
    pub region: &'static str,
    /// Country.
    pub country: &'static str,
}

impl AllInfoAnswer {
    /// The answer about this account holder at that time.
    pub fn about(holder: &AccountHolder, now: Timestamp) -> Self {
        Self {
            sub: SUBJECT,
            name: holder.full_name(),
            given_name: holder.given_name.to_string(),
            family_name: holder.family_name.to_string(),
            birthdate: holder.birthdate.to_string(),
            locale: holder.locale.to_string(),
            status: holder.status().to_owned(),
            gender: holder.gender.to_string(),
            email: "email@domain.test",
            email_verified: true,
            phone_number: "46123456789",
            phone_number_verified: true,
            address: AddressAnswer {
                formatted: "Street 17\n123 45 Karlskrona\nBlekinge\nSweden",
                street_address: "Street 17",
                postal_code: "123 45",
                locality: "Karlskrona",
                region: "Blekinge",
                country: "Sweden",
            },
            updated_at: now.unix_seconds(),
            credit_score: 123,
            active: holder.active,
            country_of_birth: "Sweden",
            region_of_birth: "Blekinge",
            city_of_birth: "Karlskrona",
            occupation: "Manager",
            employer_name: "Ericsson",
            identification_type: "PASS",
            identification_value: "S1234567",
        }
    }
}

/// A preapproval that was approved.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreApprovalAnswer {
    /// Its reference id.
    pub pre_approval_id: String,
    /// Who may debit.
    pub to_fri: String,
    /// Who allowed it.
    pub from_fri: String,
    /// The payer's currency.
    pub from_currency: String,
    /// When it was asked for.
    pub created_time: String,
    /// When it was approved.
    pub approved_time: String,
    /// When it lapses.
    pub expiry_time: String,
    /// Whether it can be used.
    pub status: PreApprovalState,
    /// The message that the payer was shown.
    pub message: String,
}

/// Whether a preapproval can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum PreApprovalState {
    /// It can.
    Approved,
    /// The merchant cancelled it.
    Cancelled,
    /// It lapsed.
    Expired,
}
