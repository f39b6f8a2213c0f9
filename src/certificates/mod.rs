//! Certificates of listeners: which intermediates MTN approves and which of them are known to issue
//! still, how a chain is verified, and a local authority that can issue under any approved name, to
//! try the rule offline (docs/contract.md#callbacks).

pub mod approval;
pub mod approved;
#[cfg(feature = "cli")]
pub mod authority;
pub mod distinguished_name;
pub mod issuing;
pub mod verification;
