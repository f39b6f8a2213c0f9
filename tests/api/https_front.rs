//! The HTTPS front, for clients that have MTN's hosts wired in.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running emulator with a front; it is killed when it is dropped.
struct Fronted {
    child: Child,
    url: String,
    front: String,
    // What it prints later must not meet a closed pipe.
    _stdout: BufReader<ChildStdout>,
}

impl Fronted {
    fn with(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_momosandbox"));
        command.args(["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line_with = |part: &str| {
            let mut line = String::new();
            stdout.read_line(&mut line).expect("a line");
            let (_, rest) = line.split_once(part).expect(part);
            rest.split([';', '\n']).next().expect("a part").to_owned()
        };
        let (url, front) = (line_with("listening on "), line_with("HTTPS front on "));
        Self { child, url, front, _stdout: stdout }
    }

    fn port(&self) -> &str {
        self.front.rsplit_once(':').expect("a port").1
    }
}

impl Drop for Fronted {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn curl(arguments: &[&str]) -> (bool, String) {
    let output = Command::new("curl")
        .args(["-sS", "--noproxy", "*"])
        .args(arguments)
        .output()
        .expect("curl runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn mtns_hosts_and_given_names_are_served_over_http1_and_http2() {
    let fronted = Fronted::with(&["--tls-name", "momo.example"]);
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("root.pem").display().to_string();
    assert!(curl(&["-o", &root, &format!("{}/_sandbox/ca.pem", fronted.url)]).0);
    for host in [
        "sandbox.momodeveloper.mtn.com",
        "proxy.momoapi.mtn.com",
        "ericssonbasicapi2.azure-api.net",
        "ericssonbasicapi1.azure-api.net",
        "proxy.momoapi.mtn.co.rw",
        "momoapi.momo.africa",
        "localhost",
        "momo.example",
    ] {
        for (version, shown) in [("--http1.1", "1.1"), ("--http2", "2")] {
            let connect = format!("{host}:443:127.0.0.1:{}", fronted.port());
            let url = format!("https://{host}/v1_0/apiuser");
            let format = "%{http_version} %{http_code}";
            let trusting =
                ["--cacert", &root, "--connect-to", &connect, version, "-o", "/dev/null"];
            let key = "Ocp-Apim-Subscription-Key: any-key";
            let request = ["-w", format, "-H", key, "-d", "{}", &url];
            let (is_done, text) = curl(&[&trusting[..], &request].concat());
            assert!(is_done && text == format!("{shown} 400"), "{host} {version}: {text}");
        }
    }
    let connect = format!("other.example:443:127.0.0.1:{}", fronted.port());
    let other = ["--cacert", &root, "--connect-to", &connect, "https://other.example/"];
    assert!(!curl(&other).0, "a name that the certificate has not");
}

/// What a GET of the control plane answers.
fn control(fronted: &Fronted, path: &str) -> String {
    let (is_done, text) = curl(&[&format!("{}/_sandbox/{path}", fronted.url)]);
    assert!(is_done, "{text}");
    text
}

#[test]
fn a_request_that_came_by_https_is_sent_again_by_https() {
    let fronted = Fronted::with(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("root.pem").display().to_string();
    assert!(curl(&["-o", &root, &format!("{}/_sandbox/ca.pem", fronted.url)]).0);
    let url = format!("https://localhost:{}/v1_0/apiuser?a=b", fronted.port());
    for version in ["--http1.1", "--http2"] {
        assert!(curl(&["--cacert", &root, version, "-d", "{}", &url]).0);
    }
    let archive = control(&fronted, "requests.har");
    assert_eq!(archive.matches(&format!("\"{url}\"")).count(), 2, "{archive}");
    for number in ["0", "1"] {
        let script = control(&fronted, &format!("requests/{number}/curl"));
        let bash = Command::new("bash").args(["-euc", &script]).output().expect("bash runs");
        let answer = String::from_utf8_lossy(&bash.stdout);
        assert!(bash.status.success() && answer.starts_with("HTTP/2 401"), "{script}\n{bash:?}");
    }
    let again = control(&fronted, "requests.har");
    assert_eq!(again.matches("\"url\":\"https://").count(), 4, "{again}");
}

#[test]
fn a_folders_root_issues_the_fronts_certificate_and_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let directory = folder.path().join("ca").display().to_string();
    let root = folder.path().join("ca/root.pem").display().to_string();
    for _ in 0..2 {
        let fronted = Fronted::with(&["--tls-ca", &directory]);
        let url = format!("https://localhost:{}/_sandbox/health", fronted.port());
        let (is_done, text) = curl(&["--cacert", &root, &url]);
        assert!(is_done && text.contains("\"ok\""), "{text}");
    }
}
