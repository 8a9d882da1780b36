//! Bundles for engines and as pictures: order, values, names and versions are those of the bundle in each of them.

use crate::bundle::{example, tree};
use chartwright::bundle::{Bundle, Engine, Export, ExportOptions, Picture};
use serde_json::Value;

const REGISTRY: &str = "oci://registry.example.org/charts";

fn export(bundle: &Bundle, engine: Engine, repository: Option<&str>) -> Export {
    let options = ExportOptions { repository: repository.map(str::to_owned) };
    bundle.export(engine, &options).expect("exports")
}

/// The documents of all YAML files of an export, by kind.
fn objects(export: &Export, kind: &str) -> Vec<Value> {
    let files = export.files.iter().filter(|(name, _)| name.ends_with(".yaml"));
    let documents = files.flat_map(|(_, text)| {
        let text = std::str::from_utf8(text).expect("is text");
        text.split("---\n")
            .skip(1)
            .map(|one| serde_saphyr::from_str::<Value>(one).expect("is YAML"))
            .collect::<Vec<_>>()
    });
    documents.filter(|object| object["kind"] == kind).collect()
}

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} of {value:#}"))
}

/// The release that an object installs.
fn named<'v>(objects: &'v [Value], path: &str, name: &str) -> &'v Value {
    objects.iter().find(|object| object.pointer(path).is_some_and(|have| have == name)).expect("the release")
}

fn values_of(bundle: &Bundle, name: &str) -> Value {
    let release = bundle.releases.iter().find(|release| release.name == name).expect("the release");
    serde_saphyr::from_slice(&release.values).expect("is YAML")
}

#[test]
fn the_script_installs_in_order_and_uninstalls_backwards() {
    let (_folder, bundle) = example();
    let export = export(&bundle, Engine::Script, None);
    let names = |file: &str| -> Vec<String> {
        let (_, text) = export.files.iter().find(|(name, _)| name == file).expect("the script");
        let text = String::from_utf8_lossy(text).into_owned();
        let calls = text.lines().filter(|line| line.starts_with("release ") && !line.contains('('));
        calls.map(|line| line.split(' ').nth(1).expect("a name").to_owned()).collect()
    };
    assert_eq!(names("install.sh"), ["store", "portal", "report"]);
    assert_eq!(names("uninstall.sh"), ["report", "portal", "store"]);
    let carried: Vec<&str> = export.files.iter().map(|(name, _)| name.as_str()).collect();
    assert!(carried.contains(&"charts/hello-portal-0.1.0.tgz"), "{carried:?}");
    assert!(carried.contains(&"values/openg2p/sandbox/portal.yaml"), "{carried:?}");
}

#[test]
fn a_changed_value_changes_the_state_that_the_script_looks_for() {
    let (_folder, bundle) = example();
    let mut changed = bundle.clone();
    changed.releases[0].values.extend_from_slice(b"extra: 1\n");
    let lines = |bundle: &Bundle| -> Vec<String> {
        let script = export(bundle, Engine::Script, None).files.swap_remove(0).1;
        let script = String::from_utf8(script).expect("is text");
        script.lines().filter(|line| line.starts_with("release ")).map(str::to_owned).collect()
    };
    let (one, other) = (lines(&bundle), lines(&changed));
    let differing: Vec<bool> = one.iter().zip(&other).map(|(one, other)| one != other).collect();
    assert_eq!(differing, [true, false, false, false][..one.len()]);
}

#[test]
fn helmfile_keeps_needs() {
    let (_folder, bundle) = example();
    let export = export(&bundle, Engine::Helmfile, None);
    let root: Value = serde_saphyr::from_slice(&export.files[0].1).expect("is YAML");
    let releases = root["releases"].as_array().expect("a list");
    let report = named(releases, "/name", "report");
    assert_eq!(text(report, "/needs/0"), "openg2p/sandbox/portal");
    assert_eq!(text(report, "/chart"), "./charts/portal-report-0.1.0.tgz");
    assert_eq!(root["helmDefaults"]["waitForJobs"], true);
}

#[test]
fn argo_cd_orders_by_waves() {
    let (_folder, bundle) = example();
    let export = export(&bundle, Engine::ArgoCd, Some(REGISTRY));
    let applications = objects(&export, "Application");
    for (name, wave) in [("store", "0"), ("portal", "1"), ("report", "2")] {
        let application = named(&applications, "/spec/source/helm/releaseName", name);
        assert_eq!(text(application, "/metadata/annotations/argocd.argoproj.io~1sync-wave"), wave);
        assert_eq!(text(application, "/spec/source/targetRevision"), "0.1.0");
        assert_eq!(text(application, "/spec/source/repoURL"), "registry.example.org/charts");
        let values: Value = serde_saphyr::from_str(text(application, "/spec/source/helm/values")).expect("is YAML");
        assert_eq!(values, values_of(&bundle, name));
    }
}

#[test]
fn flux_depends_on_what_is_needed() {
    let (_folder, bundle) = example();
    let export = export(&bundle, Engine::Flux, Some(REGISTRY));
    let releases = objects(&export, "HelmRelease");
    let portal = named(&releases, "/metadata/name", "portal");
    assert_eq!(text(portal, "/spec/dependsOn/0/name"), "store");
    let maps = objects(&export, "ConfigMap");
    let values = named(&maps, "/metadata/name", text(portal, "/spec/valuesFrom/0/name"));
    let values: Value = serde_saphyr::from_str(text(values, "/data/values.yaml")).expect("is YAML");
    assert_eq!(values, values_of(&bundle, "portal"));
    let sources = objects(&export, "OCIRepository");
    let source = named(&sources, "/metadata/name", "portal");
    assert_eq!(text(source, "/spec/url"), "oci://registry.example.org/charts/hello-portal");
    assert_eq!(text(source, "/spec/ref/tag"), "0.1.0");
}

#[test]
fn flux_takes_charts_from_a_repository_too() {
    let (_folder, bundle) = example();
    let export = export(&bundle, Engine::Flux, Some("https://charts.example.org/"));
    let releases = objects(&export, "HelmRelease");
    let portal = named(&releases, "/metadata/name", "portal");
    assert_eq!(text(portal, "/spec/chart/spec/chart"), "hello-portal");
    assert_eq!(text(portal, "/spec/chart/spec/version"), "0.1.0");
    let sources = objects(&export, "HelmRepository");
    assert_eq!(text(&sources[0], "/spec/url"), "https://charts.example.org");
}

#[test]
fn fleet_depends_on_what_is_needed() {
    let (_folder, bundle) = example();
    let export = export(&bundle, Engine::Fleet, Some(REGISTRY));
    let operations = objects(&export, "HelmOp");
    let portal = named(&operations, "/spec/helm/releaseName", "portal");
    assert_eq!(text(portal, "/spec/dependsOn/0/name"), "openg2p-sandbox-store");
    assert_eq!(text(portal, "/spec/helm/version"), "0.1.0");
    assert_eq!(portal["spec"]["helm"]["values"], values_of(&bundle, "portal"));
    assert_eq!(text(portal, "/spec/targets/0/clusterName"), "openg2p");
}

#[test]
fn long_names_stay_apart() {
    let (_folder, mut bundle) = example();
    for (nth, release) in bundle.releases.iter_mut().enumerate() {
        release.name = format!("{}{nth}", "a".repeat(50));
        release.needs.clear();
    }
    let export = export(&bundle, Engine::Fleet, Some(REGISTRY));
    let operations = objects(&export, "HelmOp");
    let mut names: Vec<&str> = operations.iter().map(|object| text(object, "/metadata/name")).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 3);
    assert!(names.iter().all(|name| name.len() <= 53), "{names:?}");
}

#[test]
fn engines_that_fetch_charts_want_a_repository() {
    let (_folder, bundle) = example();
    for engine in [Engine::ArgoCd, Engine::Flux, Engine::Fleet] {
        let none = bundle.export(engine, &ExportOptions::default()).expect_err("has no repository");
        assert!(none.message().contains(engine.name()), "{}", none.message());
        let folder = ExportOptions { repository: Some("./repository".to_owned()) };
        let folder = bundle.export(engine, &folder).expect_err("cannot be fetched from");
        assert_eq!(folder.message(), "expected a repository at `https://` or `oci://`, found `./repository`");
    }
}

#[test]
fn an_export_overwrites_nothing() {
    let (folder, bundle) = example();
    let export = export(&bundle, Engine::Script, None);
    let out = folder.path().join("script");
    export.write(&out).expect("writes");
    let before = tree(&out);
    assert!(before.len() > 4);
    export.write(&out).expect_err("is not empty");
    assert!(tree(&out) == before);
}

#[test]
fn pictures_show_every_release_and_need() {
    let (_folder, bundle) = example();
    let text = "wave 0\n  openg2p/sandbox/store\nwave 1\n  openg2p/sandbox/portal  <- store\n\
                wave 2\n  openg2p/sandbox/report  <- portal\n";
    assert_eq!(bundle.graph(Picture::Text), text);
    let mermaid = bundle.graph(Picture::Mermaid);
    assert!(mermaid.contains("r0[\"openg2p/sandbox/store<br>settings-store 0.1.0\"]"), "{mermaid}");
    assert!(mermaid.contains("  r0 --> r1\n  r1 --> r2\n"), "{mermaid}");
    let svg = bundle.graph(Picture::Svg);
    assert_eq!((svg.matches("<rect").count(), svg.matches("<path").count()), (3, 2));
    assert!(svg.contains("hello-portal 0.1.0, openg2p / sandbox</text>"), "{svg}");
}

#[test]
fn names_cannot_leave_their_place_in_a_drawing() {
    let (_folder, mut bundle) = example();
    bundle.releases[0].version = "<script>&\"".to_owned();
    let svg = bundle.graph(Picture::Svg);
    assert!(svg.contains("&lt;script&gt;&amp;&quot;") && !svg.contains("<script"), "{svg}");
}
