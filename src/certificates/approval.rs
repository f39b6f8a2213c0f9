//! Approval of the issuer of a listener's certificate by MTN, and the explanation for a merchant
//! whose issuer is not approved.

use crate::certificates::approved::{approved, approved_as};
use crate::certificates::distinguished_name::DistinguishedName;
use crate::certificates::issuing::{ANNOUNCEMENT, Knowledge, is_announced, known_of};

/// The organisation of Let's Encrypt's intermediates.
const LETS_ENCRYPT: &str = "Let's Encrypt";

/// Why MTN delivers no callback to a certificate of this issuer: what its list says, both readings
/// of it, and the remedy. `None` if the issuer is approved.
pub fn fault_of(issuer: &DistinguishedName) -> Option<String> {
    if approved_as(issuer).is_some() {
        return None;
    }
    let count = approved().len();
    let more = if is_announced(issuer) {
        format!(" It was announced later ({ANNOUNCEMENT}).")
    } else if is_of_lets_encrypt(issuer) {
        of_lets_encrypt()
    } else {
        String::new()
    };
    Some(format!(
        "the certificate was issued by `{issuer}`, which is none of the {count} intermediates that \
         MTN published as approved (a list without a date).{more} If that list is up to date, no \
         callback arrives here; if it has grown since, it may. Ask MTN's support; or use a \
         certificate of an approved intermediate that still issues (`momosandbox ca --list`), or \
         let a front with such a certificate take the callbacks. For tests here, `momosandbox ca \
         --host HOST` makes one"
    ))
}

/// What is known of the approved intermediate with this common name, after its alias.
pub fn known_as(issuer: &DistinguishedName) -> Option<(&'static str, &'static Knowledge)> {
    approved_as(issuer).map(|one| (one.alias.as_str(), known_of(one)))
}

fn is_of_lets_encrypt(issuer: &DistinguishedName) -> bool {
    issuer.attributes().any(|(name, value)| name == "O" && value == LETS_ENCRYPT)
}

/// The intermediates of Let's Encrypt that the list names, and since when they have not issued.
fn of_lets_encrypt() -> String {
    let listed: Vec<_> = approved().iter().filter(|one| is_of_lets_encrypt(&one.subject)).collect();
    let aliases: Vec<&str> = listed.iter().map(|one| one.alias.as_str()).collect();
    let evidence = listed.first().and_then(|one| known_of(one).evidence.as_ref());
    let since = evidence.map_or("some time", |evidence| &evidence.as_of);
    format!(
        " Of Let's Encrypt the list names only {}, which have not issued since {since}.",
        aliases.join(" and ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(name: &str) -> Option<String> {
        fault_of(&DistinguishedName::parse(name).expect("a name"))
    }

    #[test]
    fn an_approved_issuer_has_no_fault() {
        for one in approved() {
            assert_eq!(fault_of(&one.subject), None, "{}", one.alias);
            let (alias, knowledge) = known_as(&one.subject).expect("itself");
            assert_eq!((alias, &knowledge.alias), (one.alias.as_str(), &one.alias));
        }
    }

    #[test]
    fn current_intermediates_of_lets_encrypt_are_told_both_readings_and_what_can_be_done() {
        for name in ["R10", "R14", "E5", "E9", "YR1", "YE2"] {
            let fault = fault(&format!("CN={name}; O=Let's Encrypt; C=US")).expect("a fault");
            for part in [
                name,
                "none of the 31 intermediates that MTN published as approved",
                "(a list without a date)",
                "names only R3 and E1, which have not issued since 2024-06-06",
                "If that list is up to date, no callback arrives here",
                "if it has grown since, it may",
                "Ask MTN's support",
                "ca --list",
            ] {
                assert!(fault.contains(part), "no {part} in {fault}");
            }
        }
    }

    #[test]
    fn other_issuers_are_told_only_what_concerns_them() {
        let nobody = fault("CN=R3; O=Nobody; C=US").expect("a fault");
        assert!(!nobody.contains("Let's Encrypt") && !nobody.contains("announced"), "{nobody}");
        let announced = fault("CN=WE1; O=Google Trust Services; C=US").expect("a fault");
        assert!(announced.contains("announced later (MTN's developer community"), "{announced}");
    }
}
