//! A network namespace that has loopback only, for tests that name an address of elsewhere: a fault
//! of the program, or of the test, reaches nobody.

use std::future::Future;
#[cfg(target_os = "linux")]
use std::process::Command;

/// Namespaces are Linux's alone. Elsewhere the test does not run, and says so.
#[cfg(not(target_os = "linux"))]
pub(crate) fn with_loopback_only(test: &str, _: impl Future<Output = ()>) {
    eprintln!("{test} was skipped: only Linux has a network with nothing but loopback");
}

/// Marks the process that was started to be in a namespace.
#[cfg(target_os = "linux")]
const STARTED: &str = "TEST_STARTED_IN_A_NAMESPACE";

/// Makes a namespace in which only loopback is up, and runs the rest of its arguments there.
#[cfg(target_os = "linux")]
const ENTER: &str = "ip link set lo up && exec \"$@\"";

/// Runs a test where no route leads beyond loopback: in this process if none does, else in another
/// that runs this test alone in a namespace. `test` is its name, as `--exact` takes it.
///
/// # Panics
///
/// If the test fails, does not run, or would run where a route leads elsewhere.
#[cfg(target_os = "linux")]
pub(crate) fn with_loopback_only(test: &str, run: impl Future<Output = ()>) {
    let routes = routes_to_elsewhere();
    if routes.is_empty() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        return runtime.expect("a runtime").block_on(run);
    }
    assert!(!is_started_in_a_namespace(), "`unshare` made none: {routes:#?}");
    let program = std::env::current_exe().expect("this program has a path");
    let ended = Command::new("unshare")
        .args(["--map-root-user", "--net", "sh", "-c", ENTER, "sh"])
        .arg(program)
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(STARTED, "yes")
        .output()
        .expect("`unshare`, of util-linux: this test does not run without a namespace");
    let (said, told) = (text(&ended.stdout), text(&ended.stderr));
    assert!(ended.status.success(), "{test}, in a namespace: {said}\n{told}");
    assert!(said.contains("1 passed; 0 failed"), "{test} is not the name of this test: {said}");
}

#[cfg(target_os = "linux")]
#[expect(clippy::disallowed_methods, reason = "it is about this test, not the program")]
fn is_started_in_a_namespace() -> bool {
    std::env::var_os(STARTED).is_some()
}

/// The lines of this process's routing tables that lead anywhere but to loopback.
///
/// # Panics
///
/// If there are no tables to read: then nobody knows.
#[cfg(target_os = "linux")]
fn routes_to_elsewhere() -> Vec<String> {
    let table = |file: &str| std::fs::read_to_string(format!("/proc/self/net/{file}"));
    let v4 = table("route").expect("the table of IPv4");
    // A machine may have no IPv6.
    let v6 = table("ipv6_route").unwrap_or_default();
    beyond_loopback(&v4, &v6)
}

/// Of IPv4 the first column is the interface, under a heading; of IPv6 the last, without one.
#[cfg(target_os = "linux")]
fn beyond_loopback(v4: &str, v6: &str) -> Vec<String> {
    let v4 = v4.lines().skip(1).filter(|line| line.split_whitespace().next() != Some("lo"));
    let v6 = v6.lines().filter(|line| line.split_whitespace().last() != Some("lo"));
    v4.chain(v6).map(str::to_owned).collect()
}

#[cfg(target_os = "linux")]
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(target_os = "linux")]
#[test]
fn a_route_that_leads_beyond_loopback_is_found() {
    let heading = "Iface\tDestination\tGateway\n";
    let zeros = "0".repeat(32);
    let v6 =
        |interface: &str| format!("{zeros} 00 {zeros} 00 {zeros} ffffffff 1 0 0 {interface}\n");
    assert!(beyond_loopback(heading, &v6("lo")).is_empty());
    assert_eq!(beyond_loopback(&format!("{heading}eth0\t00000000\t01\n"), "").len(), 1);
    assert_eq!(beyond_loopback(heading, &(v6("lo") + &v6("eth0"))).len(), 1);
}
