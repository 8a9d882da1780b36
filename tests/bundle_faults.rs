//! Faults of bundles: `tests/bundle/faults.yaml` changes a site and says which rule finds what on which line;
//! `tests/bundle/upgrades.yaml` does the same for upgrades. In the site as it is nothing may be found.

use crate::bundle::tree;
use chartwright::bundle::{Bundle, CheckRequest, Request, build, check, rule_names};
use chartwright::chart::{Compat, LoadOptions};
use chartwright::diagnostic::Diagnostic;
use chartwright::environment::{Environment, Organisation};
use chartwright::lint::{Check, Levels, rules};
use chartwright::repository::Shelf;
use chartwright::source::{Source, Sources};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

#[derive(Deserialize)]
struct Fault {
    name: String,
    rule: String,
    /// Rules that find the same fault from another side.
    #[serde(default)]
    also: Vec<String>,
    file: String,
    replace: String,
    with: String,
    /// The end of the name of the file with the line, if it is not the changed one.
    #[serde(rename = "in")]
    place: Option<String>,
    line: String,
    /// Versions of charts that environments name.
    #[serde(default)]
    versions: BTreeMap<String, String>,
}

fn cases(name: &str) -> Vec<Fault> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundle").join(name);
    serde_saphyr::from_str(&fs::read_to_string(path).expect("reads the cases")).expect("are faults")
}

/// The site, perhaps with a fault, in a folder of its own.
fn site(fault: Option<&Fault>) -> TempDir {
    let folder = TempDir::new().expect("makes a folder");
    for (name, bytes) in tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundle/site")) {
        let mut text = String::from_utf8(bytes).expect("is text");
        if let Some(fault) = fault {
            if name == Path::new(&fault.file) {
                assert_eq!(text.matches(&fault.replace).count(), 1, "{}: `{}` stands once", fault.name, fault.replace);
                text = text.replace(&fault.replace, &fault.with);
            }
            for (chart, version) in &fault.versions {
                let stated = format!("chart: {chart}\n    version: ");
                text = text.replace(&format!("{stated}1.0.0"), &format!("{stated}{version}"));
            }
        }
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        fs::write(path, text).expect("writes");
    }
    folder
}

fn source(folder: &Path, name: &str) -> Source {
    let path = folder.join(name);
    Source::new(path.to_string_lossy(), fs::read(&path).expect("reads"))
}

/// Builds the bundle of a site: the bundle, and everything that was found.
fn built(folder: &Path, sources: &mut Sources) -> (Option<Bundle>, Vec<Diagnostic>) {
    let organisation = Organisation::load(source(folder, "organisation.yaml"), sources).expect("an organisation");
    let mut load = |name: &str| {
        let source = source(folder, &format!("environments/{name}.yaml"));
        Environment::load(source, Some(&organisation), sources).expect("an environment")
    };
    let (base, environments) = ([load("infra")], [load("one"), load("two")]);
    let templates = folder.join("environments/values");
    let template = |_: &Environment, chart: &str, _: &str| {
        let path = templates.join(format!("{chart}.yaml.tera"));
        Ok(fs::read(&path).ok().map(|text| Source::new(path.to_string_lossy(), text)))
    };
    let request = Request {
        organisation: Some(&organisation),
        base: &base,
        environments: &environments,
        charts: &Shelf::open(&folder.join("charts").to_string_lossy()).expect("opens charts"),
        template: &template,
        compat: Compat::default(),
        load: LoadOptions::default(),
        levels: &Levels::default(),
        progress: &mut |_| {},
    };
    match build(request, sources) {
        Ok(checked) => {
            let found = checked.warnings.into_iter().filter(|one| one.rule.is_some()).collect();
            (Some(checked.output), found)
        }
        Err(found) => (None, found),
    }
}

/// What was found: rule, file, the text of the line, message.
fn shown(found: &[Diagnostic], sources: &Sources) -> Vec<(String, String, String, String)> {
    let place = |one: &Diagnostic| {
        let place = one.primary.and_then(|span| sources.locate(span));
        let (file, line) = match place {
            Some((source, at)) => {
                let line = source.line(at.line).map(|line| String::from_utf8_lossy(line).trim().to_owned());
                (source.name().to_owned(), line.unwrap_or_default())
            }
            None => ("nowhere".to_owned(), String::new()),
        };
        (one.rule.unwrap_or("no rule").to_owned(), file, line, one.message.clone())
    };
    found.iter().map(place).collect()
}

/// What is wrong with the findings of a fault, if anything is.
fn judge(fault: &Fault, found: &[(String, String, String, String)]) -> Option<String> {
    let place = fault.place.as_ref().unwrap_or(&fault.file);
    let hit = found.iter().any(|(rule, file, line, _)| {
        *rule == fault.rule && file.ends_with(place.as_str()) && line.contains(&fault.line)
    });
    let stranger = found.iter().find(|(rule, ..)| *rule != fault.rule && !fault.also.contains(rule));
    let wanted = format!("{} in {place} at `{}`", fault.rule, fault.line);
    match (hit, stranger) {
        (true, None) => None,
        _ => Some(format!("{}: expected {wanted}, found {found:#?}", fault.name)),
    }
}

#[test]
fn every_fault_of_a_bundle_is_found_at_its_line() {
    let faults = cases("faults.yaml");
    assert!(faults.len() >= 40, "{}", faults.len());
    let wrong: Vec<String> = faults
        .iter()
        .filter_map(|fault| {
            let folder = site(Some(fault));
            let mut sources = Sources::new();
            let (_, found) = built(folder.path(), &mut sources);
            judge(fault, &shown(&found, &sources))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} faults:\n{}", wrong.len(), faults.len(), wrong.join("\n\n"));
}

#[test]
fn nothing_is_found_in_the_site() {
    let folder = site(None);
    let mut sources = Sources::new();
    let (bundle, found) = built(folder.path(), &mut sources);
    assert!(found.is_empty(), "{:#?}", shown(&found, &sources));
    let place = folder.path().join("bundle");
    bundle.expect("a bundle").write(&place).expect("writes");
    assert_eq!(checked(&place, None), []);
}

/// Clusters wait for each other too: what one of them needs at a public URL may come from another one.
#[test]
fn a_need_of_another_cluster_that_comes_later_is_found() {
    let folder = site(None);
    let path = |name: &str| folder.path().join(name);
    let change = |name: &str, from: &str, to: &str| {
        let text = fs::read_to_string(path(name)).expect("reads");
        assert!(text.contains(from), "{name}: {from}");
        fs::write(path(name), text.replacen(from, to, 1)).expect("writes");
    };
    let note = |chart: &str, note: &str| {
        fs::create_dir_all(path(&format!("charts/{chart}"))).expect("makes a folder");
        let text = format!("apiVersion: v2\nname: {chart}\nversion: 1.0.0\nannotations:\n  {note}\n");
        fs::write(path(&format!("charts/{chart}/Chart.yaml")), text).expect("writes");
    };
    note("front", "chartwright.io/needs: '[{url: {url: \"https://id.example.org/realms/a\"}}]'");
    note("id", "chartwright.io/provides: '[{url: {url: \"https://id.example.org\"}}]'");
    change("organisation.yaml", "clusters:\n", "clusters:\n  other: {}\n");
    change("environments/two.yaml", "cluster: main", "cluster: other");
    change("environments/two.yaml", "modules:\n", "modules:\n  id: {chart: id, version: 1.0.0, needs: [app]}\n");
    let module = "modules:\n  front: {chart: front, version: 1.0.0}\n";
    change("environments/one.yaml", "modules:\n", module);
    let late = |folder: &Path| -> Vec<(String, String)> {
        let mut sources = Sources::new();
        let (_, found) = built(folder, &mut sources);
        let found = shown(&found, &sources).into_iter().filter(|(rule, ..)| rule == "late-need");
        found.map(|(_, _, line, message)| (line, message)).filter(|(_, message)| message.contains("url")).collect()
    };
    let found = late(folder.path());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0.starts_with("front: ") && found[0].1.contains("`other/two/id` gives no earlier"), "{found:?}");
    // Where it comes earlier nothing is found.
    change("environments/two.yaml", "version: 1.0.0, needs: [app]}", "version: 1.0.0}");
    assert_eq!(late(folder.path()), []);
}

#[test]
#[cfg(feature = "cli")]
fn nothing_is_found_in_the_examples() {
    let folder = TempDir::new().expect("makes a folder");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chartwright"));
    let done = command.args(["bundle", "example"]).arg(folder.path().join("out")).output().expect("runs");
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && !told.contains("warning") && !told.contains("error"), "{told}");
    assert_eq!(checked(&folder.path().join("out/bundle"), None), []);
    for (organisation, environment) in [
        ("organisation.yaml", "environments/pilot.yaml"),
        ("organisation.yaml", "environments/production.yaml"),
        ("organisation-dedicated.yaml", "environments-dedicated/production.yaml"),
        ("organisation-in-a-box.yaml", "environments-in-a-box/sandbox.yaml"),
    ] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chartwright"));
        command.args(["bundle", "build", "--out", "bundle", "--organisation", organisation, environment]);
        let done = command.current_dir(folder.path().join("out")).output().expect("runs");
        let told = String::from_utf8_lossy(&done.stderr);
        let is_clean = !told.contains("warning") && !told.contains("error");
        assert!(done.status.success() && is_clean, "{environment}: {told}");
    }
    // What the site brings into the box is done by people, before the releases of its namespace.
    let manifest = fs::read(folder.path().join("out/bundle/bundle.yaml")).expect("reads");
    let manifest: serde_json::Value = serde_saphyr::from_slice(&manifest).expect("is YAML");
    let waves = manifest["waves"].as_array().expect("waves").iter();
    let steps: Vec<&serde_json::Value> =
        waves.flat_map(|wave| wave["steps"].as_array().or(wave.as_array()).expect("steps")).collect();
    let step = |id: &str| steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no {id}"));
    let tls = step("site/sandbox.istio-system");
    let made =
        "kubectl --context box -n istio-system create secret tls tls-openg2p-sandbox-ingress --cert=CHAIN --key=KEY";
    assert!(tls["values"].as_array().expect("values").iter().any(|value| value["value"] == made), "{tls:#}");
    assert!(tls["verify"].as_str().expect("a command").contains("get secret tls-openg2p-sandbox-ingress"), "{tls:#}");
    assert!(step("site/sandbox")["verify"].as_str().expect("a command").contains("get configmap mosip-config"));
    let first = steps.iter().find(|step| step["name"] == "environment").expect("the environment's release");
    assert!(first["needs"].as_array().expect("needs").contains(&"site/sandbox".into()), "{first:#}");
}

/// The findings in a bundle that was written, perhaps as an upgrade from another one.
fn checked(place: &Path, from: Option<&Path>) -> Vec<(String, String, String, String)> {
    let mut sources = Sources::new();
    let request = CheckRequest {
        folder: place,
        from,
        compat: Compat::default(),
        load: LoadOptions::default(),
        levels: &Levels::default(),
    };
    let found = check(&request, &mut sources).expect("checks");
    let found: Vec<Diagnostic> = found.into_iter().map(|finding| finding.diagnostic).collect();
    shown(&found, &sources)
}

/// Writes the bundle of a site.
fn written(fault: Option<&Fault>) -> (TempDir, PathBuf) {
    let folder = site(fault);
    let mut sources = Sources::new();
    let (bundle, found) = built(folder.path(), &mut sources);
    let place = folder.path().join("bundle");
    let bundle = bundle.unwrap_or_else(|| panic!("{:#?}", shown(&found, &sources)));
    bundle.write(&place).expect("writes");
    (folder, place)
}

#[test]
fn every_fault_of_an_upgrade_is_found_at_its_line() {
    let faults = cases("upgrades.yaml");
    assert!(faults.len() >= 15, "{}", faults.len());
    let (_folder, old) = written(None);
    assert_eq!(checked(&old, Some(&old)), []);
    let wrong: Vec<String> = faults
        .iter()
        .filter_map(|fault| {
            let (_folder, new) = written(Some(fault));
            judge(fault, &checked(&new, Some(&old)))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} faults:\n{}", wrong.len(), faults.len(), wrong.join("\n\n"));
}

#[test]
fn every_rule_of_bundles_has_its_page_and_its_fault() {
    let looked: BTreeSet<&str> = rule_names().collect();
    let paged: BTreeSet<&str> =
        rules().filter(|rule| matches!(rule.check, Check::Bundle)).map(|rule| rule.name).collect();
    assert!(paged.is_subset(&looked), "{:?}", paged.difference(&looked));
    let known: BTreeSet<&str> = rules().map(|rule| rule.name).collect();
    assert!(looked.is_subset(&known), "{:?}", looked.difference(&known));
    let faults: BTreeSet<String> =
        ["faults.yaml", "upgrades.yaml"].into_iter().flat_map(cases).map(|fault| fault.rule).collect();
    // Sizes have a test of their own.
    let sizes = ["archive-too-large", "release-too-large"];
    let missing: Vec<&&str> = looked.iter().filter(|rule| !faults.contains(**rule) && !sizes.contains(rule)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn sizes_are_told() {
    let folder = site(None);
    // Text that does not pack.
    let mut state = 1u64;
    let mut noise = String::from("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: noise}\ndata:\n  noise: |\n");
    while noise.len() < 2_500_000 {
        noise.push_str("    ");
        for _ in 0..100 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            noise.push(char::from(b'0' + (state >> 33) as u8 % 64));
        }
        noise.push('\n');
    }
    let noise = noise.replace('{', "x").replacen("metadata: xname: noise}", "metadata: {name: noise}", 1);
    fs::write(folder.path().join("charts/gate/templates/noise.yaml"), noise).expect("writes");
    let mut sources = Sources::new();
    let (_, found) = built(folder.path(), &mut sources);
    let rules: BTreeSet<String> = shown(&found, &sources).into_iter().map(|(rule, ..)| rule).collect();
    assert!(rules.contains("archive-too-large") && rules.contains("release-too-large"), "{rules:?}");
}

#[test]
fn images_are_found_where_the_definition_of_another_release_declares_them() {
    let folder = site(None);
    let change = |name: &str, old: &str, new: &str| {
        let path = folder.path().join("charts").join(name);
        let text = fs::read_to_string(&path).expect("reads");
        assert_eq!(text.matches(old).count(), 1, "{name}");
        fs::write(path, text.replace(old, new)).expect("writes");
    };
    let runner = "runner: {properties: {repository: {type: string}, tag: {type: string}}}";
    let schema = format!("{{properties: {{spec: {{properties: {{{runner}}}}}}}}}");
    let versions = format!("versions: [{{name: v1, schema: {{openAPIV3Schema: {schema}}}}}]");
    change("operator/crds/widgets.yaml", "versions: []", &versions);
    let widget = "kind: Widget\nmetadata:\n  name: {{ .Release.Name }}\n";
    let spec = "spec:\n  runner: {repository: example/worker, tag: v1}\n";
    change("app/templates/rest.yaml", widget, &format!("{widget}{spec}"));
    let (bundle, found) = built(folder.path(), &mut Sources::new());
    let bundle = bundle.unwrap_or_else(|| panic!("{found:?}"));
    let uses: Vec<_> = bundle.images.uses("example/worker:v1").map(|one| one.field.as_str()).collect();
    assert_eq!(uses, ["spec.runner"; 2], "{:?}", bundle.images.images().collect::<Vec<_>>());
}
