//! The table of operations: one row each (docs/contract.md#operations).
//!
//! A new operation is a new row. Only an operation whose behaviour is its own needs a handler too.

use std::fmt;
use strum::{Display, IntoStaticStr};

use crate::model::product::Product;
use crate::model::submission::TransactionKind;

/// One operation of the API, for each product that has it.
#[derive(PartialEq, Eq)]
pub struct Operation {
    /// The id that MTN's operation documents give it.
    pub id: &'static str,
    /// The products that have it, each under its own base path; none for provisioning, which is at
    /// the root.
    pub products: &'static [Product],
    pub method: Method,
    /// The path below the base path; `{name}` stands for one segment.
    pub path: &'static str,
    /// Other paths that published clients call (docs/contract.md#operations and #what-clients-do).
    pub aliases: &'static [&'static str],
    /// Products that published clients call it under although they do not have it.
    pub also_under: &'static [Product],
    pub kind: OperationKind,
    /// The purpose of the operation, in one line.
    pub summary: &'static str,
}

/// The HTTP methods that operations have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Display, IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE", const_into_str)]
pub enum Method {
    /// Reads.
    Get,
    /// Submits or acts.
    Post,
    /// Cancels.
    Delete,
}

/// What an operation does; closed, so that a new kind makes the compiler ask everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// Provisioning: an API user is created.
    CreateApiUser,
    /// Provisioning: an API user is shown.
    ReadApiUser,
    /// Provisioning: an API user gets a new API key.
    CreateApiKey,
    /// An access token is issued for Basic credentials.
    Token,
    /// A token is issued for an account holder's consent, or refreshed.
    ConsentToken,
    /// An account holder is asked for consent.
    Authorize,
    /// What an account holder consented to show.
    UserInfo,
    /// An asynchronous operation: 202, and the transaction settles later.
    Submit(TransactionKind),
    /// The status of a transaction of this kind.
    Status(TransactionKind),
    CancelInvoice,
    CancelPreApproval,
    /// The approved preapprovals of an account holder.
    ListPreApprovals,
    /// A message to the payer about a successful request to pay.
    DeliveryNotification,
    Balance,
    /// The account's balance, in a currency that the path names.
    BalanceInCurrency,
    AccountHolderActive,
    /// Names and birthdate of an account holder.
    BasicUserInfo,
}

/// What a caller must show beside the subscription key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// No further credential.
    SubscriptionKeyOnly,
    /// `Authorization: Basic base64(apiUser:apiKey)`.
    Basic,
    /// `Authorization: Bearer <token>`.
    Bearer,
    /// Either of the two: MTN's documents differ from product to product, and clients follow them.
    BasicOrBearer,
}

impl OperationKind {
    /// What a caller must show beside the subscription key (docs/contract.md#headers).
    pub fn authentication(self) -> Authentication {
        match self {
            Self::CreateApiUser | Self::ReadApiUser | Self::CreateApiKey => {
                Authentication::SubscriptionKeyOnly
            }
            Self::Token | Self::ConsentToken => Authentication::Basic,
            Self::Authorize => Authentication::BasicOrBearer,
            Self::UserInfo
            | Self::Submit(_)
            | Self::Status(_)
            | Self::CancelInvoice
            | Self::CancelPreApproval
            | Self::ListPreApprovals
            | Self::DeliveryNotification
            | Self::Balance
            | Self::BalanceInCurrency
            | Self::AccountHolderActive
            | Self::BasicUserInfo => Authentication::Bearer,
        }
    }

    /// Whether `X-Target-Environment` must be there: on every product call but `/token/`
    /// (docs/contract.md#headers).
    pub fn needs_target_environment(self) -> bool {
        match self.authentication() {
            Authentication::SubscriptionKeyOnly => false,
            Authentication::Basic => self != Self::Token,
            Authentication::Bearer | Authentication::BasicOrBearer => true,
        }
    }

    /// Whether its path ends in `/token/`.
    pub fn issues_tokens(self) -> bool {
        matches!(self, Self::Token | Self::ConsentToken)
    }

    pub fn needs_reference_id(self) -> bool {
        self.creates() || self == Self::CancelInvoice
    }

    /// Whether `X-Reference-Id` names what it creates.
    pub fn creates(self) -> bool {
        matches!(self, Self::CreateApiUser | Self::Submit(_))
    }

    /// Whether an `X-Callback-Url` is looked at.
    pub fn takes_callback_url(self) -> bool {
        matches!(self, Self::Submit(_) | Self::CancelInvoice)
    }

    pub fn success(self) -> u16 {
        match self {
            Self::CreateApiUser | Self::CreateApiKey => 201,
            Self::Submit(_) | Self::CancelInvoice => 202,
            Self::ReadApiUser
            | Self::Token
            | Self::ConsentToken
            | Self::Authorize
            | Self::UserInfo
            | Self::Status(_)
            | Self::CancelPreApproval
            | Self::ListPreApprovals
            | Self::DeliveryNotification
            | Self::Balance
            | Self::BalanceInCurrency
            | Self::AccountHolderActive
            | Self::BasicUserInfo => 200,
        }
    }
}

impl Method {
    pub fn name(self) -> &'static str {
        self.into_str()
    }
}

/// Shows the operation by its id.
impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

const ROOT: &[Product] = &[];
const ALL: &[Product] = &Product::ALL;
const COLLECTION: &[Product] = &[Product::Collection];
const DISBURSEMENT: &[Product] = &[Product::Disbursement];
const REMITTANCE: &[Product] = &[Product::Remittance];
const PAYING_OUT: &[Product] = &[Product::Disbursement, Product::Remittance];
const NOT_REMITTANCE: &[Product] = &[Product::Collection, Product::Disbursement];

/// A row without aliases, in the order of the documentation's columns.
const fn row(
    products: &'static [Product],
    method: Method,
    path: &'static str,
    id: &'static str,
    kind: OperationKind,
    summary: &'static str,
) -> Operation {
    Operation { id, products, method, path, aliases: &[], also_under: &[], kind, summary }
}

#[rustfmt::skip]
pub static OPERATIONS: &[Operation] = &[
    row(
        ROOT, Method::Post, "/v1_0/apiuser",
        "post-v1_0-apiuser", OperationKind::CreateApiUser,
        "Create an API user with its provider callback host.",
    ),
    row(
        ROOT, Method::Get, "/v1_0/apiuser/{X-Reference-Id}",
        "get-v1_0-apiuser", OperationKind::ReadApiUser,
        "Show an API user.",
    ),
    row(
        ROOT, Method::Post, "/v1_0/apiuser/{X-Reference-Id}/apikey",
        "post-v1_0-apiuser-apikey", OperationKind::CreateApiKey,
        "Create an API key for an API user; the one before ends.",
    ),
    Operation {
        aliases: &["/token"],
        ..row(
            ALL, Method::Post, "/token/",
            "CreateAccessToken", OperationKind::Token,
            "Get an access token.",
        )
    },
    Operation {
        aliases: &["/oauth2/token"],
        ..row(
            ALL, Method::Post, "/oauth2/token/",
            "CreateOauth2Token", OperationKind::ConsentToken,
            "Get a token for an account holder's consent, or refresh it.",
        )
    },
    row(
        ALL, Method::Post, "/v1_0/bc-authorize",
        "bc-authorize", OperationKind::Authorize,
        "Ask an account holder for consent.",
    ),
    row(
        ALL, Method::Get, "/oauth2/v1_0/userinfo",
        "GetUserInfoWithConsent", OperationKind::UserInfo,
        "Read what an account holder consented to show.",
    ),
    row(
        ALL, Method::Get, "/v1_0/account/balance",
        "GetAccountBalance", OperationKind::Balance,
        "Read the balance of the product's account.",
    ),
    row(
        ALL, Method::Get, "/v1_0/account/balance/{currency}",
        "GetAccountBalanceInSpecificCurrency", OperationKind::BalanceInCurrency,
        "Read the balance of the product's account in a currency.",
    ),
    row(
        ALL, Method::Get, "/v1_0/accountholder/{accountHolderIdType}/{accountHolderId}/active",
        "ValidateAccountHolderStatus", OperationKind::AccountHolderActive,
        "Ask whether an account holder is active.",
    ),
    row(
        NOT_REMITTANCE, Method::Get,
        "/v1_0/accountholder/{accountHolderIdType}/{accountHolderId}/basicuserinfo",
        "GetBasicUserinfo", OperationKind::BasicUserInfo,
        "Read names and birthdate of an account holder.",
    ),
    Operation {
        aliases: &["/v1_0/accountholder/MSISDN/{accountHolderMSISDN}/basicuserinfo"],
        ..row(
            REMITTANCE, Method::Get,
            "/v1_0/accountholder/msisdn/{accountHolderMSISDN}/basicuserinfo",
            "GetBasicUserinfo", OperationKind::BasicUserInfo,
            "Read names and birthdate of an account holder, by phone number.",
        )
    },
    row(
        COLLECTION, Method::Post, "/v1_0/requesttopay",
        "RequesttoPay", OperationKind::Submit(TransactionKind::RequestToPay),
        "Ask a payer to pay.",
    ),
    row(
        COLLECTION, Method::Get, "/v1_0/requesttopay/{referenceId}",
        "RequesttoPayTransactionStatus", OperationKind::Status(TransactionKind::RequestToPay),
        "Ask where a request to pay stands.",
    ),
    Operation {
        also_under: PAYING_OUT,
        ..row(
            COLLECTION, Method::Post, "/v1_0/requesttopay/{referenceId}/deliverynotification",
            "RequesttoPayDeliveryNotification", OperationKind::DeliveryNotification,
            "Send the payer of a successful request to pay a message.",
        )
    },
    row(
        COLLECTION, Method::Post, "/v1_0/requesttowithdraw",
        "RequestToWithdraw-V1", OperationKind::Submit(TransactionKind::RequestToWithdraw),
        "Ask a payer to approve a withdrawal (POST callback).",
    ),
    row(
        COLLECTION, Method::Post, "/v2_0/requesttowithdraw",
        "RequestToWithdraw-V2", OperationKind::Submit(TransactionKind::RequestToWithdraw),
        "Ask a payer to approve a withdrawal (PUT callback).",
    ),
    row(
        COLLECTION, Method::Get, "/v1_0/requesttowithdraw/{referenceId}",
        "RequestToWithdrawTransactionStatus",
        OperationKind::Status(TransactionKind::RequestToWithdraw),
        "Ask where a request to withdraw stands.",
    ),
    row(
        COLLECTION, Method::Post, "/v2_0/invoice",
        "CreateInvoice", OperationKind::Submit(TransactionKind::Invoice),
        "Create an invoice that its payer may settle.",
    ),
    row(
        COLLECTION, Method::Get, "/v2_0/invoice/{x-referenceId}",
        "GetInvoiceStatus", OperationKind::Status(TransactionKind::Invoice),
        "Ask where an invoice stands.",
    ),
    row(
        COLLECTION, Method::Delete, "/v2_0/invoice/{referenceId}",
        "CancelInvoice", OperationKind::CancelInvoice,
        "Cancel an invoice; a settled one stays as it is.",
    ),
    row(
        COLLECTION, Method::Post, "/v2_0/payment",
        "CreatePayments", OperationKind::Submit(TransactionKind::Payment),
        "Pay a bill or a top-up at a service provider.",
    ),
    row(
        COLLECTION, Method::Get, "/v2_0/payment/{x-referenceId}",
        "GetPaymentStatus", OperationKind::Status(TransactionKind::Payment),
        "Ask where a payment stands.",
    ),
    Operation {
        aliases: &["/v1_0/preapproval"],
        ..row(
            COLLECTION, Method::Post, "/v2_0/preapproval",
            "PreApproval", OperationKind::Submit(TransactionKind::PreApproval),
            "Ask a payer to approve later debits.",
        )
    },
    Operation {
        aliases: &["/v1_0/preapproval/{referenceId}"],
        ..row(
            COLLECTION, Method::Get, "/v2_0/preapproval/{referenceId}",
            "GetPreApprovalStatus", OperationKind::Status(TransactionKind::PreApproval),
            "Ask where a preapproval stands.",
        )
    },
    row(
        COLLECTION, Method::Delete, "/v1_0/preapproval/{preapprovalid}",
        "CancelPreApproval", OperationKind::CancelPreApproval,
        "Cancel an approved preapproval.",
    ),
    row(
        COLLECTION, Method::Get, "/v1_0/preapprovals/{accountHolderIdType}/{accountHolderId}",
        "GetApprovedPreApprovals", OperationKind::ListPreApprovals,
        "List the approved preapprovals of an account holder.",
    ),
    row(
        DISBURSEMENT, Method::Post, "/v1_0/deposit",
        "Deposit-V1", OperationKind::Submit(TransactionKind::Deposit),
        "Put money on a payee's account (POST callback).",
    ),
    row(
        DISBURSEMENT, Method::Post, "/v2_0/deposit",
        "Deposit-V2", OperationKind::Submit(TransactionKind::Deposit),
        "Put money on a payee's account (PUT callback).",
    ),
    row(
        DISBURSEMENT, Method::Get, "/v1_0/deposit/{referenceId}",
        "GetDepositStatus", OperationKind::Status(TransactionKind::Deposit),
        "Ask where a deposit stands.",
    ),
    row(
        DISBURSEMENT, Method::Post, "/v1_0/refund",
        "Refund-V1", OperationKind::Submit(TransactionKind::Refund),
        "Give back what another transaction moved (POST callback).",
    ),
    row(
        DISBURSEMENT, Method::Post, "/v2_0/refund",
        "Refund-V2", OperationKind::Submit(TransactionKind::Refund),
        "Give back what another transaction moved (PUT callback).",
    ),
    row(
        DISBURSEMENT, Method::Get, "/v1_0/refund/{referenceId}",
        "GetRefundStatus", OperationKind::Status(TransactionKind::Refund),
        "Ask where a refund stands.",
    ),
    row(
        PAYING_OUT, Method::Post, "/v1_0/transfer",
        "Transfer", OperationKind::Submit(TransactionKind::Transfer),
        "Send money to a payee.",
    ),
    row(
        PAYING_OUT, Method::Get, "/v1_0/transfer/{referenceId}",
        "GetTransferStatus", OperationKind::Status(TransactionKind::Transfer),
        "Ask where a transfer stands.",
    ),
    row(
        REMITTANCE, Method::Post, "/v2_0/cashtransfer",
        "CashTransfer", OperationKind::Submit(TransactionKind::CashTransfer),
        "Send money from abroad, with the sender's particulars.",
    ),
    row(
        REMITTANCE, Method::Get, "/v2_0/cashtransfer/{referenceId}",
        "GetCashTransferStatus", OperationKind::Status(TransactionKind::CashTransfer),
        "Ask where a cash transfer stands.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_published_operations_are_there() {
        // docs/contract.md#operations.
        let of = |product: &Product| {
            OPERATIONS.iter().filter(|operation| operation.products.contains(product)).count()
        };
        assert_eq!(Product::ALL.map(|product| of(&product)), [23, 16, 12]);
        let at_the_root = OPERATIONS.iter().filter(|operation| operation.products.is_empty());
        assert_eq!(at_the_root.count(), 3);
    }

    #[test]
    fn no_two_operations_share_a_method_and_path() {
        let mut seen = BTreeSet::new();
        for operation in OPERATIONS {
            for operation_path in operation.paths() {
                let path = operation_path.full_path();
                assert!(seen.insert((operation.method, path.clone())), "{path} twice");
            }
        }
    }

    #[test]
    fn whatever_can_be_submitted_can_be_asked_for_under_the_same_product() {
        for operation in OPERATIONS {
            let OperationKind::Submit(transaction) = operation.kind else { continue };
            assert!(
                OPERATIONS.iter().any(|other| {
                    other.kind == OperationKind::Status(transaction)
                        && other.products == operation.products
                }),
                "{} has no status operation",
                operation.id
            );
        }
    }

    #[test]
    fn every_path_has_a_version_or_is_a_tokens() {
        for operation_path in OPERATIONS.iter().flat_map(Operation::paths) {
            let path = operation_path.template;
            let known = ["/v1_0/", "/v2_0/", "/token", "/oauth2/"];
            assert!(known.iter().any(|start| path.starts_with(start)), "{path}");
        }
    }
}
