//! The subscription keys of each product.

use std::collections::{BTreeMap, BTreeSet};

use momo_sandbox_core::model::product::Product;

/// The subscription keys of each product. If none are given, any key that is not empty is valid for
/// every product. Otherwise a product has exactly its own keys.
#[derive(Clone, Default)]
pub struct SubscriptionKeys(BTreeMap<Product, BTreeSet<String>>);

/// The proof that a subscription key is valid for a product. Only [`SubscriptionKeys::check`] makes
/// one.
#[derive(Debug)]
pub struct ProductKey {
    product: Product,
}

impl ProductKey {
    pub fn product(&self) -> Product {
        self.product
    }
}

/// Hides the keys, which are secrets.
impl std::fmt::Debug for SubscriptionKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubscriptionKeys")
    }
}

impl SubscriptionKeys {
    pub fn new(pairs: impl IntoIterator<Item = (Product, String)>) -> Self {
        let mut keys = BTreeMap::<Product, BTreeSet<String>>::new();
        for (product, key) in pairs {
            keys.entry(product).or_default().insert(key);
        }
        Self(keys)
    }

    /// Checks that a key is valid for a product.
    pub fn check(&self, key: &str, product: Product) -> Option<ProductKey> {
        self.is_good(key, product).then_some(ProductKey { product })
    }

    /// Whether a key is valid for a product.
    pub fn is_good(&self, key: &str, product: Product) -> bool {
        self.0.is_empty() || self.0.get(&product).is_some_and(|keys| keys.contains(key))
    }

    /// A key that is valid for a product.
    pub fn first_of(&self, product: Product) -> Option<&str> {
        if self.0.is_empty() {
            Some("any-key")
        } else {
            self.0.get(&product)?.first().map(String::as_str)
        }
    }

    /// The products that a key is valid for.
    pub fn products_of(&self, key: &str) -> BTreeSet<Product> {
        Product::ALL.into_iter().filter(|product| self.is_good(key, *product)).collect()
    }

    /// The products without a valid key.
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
