//! The paths that lead to an operation: its own, and those that published clients call.

use crate::model::product::Product;
use crate::operations::table::Operation;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationPath {
    /// The product whose base path comes first; `None` at the root.
    pub product: Option<Product>,
    /// The path below that, whose `{names}` stand for any part.
    pub template: &'static str,
    /// The position among the paths of the operation.
    pub number: u8,
}

impl OperationPath {
    /// The whole path, as a template.
    pub fn full_path(self) -> String {
        match self.product {
            Some(product) => format!("/{product}{}", self.template),
            None => self.template.to_owned(),
        }
    }
}

impl Operation {
    pub fn paths(&self) -> impl Iterator<Item = OperationPath> {
        let bases: Vec<Option<Product>> = if self.products.is_empty() {
            vec![None]
        } else {
            self.products.iter().chain(self.also_under).copied().map(Some).collect()
        };
        let templates = || std::iter::once(&self.path).chain(self.aliases).copied();
        let paths = bases
            .into_iter()
            .flat_map(move |product| templates().map(move |template| (product, template)));
        (0..).zip(paths).map(|(number, (product, template))| OperationPath {
            product,
            template,
            number,
        })
    }

    /// The operation's path that a request was sent to. Empty parts of the request's path count
    /// for nothing, except at its end.
    pub fn path_of(&self, path: &str) -> Option<OperationPath> {
        self.paths().find(|operation_path| fits(&operation_path.full_path(), path))
    }
}

/// Whether a path is that of a template, whose `{names}` stand for any part.
fn fits(template: &str, path: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (expected, found) = (parts(template), parts(path));
    expected.len() == found.len()
        && template.ends_with('/') == path.ends_with('/')
        && expected.iter().zip(&found).all(|(part, found)| part.starts_with('{') || part == found)
}

#[cfg(test)]
mod tests {
    use crate::operations::table::OPERATIONS;

    #[test]
    fn a_request_is_matched_to_the_path_it_was_sent_to() {
        for operation in OPERATIONS {
            for operation_path in operation.paths() {
                let path = operation_path.full_path();
                for path in [path.clone(), format!("/{path}"), path.replace('{', "x{")] {
                    assert_eq!(operation.path_of(&path), Some(operation_path), "{path}");
                }
                assert_eq!(operation.path_of(&format!("{path}/more")), None);
            }
        }
    }
}
