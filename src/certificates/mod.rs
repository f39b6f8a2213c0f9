//! Certificates of listeners: which intermediates MTN approves, how a chain is verified, and a
//! local authority that can issue under any approved name, so that the rule is tried offline
//! (contract, section 6).

pub mod approved;
pub mod authority;
pub mod distinguished_name;
pub mod verification;
