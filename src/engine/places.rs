//! Places for what may be there only so often at one time.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many places; whoever has one gives it back by dropping it.
#[derive(Debug, Clone)]
pub struct Places {
    most: usize,
    free: Arc<Semaphore>,
}

/// A place that is taken.
pub type Place = OwnedSemaphorePermit;

impl Places {
    /// So many places.
    pub fn new(most: usize) -> Self {
        Self { most, free: Arc::new(Semaphore::new(most)) }
    }

    /// How many there are.
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.most - self.free.available_permits()
    }

    /// A place, if one is free.
    pub fn try_take(&self) -> Option<Place> {
        Arc::clone(&self.free).try_acquire_owned().ok()
    }

    /// So many places at once, once they are free.
    pub async fn take_several(&self, count: u32) -> Place {
        let taken = Arc::clone(&self.free).acquire_many_owned(count).await;
        taken.expect("the semaphore is never closed")
    }

    /// A place, once one is free; who came first is first.
    pub async fn take(&self) -> Place {
        let taken = Arc::clone(&self.free).acquire_owned().await;
        taken.expect("the semaphore is never closed")
    }
}
