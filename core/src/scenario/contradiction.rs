//! Conditions of a rule that cannot hold together. They are worth a warning, as the file is good
//! all the same.

use crate::model::product::Product;
use crate::operations::table::OPERATIONS;
use crate::scenario::condition_fields::when;
use crate::scenario::conditions::When;
use crate::scenario::operation_set::{OperationSet, named};
use crate::scenario::reader::{Fields, Reader};

impl Reader {
    /// Warns of a product that has no such operation: the rule can never match.
    pub(super) fn warn_of_foreign_product(&mut self, fields: &Fields<'_>, when: &When) {
        let Some(product) = when.product else { return };
        let products = products_with(when.operations);
        if products.is_empty() || products.contains(&product) {
            return;
        }
        let product = product.name();
        let message = match named().into_iter().find(|(_, set)| *set == when.operations) {
            Some((name, _)) => format!("this rule can never match: {product} has no `{name}`"),
            None => format!("this rule can never match: {product} has none of its operations"),
        };
        self.warn(fields.place_in(&when::PRODUCT), message, || {
            let names: Vec<&str> = products.iter().map(|product| product.name()).collect();
            format!("write the product that has it: {}", names.join(" or "))
        });
    }
}

/// The products under whose paths one of these operations can be called; none of provisioning.
fn products_with(operations: OperationSet) -> Vec<Product> {
    let rows = OPERATIONS.iter().filter(|row| operations.contains(row.kind));
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
    fn a_list_or_group_is_foreign_if_all_of_it_is() {
        let list = "operation = [\"requesttopay\", \"invoice\"], product = \"remittance\"";
        let (_, message, help) = warning(list).expect("a warning");
        assert_eq!(message, "this rule can never match: remittance has none of its operations");
        assert_eq!(help, "write the product that has it: collection");
        let group = warning("operation = \"collections\", product = \"remittance\"");
        let expected = "this rule can never match: remittance has no `collections`";
        assert_eq!(group.expect("a warning").1, expected);
        let half = "operation = [\"requesttopay\", \"transfer\"], product = \"remittance\"";
        assert_eq!(warning(half), None);
    }

    #[test]
    fn every_operation_but_provisioning_is_of_some_product() {
        for (name, operations) in named() {
            let is_provisioning = operations.is_of_provisioning();
            assert_eq!(products_with(operations).is_empty(), is_provisioning, "{name}");
        }
    }
}
