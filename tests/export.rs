//! Bundles for engines and as pictures: order, values, names and versions are those of the bundle in each of them.

use crate::bundle::{example, tree};
use chartwright::bundle::{Bundle, Engine, Export, ExportOptions, Origin, Picture, Reference, SecretValue};
use serde_json::Value;

const REGISTRY: &str = "oci://registry.example.org/charts";

fn export(bundle: &Bundle, engine: Engine, repository: Option<&str>) -> Export {
    let options = ExportOptions { repository: repository.map(str::to_owned), ..ExportOptions::default() };
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
        script.lines().filter(|line| line.starts_with("release ") && !line.contains('(')).map(str::to_owned).collect()
    };
    let (one, other) = (lines(&bundle), lines(&changed));
    let differing: Vec<bool> = one.iter().zip(&other).map(|(one, other)| one != other).collect();
    assert_eq!(differing, [true, false, false]);
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
    for (name, wave) in [("store", "4"), ("portal", "5"), ("report", "6")] {
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
    assert!(source["spec"].get("insecure").is_none(), "{source:#}");
}

#[test]
fn flux_pins_charts_by_the_digests_that_a_push_gives_them() {
    let (_folder, bundle) = example();
    let pins = |bundle: &Bundle| -> Vec<String> {
        let sources = objects(&export(bundle, Engine::Flux, Some(REGISTRY)), "OCIRepository");
        sources.iter().map(|source| text(source, "/spec/ref/digest").to_owned()).collect()
    };
    let pinned = pins(&bundle);
    assert!(pinned.iter().all(|digest| digest.starts_with("sha256:") && digest.len() == 71), "{pinned:?}");
    assert_eq!(pinned, pins(&bundle));
    let (_folder, mut third) = example();
    let reference = Reference { repository: "oci://registry.example.net/charts".to_owned(), provides: Vec::new() };
    third.releases[0].origin = Origin::Reference(reference);
    let name = third.releases[0].name.clone();
    let sources = objects(&export(&third, Engine::Flux, Some(REGISTRY)), "OCIRepository");
    let source = named(&sources, "/metadata/name", &name);
    assert_eq!(source["spec"]["ref"], serde_json::json!({"tag": third.releases[0].version}));
}

#[test]
fn a_registry_without_tls_is_told_to_each_engine() {
    let (_folder, bundle) = example();
    let options = |url: &str| ExportOptions { repository: Some(url.to_owned()), plain_http: true };
    let plain = |engine| bundle.export(engine, &options(REGISTRY)).expect("exports");
    for source in objects(&plain(Engine::Flux), "OCIRepository") {
        assert_eq!(source["spec"]["insecure"], true);
    }
    let fleet = plain(Engine::Fleet);
    let secrets = objects(&fleet, "Secret");
    assert_eq!(
        (text(&secrets[0], "/metadata/namespace"), text(&secrets[0], "/stringData/basicHTTP")),
        ("fleet-default", "true")
    );
    for operation in objects(&fleet, "HelmOp") {
        assert_eq!(text(&operation, "/spec/helmSecretName"), text(&secrets[0], "/metadata/name"));
    }
    let notes = plain(Engine::ArgoCd).notes;
    assert!(notes.iter().any(|note| note.contains("`insecureOCIForceHttp`")), "{notes:?}");
    let refused = bundle.export(Engine::Flux, &options("https://charts.example.org")).expect_err("has TLS");
    assert!(refused.message().starts_with("only a registry can be spoken to over plain HTTP"), "{}", refused.message());
}

#[test]
fn waiting_and_its_limit_are_those_of_the_release() {
    let (_folder, mut bundle) = example();
    let portal = bundle.releases.iter_mut().find(|release| release.name == "portal").expect("the release");
    (portal.wait, portal.timeout) = (false, Some("1h30m".to_owned()));
    let flux = objects(&export(&bundle, Engine::Flux, Some(REGISTRY)), "HelmRelease");
    let (store, portal) = (named(&flux, "/metadata/name", "store"), named(&flux, "/metadata/name", "portal"));
    assert_eq!(portal["spec"]["timeout"], "1h30m");
    for action in ["install", "upgrade"] {
        assert_eq!(
            (&portal["spec"][action]["disableWait"], &portal["spec"][action]["disableWaitForJobs"]),
            (&true.into(), &true.into())
        );
        assert!(store["spec"][action].get("disableWait").is_none(), "{store:#}");
    }
    let fleet = objects(&export(&bundle, Engine::Fleet, Some(REGISTRY)), "HelmOp");
    for (name, seconds) in [("portal", 5400), ("store", 1200)] {
        assert_eq!(named(&fleet, "/spec/helm/releaseName", name)["spec"]["helm"]["timeoutSeconds"], seconds);
    }
    let helmfile = export(&bundle, Engine::Helmfile, None);
    let root: Value = serde_saphyr::from_slice(&helmfile.files[0].1).expect("is YAML");
    let releases = root["releases"].as_array().expect("a list");
    assert_eq!(named(releases, "/name", "portal")["timeout"], 5400);
    assert!(named(releases, "/name", "store").get("timeout").is_none());
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
        let folder = ExportOptions { repository: Some("./repository".to_owned()), ..ExportOptions::default() };
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
    let text = bundle.graph(Picture::Text);
    let end = "wave 5\n  openg2p/sandbox/portal  <- store\nwave 6\n  openg2p/sandbox/report  <- portal\n\
               wave 7\n  role-grants/sandbox (manual)  <- openg2p/sandbox/report\n\
               wave 8\n  environment-check/sandbox (check)  <- role-grants/sandbox\n";
    assert!(text.starts_with("wave 0\n  hosts/machines (hosts)\n") && text.ends_with(end), "{text}");
    let mermaid = bundle.graph(Picture::Mermaid);
    assert!(mermaid.contains("[\"openg2p/sandbox/store<br>settings-store 0.1.0\"]"), "{mermaid}");
    assert!(mermaid.contains("  r7 --> r8\n  r8 --> r9\n"), "{mermaid}");
    let svg = bundle.graph(Picture::Svg);
    assert_eq!((svg.matches("<rect").count(), svg.matches("<path").count()), (12, 12));
    assert!(svg.contains("hello-portal 0.1.0, openg2p / sandbox</text>"), "{svg}");
}

#[test]
fn other_engines_say_what_people_have_to_do() {
    let (_folder, bundle) = example();
    for engine in [Engine::Helmfile, Engine::ArgoCd, Engine::Flux, Engine::Fleet] {
        let notes = export(&bundle, engine, Some(REGISTRY)).notes;
        for step in &bundle.steps {
            assert!(notes.iter().any(|note| note.contains(&step.id)), "{}: {}", engine.name(), step.id);
        }
    }
}

/// The script with programs that only tell what they were called with; kubectl knows what `known` lists.
#[cfg(unix)]
fn run_script(folder: &std::path::Path, known: &str, confirmed: &str) -> (i32, String) {
    let programs = folder.join("programs");
    std::fs::create_dir_all(&programs).expect("makes a folder");
    let program = |name: &str, text: &str| {
        let path = programs.join(name);
        std::fs::write(&path, format!("#!/bin/bash\n{text}")).expect("writes a program");
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("makes it a program");
    };
    program("helm", "case $1 in version) echo v4.3.1;; status) exit 1;; *) echo \"$*\" >>calls;; esac\n");
    program("kubectl", &format!("echo \"kubectl $*\" >>calls\nknown={known}\n[[ \"$*\" =~ $known ]]\n"));
    for name in ["getent", "openssl"] {
        program(name, "exit 0\n");
    }
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let output = std::process::Command::new("bash")
        .arg(folder.join("install/install.sh"))
        .env("PATH", path)
        .env("CONTEXT_OPENG2P", "elsewhere")
        .env("CONFIRMED", confirmed)
        .output()
        .expect("runs bash");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}

#[cfg(unix)]
#[test]
fn the_script_stops_where_people_have_to_act_and_goes_on() {
    let (folder, bundle) = example();
    export(&bundle, Engine::Script, None).write(&folder.path().join("install")).expect("writes");
    let calls = || std::fs::read_to_string(folder.path().join("install/calls")).unwrap_or_default();

    let (status, said) = run_script(folder.path(), "'nothing'", "");
    assert_eq!(status, 75, "{said}");
    assert!(said.contains("hosts      hosts/openg2p: set up the nodes of cluster openg2p"), "{said}");
    assert!(said.contains("    openg2p-1\n") && !calls().contains("upgrade"), "{said}");

    let (status, said) = run_script(folder.path(), "'Ready|readyz|namespace sandbox'", "");
    assert_eq!(status, 75, "{said}");
    assert!(said.contains("done       check/openg2p"), "{said}");
    assert!(said.contains("manual     rancher-import/openg2p: import cluster openg2p into Rancher"), "{said}");
    assert!(said.contains("    Cluster Name: openg2p\n"), "{said}");
    assert!(calls().contains("kubectl --context elsewhere get --raw /readyz"), "{}", calls());

    let (status, said) = run_script(folder.path(), "'Ready|readyz|namespace sandbox'", "rancher-import/openg2p");
    assert_eq!(status, 75, "{said}");
    assert!(said.contains("role-grants/sandbox") && calls().matches("upgrade --install").count() == 3, "{said}");

    let (status, said) =
        run_script(folder.path(), "'Ready|readyz|cattle|configmap|get deployment|namespace sandbox'", "");
    assert_eq!(status, 0, "{said}");
    assert!(said.ends_with("everything is there\n"), "{said}");
}

#[test]
fn charts_of_others_are_installed_from_their_repositories() {
    let (_folder, mut bundle) = example();
    let reference = Reference { repository: "https://charts.example.com/stable".to_owned(), provides: Vec::new() };
    bundle.releases[0].origin = Origin::Reference(reference);
    let script = export(&bundle, Engine::Script, None).files.swap_remove(0).1;
    let script = String::from_utf8(script).expect("is text");
    let call = script.lines().find(|line| line.starts_with("release store ")).expect("a call");
    assert!(call.contains(" settings-store openg2p sandbox "), "{call}");
    assert!(call.ends_with(" yes - --repo https://charts.example.com/stable --version 0.1.0"), "{call}");
    let files = export(&bundle, Engine::Helmfile, None).files;
    let root: Value = serde_saphyr::from_slice(&files[0].1).expect("is YAML");
    assert_eq!(text(&root, "/repositories/0/url"), "https://charts.example.com/stable");
    let releases = root["releases"].as_array().expect("a list");
    assert_eq!(text(named(releases, "/name", "store"), "/chart"), "repository-0/settings-store");
    assert_eq!(text(named(releases, "/name", "store"), "/version"), "0.1.0");
    let applications = objects(&export(&bundle, Engine::ArgoCd, Some(REGISTRY)), "Application");
    let store = named(&applications, "/spec/source/helm/releaseName", "store");
    assert_eq!(text(store, "/spec/source/repoURL"), "https://charts.example.com/stable");
}

#[test]
fn names_cannot_leave_their_place_in_a_drawing() {
    let (_folder, mut bundle) = example();
    bundle.releases[0].version = "<script>&\"".to_owned();
    let svg = bundle.graph(Picture::Svg);
    assert!(svg.contains("&lt;script&gt;&amp;&quot;") && !svg.contains("<script"), "{svg}");
}

/// The example with secrets among the values of a release.
fn with_secrets() -> (tempfile::TempDir, Bundle) {
    let (folder, mut bundle) = example();
    let release = bundle.releases.iter_mut().find(|release| release.name == "portal").expect("the release");
    let value = |path: &str| SecretValue { path: path.to_owned(), ..SecretValue::default() };
    release.secret_values = vec![
        SecretValue { env: Some("PIN".to_owned()), ..value("odoo.pin") },
        SecretValue { file: Some("token".to_owned()), ..value("odoo.token") },
        SecretValue { secret: Some("login".to_owned()), key: Some("word".to_owned()), ..value("login") },
    ];
    (folder, bundle)
}

#[cfg(unix)]
#[test]
fn the_script_hands_secrets_over_and_keeps_none() {
    let (folder, bundle) = with_secrets();
    let out = folder.path().join("install");
    export(&bundle, Engine::Script, None).write(&out).expect("writes");
    let script = std::fs::read_to_string(out.join("install.sh")).expect("reads");
    assert!(
        script.contains("secret odoo.pin from_env PIN\n") && script.contains("secret login from_secret login word\n"),
        "{script}"
    );
    let programs = folder.path().join("programs");
    std::fs::create_dir_all(&programs).expect("makes a folder");
    let program = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt;
        let path = programs.join(name);
        std::fs::write(&path, format!("#!/bin/bash\n{text}")).expect("writes a program");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("makes it a program");
    };
    let told = "case $1 in version) echo v3.22.0;; status) exit 1;; *) echo \"$3\" >>calls; for one in \"$@\"; do case $one in *=/*) echo \"${one%%=*} $(cat \"${one#*=}\")\" >>calls;; esac; done;; esac\n";
    program("helm", told);
    program("kubectl", "echo \"kubectl $*\" >>calls\n[[ \"$*\" != *'get secret'* ]] || printf 'd29yZA=='\n");
    program("getent", "exit 0\n");
    program("openssl", "exit 0\n");
    std::fs::write(folder.path().join("token"), "t o\nken\n\n").expect("writes");
    let run = |pin: &str| {
        let path = format!("{}:/usr/bin:/bin", programs.display());
        let output = std::process::Command::new("bash")
            .arg(out.join("install.sh"))
            .current_dir(folder.path())
            .env("PATH", path)
            .env("PIN", pin)
            .env("CONFIRMED", bundle.steps.iter().map(|step| step.id.as_str()).collect::<Vec<_>>().join(" "))
            .output()
            .expect("runs bash");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (status, said) = run("");
    assert!(status == Some(1) && said.contains("the variable PIN holds no secret"), "{said}");
    let (status, said) = run("12'3\"");
    assert_eq!(status, Some(0), "{said}");
    let calls = std::fs::read_to_string(out.join("calls")).expect("was called");
    assert!(
        calls.contains("odoo.pin 12'3\"\n")
            && calls.contains("odoo.token t o\nken\n")
            && calls.contains("login word\n"),
        "{calls}"
    );
    assert!(
        calls.contains("label --overwrite namespace sandbox pod-security.kubernetes.io/audit=restricted"),
        "{calls}"
    );
    assert!(!said.contains("12'3") && !script.contains("12'3"));
}

#[test]
fn other_engines_take_secrets_from_secrets_or_refuse() {
    let (_folder, bundle) = with_secrets();
    let flux = export(&bundle, Engine::Flux, Some(REGISTRY));
    let releases = objects(&flux, "HelmRelease");
    let from = &named(&releases, "/metadata/name", "portal")["spec"]["valuesFrom"];
    assert_eq!(from[1]["name"], "portal-secret-values");
    assert_eq!((from[2]["name"].as_str(), from[2]["targetPath"].as_str()), (Some("login"), Some("login")));
    // A password such as `a,b` or `0123` stays that text.
    assert_eq!(from[2]["literal"], true);
    assert!(flux.notes.iter().any(|note| note.contains("`literal`")), "{:?}", flux.notes);
    let namespaces = objects(&flux, "Namespace");
    assert_eq!(namespaces[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "baseline");
    assert!(flux.files.iter().any(|(name, _)| name == "secrets.sh"));
    let fleet = export(&bundle, Engine::Fleet, Some(REGISTRY));
    let operations = objects(&fleet, "HelmOp");
    let portal = named(&operations, "/spec/helm/releaseName", "portal");
    assert_eq!(text(portal, "/spec/helm/valuesFrom/0/secretKeyRef/name"), "portal-secret-values");
    assert_eq!(portal["spec"]["namespaceLabels"]["pod-security.kubernetes.io/warn"], "restricted");
    let options = ExportOptions { repository: Some(REGISTRY.to_owned()), ..ExportOptions::default() };
    for engine in [Engine::ArgoCd, Engine::Helmfile] {
        let refused = bundle.export(engine, &options).expect_err("cannot hand secrets over");
        assert!(refused.message().contains("`odoo.pin` of `openg2p/sandbox/portal`"), "{}", refused.message());
    }
    let plain = export(&example().1, Engine::ArgoCd, Some(REGISTRY));
    let labels = &objects(&plain, "Application")[0]["spec"]["syncPolicy"]["managedNamespaceMetadata"]["labels"];
    assert_eq!(labels["pod-security.kubernetes.io/enforce"], "baseline");
}

#[cfg(unix)]
#[test]
fn composed_secrets_are_yaml_with_what_was_read() {
    let (folder, bundle) = with_secrets();
    let out = folder.path().join("flux");
    export(&bundle, Engine::Fleet, Some(REGISTRY)).write(&out).expect("writes");
    let programs = folder.path().join("programs");
    std::fs::create_dir_all(&programs).expect("makes a folder");
    use std::os::unix::fs::PermissionsExt;
    let kubectl = programs.join("kubectl");
    let told = "#!/bin/bash\ncase \"$*\" in *'get secret'*) printf 'd29yZA==';; *create*) for one in \"$@\"; do case $one in --from-file=*) cp \"${one##*=}\" made.yaml;; esac; done;; *) cat >/dev/null;; esac\n";
    std::fs::write(&kubectl, told).expect("writes a program");
    std::fs::set_permissions(&kubectl, std::fs::Permissions::from_mode(0o755)).expect("makes it a program");
    std::fs::write(folder.path().join("token"), "  t: 'o\nken #\n").expect("writes");
    let output = std::process::Command::new("bash")
        .arg(out.join("secrets.sh"))
        .current_dir(folder.path())
        .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
        .env("PIN", "no")
        .output()
        .expect("runs bash");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made = std::fs::read(out.join("made.yaml")).expect("was made");
    let made: Value =
        serde_saphyr::from_slice(&made).unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&made)));
    assert_eq!(made, serde_json::json!({"login": "word", "odoo": {"pin": "no", "token": "  t: 'o\nken #"}}));
}
