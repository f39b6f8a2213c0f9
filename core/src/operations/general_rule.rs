//! Rules of the emulated API that are not about one row of a table, each with its name and a
//! sentence. A new one is a new line here and its row in `core/data/evidence.csv`.

/// Writes the list of rules once.
macro_rules! general_rules {
    ($($(#[$about:meta])* $variant:ident = $name:literal: $words:literal,)*) => {
        /// A rule that is not about one row of a table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum GeneralRule {
            $(#[doc = $words] $variant,)*
        }

        impl GeneralRule {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name among behaviours.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The rule, in a sentence.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$variant => $words,)*
                }
            }
        }
    };
}

general_rules! {
    CheckOrder = "check-order": "Checks are made in the order of docs/contract.md#order-of-checks.",
    ErrorOfManagement = "error.management":
        "API management refuses with `{ \"statusCode\": …, \"message\": … }`, without a charset.",
    ErrorOfPlatform = "error.platform": "The platform refuses with `{\"message\",\"code\"}`.",
    ErrorWithoutBody = "error.empty": "Some refusals of the platform have no body and no type.",
    PhraseOf500 = "phrase.500": "The reason phrase of a 500 is `Server Error`.",
    PhraseOf401 = "phrase.401": "The reason phrase of a subscription-key 401 is `Access Denied`.",
    RefusedCreatesNothing = "refused-post-creates-nothing":
        "A refused POST creates nothing, so its reference can be used again.",
    TokenOfEveryProduct = "token.every-product": "A token of any product is good for all.",
    ForeignApiUser = "token.foreign-api-user":
        "With keys that differ by product, an API user of another product's key is refused.",
    TokenLifetime = "token.lifetime": "A token lives 3600 s.",
    ConsentTokenLifetime = "token.consent-lifetime": "A token for a consent lives 300 s.",
    TokenShape = "token.shape": "A token is a JWT with the gateway's header and claims.",
    NewKeyEndsOld = "apikey.new-ends-old": "A new API key ends the one before.",
    Settles = "settles": "A transaction of any other number is SUCCESSFUL.",
    SettleTime = "settle-time": "It is PENDING for `--settle-after` first.",
    Ledger = "ledger": "Balances and payouts follow a ledger.",
    RefundChecked = "refund.checked":
        "A refund fails unless its payment is SUCCESSFUL and large enough.",
    RefundOfPayout = "refund.of-payout":
        "A refund of a transfer or deposit succeeds, with a PARTY_CODE as payee.",
    RefundOfPayment = "refund.of-payment": "The payee of a refund is the payer of its payment.",
    Validity = "validity": "An invoice or preapproval lapses at the end of its validity.",
    AmountNormalised = "amount-normalised": "Amounts come back without trailing zeros.",
    TransactionIdRange = "financial-transaction-id.range":
        "A financial transaction id has 8 to 10 digits, below 2^31 in the sandbox.",
    AnyUuid = "reference.any-uuid": "A reference id is a UUID of any version.",
    ReferenceCase = "reference.case": "A reference id is matched without regard to case.",
    OtherKind = "reference.other-kind":
        "A reference under the status path of another kind of transaction.",
    CancelSuccessful = "cancel.successful-invoice":
        "Cancelling a SUCCESSFUL invoice is accepted and changes nothing.",
    CallbackOnce = "callback.once": "A callback is sent once and never retried.",
    CallbackOnFinal = "callback.on-final-status": "It is sent when the status becomes final.",
    CallbackNeedsUrl = "callback.needs-url": "Without `X-Callback-Url` there is none.",
    CallbackRedirect = "callback.no-redirect": "A redirect is not followed.",
    CallbackTime = "callback.two-seconds": "The listener has 2 s to answer.",
    CallbackHttpsSandbox = "callback.https-in-sandbox":
        "In the sandbox an https callback URL is accepted and not called.",
    CallbackHttpsProduction = "callback.https-in-production": "Production calls https only.",
    CallbackHostName = "callback.host-name": "Production calls a host name, never an address.",
    CallbackApproved = "callback.approved-intermediates":
        "Production calls only listeners whose certificate an approved intermediate issued.",
    ProductionRate = "production.rate-limit": "Production answers 10 status queries a second.",
    ProductionUsers = "production.no-provisioning":
        "API users of production come from the account portal, not from the API.",
    ProductionReasons = "production.reasons": "A reason is a string in production too.",
    ProductionEmptyNote = "production.empty-note":
        "In production an empty `payerMessage` or `payeeNote` is a 500.",
    PlatformCredentials = "platform.own-credentials":
        "Credentials and tokens are good only on the platform that gave them.",
    PlatformUserIds = "platform.user-ids":
        "A User ID of the new platform is not a UUID, nor need an API user of production be one.",
    PlatformWallet = "platform.one-wallet":
        "One pair of System Credentials is good for all products of its wallet.",
    PlatformLedger = "platform.one-ledger": "Both platforms move the money of one ledger a wallet.",
    PlatformSideBySide = "platform.side-by-side":
        "Both platforms run for 30 days after the cutover; the legacy one takes no new payments.",
    PlatformAgent = "platform.user-agent":
        "The application gateway of the new platform reads the User-Agent before all else.",
    PlatformTokenOrder = "platform.token-order":
        "The new platform checks `X-Target-Environment` of a token before the credentials.",
    PlatformCallbackSource = "platform.callback-source":
        "Callbacks of the two platforms come from different addresses.",
    LenientSlashes = "lenient.slashes": "Doubled slashes in a path count as one.",
    LenientTokenBody = "lenient.token-body": "The body of a token request is ignored.",
    LenientAmount = "lenient.amount": "An amount may be a JSON number.",
    LenientScalars = "lenient.scalars":
        "A number where text is meant is taken as text, and the other way round.",
    LenientFields = "lenient.fields": "Unknown fields are ignored.",
    LenientExternalId = "lenient.no-external-id": "`externalId` may be left out.",
    LenientHost = "lenient.callback-host": "Of a URL as `providerCallbackHost` the host is used.",
    LenientCurrency = "lenient.currency-case": "The currency of a path may be in lower case.",
    LenientNotification = "lenient.notification":
        "The text of a delivery notification may be in the header alone.",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_a_sentence() {
        let names: BTreeSet<&str> = GeneralRule::ALL.iter().map(|rule| rule.name()).collect();
        assert_eq!(names.len(), GeneralRule::ALL.len());
        assert!(GeneralRule::ALL.iter().all(|rule| rule.words().ends_with('.')));
    }
}
