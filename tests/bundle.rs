//! Bundles: cases in `tests/bundle/`, the example, and the folder that a bundle is written to.

use crate::sections::{cases, shown};
use chartwright::bundle::{Bundle, EXAMPLE, Request, build};
use chartwright::chart::{Compat, LoadOptions};
use chartwright::diagnostic::{Diagnostic, Valid};
use chartwright::environment::{Environment, Organisation, shipped_template, template_names};
use chartwright::lint::Levels;
use chartwright::repository::Shelf;
use chartwright::source::{Source, Sources};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Builds the bundle of environment files, whose templates lie in `values/` beside them.
pub(crate) fn build_bundle(folder: &Path, files: &[&str], charts: &Path, sources: &mut Sources) -> Valid<Bundle> {
    let source = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).ok().map(|text| Source::new(path.to_string_lossy(), text))
    };
    let organisation = match source("organisation.yaml") {
        Some(source) => Some(Organisation::load(source, sources)?),
        None => None,
    };
    let mut environments = Vec::new();
    for file in files {
        environments.push(Environment::load(source(file).expect("the file"), organisation.as_ref(), sources)?);
    }
    let templates = folder.join(files[0]).parent().expect("has a parent").join("values");
    let template = |_: &Environment, chart: &str, version: &str| {
        let own = template_names(chart, version).into_iter().find_map(|name| {
            let path = templates.join(format!("{name}.yaml.tera"));
            fs::read(&path).ok().map(|text| Source::new(path.to_string_lossy(), text))
        });
        Ok(own.or_else(|| shipped_template(chart, version)))
    };
    let request = Request {
        organisation: organisation.as_ref(),
        base: &[],
        environments: &environments,
        charts: &Shelf::open(&charts.to_string_lossy()).expect("opens charts"),
        template: &template,
        compat: Compat::default(),
        load: LoadOptions::default(),
        levels: &Levels::default(),
        progress: &mut |_| {},
    };
    build(request, sources).map(|checked| checked.output)
}

/// A small example: the files of `tests/example`, and the charts of `charts/examples`.
pub(crate) fn small_example() -> BTreeMap<PathBuf, Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = tree(&root.join("tests/example"));
    for (name, bytes) in tree(&root.join("charts/examples")) {
        files.insert(Path::new("charts").join(name), bytes);
    }
    files
}

/// The example, written out, with its bundle.
pub(crate) fn example() -> (TempDir, Bundle) {
    let folder = TempDir::new().expect("makes a folder");
    for (name, bytes) in small_example() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        fs::write(path, bytes).expect("writes a file");
    }
    let mut sources = Sources::new();
    let charts = folder.path().join("charts");
    let bundle = build_bundle(folder.path(), &["environments/sandbox.yaml"], &charts, &mut sources);
    let bundle = bundle.unwrap_or_else(|found| panic!("{}", shown(&found, &sources, folder.path())));
    (folder, bundle)
}

/// All files below a folder with their bytes.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let walk = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("walks"));
    let files = walk.filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            let name = entry.path().strip_prefix(folder).expect("lies below").to_owned();
            (name, fs::read(entry.path()).expect("reads"))
        })
        .collect()
}

fn plan(bundle: &Bundle) -> String {
    let line = |release: &chartwright::bundle::Release| {
        let place = format!("{}/{}/{}", release.cluster, release.namespace, release.name);
        format!("{} {place} {} {} {}\n", release.wave, release.chart, release.version, release.manifests)
    };
    bundle.releases.iter().map(line).collect()
}

#[test]
fn bundles_are_what_the_cases_say() {
    let cases = cases("bundle");
    assert!(cases.len() > 8);
    let mut wrong = Vec::new();
    for case in &cases {
        let folder = TempDir::new().expect("makes a folder");
        case.write(folder.path());
        fs::create_dir_all(folder.path().join("charts")).expect("makes a folder");
        let files: Vec<&str> =
            case.parts.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("environment")).collect();
        let mut sources = Sources::new();
        let built = build_bundle(folder.path(), &files, &folder.path().join("charts"), &mut sources);
        let (part, found) = match built {
            Ok(bundle) => ("expect plan", plan(&bundle)),
            Err(found) => ("expect", shown(&found, &sources, folder.path())),
        };
        let wanted = case.part(part).unwrap_or("something else");
        if found.trim_end() != wanted.trim_end() {
            wrong.push(format!("{}\nexpected\n{wanted}\nfound\n{found}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

#[test]
fn example_is_complete() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let wanted = tree(&root.join("values/examples"));
    let listed: BTreeMap<PathBuf, Vec<u8>> =
        EXAMPLE.iter().map(|(name, bytes)| (PathBuf::from(name), bytes.to_vec())).collect();
    assert_eq!(listed.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "src/bundle/example.rs");
    assert!(listed == wanted);
}

#[test]
fn example_has_its_steps_in_waves() {
    let (_folder, bundle) = example();
    let wanted = "4 openg2p/sandbox/store settings-store 0.1.0 2\n\
                  5 openg2p/sandbox/portal hello-portal 0.1.0 4\n\
                  6 openg2p/sandbox/report portal-report 0.1.0 1\n";
    assert_eq!(plan(&bundle), wanted);
    let others = bundle.steps.iter().map(|step| format!("{} {} {}\n", step.wave, step.work.kind(), step.id));
    let wanted = "0 hosts hosts/machines\n\
                  0 manual organisation/dns\n\
                  0 manual dns/sandbox\n\
                  1 hosts hosts/openg2p\n\
                  1 manual certificates/sandbox\n\
                  2 check check/openg2p\n\
                  3 manual rancher-import/openg2p\n\
                  7 manual role-grants/sandbox\n\
                  8 check environment-check/sandbox\n";
    assert_eq!(others.collect::<String>(), wanted);
    let store = bundle.releases.iter().find(|release| release.name == "store").expect("store");
    assert_eq!(store.readiness, ["StatefulSet/store"]);
    assert!(store.needs.contains(&"rancher-import/openg2p".to_owned()), "{:?}", store.needs);
    let portal = bundle.releases.iter().find(|release| release.name == "portal").expect("portal");
    let values = String::from_utf8_lossy(&portal.values);
    assert!(values.contains("hostname: portal.sandbox.example.org\n"), "{values}");
}

#[test]
fn same_input_gives_the_same_bytes() {
    let ((one, first), (other, second)) = (example(), example());
    let places = [one.path().join("bundle"), other.path().join("elsewhere/b")];
    first.write(&places[0]).expect("writes");
    second.write(&places[1]).expect("writes");
    let (one, other) = (tree(&places[0]), tree(&places[1]));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    assert!(one == other);
    assert_eq!(one.len(), 10);
}

#[test]
fn schemas_accept_what_is_written() {
    let (folder, bundle) = example();
    bundle.write(&folder.path().join("bundle")).expect("writes");
    for name in ["bundle", "images"] {
        let text = fs::read(folder.path().join(format!("bundle/{name}.yaml"))).expect("reads");
        let stated: serde_json::Value = serde_saphyr::from_slice(&text).expect("is YAML");
        let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.schema.json"));
        let schema: serde_json::Value = serde_json::from_slice(&fs::read(schema).expect("reads")).expect("is JSON");
        let validator = jsonschema::validator_for(&schema).expect("compiles");
        validator.validate(&stated).unwrap_or_else(|error| panic!("{name}: {error} at {}", error.instance_path()));
        let mut wrong = stated.clone();
        wrong["kind"] = "Other".into();
        assert!(validator.validate(&wrong).is_err(), "{name}");
    }
}

#[test]
fn a_bundle_is_read_as_it_was_written() {
    let (folder, bundle) = example();
    let place = folder.path().join("bundle");
    bundle.write(&place).expect("writes");
    let read = Bundle::load(&place, &mut Sources::new()).expect("reads");
    assert_eq!(read.releases, bundle.releases);
    assert_eq!(read.steps, bundle.steps);
    assert!(read.files().expect("writes") == bundle.files().expect("writes"));
}

#[test]
fn writing_replaces_old_bundles_and_nothing_else() {
    let (folder, bundle) = example();
    let place = folder.path().join("out/bundle");
    bundle.write(&place).expect("writes");
    let mut smaller = bundle.clone();
    smaller.releases.truncate(1);
    smaller.steps.clear();
    smaller.archives.retain(|name, _| name.starts_with("settings"));
    smaller.write(&place).expect("replaces");
    assert_eq!(tree(&place).len(), 6);
    assert_eq!(fs::read_dir(folder.path().join("out")).expect("reads").count(), 1, "nothing lies beside the bundle");

    fs::write(place.join("notes.txt"), "mine").expect("writes");
    let before = tree(&place);
    let error = bundle.write(&place).expect_err("a bundle with other files stays");
    assert!(error.message().ends_with("holds `notes.txt`, which is no part of a bundle"), "{error}");
    assert!(tree(&place) == before);

    let other = folder.path().join("charts");
    let error = bundle.write(&other).expect_err("a folder that is no bundle stays");
    assert!(error.message().ends_with("which is no bundle"), "{error}");
    let file = folder.path().join("organisation.yaml");
    assert!(bundle.write(&file).expect_err("a file stays").message().ends_with("is not a folder"));

    fs::create_dir(folder.path().join("empty")).expect("makes");
    bundle.write(&folder.path().join("empty")).expect("an empty folder may be taken");
}

fn load_fails(place: &Path) -> Vec<Diagnostic> {
    Bundle::load(place, &mut Sources::new()).expect_err("the bundle was changed").diagnostics().to_vec()
}

#[test]
fn changed_bundles_are_refused_at_their_lines() {
    let (folder, bundle) = example();
    let place = folder.path().join("bundle");
    bundle.write(&place).expect("writes");

    let archive = place.join("charts/hello-portal-0.1.0.tgz");
    let bytes = fs::read(&archive).expect("reads");
    fs::write(&archive, [bytes.as_slice(), b"x"].concat()).expect("writes");
    fs::write(place.join("values/openg2p/sandbox/store.yaml"), "a: 1\n").expect("writes");
    fs::remove_file(place.join("values/openg2p/sandbox/report.yaml")).expect("removes");
    let found = load_fails(&place);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].message.starts_with("`values/openg2p/sandbox/store.yaml` was changed after the bundle was built"));
    assert!(found[1].message.starts_with("`charts/hello-portal-0.1.0.tgz` was changed after the bundle was built"));
    assert!(found[2].message.contains("report.yaml"));
    let repository = folder.path().join("repository");
    assert!(!repository.exists());
}

#[test]
fn hostile_manifests_end_in_messages() {
    let (folder, bundle) = example();
    let place = folder.path().join("bundle");
    bundle.write(&place).expect("writes");
    let text = fs::read_to_string(place.join("bundle.yaml")).expect("reads");
    let changes = [
        ("cluster: openg2p", "cluster: ../../.."),
        ("charts/hello-portal-0.1.0.tgz", "../../etc/passwd"),
        ("chart: hello-portal", "chart: ../x"),
        ("chart: hello-portal", "chart: [x]"),
        ("values: values/openg2p/sandbox/portal.yaml", "values: /etc/passwd"),
        ("wave: 1", "wave: 7"),
        ("wave: 1", "wave: -1"),
        ("kind: Bundle", "kind: Chart"),
        ("v1alpha2", "v9"),
        ("kind: release", "kind: rollout"),
        ("kind: manual", "kind: manuel"),
        ("id: dns/sandbox", "id: ../dns"),
        ("id: dns/sandbox", "id: organisation/dns"),
        ("- openg2p/sandbox/store", "- openg2p/sandbox/stor"),
        ("- openg2p/sandbox/store", "- openg2p/sandbox/report"),
        ("wait: true", "wait: 1"),
        ("instruction:", "instructions:"),
        ("machines:", "machines: 1\n      x:"),
        ("manifests: 4", "manifest: 4"),
        ("waves:", "waves: 1\nx:"),
    ];
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        fs::write(place.join("bundle.yaml"), text.replacen(from, to, 1)).expect("writes");
        assert!(!load_fails(&place).is_empty(), "{from} to {to}");
    }
    fs::write(place.join("bundle.yaml"), "[".repeat(100_000)).expect("writes");
    load_fails(&place);
    fs::remove_file(place.join("bundle.yaml")).expect("removes");
    assert!(Bundle::load(&place, &mut Sources::new()).is_err());
}

/// Where real Helms may lie; tests that need one pass without it.
#[cfg(feature = "cli")]
pub(crate) fn helm() -> Option<PathBuf> {
    let folder = std::env::var_os("CHARTWRIGHT_ORACLES").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(Path::new(&home).join(".cache/chartwright-oracles/bin"))
    });
    folder.map(|folder| folder.join("helm4")).filter(|path| path.is_file())
}

/// The published charts, where they were fetched.
pub(crate) fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("CHARTWRIGHT_CORPUS").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(Path::new(&home).join(".cache/chartwright-corpus"))
    });
    folder.filter(|folder| folder.join("spar-1.1.0.tgz").is_file())
}

#[cfg(feature = "cli")]
#[test]
fn helm_renders_bundles_as_we_do() {
    let Some(helm) = helm() else {
        println!("left out: 3 releases, no helm4 found");
        return;
    };
    let (folder, bundle) = example();
    let place = folder.path().join("bundle");
    bundle.write(&place).expect("writes");
    for release in &bundle.releases {
        let archive = format!("charts/{}", release.archive().expect("an archive"));
        let run = |program: &Path| {
            let mut command = std::process::Command::new(program);
            command.args(["template", &release.name, &archive, "-n", &release.namespace, "-f", &release.values_path()]);
            let output = command.current_dir(&place).output().expect("runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        let (theirs, ours) = (run(&helm), run(Path::new(env!("CARGO_BIN_EXE_chartwright"))));
        assert!(theirs.contains("# Source:"));
        assert_eq!(ours, theirs, "{}", release.name);
    }
}

#[test]
fn published_charts_get_their_hosts() {
    let Some(charts) = corpus() else {
        println!("left out: 6 releases, no published charts found");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/example");
    let mut sources = Sources::new();
    let bundle = build_bundle(&folder, &["environments/published-1x.yaml"], &charts, &mut sources);
    let bundle = bundle.unwrap_or_else(|found| panic!("{}", shown(&found, &sources, &folder)));
    // The numbers of objects are those of the facts about the published charts.
    let wanted = "4 openg2p/published/mail mail 1.2.0 2\n\
                  4 openg2p/published/social-registry openg2p-social-registry 1.3.1 149\n\
                  4 openg2p/published/pbms openg2p-pbms 1.2.0 149\n\
                  4 openg2p/published/spar spar 1.1.0 48\n\
                  5 openg2p/published/social-registry-p2 openg2p-social-registry-p2 1.3.1 24\n\
                  5 openg2p/published/pbms-p2 openg2p-pbms-p2 1.2.0 24\n";
    assert_eq!(plan(&bundle), wanted);
    for id in ["odoo/published-1x.social-registry", "odoo/published-1x.pbms", "spar/published-1x.spar"] {
        assert!(bundle.steps.iter().any(|step| step.id == id), "{id}: {:?}", bundle.steps);
    }
    let values = |name: &str| {
        let release = bundle.releases.iter().find(|release| release.name == name).expect("the release");
        String::from_utf8_lossy(&release.values).into_owned()
    };
    assert!(values("social-registry").contains("\nhostname: socialregistry.published.example.org\n"));
    assert!(values("pbms").contains("    size: 32Gi\n"));
    assert!(values("spar").contains("  sparHostname: spar.published.example.org\n"));
}
