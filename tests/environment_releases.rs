//! Releases that nobody lists: base infrastructure, and what the charts of an environment need.

use crate::sections::shown;
use chartwright::chart::{Compat, LoadOptions};
use chartwright::diagnostic::Valid;
use chartwright::environment::values::release_values;
use chartwright::environment::{Derived, Environment, Module, Organisation, Sought, derive, shipped_template};
use chartwright::repository::Shelf;
use chartwright::source::{Source, Sources};
use chartwright::world::FixedWorld;
use chartwright::yaml;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("values/examples").join(name);
    std::fs::read_to_string(path).expect("reads an example")
}

/// What follows from an organisation and environments, with the shipped templates.
struct Outcome {
    organisation: Option<Organisation>,
    derived: Valid<Derived>,
    sources: Sources,
}

fn run(organisation: Option<&str>, environments: &[&str], charts: &Shelf) -> Outcome {
    let mut sources = Sources::new();
    let organisation = organisation.map(|text| {
        let source = Source::new("organisation.yaml", text.as_bytes());
        Organisation::load(source, &mut sources).unwrap_or_else(|found| panic!("{found:?}"))
    });
    let mut stated = Vec::new();
    for (number, text) in environments.iter().enumerate() {
        let source = Source::new(format!("environment-{number}.yaml"), text.as_bytes());
        let loaded = Environment::load(source, organisation.as_ref(), &mut sources);
        stated.push(loaded.unwrap_or_else(|found| panic!("{}", shown(&found, &sources, Path::new("/nowhere")))));
    }
    let sought = Sought {
        organisation: organisation.as_ref(),
        environments: &stated,
        charts,
        template: &|_, chart, version| Ok(shipped_template(chart, version)),
        compat: Compat::default(),
        load: LoadOptions::default(),
    };
    let derived = derive(&sought, &FixedWorld::default(), &mut sources);
    Outcome { organisation, derived, sources }
}

impl Outcome {
    fn good(&self) -> &Derived {
        let found = self.derived.as_ref().err();
        let told = found.map(|found| shown(found, &self.sources, Path::new("/nowhere")));
        self.derived.as_ref().unwrap_or_else(|_| panic!("{}", told.unwrap_or_default()))
    }

    fn wrong(&self) -> String {
        let found = self.derived.as_ref().expect_err("is wrong");
        shown(found, &self.sources, Path::new("/nowhere"))
    }

    fn all(&self) -> impl Iterator<Item = (&Environment, &Module)> {
        let derived = self.good();
        let all = derived.base.iter().chain(&derived.environments);
        all.flat_map(|environment| environment.modules.iter().map(move |module| (environment, module)))
    }

    /// `CLUSTER/NAMESPACE/RELEASE` of all.
    fn ids(&self) -> BTreeSet<String> {
        self.all().map(|(environment, module)| id(environment, &module.release.text)).collect()
    }

    fn values(&self, wanted: &str) -> Value {
        let found = self.all().find(|(environment, module)| id(environment, &module.release.text) == wanted);
        let (environment, module) = found.unwrap_or_else(|| panic!("there is no {wanted}"));
        let template = shipped_template(&module.chart.text, &module.version.text);
        let mut sources = Sources::new();
        let values = release_values(self.organisation.as_ref(), environment, module, template, &mut sources);
        let text = yaml::to_yaml(&values.expect("has values").value).expect("is YAML");
        serde_saphyr::from_slice(&text).expect("is YAML")
    }
}

fn id(environment: &Environment, need: &str) -> String {
    let (cluster, namespace) = (&environment.cluster.text, &environment.namespace.text);
    match need.matches('/').count() {
        0 => format!("{cluster}/{namespace}/{need}"),
        1 => format!("{cluster}/{need}"),
        _ => need.to_owned(),
    }
}

fn has(all: &BTreeSet<String>, wanted: &[&str]) {
    let missing: Vec<&&str> = wanted.iter().filter(|id| !all.contains(**id)).collect();
    assert!(missing.is_empty(), "{missing:?} not among {all:#?}");
}

#[test]
fn the_example_is_complete_and_in_order() {
    let outcome = run(Some(&example("organisation.yaml")), &[&example("environments/sandbox.yaml")], &Shelf::shipped());
    let all = outcome.ids();
    let base =
        ["kube-system/csi-driver-nfs", "kube-system/nfs-storage", "istio-system/istio-base", "istio-system/istiod"];
    for cluster in ["rancher", "openg2p"] {
        let base: Vec<String> = base.iter().map(|one| format!("{cluster}/{one}")).collect();
        has(&all, &base.iter().map(String::as_str).collect::<Vec<_>>());
    }
    has(
        &all,
        &[
            "rancher/cattle-system/rancher",
            "rancher/cattle-system/rancher-ingress",
            "rancher/cattle-system/rancher-access",
            "rancher/keycloak-system/keycloak",
            "rancher/keycloak-system/keycloak-init",
            "rancher/cattle-resources-system/rancher-backup",
            "openg2p/istio-system/istio-ingress",
            "openg2p/cattle-monitoring-system/monitoring",
            "openg2p/sandbox/environment",
            "openg2p/sandbox/namespace-access",
            "openg2p/sandbox/postgresql",
            "openg2p/sandbox/postgres-init",
            "openg2p/sandbox/redis",
            "openg2p/sandbox/keycloak",
            "openg2p/sandbox/keycloak-init",
            "openg2p/sandbox/keymanager",
            "openg2p/sandbox/spar",
        ],
    );
    assert!(!all.contains("openg2p/cattle-system/rancher") && !all.contains("rancher/sandbox/environment"));
    let needs: BTreeMap<String, Vec<String>> = outcome
        .all()
        .map(|(environment, module)| {
            let needs = module.needs.iter().map(|need| id(environment, &need.text)).collect();
            (id(environment, &module.release.text), needs)
        })
        .collect();
    for (release, needs) in &needs {
        assert!(needs.iter().all(|need| all.contains(need)), "{release} needs {needs:?}");
    }
    // Whatever a release waits for is there before it, by whatever way.
    let leads = |from: &str, to: &str| {
        let (mut open, mut seen) = (vec![from.to_owned()], BTreeSet::new());
        while let Some(one) = open.pop() {
            if seen.insert(one.clone()) {
                open.extend(needs[&one].clone());
            }
        }
        seen.contains(to)
    };
    for (one, other) in [
        ("openg2p/sandbox/spar", "openg2p/sandbox/environment"),
        ("openg2p/sandbox/spar", "openg2p/sandbox/postgres-init"),
        ("openg2p/sandbox/spar", "openg2p/sandbox/keycloak-init"),
        ("openg2p/sandbox/postgres-init", "openg2p/sandbox/postgresql"),
        ("openg2p/sandbox/environment", "openg2p/istio-system/istiod"),
        ("openg2p/istio-system/istiod", "openg2p/istio-system/istio-base"),
        ("openg2p/kube-system/nfs-storage", "openg2p/kube-system/csi-driver-nfs"),
        ("rancher/cattle-system/rancher-access", "rancher/cattle-system/rancher"),
    ] {
        assert!(leads(one, other), "{one} does not wait for {other}");
    }
    assert!(needs.keys().all(|release| !needs[release].iter().any(|need| leads(need, release))), "a ring");
    assert_eq!(outcome.good().environments[0].labels["pod-security.kubernetes.io/enforce"], "baseline");
}

#[test]
fn databases_and_clients_come_from_the_charts() {
    let outcome = run(Some(&example("organisation.yaml")), &[&example("environments/sandbox.yaml")], &Shelf::shipped());
    let init = outcome.values("openg2p/sandbox/postgres-init");
    for (database, owner) in [("spardb", "sparuser"), ("keycloak", "keycloakuser"), ("mosip_keymgr", "keymgruser")] {
        assert_eq!(init["databases"][database]["owner"], owner, "{init:#}");
    }
    let clients = &outcome.values("openg2p/sandbox/keycloak-init")["realms"]["staff"];
    assert_eq!(
        clients["clients"]["openg2p-spar"]["serviceAccountRoles"]["realm"][0], "KEYMANAGER_ADMIN",
        "{clients:#}"
    );
    assert!(clients["roles"]["KEYMANAGER_ADMIN"].is_object());
    let uris = &clients["clients"]["openg2p-pbms-sandbox"]["redirectUris"];
    assert!(uris[0].as_str().expect("an address").starts_with("https://pbms.sandbox.example.org/"), "{clients:#}");
    let storage = outcome.values("openg2p/kube-system/nfs-storage");
    assert_eq!(storage["classes"]["nfs-csi"]["server"], "172.16.0.6");
    let members = &outcome.values("openg2p/sandbox/namespace-access")["namespaces"]["sandbox"]["members"];
    assert_eq!(members.as_array().map(Vec::len), Some(3), "{members:#}");
}

const ALONE: &str = "kind: sandbox\ncluster: c\nnamespace: qa\ndomain: qa.example.org\nkeycloak: {mode: environment}\n\
                     modules: {spar: {chart: openg2p-spar, version: 10.0.0}}\n";

/// The version of the chart opensearch.
const OPENSEARCH: &str = "10.0.0";

#[test]
fn an_environment_alone_gets_what_it_needs() {
    let outcome = run(None, &[ALONE], &Shelf::shipped());
    assert!(outcome.good().base.is_empty());
    has(
        &outcome.ids(),
        &["c/qa/environment", "c/qa/postgresql", "c/qa/postgres-init", "c/qa/keymanager", "c/qa/keycloak"],
    );
    let why = outcome
        .all()
        .find(|(_, module)| module.release.text == "postgresql")
        .and_then(|(_, module)| module.why.clone());
    assert_eq!(why.as_deref(), Some("one PostgreSQL for all modules: `postgres-init` needs service `postgresql`"));
}

#[test]
fn choices_leave_out_what_is_elsewhere() {
    let text = format!("{ALONE}database: {{mode: external, host: db.example.org, adminSecret: {{secret: pg}}}}\n");
    let text =
        text.replace("{mode: environment}", "{mode: external, url: https://id.example.org, adminSecret: {secret: kc}}");
    let all = run(None, &[&text], &Shelf::shipped());
    let ids = all.ids();
    has(&ids, &["c/qa/postgres-init", "c/qa/keycloak-init"]);
    assert!(!ids.contains("c/qa/postgresql") && !ids.contains("c/qa/keycloak"), "{ids:?}");
    assert_eq!(all.values("c/qa/postgres-init")["global"]["postgresql"]["host"], "db.example.org");
}

/// Not to a line of a shipped file, and with the field that states what is missing.
#[test]
fn what_a_chart_misses_points_to_the_environment() {
    let text = ALONE.replace("{mode: environment}", "{mode: external, url: https://id.example.org}");
    let wrong = run(None, &[&text], &Shelf::shipped()).wrong();
    assert!(wrong.contains("environment-0.yaml:5:1"), "{wrong}");
    assert!(
        wrong.contains("state `keycloak.adminSecret` of the environment, as in `keycloak: {adminSecret:"),
        "{wrong}"
    );
    let outcome = run(Some(&example("organisation.yaml")), &[&example("environments/sandbox.yaml")], &Shelf::shipped());
    for (environment, module) in outcome.all() {
        for part in [&module.release, &module.chart, &module.version].into_iter().chain(&module.needs) {
            let (source, _) = outcome.sources.locate(part.span).expect("lies in a file");
            let is_own = ["organisation.yaml", "environment-0.yaml"].contains(&source.name());
            assert!(is_own, "{} of {}: {}", part.text, environment.name.text, source.name());
        }
    }
}

#[test]
fn releases_that_follow_can_be_changed() {
    let text = format!(
        "{ALONE}releases:\n  redis: {{enabled: false}}\n  postgresql:\n    values: {{read: {{replicas: 1}}}}\n    timeout: 30m\n"
    );
    let outcome = run(None, &[&text], &Shelf::shipped());
    assert_eq!(outcome.values("c/qa/postgresql")["read"]["replicas"], 1);
    let timeout =
        outcome.all().find(|(_, module)| module.release.text == "postgresql").and_then(|(_, one)| one.timeout.clone());
    assert_eq!(timeout.map(|timeout| timeout.text).as_deref(), Some("30m"));
    assert!(!outcome.ids().contains("c/qa/redis"));
    let wrong = run(None, &[&text.replace("postgresql:\n", "postgres:\n")], &Shelf::shipped()).wrong();
    assert!(wrong.contains("environment-0.yaml:9:3") && wrong.contains("did you mean `postgresql`?"), "{wrong}");
}

#[test]
fn a_listed_module_takes_the_place_of_one_that_would_follow() {
    let text = ALONE.replace(
        "modules: {",
        "modules: {db: {chart: postgresql, version: 1.0.0, values: {fullnameOverride: postgresql}}, ",
    );
    let outcome = run(None, &[&text], &Shelf::shipped());
    let charts: Vec<&str> = outcome.all().map(|(_, module)| module.chart.text.as_str()).collect();
    assert_eq!(charts.iter().filter(|chart| **chart == "postgresql").count(), 1, "{charts:?}");
    let init = outcome.all().find(|(_, module)| module.release.text == "postgres-init").expect("is there").1;
    assert!(init.needs.iter().any(|need| need.text == "db"), "{:?}", init.needs);
}

#[test]
fn a_box_has_everything_in_one_cluster() {
    let organisation = "name: Box\ndomain: example.org\n\
        clusters:\n  box:\n    role: all\n    nodes: {one: {address: 192.0.2.10}}\n    rancher: {}\n    keycloak: {}\n\
        channels: {users: {subnet: 10.15.0.0/16, port: 51820, reaches: [rancher, keycloak, nodes, box]}}\n\
        groups: {team: {channel: users, kubernetes: project-owner}}\n";
    let environment =
        "kind: sandbox\ncluster: box\nnamespace: box\ndomain: box.example.org\ntls: {endsAt: istio}\nmodules: {}\n";
    let outcome = run(Some(organisation), &[environment], &Shelf::shipped());
    let ids = outcome.ids();
    has(
        &ids,
        &[
            "box/cattle-system/rancher",
            "box/keycloak-system/keycloak",
            "box/wireguard-system/access-channels",
            "box/istio-system/istio-ingress",
            "box/box/environment",
        ],
    );
    let access = outcome.values("box/cattle-system/rancher-access");
    assert_eq!(access["cluster"]["id"], "local");
    assert_eq!(access["projects"]["box"]["members"][0]["role"], "project-owner");
    assert_eq!(outcome.values("box/istio-system/istio-ingress")["gateway"]["kind"], "DaemonSet");
    let channels = outcome.values("box/wireguard-system/access-channels");
    let reached = json!([{"cidr": "192.0.2.10/32", "ports": [22, 80, 443, 6443]}]);
    assert_eq!(channels["channels"]["users"]["reaches"], reached, "{channels:#}");
    assert_eq!(channels["gateway"]["enabled"], true);
    let labels: Vec<_> = outcome.good().base.iter().filter(|one| one.namespace.text == "wireguard-system").collect();
    assert_eq!(labels[0].labels["pod-security.kubernetes.io/enforce"], "privileged");
}

#[test]
fn dedicated_clusters_have_their_own_rancher_and_keycloak() {
    let organisation = "name: Two\ndomain: example.org\nclusters:\n\
        \x20 rancher: {role: management, rancher: {}, keycloak: {}}\n  openg2p: {role: workload, managedBy: rancher}\n\
        \x20 live-rancher: {role: management, rancher: {host: r.live.example.org}, keycloak: {host: k.live.example.org}}\n\
        \x20 live: {role: workload, managedBy: live-rancher, rancherId: c-m-12345678}\n\
        channels: {sys: {subnet: 10.15.0.0/16, port: 51820, reaches: [live]}}\n\
        groups: {owners: {channel: sys, kubernetes: cluster-owner}}\n";
    let environment =
        "kind: sandbox\ncluster: live\nnamespace: live\ndomain: live.example.org\npublicAccess: true\nmodules: {}\n";
    let outcome = run(Some(organisation), &[environment], &Shelf::shipped());
    let clusters: BTreeSet<&str> = outcome.all().map(|(environment, _)| environment.cluster.text.as_str()).collect();
    assert_eq!(clusters, BTreeSet::from(["live", "live-rancher"]));
    has(&outcome.ids(), &["live-rancher/cattle-system/rancher", "live-rancher/cattle-system/rancher-access-live"]);
    assert_eq!(outcome.values("live-rancher/cattle-system/rancher-ingress")["host"], "r.live.example.org");
    let projects = outcome.values("live-rancher/cattle-system/rancher-access-live");
    assert_eq!(projects["cluster"]["id"], "c-m-12345678");
    assert!(projects["projects"]["live"].is_object(), "{projects:#}");
    assert_eq!(projects["clusterMembers"][0]["group"], "owners", "{projects:#}");
}

/// Two pairs of clusters in one file, the second with a Keycloak and groups of its own.
#[test]
fn each_pair_has_its_own_groups_and_keycloak() {
    let organisation = "name: Two\ndomain: example.org\nclusters:\n\
        \x20 rancher: {role: management, rancher: {}, keycloak: {}}\n  openg2p: {role: workload, managedBy: rancher}\n\
        \x20 live-rancher: {role: management, rancher: {host: r.live.example.org}, \
        keycloak: {host: k.live.example.org, realm: staff}}\n\
        \x20 live: {role: workload, managedBy: live-rancher, rancherId: c-m-12345678}\n\
        channels: {sys: {subnet: 10.15.0.0/16, port: 51820, reaches: [live, qa]}}\n\
        groups:\n  owners: {channel: sys, kubernetes: cluster-owner, keycloakRoles: [admin]}\n\
        \x20 testers: {channel: sys, kubernetes: project-owner, clusters: [openg2p]}\n\
        \x20 officers: {channel: sys, kubernetes: project-owner, clusters: [live-rancher]}\n\
        keycloak: {url: 'https://keycloak.example.org', internalUrl: 'http://keycloak.inside'}\n";
    let environment = |name: &str, cluster: &str| {
        format!(
            "kind: sandbox\ncluster: {cluster}\nnamespace: {name}\ndomain: {name}.example.org\n\
             keycloak: {{mode: organisation, adminSecret: {{secret: kc}}}}\n\
             modules: {{spar: {{chart: openg2p-spar, version: 10.0.0}}}}\n"
        )
    };
    let (qa, live) = (environment("qa", "openg2p"), environment("live", "live"));
    let outcome = run(Some(organisation), &[&qa, &live], &Shelf::shipped());
    let keycloak = |id: &str| outcome.values(id)["global"]["keycloak"].clone();
    let (first, second) = (keycloak("openg2p/qa/spar"), keycloak("live/live/spar"));
    assert_eq!(first["url"], "https://keycloak.example.org");
    assert_eq!(first["internalUrl"], "http://keycloak.inside");
    assert_eq!(second["url"], "https://k.live.example.org");
    assert_eq!((&second["internalUrl"], &second["realm"]), (&Value::Null, &json!("staff")));
    assert_eq!(keycloak("live-rancher/keycloak-system/keycloak-init")["url"], "https://k.live.example.org");
    let groups = |id: &str, realm: &str| -> Vec<String> {
        let values = outcome.values(id);
        values["realms"][realm]["groups"].as_object().expect("groups").keys().cloned().collect()
    };
    assert_eq!(groups("rancher/keycloak-system/keycloak-init", "master"), ["owners", "testers"]);
    assert_eq!(groups("live-rancher/keycloak-system/keycloak-init", "staff"), ["officers", "owners"]);
    let members = |id: &str, namespace: &str| outcome.values(id)["namespaces"][namespace]["members"].clone();
    assert_eq!(members("openg2p/qa/namespace-access", "qa"), json!([{"role": "admin", "group": "testers"}]));
    assert_eq!(members("live/live/namespace-access", "live"), json!([{"role": "admin", "group": "officers"}]));
    // Clients are written into the Keycloak of the pair once it runs.
    let init =
        outcome.all().find(|(one, module)| one.namespace.text == "live" && module.release.text == "keycloak-init");
    let needs: Vec<&str> = init.expect("is there").1.needs.iter().map(|need| need.text.as_str()).collect();
    assert!(needs.contains(&"live-rancher/keycloak-system/keycloak"), "{needs:?}");
}

#[test]
fn examples_of_other_shapes_are_complete() {
    let file = example("organisation-dedicated.yaml");
    let outcome = run(Some(&file), &[&example("environments-dedicated/production.yaml")], &Shelf::shipped());
    let wanted = [
        "rancher/cattle-system/rancher",
        "rancher/keycloak-system/keycloak",
        "rancher/keycloak-system/keycloak-init",
        "production/istio-system/istio-ingress",
        "production/production/environment",
        "production/production/spar",
        "production/production/backup",
    ];
    has(&outcome.ids(), &wanted);
    let spar = outcome.values("production/production/spar");
    assert_eq!(spar["global"]["keycloak"]["url"], "https://keycloak.services.example.org", "{spar:#}");
    let file = example("organisation-in-a-box.yaml");
    let outcome = run(Some(&file), &[&example("environments-in-a-box/sandbox.yaml")], &Shelf::shipped());
    let wanted = [
        "box/cattle-system/rancher",
        "box/keycloak-system/keycloak",
        "box/wireguard-system/access-channels",
        "box/sandbox/keycloak",
        "box/sandbox/spar",
    ];
    has(&outcome.ids(), &wanted);
    let storage = outcome.values("box/kube-system/nfs-storage");
    assert_eq!(storage["classes"]["nfs-csi"]["server"], "172.16.0.10", "{storage:#}");
    let without = file.replace("    keycloak: {host: keycloak.box.example.org}\n", "");
    let without = without.replace("[rancher, keycloak, nodes", "[rancher, nodes");
    let other = run(Some(&without), &[&example("environments-in-a-box/sandbox.yaml")], &Shelf::shipped()).ids();
    assert!(other.contains("box/sandbox/keycloak") && !other.contains("box/keycloak-system/keycloak"), "{other:?}");
    let gateway = outcome.values("box/sandbox/environment");
    assert_eq!(gateway["gateway"]["tls"]["enabled"], true, "{gateway:#}");
}

/// For each kind: layout, brokers, copies, copies in step and hours of Kafka; pods of a service and of Keycloak; layout
/// and masters of OpenSearch.
#[test]
fn kinds_differ_in_copies_and_sizes() {
    let cases = [
        ("sandbox", json!(["combined", null, 1, 1, 2, 1, 1, "combined", 1])),
        ("pilot", json!(["combined", null, 1, 1, 2, 1, 1, "combined", 1])),
        ("production", json!(["separate", 3, 3, 2, 168, 2, 2, "separate", 3])),
    ];
    for (kind, wanted) in cases {
        let search = format!("modules: {{search: {{chart: opensearch, version: {OPENSEARCH}}}, ");
        let text = ALONE.replace("kind: sandbox", &format!("kind: {kind}")).replace("modules: {", &search);
        let outcome = run(None, &[&text], &Shelf::shipped());
        let (kafka, search) = (outcome.values("c/qa/kafka"), outcome.values("c/qa/search"));
        let (spar, keycloak) = (outcome.values("c/qa/spar"), outcome.values("c/qa/keycloak"));
        let stated = json!([
            kafka["layout"],
            kafka["broker"]["replicas"],
            kafka["config"]["replicationFactor"],
            kafka["config"]["minInsyncReplicas"],
            kafka["config"]["retentionHours"],
            spar["mapperApi"]["replicas"],
            keycloak["replicas"],
            search["layout"],
            search["master"]["replicas"],
        ]);
        assert_eq!(stated, wanted, "{kind}");
    }
}

#[test]
fn two_owners_of_one_database_are_told_of() {
    let folder = tempfile::TempDir::new().expect("makes a folder");
    for (chart, owner) in [("one", "a"), ("other", "b")] {
        let place = folder.path().join(chart);
        std::fs::create_dir_all(&place).expect("makes a folder");
        let notes =
            format!("annotations:\n  chartwright.io/needs: |\n    - database: {{name: shared, owner: {owner}}}\n");
        std::fs::write(place.join("Chart.yaml"), format!("apiVersion: v2\nname: {chart}\nversion: 1.0.0\n{notes}"))
            .expect("writes");
    }
    let text = "kind: sandbox\ncluster: c\nnamespace: qa\ndomain: qa.example.org\n\
                modules:\n  one: {chart: one, version: 1.0.0}\n  other: {chart: other, version: 1.0.0}\n";
    let charts = Shelf::open(&folder.path().to_string_lossy()).expect("opens").with_shipped();
    let wrong = run(None, &[text], &charts).wrong();
    assert!(
        wrong.contains("environment-0.yaml:7:3") && wrong.contains("wants the database `shared` with the owner `b`"),
        "{wrong}"
    );
    let broken = "annotations: {chartwright.io/needs: \"{{ .Values.x.y }}\"}\n";
    std::fs::write(
        folder.path().join("one/Chart.yaml"),
        format!("apiVersion: v2\nname: one\nversion: 1.0.0\n{broken}"),
    )
    .expect("writes");
    let wrong = run(None, &[text], &charts).wrong();
    assert!(wrong.contains("environment-0.yaml:6:3") && wrong.contains("cannot tell what `one` needs"), "{wrong}");
}

#[test]
fn clients_of_environments_that_share_a_keycloak_do_not_meet() {
    let environment = |name: &str| {
        let modules = [
            ("spar", "openg2p-spar", "10.0.0"),
            ("g2p-bridge", "openg2p-g2p-bridge", "10.0.0"),
            ("superset", "superset", "10.0.0"),
            ("odk-central", "odk-central", "3000.0.0"),
            ("kafka", "kafka", "30.0.0"),
            ("object-storage", "object-storage", "1.0.0"),
            ("search", "opensearch", "10.0.0"),
            ("iam", "iam", "1.0.0"),
            ("master-data", "master-data", "1.0.0"),
            ("awe", "awe", "1.0.0"),
        ];
        let one = |(release, chart, version): &(&str, &str, &str)| {
            format!("  {release}: {{chart: {chart}, version: {version}}}\n")
        };
        let modules: String = modules.iter().map(one).collect();
        format!(
            "kind: sandbox\ncluster: c\nnamespace: {name}\ndomain: {name}.example.org\n\
             keycloak: {{mode: external, url: https://id.example.org, realm: master, adminSecret: {{secret: kc}}}}\n\
             modules:\n{modules}"
        )
    };
    let ids = |name: &str| {
        let outcome = run(None, &[&environment(name)], &Shelf::shipped());
        let init = outcome.values(&format!("c/{name}/keycloak-init"));
        let clients = init["realms"]["master"]["clients"].as_object().expect("has clients").clone();
        clients.keys().cloned().collect::<BTreeSet<_>>()
    };
    let (qa, uat) = (ids("qa"), ids("uat"));
    for id in
        ["openg2p-kafka-qa", "openg2p-opensearch-qa", "openg2p-minio-qa", "openg2p-superset-qa", "staff-portal-qa"]
    {
        assert!(qa.contains(id), "{id} is not among {qa:?}");
    }
    assert!(qa.is_disjoint(&uat), "{qa:?} {uat:?}");
    assert!(qa.iter().all(|id| id.ends_with("-qa")), "{qa:?}");
}

#[test]
fn roles_in_applications_are_roles_of_their_clients() {
    let outcome = run(Some(&example("organisation.yaml")), &[&example("environments/sandbox.yaml")], &Shelf::shipped());
    let realm = &outcome.values("openg2p/sandbox/keycloak-init")["realms"]["staff"];
    assert_eq!(realm["groups"]["developers"]["roles"], json!({"client": {"openg2p-kafka": ["Admin"]}}), "{realm:#}");
    assert!(realm["groups"]["application-users"].is_null() && realm["roles"]["Admin"].is_null(), "{realm:#}");
    let outer = &outcome.values("rancher/keycloak-system/keycloak-init")["realms"]["master"];
    assert_eq!(outer["groups"]["system-administrators"]["roles"]["realm"], json!(["admin"]), "{outer:#}");
    let owners = &outer["groups"]["environment-owners"]["roles"];
    assert_eq!(owners["client"]["master-realm"], json!(["manage-clients"]), "{outer:#}");
    assert!(outer["roles"].is_null(), "{outer:#}");
    // In a realm of its own, the client that stands for its administration has another name.
    let text = example("organisation.yaml").replace("  realm: master", "  realm: staff");
    let outcome = run(Some(&text), &[&example("environments/sandbox.yaml")], &Shelf::shipped());
    let outer = &outcome.values("rancher/keycloak-system/keycloak-init")["realms"]["staff"];
    let administrators = &outer["groups"]["system-administrators"]["roles"];
    assert_eq!(*administrators, json!({"client": {"realm-management": ["realm-admin"]}}), "{outer:#}");
}

#[test]
fn sandboxes_with_esignet_have_identities_to_try_it_with() {
    let mock = "c/qa/mock-identity-system";
    assert!(run(None, &[ALONE], &Shelf::shipped()).ids().contains(mock));
    let pilot = ALONE.replace("kind: sandbox", "kind: pilot");
    assert!(!run(None, &[&pilot], &Shelf::shipped()).ids().contains(mock));
}

#[test]
fn the_country_of_an_environment_is_that_of_its_master_data() {
    let modules = "modules: {master-data: {chart: master-data, version: 1.0.0, settings: {seedTag: 1.0.0}}, ";
    let text = format!("{ALONE}countryPack: ETH\n").replace("modules: {", modules);
    let seed = &run(None, &[&text], &Shelf::shipped()).values("c/qa/master-data")["seedJob"];
    assert_eq!(*seed, json!({"enabled": true, "countryPack": "ETH", "image": {"tag": "1.0.0"}}));
    let text = text.replace("countryPack: ETH\n", "");
    let seed = &run(None, &[&text], &Shelf::shipped()).values("c/qa/master-data")["seedJob"];
    assert_eq!(seed["enabled"], false);
}
