//! The index of API users by the reference ids of their transactions. A refund finds its payment
//! here, and a call of the control plane its transaction, without a look into every space.
//!
//! A space changes its entries under its lock. Their bytes are counted with the transactions
//! ([`momo_sandbox_core::platform::footprint`]), whose limit so bounds the index too.

use dashmap::DashMap;
use foldhash::fast::RandomState;
use smallvec::SmallVec;

use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::platform::transaction_store::ReferenceChange;

#[derive(Debug, Default)]
pub(super) struct ReferenceIndex(DashMap<ReferenceId, SmallVec<[ApiUserId; 1]>, RandomState>);

impl ReferenceIndex {
    /// Applies a change of an API user's transactions.
    pub(super) fn follow(&self, api_user: ApiUserId, change: ReferenceChange) {
        match change {
            ReferenceChange::Added(id) => self.0.entry(id).or_default().push(api_user),
            ReferenceChange::Removed(id) => {
                self.0.remove_if_mut(&id, |_, users| {
                    users.retain(|user| *user != api_user);
                    users.is_empty()
                });
            }
        }
    }

    /// The API users that have a transaction of this reference id, sorted by their ids.
    pub(super) fn api_users(&self, id: ReferenceId) -> Vec<ApiUserId> {
        let mut users = self.0.get(&id).map(|users| users.to_vec()).unwrap_or_default();
        users.sort_unstable();
        users
    }

    /// Frees the memory of removed entries, where most entries were removed.
    pub(super) fn shrink(&self) {
        if self.0.capacity() / 4 > self.0.len() {
            self.0.shrink_to_fit();
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|users| users.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn api_users_share_a_reference_id_and_leave_nothing_behind() {
        let index = ReferenceIndex::default();
        let id = ReferenceId(Uuid::from_u128(1));
        let [one, two] = [7, 8].map(|number| ApiUserId(Uuid::from_u128(number)));
        index.follow(two, ReferenceChange::Added(id));
        index.follow(one, ReferenceChange::Added(id));
        assert_eq!(index.api_users(id), [one, two]);
        index.follow(two, ReferenceChange::Removed(id));
        assert_eq!(index.api_users(id), [one]);
        index.follow(one, ReferenceChange::Removed(id));
        assert_eq!((index.api_users(id), index.0.len()), (Vec::new(), 0));
    }
}
