//! The subscription keys of each product.

use std::collections::{BTreeMap, BTreeSet};

use momo_sandbox_core::model::product::Product;

/// The subscription keys of each product. With none given, any non-empty key is good for every
/// product; with any given, a product has exactly its own.
#[derive(Clone, Default)]
pub struct SubscriptionKeys(BTreeMap<Product, BTreeSet<String>>);

/// A subscription key that is good for a product; [`SubscriptionKeys::check`] alone makes one.
#[derive(Debug)]
pub struct ProductKey {
    product: Product,
}

impl ProductKey {
    /// The product that it is good for.
    pub fn product(&self) -> Product {
        self.product
    }
}

/// Keys are secrets: no message of a panic shows them.
impl std::fmt::Debug for SubscriptionKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubscriptionKeys")
    }
}

impl SubscriptionKeys {
    /// These keys, each with its product.
    pub fn new(pairs: impl IntoIterator<Item = (Product, String)>) -> Self {
        let mut keys = BTreeMap::<Product, BTreeSet<String>>::new();
        for (product, key) in pairs {
            keys.entry(product).or_default().insert(key);
        }
        Self(keys)
    }

    /// Checks that a key is good for a product.
    pub fn check(&self, key: &str, product: Product) -> Option<ProductKey> {
        self.is_good(key, product).then_some(ProductKey { product })
    }

    /// Whether a key is good for a product.
    pub fn is_good(&self, key: &str, product: Product) -> bool {
        self.0.is_empty() || self.0.get(&product).is_some_and(|keys| keys.contains(key))
    }

    /// A key that is good for a product: any, where none are given.
    pub fn first_of(&self, product: Product) -> Option<&str> {
        if self.0.is_empty() {
            Some("any-key")
        } else {
            self.0.get(&product)?.first().map(String::as_str)
        }
    }

    /// The products that a key is good for.
    pub fn products_of(&self, key: &str) -> BTreeSet<Product> {
        Product::ALL.into_iter().filter(|product| self.is_good(key, *product)).collect()
    }

    /// The products that no key is good for.
    pub fn products_without_key(&self) -> Vec<Product> {
        let without = |product: &Product| !self.0.is_empty() && !self.0.contains_key(product);
        Product::ALL.into_iter().filter(without).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_any_is_good_and_with_keys_only_the_products_own() {
        let open = SubscriptionKeys::default();
        assert_eq!(open.products_of("anything").len(), 3);
        assert!(open.products_without_key().is_empty());

        let closed = SubscriptionKeys::new([(Product::Collection, "abc".to_owned())]);
        assert_eq!(closed.products_of("abc"), BTreeSet::from([Product::Collection]));
        assert!(closed.products_of("other").is_empty());
        let without = [Product::Disbursement, Product::Remittance];
        assert_eq!(closed.products_without_key(), without);
    }
}
