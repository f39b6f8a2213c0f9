//! Permits for what may exist only a limited number of times at once: connections, callbacks in
//! flight, long bodies. A semaphore that knows how many permits it began with.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A fixed number of permits. A permit goes back when it is dropped.
#[derive(Debug, Clone)]
pub struct Permits {
    total: usize,
    free: Arc<Semaphore>,
}

pub type Permit = OwnedSemaphorePermit;

impl Permits {
    pub fn new(total: usize) -> Self {
        Self { total, free: Arc::new(Semaphore::new(total)) }
    }

    pub fn total(&self) -> usize {
        self.total
    }

    pub fn in_use(&self) -> usize {
        self.total - self.free.available_permits()
    }

    /// A permit, if one is free now.
    pub fn try_acquire(&self) -> Option<Permit> {
        Arc::clone(&self.free).try_acquire_owned().ok()
    }

    /// Waits for `count` permits at once.
    pub async fn acquire_many(&self, count: u32) -> Permit {
        let acquired = Arc::clone(&self.free).acquire_many_owned(count).await;
        acquired.expect("the semaphore is never closed")
    }

    /// Waits for a permit. The longest waiting caller is served first.
    pub async fn acquire(&self) -> Permit {
        self.acquire_many(1).await
    }
}
