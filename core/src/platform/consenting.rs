//! How a merchant gets an account holder's consent, and what it may do with it.

use uuid::Uuid;

use crate::model::consent::ConsentOutcome;
use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::model::time::Timestamp;
use crate::operations::rejection::{ConsentError, Rejection};
use crate::operations::wire::UserInfoAnswer;
use crate::platform::consents::{Consent, ConsentNumber, ConsentRequest, Grant};
use crate::platform::event::Event;
use crate::platform::space::Platform;
use crate::scenario::seed::Purpose;

impl Platform {
    /// Asks an account holder for consent; returns the `auth_req_id`.
    ///
    /// # Errors
    ///
    /// `unknown_user_id` if there is no such account holder.
    pub fn ask_for_consent(
        &mut self,
        now: Timestamp,
        request: ConsentRequest,
    ) -> Result<Uuid, Rejection> {
        self.advance(now);
        let holder = self.rules().account_holder(request.id_type, &request.id).clone();
        if holder.consent == ConsentOutcome::AccountHolderNotFound {
            return Err(Rejection::Consent {
                error: ConsentError::UnknownUserId,
                why: "There is no such account holder: that is how this one is declared, by MTN's \
                      test values unless a scenario declares it.",
            });
        }
        let seed = self.settings.seed;
        let count = self.consents_requested;
        let drawn = seed.uuid(self.api_user.id.0, Purpose::ConsentRequest(count));
        let id = ConsentNumber::nth(count).id(drawn);
        let refresh_token = seed.uuid(id, Purpose::RefreshToken);
        let consent = Consent { request, asked_at: now, holder, refresh_token, redeemed_at: None };
        self.apply(Event::ConsentRequested { id, consent: Box::new(consent) });
        Ok(id)
    }

    /// The token for a consent that was given.
    ///
    /// # Errors
    ///
    /// Those of [`crate::platform::consents::Consents::grant`].
    pub fn redeem_consent(
        &mut self,
        now: Timestamp,
        product: Product,
        id: Uuid,
    ) -> Result<Grant, Rejection> {
        self.advance(now);
        let grant = self.consents.grant(product, id, now)?;
        self.apply(Event::ConsentRedeemed { id });
        Ok(grant)
    }

    /// The next token of a refresh token.
    ///
    /// # Errors
    ///
    /// Those of [`crate::platform::consents::Consents::refresh`].
    pub fn refresh_consent(
        &mut self,
        now: Timestamp,
        product: Product,
        refresh_token: Uuid,
    ) -> Result<Grant, Rejection> {
        self.advance(now);
        let grant = self.consents.refresh(product, refresh_token, now)?;
        self.apply(Event::ConsentRefreshed { id: grant.consent });
        Ok(grant)
    }

    /// What the account holder of a consent shows.
    ///
    /// # Errors
    ///
    /// Those of [`crate::platform::consents::Consents::read`].
    pub fn read_user_info(
        &mut self,
        now: Timestamp,
        number: ConsentNumber,
    ) -> Result<UserInfoAnswer, Rejection> {
        self.advance(now);
        let (id, Consent { request, holder, .. }) = self.consents.read(number, now)?;
        let answer = UserInfoAnswer::about(holder, &request.scope, now);
        self.apply(Event::UserInfoRead { id });
        Ok(answer)
    }

    /// Why what is submitted with the token of a consent must fail, if it must.
    pub fn consent_fault(&self, number: ConsentNumber) -> Option<Reason> {
        let (_, consent) = self.consents.numbered(number)?;
        consent.holder.consent.fault()
    }
}
