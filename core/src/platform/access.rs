//! Access to a space: the API key, and the sessions of access tokens.

use uuid::Uuid;

use crate::platform::Platform;
use crate::platform::event::{Bookkeeping, Event};
use crate::scenario::seed::Purpose;

impl Platform {
    /// Sets the API key that was given at the start.
    pub fn set_api_key(&mut self, key: &str) {
        self.apply(Bookkeeping::ApiKeySet(key.into()));
    }

    /// Creates a new API key, 32 hex digits. The one before is no longer valid.
    pub fn create_api_key(&mut self) -> String {
        let purpose = Purpose::ApiKey(self.api_keys_created());
        let key = self.seed().hex_key(self.api_user().id.0, purpose);
        self.apply(Event::ApiKeyCreated { key: key.as_str().into() });
        key
    }

    /// The session of an access token that is issued now.
    pub fn session(&self) -> Uuid {
        let moment = u128::from(self.now().0.unsigned_abs());
        let id = Uuid::from_u128(self.api_user().id.0.as_u128() ^ moment);
        self.seed().uuid(id, Purpose::Session)
    }
}
