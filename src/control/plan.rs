//! What would become of a transaction that has not been sent yet.

use serde_json::{Map, Value};

use crate::control::journal::reference_id;
use crate::control::names::{self, Fields};
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope, transactions};
use momo_sandbox_core::model::callback_url::CallbackUrl;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::transaction::{CallbackMethod, Submission};
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::operations::reading::read_details;
use momo_sandbox_core::operations::table::{Kind, OPERATIONS};

/// The fields of the body.
pub(super) const FIELDS: [&str; 5] =
    ["operation", "reference_id", "body", "product", "callback_url"];

impl Control {
    /// The plan of `{"operation", "reference_id", "body"}`, and optionally `product` and
    /// `callback_url`, as it would be decided now.
    pub(super) fn preview(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let Scope::One(space) = scope else {
            unreachable!("the table of calls has plans below spaces only")
        };
        let submission = read(self.spaces.settings().environment, &request.json()?)?;
        let plan = self.spaces.enter(space, |platform, _| platform.preview(&submission));
        Ok(Answer::json(200, &transactions::plan(&plan, &submission)))
    }
}

fn read(environment: &Environment, body: &Map<String, Value>) -> Result<Submission, Refusal> {
    let fields = Fields::of(body, "the body of `plan`", &FIELDS)?;
    let text = |name: &str| fields.text(name);
    let missing = |name: &str| Refusal::bad(format!("`{name}` is required"));
    let kind = names::kind(text("operation")?.ok_or_else(|| missing("operation"))?)?;
    let operation = OPERATIONS.iter().find(|operation| operation.kind == Kind::Submit(kind));
    let operation = operation.expect("every kind of transaction can be submitted");
    let product = match text("product")? {
        None => operation.products[0],
        Some(name) => {
            let names = operation.products.iter().map(|product| product.name());
            let name = names::known_word("product", name, &names.collect::<Vec<_>>())?;
            Product::named(name).expect("it is the name of a product")
        }
    };
    let details = body.get("body").ok_or_else(|| missing("body"))?.to_string();
    let details = read_details(environment, kind, details.as_bytes())
        .map_err(|rejection| Refusal::bad(format!("in `body`: {rejection}")))?;
    let callback_url = match text("callback_url")? {
        None => None,
        Some(url) => Some(
            CallbackUrl::parse(url)
                .map_err(|error| Refusal::bad(format!("`callback_url` {error}")))?,
        ),
    };
    Ok(Submission {
        reference_id: reference_id(text("reference_id")?.ok_or_else(|| missing("reference_id"))?)?,
        product,
        kind,
        details,
        callback_url,
        callback_method: CallbackMethod::of_path(operation.path),
        consent_fault: None,
        payment_elsewhere: None,
    })
}
