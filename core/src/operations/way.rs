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
    /// The way by which a request with this path came, where empty parts of the path count for
    /// nothing but at its end.
    pub fn way_of(&self, path: &str) -> Option<Way> {
        self.ways().find(|way| fits(&way.full_path(), path))
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
    fn a_path_leads_back_to_its_way() {
        for operation in OPERATIONS {
            for way in operation.ways() {
                let path = way.full_path();
                for path in [path.clone(), format!("/{path}"), path.replace('{', "x{")] {
                    assert_eq!(operation.way_of(&path), Some(way), "{path}");
                }
                assert_eq!(operation.way_of(&format!("{path}/more")), None);
            }
        }
    }
}
