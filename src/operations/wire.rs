//! The bodies of answers that are not a transaction's status, as types: they are serialised to be
//! sent, and their JSON Schema goes into the OpenAPI documents.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::account_holder::AccountHolder;
use crate::model::party::PartyIdType;
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

/// Names and birthdate of an account holder.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BasicUserInfoAnswer {
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
    /// `ACTIVE` or `INACTIVE`.
    pub status: String,
}

impl BasicUserInfoAnswer {
    /// The answer about this account holder.
    pub fn about(holder: &AccountHolder) -> Self {
        Self {
            given_name: holder.given_name.to_string(),
            family_name: holder.family_name.to_string(),
            birthdate: holder.birthdate.to_string(),
            locale: holder.locale.to_string(),
            gender: holder.gender.to_string(),
            status: holder.status().to_owned(),
        }
    }
}

/// What an account holder consented to show. What a scenario does not declare is the same for
/// every account holder.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserInfoAnswer {
    /// Who: the id that the consent was asked of.
    pub sub: String,
    /// All names in a row.
    pub name: String,
    /// Given names.
    pub given_name: String,
    /// Family names.
    pub family_name: String,
    /// Middle names; empty where there is none.
    pub middle_name: String,
    /// E-mail address.
    pub email: String,
    /// Whether that was verified.
    pub email_verified: bool,
    /// Such as `MALE`.
    pub gender: String,
    /// Such as `sv_SE`.
    pub locale: String,
    /// Phone number.
    pub phone_number: String,
    /// Whether that was verified.
    pub phone_number_verified: bool,
    /// Postal address.
    pub address: String,
    /// When it last changed, in seconds since 1970.
    pub updated_at: i64,
    /// `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// Such as `1976-08-13`.
    pub birthdate: String,
    /// A number, as text.
    pub credit_score: String,
    /// Whether the account is active.
    pub active: bool,
    /// Country of birth.
    pub country_of_birth: String,
    /// Region of birth.
    pub region_of_birth: String,
    /// City of birth.
    pub city_of_birth: String,
    /// Occupation.
    pub occupation: String,
    /// Employer.
    pub employer_name: String,
    /// Such as `PASS`.
    pub identification_type: String,
    /// Its number.
    pub identification_value: String,
}

impl UserInfoAnswer {
    /// The answer about this account holder, who was asked by this id at that time.
    pub fn about(
        holder: &AccountHolder,
        id_type: PartyIdType,
        id: &str,
        asked_at: Timestamp,
    ) -> Self {
        let by = |kind, otherwise: &str| if id_type == kind { id } else { otherwise }.to_owned();
        Self {
            sub: id.to_owned(),
            name: holder.full_name(),
            given_name: holder.given_name.to_string(),
            family_name: holder.family_name.to_string(),
            middle_name: holder.middle_name.as_deref().unwrap_or_default().to_owned(),
            email: by(PartyIdType::Email, "sandbox@example.com"),
            email_verified: true,
            gender: holder.gender.to_string(),
            locale: holder.locale.to_string(),
            phone_number: by(PartyIdType::Msisdn, "46733123999"),
            phone_number_verified: true,
            address: "1 Sandbox Street".to_owned(),
            updated_at: asked_at.unix_seconds(),
            status: holder.status().to_owned(),
            birthdate: holder.birthdate.to_string(),
            credit_score: "100".to_owned(),
            active: holder.active,
            country_of_birth: "SE".to_owned(),
            region_of_birth: "Sandbox Region".to_owned(),
            city_of_birth: "Sandbox City".to_owned(),
            occupation: "Tester".to_owned(),
            employer_name: "Sandbox".to_owned(),
            identification_type: "PASS".to_owned(),
            identification_value: "00000000".to_owned(),
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
