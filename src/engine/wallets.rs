//! Wallets: the accounts that several API users share, as those of MTN's two platforms do.
//!
//! A wallet keeps its accounts behind a lock of their own. [`Space`](crate::engine::space::Space)
//! borrows them for as long as its own lock is held, so nobody sees the platform of such a space
//! without them. No deadlock comes of it: the lock of the wallet is taken after that of the space,
//! and no thread holds the locks of two spaces, so whoever holds a wallet waits for no space.

use std::mem;
use std::sync::Arc;

use dashmap::DashMap;
use foldhash::fast::RandomState;
use parking_lot::{Mutex, MutexGuard};

use crate::engine::space::Space;
use crate::engine::spaces::Spaces;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::account::Accounts;

/// A wallet: the accounts of its API users, while no space of theirs borrows them.
#[derive(Debug)]
pub(super) struct Wallet {
    accounts: Mutex<Accounts>,
    /// Its API users, in the order in which they were provisioned.
    api_users: Mutex<Vec<ApiUserId>>,
}

/// The wallets by their names. A wallet is never removed.
#[derive(Debug, Default)]
pub(super) struct Wallets(DashMap<Box<str>, Arc<Wallet>, RandomState>);

impl Wallets {
    /// Takes an API user with a new platform into the wallet of that name. The accounts of the
    /// wallet are those of the first platform; the platform of a space has none between two
    /// entries.
    pub(super) fn join(&self, name: &str, platform: &mut Platform) -> Arc<Wallet> {
        let accounts = mem::take(platform.accounts());
        let first = || {
            let api_users = Mutex::default();
            Arc::new(Wallet { accounts: Mutex::new(accounts), api_users })
        };
        let wallet = Arc::clone(&self.0.entry(name.into()).or_insert_with(first));
        wallet.api_users.lock().push(platform.api_user().id);
        wallet
    }
}

impl Wallet {
    pub(super) fn lock(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock()
    }

    pub(super) fn api_users(&self) -> Vec<ApiUserId> {
        self.api_users.lock().clone()
    }
}

impl Spaces {
    /// The other spaces of a space's wallet, in the order in which they were provisioned.
    pub(super) fn others_of_wallet(&self, space: &Space) -> Vec<Arc<Space>> {
        let Some(wallet) = space.wallet() else { return Vec::new() };
        let others = wallet.api_users().into_iter().filter(|id| *id != space.id());
        others.filter_map(|id| self.get(id)).collect()
    }

    /// Lets everything happen that is due in the other spaces of a space's wallet, since it may
    /// move money on the accounts that the space is about to borrow.
    pub(super) fn catch_up_wallet(&self, space: &Space) {
        let Some(wallet) = space.wallet() else { return };
        for other in self.due().filter(|other| other.id() != space.id()) {
            if other.wallet().is_some_and(|its| Arc::ptr_eq(its, wallet)) {
                other.enter(&self.shared, |_, _| {});
            }
        }
    }
}
