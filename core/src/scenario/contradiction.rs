//! Conditions of a rule that cannot hold together. They are worth a warning, as the file is good
//! all the same.

use crate::model::product::Product;
use crate::model::submission::TransactionKind;
use crate::operations::table::{OPERATIONS, OperationKind};
use crate::scenario::description::when;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::rule::When;

impl Reader {
    /// Warns of a product that has no such operation: the rule can never match.
    pub(super) fn warn_of_foreign_product(&mut self, fields: &Fields<'_>, when: &When) {
        let Some(product) = when.product else { return };
        let Some(kind) = when.operation.and_then(|subject| subject.kind()) else { return };
        let products = products_with(kind);
        if products.contains(&product) {
            return;
        }
        let (kind, product) = (kind.name(), product.name());
        let message = format!("this rule can never match: {product} has no `{kind}`");
        self.warn(fields.place_in(&when::PRODUCT), message, || {
            let names: Vec<&str> = products.iter().map(|product| product.name()).collect();
            format!("write the product that has it: {}", names.join(" or "))
        });
    }
}

/// The products under whose paths a kind of transaction can be submitted.
fn products_with(kind: TransactionKind) -> Vec<Product> {
    let rows = OPERATIONS.iter().filter(|row| row.kind == OperationKind::Submit(kind));
    let products = || rows.clone().flat_map(|row| row.products.iter().chain(row.also_under));
    Product::ALL.into_iter().filter(|product| products().any(|has| has == product)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::problem::Position;
    use crate::scenario::read_scenario::read_scenario;

    /// The place, message and remedy of the warning about a rule with these conditions.
    fn warning(when: &str) -> Option<(usize, String, String)> {
        let text = format!("[[rules]]\nwhen = {{ {when} }}\ncallback = {{ fate = \"lost\" }}\n");
        let scenario = read_scenario("a.toml", &text).expect("a good file all the same");
        let warnings = scenario.warnings?;
        let (position, problem) = warnings.located().next().expect("one");
        let Position::Line { line: 2, column } = position else { panic!("{position}") };
        assert!(problem.is_warning);
        Some((column, problem.message.clone(), problem.help.clone().expect("a remedy")))
    }

    #[test]
    fn an_operation_that_the_product_does_not_have_is_worth_a_warning() {
        assert_eq!(
            warning("operation = \"requesttopay\", product = \"disbursement\""),
            Some((
                48,
                "this rule can never match: disbursement has no `requesttopay`".to_owned(),
                "write the product that has it: collection".to_owned()
            ))
        );
        let transfer = warning("product = \"collection\", operation = \"transfer\"");
        let help = "write the product that has it: disbursement or remittance";
        assert_eq!(transfer.expect("a warning").2, help);
        for good in [
            "operation = \"requesttopay\", product = \"collection\"",
            "operation = \"transfer\", product = \"remittance\"",
            "product = \"disbursement\"",
            "operation = \"requesttopay\"",
        ] {
            assert_eq!(warning(good), None, "{good}");
        }
        let text = "[[rules]]\nwhen = { operation = \"balance\", product = \"disbursement\" }\n";
        let scenario = read_scenario("a.toml", &format!("{text}answers = [{{}}]\n"));
        assert!(scenario.expect("a good file").warnings.is_none());
    }

    #[test]
    fn every_kind_of_transaction_is_of_some_product() {
        for kind in TransactionKind::ALL {
            assert!(!products_with(kind).is_empty(), "{}", kind.name());
        }
    }
}
