//! The field's own words as types: money, parties, references, reasons, statuses.
//!
//! Pure: no I/O, no clock, no lock, no `async`. These types do not derive `Serialize`; the wire
//! shape of a transaction is written in one place, [`crate::operations::status_body`].

pub mod account_holder;
pub mod amount;
pub mod api_user;
pub mod callback_url;
pub mod causes;
pub mod consent;
pub mod environment;
pub mod environment_variables;
pub mod escape;
pub mod fault;
pub mod http_fault;
pub mod ids;
pub mod limits;
pub mod mtn_platform;
pub mod party;
pub mod product;
pub mod reason;
pub mod refund;
pub mod spelling;
pub mod status;
pub mod submission;
pub mod time;
pub mod wrapping;

/// All variants of a kind, as an array: what is derived is a slice.
pub(crate) const fn all_of<T: Copy, const N: usize>(variants: &[T]) -> [T; N] {
    match variants.first_chunk() {
        Some(all) => *all,
        None => panic!("there are as many variants as are counted"),
    }
}
