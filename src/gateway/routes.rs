//! Finds the operation of a method and path.

use std::borrow::Cow;
use std::collections::BTreeMap;

use matchit::Router;
use percent_encoding::percent_decode_str;

use crate::gateway::nearest;
use momo_sandbox_core::operations::path::OperationPath;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::table::{Method, OPERATIONS, Operation, OperationKind};

#[derive(Debug, Clone)]
pub struct Routes(BTreeMap<Method, Router<(&'static Operation, OperationPath)>>);

/// The operation of a request, and the path that led to it.
#[derive(Debug, Clone)]
pub struct Route<'a> {
    pub operation: &'static Operation,
    /// The path of the operation that the request was sent to.
    pub operation_path: OperationPath,
    /// The values of the path's parameters, decoded, in their order.
    pub parameters: Vec<Cow<'a, str>>,
}

impl Route<'_> {
    fn into_owned(self) -> Route<'static> {
        let Self { operation, operation_path, parameters } = self;
        let parameters =
            parameters.into_iter().map(|parameter| Cow::Owned(parameter.into_owned())).collect();
        Route { operation, operation_path, parameters }
    }
}

impl Default for Routes {
    fn default() -> Self {
        let mut routers = BTreeMap::<Method, Router<_>>::new();
        for operation in OPERATIONS {
            for operation_path in operation.paths() {
                routers
                    .entry(operation.method)
                    .or_default()
                    .insert(operation_path.full_path(), (operation, operation_path))
                    .expect("no two operations share a path, which the table's tests show");
            }
        }
        Self(routers)
    }
}

impl Routes {
    /// Finds the operation of a request. Doubled slashes count as one
    /// (docs/contract.md#what-clients-do).
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchPath`]; [`Rejection::Malformed`] for a parameter that is not UTF-8.
    pub fn find<'a>(&self, method: &http::Method, path: &'a str) -> Result<Route<'a>, Rejection> {
        match single_slashes(path) {
            None => self.find_plain(method, path),
            Some(single) => {
                self.find_plain(method, &single).map(|found| found.map(Route::into_owned))
            }
        }?
        .ok_or_else(|| nearest::no_such_path(method, path))
    }

    fn find_plain<'a>(
        &self,
        method: &http::Method,
        path: &'a str,
    ) -> Result<Option<Route<'a>>, Rejection> {
        let method = match *method {
            http::Method::GET => Method::Get,
            http::Method::POST => Method::Post,
            http::Method::DELETE => Method::Delete,
            _ => return Ok(None),
        };
        let Some(found) = self.0.get(&method).and_then(|router| router.at(path).ok()) else {
            return Ok(None);
        };
        let (operation, operation_path) = *found.value;
        let parameters: Vec<_> = found
            .params
            .iter()
            .map(|(name, raw)| decoded(raw).ok_or_else(|| not_utf8(name)))
            .collect::<Result<_, _>>()?;
        let is_accidental = operation.kind == OperationKind::BasicUserInfo
            && matches!(&parameters[..], [msisdn] if is_of_accidental_path(msisdn));
        Ok((!is_accidental).then_some(Route { operation, operation_path, parameters }))
    }
}

/// Whether a phone number is that of a path which MTN publishes by accident: it begins and ends
/// with 999. The path answers like an unknown one (docs/contract.md#operations). No real phone
/// number begins so.
fn is_of_accidental_path(msisdn: &str) -> bool {
    msisdn.strip_prefix("999").is_some_and(|rest| rest.ends_with("999"))
}

fn decoded(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains('%') {
        return Some(Cow::Borrowed(raw));
    }
    percent_decode_str(raw).decode_utf8().ok()
}

fn not_utf8(name: &str) -> Rejection {
    Rejection::malformed(format!("{name} in the path"), "is not UTF-8 in its percent encoding")
}

/// The path with each run of slashes as one; `None` if it has no such run.
fn single_slashes(path: &str) -> Option<String> {
    if !path.contains("//") {
        return None;
    }
    let mut single = String::with_capacity(path.len());
    for character in path.chars() {
        if character != '/' || !single.ends_with('/') {
            single.push(character);
        }
    }
    Some(single)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_routed_to_itself() {
        let routes = Routes::default();
        for operation in OPERATIONS {
            for operation_path in operation.paths() {
                let method = operation.method.name().parse().expect("a method");
                let path = operation_path.full_path();
                let route = routes.find(&method, &path).expect("a route");
                assert_eq!(route.operation.id, operation.id);
                assert_eq!(route.operation_path, operation_path);
            }
        }
    }

    #[test]
    fn doubled_slashes_count_as_one_and_anything_else_is_unknown() {
        let routes = Routes::default();
        let find = |method: http::Method, path| {
            let found = routes.find(&method, path).map(|route| route.operation.id);
            found.map_err(|rejection| rejection.kind().name())
        };
        assert_eq!(find(http::Method::POST, "//v1_0/apiuser"), Ok("post-v1_0-apiuser"));
        assert_eq!(
            find(http::Method::GET, "/collection/v1_0/accountholder/MSISDN//467/active"),
            Ok("ValidateAccountHolderStatus")
        );
        for (method, path) in [
            (http::Method::GET, "/v1_0/apiuser"),
            (http::Method::PUT, "/v1_0/apiuser"),
            (http::Method::POST, "/disbursement/v2_0/transfer"),
            (http::Method::POST, "/collection/v1_0/transfer"),
            (http::Method::GET, "/"),
            (
                http::Method::GET,
                "/remittance/clone-671b0/v1_0/accountholder/msisdn/1/basicuserinfo",
            ),
            (
                http::Method::GET,
                "/remittance/v1_0/accountholder/msisdn/9994673312345999/basicuserinfo",
            ),
        ] {
            assert_eq!(find(method.clone(), path), Err("no_such_path"), "{method} {path}");
        }
    }

    #[test]
    fn parameters_are_decoded() {
        let routes = Routes::default();
        let path = "/collection/v1_0/accountholder/email/a%40b.example/active";
        let route = routes.find(&http::Method::GET, path).expect("a route");
        assert_eq!(route.parameters, ["email", "a@b.example"]);
        let nonsense = "/collection/v1_0/accountholder/email/%ff%fe/active";
        let error = routes.find(&http::Method::GET, nonsense).expect_err("not UTF-8");
        assert_eq!(error.answer().status, 400);
    }
}
