//! The table of operations: one row each (contract, section 1).
//!
//! A new operation is a new row. Only an operation whose behaviour is its own needs a handler too.

use std::fmt;

use crate::model::product::Product;
use crate::model::transaction::{CallbackMethod, TransactionKind};

/// One operation of the API, for each product that has it.
#[derive(Debug)]
pub struct Operation {
    /// The id that MTN's operation documents give it.
    pub id: &'static str,
    /// The products that have it, each under its own base path; none for provisioning, which is at
    /// the root.
    pub products: &'static [Product],
    /// The HTTP method.
    pub method: Method,
    /// The path below the base path; `{name}` stands for one segment.
    pub path: &'static str,
    /// Other paths that published clients call (contract, sections 1 and 7).
    pub aliases: &'static [&'static str],
    /// Products that published clients call it under although they do not have it.
    pub also_under: &'static [Product],
    /// What it does.
    pub kind: Kind,
}

/// The HTTP methods that operations have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Submits or acts.
    Post,
}

/// What an operation does; closed, so that a new kind makes the compiler ask everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Provisioning: an API user is created.
    CreateApiUser,
    /// Provisioning: an API user is shown.
    ReadApiUser,
    /// Provisioning: an API user gets a new API key.
    CreateApiKey,
    /// An access token is issued for Basic credentials.
    Token,
    /// An asynchronous operation: 202, and the transaction settles later.
    Submit {
        /// What is submitted.
        transaction: TransactionKind,
        /// How its callback is sent.
        callback: CallbackMethod,
    },
    /// Where a transaction of this kind stands.
    Status(TransactionKind),
    /// A message to the payer about a successful request to pay.
    DeliveryNotification,
    /// The account's balance.
    Balance,
    /// The account's balance, in a currency that the path names.
    BalanceInCurrency,
    /// Whether an account holder is active.
    AccountHolderActive,
}

/// What a caller must show beside the subscription key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// Nothing more.
    SubscriptionKeyOnly,
    /// `Authorization: Basic base64(apiUser:apiKey)`.
    Basic,
    /// `Authorization: Bearer <token>` of the product.
    Bearer,
}

impl Kind {
    /// What a caller must show beside the subscription key (contract, section 2).
    pub fn authentication(self) -> Authentication {
        match self {
            Self::CreateApiUser | Self::ReadApiUser | Self::CreateApiKey => {
                Authentication::SubscriptionKeyOnly
            }
            Self::Token => Authentication::Basic,
            Self::Submit { .. }
            | Self::Status(_)
            | Self::DeliveryNotification
            | Self::Balance
            | Self::BalanceInCurrency
            | Self::AccountHolderActive => Authentication::Bearer,
        }
    }

    /// Whether the POST's `X-Reference-Id` names what it creates.
    pub fn creates(self) -> bool {
        matches!(self, Self::CreateApiUser | Self::Submit { .. })
    }

    /// The status of a success.
    pub fn success(self) -> u16 {
        match self {
            Self::CreateApiUser | Self::CreateApiKey => 201,
            Self::Submit { .. } => 202,
            Self::ReadApiUser
            | Self::Token
            | Self::Status(_)
            | Self::DeliveryNotification
            | Self::Balance
            | Self::BalanceInCurrency
            | Self::AccountHolderActive => 200,
        }
    }
}

impl Operation {
    /// The paths that lead to it, each with the product whose base path it has.
    pub fn paths(&self) -> impl Iterator<Item = (Option<Product>, String)> {
        let bases: Vec<Option<Product>> = if self.products.is_empty() {
            vec![None]
        } else {
            self.products.iter().chain(self.also_under).copied().map(Some).collect()
        };
        bases.into_iter().flat_map(move |product| {
            let base = product.map(|product| format!("/{product}")).unwrap_or_default();
            std::iter::once(&self.path)
                .chain(self.aliases)
                .map(move |path| (product, format!("{base}{path}")))
                .collect::<Vec<_>>()
        })
    }
}

impl Method {
    /// The method's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const NONE: &[Product] = &[];
const ALL: &[Product] = &Product::ALL;
const COLLECTION: &[Product] = &[Product::Collection];
const PAYING_OUT: &[Product] = &[Product::Disbursement, Product::Remittance];

const fn post(
    id: &'static str,
    products: &'static [Product],
    path: &'static str,
    kind: Kind,
) -> Operation {
    Operation { id, products, method: Method::Post, path, aliases: &[], also_under: NONE, kind }
}

const fn get(
    id: &'static str,
    products: &'static [Product],
    path: &'static str,
    kind: Kind,
) -> Operation {
    Operation { id, products, method: Method::Get, path, aliases: &[], also_under: NONE, kind }
}

const fn submit(
    id: &'static str,
    products: &'static [Product],
    path: &'static str,
    transaction: TransactionKind,
    callback: CallbackMethod,
) -> Operation {
    post(id, products, path, Kind::Submit { transaction, callback })
}

const fn status(
    id: &'static str,
    products: &'static [Product],
    path: &'static str,
    transaction: TransactionKind,
) -> Operation {
    get(id, products, path, Kind::Status(transaction))
}

/// All operations.
pub static OPERATIONS: &[Operation] = &[
    post("post-v1_0-apiuser", NONE, "/v1_0/apiuser", Kind::CreateApiUser),
    get("get-v1_0-apiuser", NONE, "/v1_0/apiuser/{X-Reference-Id}", Kind::ReadApiUser),
    post(
        "post-v1_0-apiuser-apikey",
        NONE,
        "/v1_0/apiuser/{X-Reference-Id}/apikey",
        Kind::CreateApiKey,
    ),
    Operation { aliases: &["/token"], ..post("CreateAccessToken", ALL, "/token/", Kind::Token) },
    submit(
        "RequesttoPay",
        COLLECTION,
        "/v1_0/requesttopay",
        TransactionKind::RequestToPay,
        CallbackMethod::Post,
    ),
    status(
        "RequesttoPayTransactionStatus",
        COLLECTION,
        "/v1_0/requesttopay/{referenceId}",
        TransactionKind::RequestToPay,
    ),
    Operation {
        also_under: PAYING_OUT,
        ..post(
            "RequesttoPayDeliveryNotification",
            COLLECTION,
            "/v1_0/requesttopay/{referenceId}/deliverynotification",
            Kind::DeliveryNotification,
        )
    },
    submit(
        "Transfer",
        PAYING_OUT,
        "/v1_0/transfer",
        TransactionKind::Transfer,
        CallbackMethod::Post,
    ),
    status(
        "GetTransferStatus",
        PAYING_OUT,
        "/v1_0/transfer/{referenceId}",
        TransactionKind::Transfer,
    ),
    get("GetAccountBalance", ALL, "/v1_0/account/balance", Kind::Balance),
    get(
        "GetAccountBalanceInSpecificCurrency",
        ALL,
        "/v1_0/account/balance/{currency}",
        Kind::BalanceInCurrency,
    ),
    get(
        "ValidateAccountHolderStatus",
        ALL,
        "/v1_0/accountholder/{accountHolderIdType}/{accountHolderId}/active",
        Kind::AccountHolderActive,
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_operations_share_a_method_and_path() {
        let mut seen = BTreeSet::new();
        for operation in OPERATIONS {
            for (_, path) in operation.paths() {
                assert!(seen.insert((operation.method, path.clone())), "{path} twice");
            }
        }
    }

    #[test]
    fn whatever_can_be_submitted_can_be_asked_for_under_the_same_product() {
        for operation in OPERATIONS {
            let Kind::Submit { transaction, .. } = operation.kind else { continue };
            assert!(
                OPERATIONS.iter().any(|other| {
                    other.kind == Kind::Status(transaction) && other.products == operation.products
                }),
                "{} has no status operation",
                operation.id
            );
        }
    }

    #[test]
    fn every_path_is_under_a_version_or_is_the_tokens() {
        for operation in OPERATIONS {
            let path = operation.path;
            assert!(path.starts_with("/v1_0/") || path.starts_with("/token"), "{path}");
        }
    }
}
