//! `chartwright env` from outside, on the example.

use crate::bundle::small_example;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn example() -> TempDir {
    let folder = TempDir::new().expect("makes a folder");
    for (name, bytes) in small_example() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        fs::write(path, bytes).expect("writes a file");
    }
    folder
}

fn run(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(words).current_dir(folder).env("HOME", folder).stdin(std::process::Stdio::null());
    command.output().expect("runs chartwright")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn good(folder: &Path, words: &[&str]) -> String {
    let output = run(folder, words);
    assert!(output.status.success(), "{words:?}: {}", said(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn check_takes_all_environments_and_tells_of_each_line() {
    let folder = example();
    let text = good(folder.path(), &["env", "check", "--strict"]);
    assert_eq!(text, "4 environments, 46 releases: nothing to mend\n");
    let file = folder.path().join("environments/pilot.yaml");
    let pilot = fs::read_to_string(&file).expect("reads");
    fs::write(&file, pilot.replace("cluster: openg2p", "cluster: openg2")).expect("writes");
    let output = run(folder.path(), &["env", "check"]);
    assert_eq!(output.status.code(), Some(1));
    let told = said(&output);
    assert!(told.contains("environments/pilot.yaml:4:10") && told.contains("did you mean `openg2p`?"), "{told}");
    assert_eq!(run(folder.path(), &["env", "check", "environments/none.yaml"]).status.code(), Some(2));
}

#[test]
fn charts_that_nobody_has_are_told_of() {
    let folder = example();
    let file = folder.path().join("environments/uat.yaml");
    let text = "kind: sandbox\ncluster: openg2p\nnamespace: uat\ndomain: uat.example.org\npublicAccess: true\n\
                loadBalancer: {kind: none}\ntls: {endsAt: istio}\nmodules:\n  spar: {chart: openg2p-spar, version: 10.0.0}\n";
    for (chart, wanted) in [
        ("chart: openg2p-spar, version: 10.0.0", None),
        ("chart: openg2p-sparr, version: 10.0.0", Some((":9:17", "did you mean `openg2p-spar`?"))),
        ("chart: openg2p-spar, version: 10.9.9", Some((":9:40", "10.0.0 comes with the program"))),
    ] {
        fs::write(&file, text.replace("chart: openg2p-spar, version: 10.0.0", chart)).expect("writes");
        let output = run(folder.path(), &["env", "check", "environments/uat.yaml"]);
        let told = said(&output);
        match wanted {
            None => assert!(!told.contains("warning"), "{told}"),
            Some((place, hint)) => {
                assert!(told.contains(&format!("environments/uat.yaml{place}")) && told.contains(hint), "{told}");
            }
        }
    }
}

#[test]
fn values_are_stable_and_say_where_they_come_from() {
    let folder = example();
    let values = ["env", "values", "--origins", "--out"];
    for out in ["one", "other"] {
        let words: Vec<&str> = values.into_iter().chain([out]).collect();
        assert_eq!(good(folder.path(), &words), format!("46 files of values: {out}\n"));
    }
    let path = "openg2p/production/portal.yaml";
    let text = fs::read_to_string(folder.path().join("one").join(path)).expect("reads");
    assert_eq!(text, fs::read_to_string(folder.path().join("other").join(path)).expect("reads"));
    let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{text}"));
    assert_eq!(line("replicas:"), "replicas: 3  # environments/production.yaml:43");
    assert!(line("hostname: portal.services.example.org").contains("environments/production.yaml:5"));
    assert!(text.lines().all(|line| line.contains("  # ")), "{text}");
    let plain = good(folder.path(), &["env", "values", "environments/sandbox.yaml", "--release", "store"]);
    assert_eq!(plain, "---\n# openg2p/sandbox/store.yaml\npersistence:\n  enabled: false\n");
    assert_eq!(run(folder.path(), &["env", "values", "--release", "none"]).status.code(), Some(2));
}

#[test]
fn values_of_releases_that_are_gone_are_removed_and_nothing_else() {
    let folder = example();
    let values = ["env", "values", "environments/sandbox.yaml", "--listed-only", "--out", "out"];
    assert_eq!(good(folder.path(), &values), "3 files of values: out\n");
    let place = folder.path().join("out/openg2p/sandbox");
    fs::write(place.join("mine.yaml"), "a: 1\n").expect("writes");
    let file = folder.path().join("environments/sandbox.yaml");
    let text = fs::read_to_string(&file).expect("reads");
    fs::write(&file, text.replace("  report:\n", "  other:\n")).expect("writes");
    assert_eq!(good(folder.path(), &values), "3 files of values, 1 file of a former run removed: out\n");
    let mut names: Vec<_> =
        fs::read_dir(&place).expect("reads").map(|one| one.expect("is there").file_name()).collect();
    names.sort();
    assert_eq!(names, ["mine.yaml", "other.yaml", "portal.yaml", "store.yaml"]);
    // A list that leads elsewhere removes nothing.
    fs::write(folder.path().join("out/.chartwright-values"), "../organisation.yaml\n").expect("writes");
    assert_ne!(run(folder.path(), &values).status.code(), Some(0));
    assert!(folder.path().join("organisation.yaml").exists());
}

#[test]
fn explain_lists_releases_with_reasons() {
    let folder = example();
    let text = good(folder.path(), &["env", "explain", "environments/sandbox.yaml", "releases"]);
    for line in [
        "  portal  hello-portal 0.1.0",
        "    stated  (environments/sandbox.yaml:",
        "  istiod  istiod 1.30.5",
        "    follows: requests enter every cluster through Istio",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[test]
fn explain_goes_from_a_manifest_back_to_the_file() {
    let folder = example();
    let pilot = "environments/pilot.yaml";
    let choice = good(folder.path(), &["env", "explain", pilot, "database.size"]);
    assert_eq!(
        choice,
        "database.size = 32Gi\n  values/profiles/pilot.yaml:32: 8Gi\n* environments/pilot.yaml:19: 32Gi\n"
    );
    let value = good(folder.path(), &["env", "explain", pilot, "title", "--release", "portal"]);
    assert!(value.contains("stated in environments/pilot.yaml:32: title: \"Hello from the pilot\""), "{value}");
    let manifest = "templates/virtualservice.yaml:10";
    let words = ["env", "explain", pilot, manifest, "--release", "portal", "--charts", "charts"];
    let lines = good(folder.path(), &words);
    assert!(lines.starts_with("hello-portal/templates/virtualservice.yaml:10: "), "{lines}");
    let hosts: Vec<String> = (1..25)
        .map(|line| format!("templates/virtualservice.yaml:{line}"))
        .filter_map(|at| {
            let words = ["env", "explain", pilot, &at, "--release", "portal", "--charts", "charts"];
            let output = run(folder.path(), &words);
            output.status.success().then(|| said(&output))
        })
        .filter(|text| text.contains("portal.pilot.example.org"))
        .collect();
    assert!(
        hosts.iter().any(|text| text.contains("stated in environments/pilot.yaml:6: domain: pilot.example.org")),
        "{hosts:?}"
    );
    // What no file states has a meaning all the same, and perhaps a value that follows.
    let realm = good(folder.path(), &["env", "explain", pilot, "keycloak.internalUrl"]);
    assert!(realm.starts_with("keycloak.internalUrl is not stated\n  Its URL inside the cluster."), "{realm}");
    let host = good(folder.path(), &["env", "explain", pilot, "hosts.report"]);
    assert!(host.starts_with("hosts.report = report.pilot.example.org\n"), "{host}");
    assert!(host.contains("it follows from environments/pilot.yaml:6\n"), "{host}");
    assert_eq!(run(folder.path(), &["env", "explain", pilot, "nothing.here"]).status.code(), Some(1));
    let misspelt = run(folder.path(), &["env", "explain", pilot, "database.siz"]);
    assert!(said(&misspelt).contains("did you mean `database.size`?"), "{}", said(&misspelt));
}

#[test]
fn diff_and_docs_say_what_the_files_state() {
    let folder = example();
    let diff = good(folder.path(), &["env", "diff", "environments/pilot.yaml", "environments/production.yaml"]);
    assert!(
        diff.contains("replicas\n  - 1  # values/profiles/pilot.yaml:4\n  + 2  # values/profiles/production.yaml:4\n"),
        "{diff}"
    );
    assert!(diff.contains("domain\n  - pilot.example.org  # environments/pilot.yaml:6\n"), "{diff}");
    assert!(diff.contains("values of portal\n"), "{diff}");
    // A line that stands elsewhere too is a difference all the same.
    assert!(diff.contains("\n  hostname\n    - portal.pilot.example.org  # "), "{diff}");
    let same = good(folder.path(), &["env", "docs", "--out", "list.md"]);
    assert_eq!(same, "checklist: list.md\n");
    let list = fs::read_to_string(folder.path().join("list.md")).expect("reads");
    for row in [
        "| [ ] | `rancher.example.org` | A | `172.16.0.31` | rancher of cluster rancher |",
        "| [ ] | `pilot.example.org` | A | `172.16.0.34` | environment pilot |",
        "| [ ] | `*.pilot.example.org` | CNAME | `pilot.example.org` | environment pilot |",
        "| [ ] | `vpn.example.org` | A | `192.0.2.5` | channel sys-admins |",
        "| [ ] | bastion | 51821/udp | internet | channel sys-admins |",
        "| [ ] | nodes of openg2p | 8472/udp | 172.16.0.0/24 | VXLAN |",
        "| [ ] | `10.44.0.0/16` | pods of cluster openg2p |",
    ] {
        assert!(list.contains(row), "{row}\n{list}");
    }
}

#[test]
fn new_writes_a_file_that_is_good() {
    let folder = example();
    let organisation = folder.path().join("organisation.yaml");
    let text = fs::read_to_string(&organisation).expect("reads");
    let text = text.replace("172.16.0.36]", "172.16.0.36, 172.16.0.37]");
    fs::write(&organisation, text.replace("production, published-1x]", "production, published-1x, uat]"))
        .expect("writes");
    let words =
        ["env", "new", "uat", "--kind", "pilot", "--from", "organisation.yaml", "--groups", "environment-owners"];
    assert_eq!(good(folder.path(), &words), "environments/uat.yaml\n");
    let written = fs::read_to_string(folder.path().join("environments/uat.yaml")).expect("reads");
    assert!(written.contains("listen: 172.16.0.37\n") && written.contains("domain: uat.example.org\n"), "{written}");
    assert!(written.lines().filter(|line| line.starts_with('#')).count() > 80);
    assert_eq!(good(folder.path(), &["env", "check"]), "5 environments, 48 releases: nothing to mend\n");
    // What stands behind `#` is good as it is.
    let all: String = written.lines().map(|line| format!("{}\n", uncommented(line))).collect();
    let all = all.replace("modules: {}\n", "modules:\n");
    fs::write(folder.path().join("environments/uat.yaml"), all).expect("writes");
    let output = run(folder.path(), &["env", "check", "environments/uat.yaml"]);
    assert!(!said(&output).contains("unknown field") && !said(&output).contains("expected `"), "{}", said(&output));
    assert_eq!(run(folder.path(), &words).status.code(), Some(2), "the file is there");
    assert_eq!(run(folder.path(), &["env", "new", "x", "--from", "organisation.yaml"]).status.code(), Some(2));
}

/// A line without the `#` before a field; sentences keep theirs.
fn uncommented(line: &str) -> &str {
    match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') || rest.starts_with("  ") => rest,
        _ => line,
    }
}

#[test]
fn hosts_are_written_with_programs_that_can_run() {
    use std::os::unix::fs::PermissionsExt;
    let folder = example();
    let text = good(folder.path(), &["env", "hosts", "--out", "hosts"]);
    assert!(text.starts_with("11 machines, "), "{text}");
    let script = folder.path().join("hosts/bastion/install.sh");
    let mode = fs::metadata(&script).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    let dry = Command::new("bash").arg(&script).arg("--dry-run").env("ROOT", folder.path().join("root")).output();
    let dry = dry.expect("runs bash");
    assert!(dry.status.success() && said(&dry).contains("file: /etc/wireguard/app-users.conf"), "{}", said(&dry));
    assert!(!folder.path().join("root").exists());
}
