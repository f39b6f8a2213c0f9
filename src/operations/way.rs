//! The paths that lead to an operation: its own, and those that published clients call.

use crate::model::product::Product;
use crate::operations::table::Operation;

/// A way that leads to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// The product whose base path it has; none at the root.
    pub product: Option<Product>,
    /// The path below it.
    pub path: &'static str,
    /// Its place among the ways of its operation.
    pub number: u8,
}

impl Way {
    /// The whole path.
    pub fn full_path(self) -> String {
        match self.product {
            Some(product) => format!("/{product}{}", self.path),
            None => self.path.to_owned(),
        }
    }
}

impl Operation {
    /// The ways that lead to it.
    pub fn ways(&self) -> impl Iterator<Item = Way> {
        let bases: Vec<Option<Product>> = if self.products.is_empty() {
            vec![None]
        } else {
            self.products.iter().chain(self.also_under).copied().map(Some).collect()
        };
        let paths = || std::iter::once(&self.path).chain(self.aliases).copied();
        let ways =
            bases.into_iter().flat_map(move |product| paths().map(move |path| (product, path)));
        (0..).zip(ways).map(|(number, (product, path))| Way { product, path, number })
    }
}
