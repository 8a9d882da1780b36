//! A bundle beside a live cluster, which is played: what would be asked of kubectl, and what is made of the answers.

use chartwright::bundle::live::{Cluster, Level, ReleaseState, drift, preflight, status};
use chartwright::bundle::{Bundle, Origin, Release, ReportFacts, Space, Thing, ThingKind, report};
use chartwright::chart::LoadOptions;
use chartwright::diagnostic::{Error, ErrorKind};
use chartwright::repository::Archive;
use chartwright::world::FixedWorld;
use std::cell::RefCell;
use std::collections::BTreeMap;

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: \"{{ .Release.Name }}\", labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: docker.io/library/nginx:1.27
        resources: {requests: {cpu: 500m, memory: 512Mi}}
        env:
        - {name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {resources: {requests: {storage: 1Gi}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {rules: [{host: \"<b>.example.org\"}]}
";

/// An archive of a chart with one template.
fn archive(name: &str, version: &str, template: &str) -> Archive {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    let metadata = format!("apiVersion: v2\nname: {name}\nversion: {version}\nkubeVersion: '>=1.30.0-0'\n");
    for (path, text) in [("Chart.yaml", metadata.as_str()), ("templates/a.yaml", template)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{name}/{path}"), text.as_bytes()).expect("writes");
    }
    Archive::new(name, version, tar.into_inner().expect("writes").finish().expect("writes"))
}

/// A bundle with one release, `web` of chart `shop`.
fn bundle() -> Bundle {
    let archive = archive("shop", "10.0.0", DEPLOYMENT);
    let release = Release {
        environment: "qa".to_owned(),
        cluster: "main".to_owned(),
        namespace: "qa".to_owned(),
        name: "web".to_owned(),
        chart: "shop".to_owned(),
        version: "10.0.0".to_owned(),
        origin: Origin::Archive(archive.file.clone()),
        needs: Vec::new(),
        wave: 0,
        values: b"{}\n".to_vec(),
        secret_values: Vec::new(),
        labels: BTreeMap::new(),
        wait: true,
        timeout: None,
        readiness: vec!["Deployment/web".to_owned()],
        manifests: 3,
    };
    Bundle { releases: vec![release], archives: BTreeMap::from([(archive.file.clone(), archive)]), ..Bundle::default() }
}

/// Answers by what is asked for; everything that was asked is kept.
struct Played {
    answers: Vec<(&'static str, String)>,
    asked: RefCell<Vec<String>>,
}

impl Played {
    /// A cluster that is ready for the bundle.
    fn ready() -> Played {
        let node = r#"{"items":[{"metadata":{"name":"n"},"status":{"conditions":[{"type":"Ready","status":"True"}],
                       "allocatable":{"cpu":"4","memory":"8Gi"}}}]}"#;
        let class = r#"{"items":[{"metadata":{"name":"nfs","annotations":
                        {"storageclass.kubernetes.io/is-default-class":"true"}}}]}"#;
        let answers = [
            ("version", r#"{"serverVersion":{"gitVersion":"v1.33.6+rke2r1"}}"#),
            (
                "kinds",
                "deployments deploy apps/v1 true Deployment\npersistentvolumeclaims pvc v1 true PersistentVolumeClaim\ningresses ing networking.k8s.io/v1 true Ingress\n",
            ),
            ("nodes ", node),
            ("storageclasses ", class),
            ("secrets --all-namespaces", ""),
            ("secrets -n qa", "db password user\n"),
            ("deployments,statefulsets,daemonsets,services", ""),
            ("deployments,statefulsets,daemonsets,jobs", r#"{"items":[]}"#),
        ];
        let answers = answers.map(|(of, answer)| (of, answer.to_owned())).to_vec();
        Played { answers, asked: RefCell::new(Vec::new()) }
    }

    fn with(mut self, of: &'static str, answer: &str) -> Played {
        self.answers.insert(0, (of, answer.to_owned()));
        self
    }

    fn answer(&self, asked: String) -> Result<Vec<u8>, Error> {
        let found = self.answers.iter().find(|(of, _)| asked.starts_with(of)).map(|(_, answer)| answer.clone());
        self.asked.borrow_mut().push(asked.clone());
        found.map(String::into_bytes).ok_or_else(|| Error::new(ErrorKind::Network, format!("nobody answers `{asked}`")))
    }
}

impl Cluster for Played {
    fn get(&self, arguments: &[&str], _: Option<&[u8]>) -> Result<Vec<u8>, Error> {
        self.answer(arguments.join(" "))
    }

    fn version(&self) -> Result<Vec<u8>, Error> {
        self.answer("version".to_owned())
    }

    fn kinds(&self) -> Result<Vec<u8>, Error> {
        self.answer("kinds".to_owned())
    }
}

/// What is not as it should be.
fn faults(cluster: &Played) -> Vec<String> {
    let found = preflight(&bundle(), "main", cluster, &LoadOptions::default(), &FixedWorld::default()).expect("asks");
    let bad = found.into_iter().filter(|one| one.level != Level::Good);
    bad.map(|one| format!("{} {}: {}", one.level.name(), one.subject, one.message)).collect()
}

#[test]
fn a_ready_cluster_has_no_fault() {
    let cluster = Played::ready();
    assert_eq!(faults(&cluster), Vec::<String>::new());
    for asked in cluster.asked.borrow().iter().filter(|asked| asked.starts_with("secrets")) {
        assert!(asked.contains("-o go-template="), "{asked}");
        assert!(!asked.contains("$value}}"), "no value is printed: {asked}");
    }
}

/// What it is about, answers of the cluster by question, and what is told.
type Case<'a> = (&'a str, Vec<(&'static str, &'a str)>, &'a str);

#[test]
fn what_stands_in_the_way_is_told() {
    let charts = "deployments,statefulsets,daemonsets,services";
    let live = ("secrets --all-namespaces", "qa web 3 deployed\n");
    let cases: [Case<'_>; 12] = [
        (
            "version",
            vec![("version", r#"{"serverVersion":{"gitVersion":"v1.28.0"}}"#)],
            "error kubernetes: chart `shop` 10.0.0 wants Kubernetes >=1.30.0-0",
        ),
        ("nodes", vec![("nodes ", r#"{"items":[]}"#)], "error nodes: no node is ready"),
        (
            "memory",
            vec![(
                "nodes ",
                r#"{"items":[{"metadata":{"name":"n"},"status":{"conditions":[{"type":"Ready","status":"True"}],"allocatable":{"cpu":"4","memory":"512Mi"}}}]}"#,
            )],
            "error capacity: the releases request 1.00 processors and 1.0 GiB",
        ),
        (
            "class",
            vec![("storageclasses ", r#"{"items":[]}"#)],
            "error storage: no default class, and claims of `main/qa/web`",
        ),
        (
            "kind",
            vec![("kinds", "x x apps/v1 true Deployment\nx x v1 true PersistentVolumeClaim\n")],
            "error kinds: the cluster knows no Ingress of networking.k8s.io/v1",
        ),
        ("secret", vec![("secrets -n qa", "")], "error secret main/qa/db: is not there"),
        ("key", vec![("secrets -n qa", "db user\n")], "error secret main/qa/db: `web` asks for key password"),
        (
            "pending",
            vec![("secrets --all-namespaces", "qa web 2 pending-upgrade\n"), (charts, "qa web shop-10.0.0\n")],
            "error release main/qa/web: revision 2 is pending-upgrade",
        ),
        (
            "published",
            vec![live, (charts, "qa web shop-1.3.1\n")],
            "error release main/qa/web: the published shop 1.3.1 is live",
        ),
        (
            "other chart",
            vec![live, (charts, "qa web other-1.0.0\n")],
            "error release main/qa/web: a release of another chart is live under this name: other-1.0.0",
        ),
        (
            "newer",
            vec![live, (charts, "qa web shop-10.1.0\n")],
            "error release main/qa/web: 10.1.0 is live, newer than 10.0.0",
        ),
        (
            "unknown chart",
            vec![live, (charts, "qa web <no value>\n")],
            "warning release main/qa/web: is live, and its objects do not say of which chart",
        ),
    ];
    for (name, answers, wanted) in cases {
        let cluster = answers.into_iter().fold(Played::ready(), |cluster, (of, answer)| cluster.with(of, answer));
        let found = faults(&cluster);
        assert!(found.iter().any(|one| one.starts_with(wanted)), "{name}: {found:?}");
    }
}

#[test]
fn what_people_bring_is_looked_for() {
    let thing = |kind: ThingKind, name: &str, keys: &[&str]| Thing {
        kind,
        name: name.to_owned(),
        namespace: None,
        port: None,
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        more: Vec::new(),
        optional: false,
        why: None,
        span: Default::default(),
    };
    let mut bundle = bundle();
    let text = |text: &str| text.to_owned();
    bundle.surroundings.environments.push(Space {
        name: text("qa"),
        cluster: text("main"),
        namespace: text("qa"),
        kind: text("sandbox"),
        domain: text("qa.example.org"),
        gateway: text("internal"),
        keycloak: text("https://keycloak.example.org"),
        realm: text("master"),
        shares_realm: true,
        external: vec![
            thing(ThingKind::ConfigMap, "properties", &["a.properties"]),
            thing(ThingKind::Secret, "keycloak-admin", &["username"]),
            thing(ThingKind::Secret, "db", &[]),
            // Made at the installation.
            Thing { optional: true, ..thing(ThingKind::Secret, "made", &[]) },
        ],
        keystore: None,
        span: Default::default(),
        keystore_span: Default::default(),
    });
    let cases = [
        ("", "db password\nkeycloak-admin username\n", "error configMap main/qa/properties: is not there"),
        (
            "properties b\n",
            "db password\nkeycloak-admin username\n",
            "error configMap main/qa/properties: lacks key a.properties",
        ),
        ("properties b a.properties\n", "db password\n", "error secret main/qa/keycloak-admin: is not there"),
        ("properties a.properties\n", "db password\nkeycloak-admin username\n", ""),
    ];
    for (maps, secrets, wanted) in cases {
        let cluster = Played::ready().with("configmaps -n qa", maps).with("secrets -n qa", secrets);
        let found = preflight(&bundle, "main", &cluster, &LoadOptions::default(), &FixedWorld::default());
        let bad = found.expect("asks").into_iter().filter(|one| one.level != Level::Good);
        let bad: Vec<String> =
            bad.map(|one| format!("{} {}: {}", one.level.name(), one.subject, one.message)).collect();
        assert!(
            bad.len() == usize::from(!wanted.is_empty()) && bad.iter().all(|one| one.starts_with(wanted)),
            "{bad:?}"
        );
    }
}

#[test]
fn releases_stand_where_helm_and_the_cluster_say() {
    let workloads = "deployments,statefulsets,daemonsets,jobs";
    let deployment = |ready: u32| {
        format!(
            r#"{{"items":[{{"kind":"Deployment","metadata":{{"name":"web","generation":1}},"spec":{{"replicas":2}},
               "status":{{"observedGeneration":1,"updatedReplicas":2,"readyReplicas":{ready}}}}}]}}"#
        )
    };
    let (one, two) = (deployment(1), deployment(2));
    let cases = [
        ("", "", "{\"items\":[]}", ReleaseState::Missing),
        ("qa web 1 pending-install\n", "", two.as_str(), ReleaseState::Pending),
        ("qa web 1 deployed\nqa web 2 failed\n", "", &two, ReleaseState::Failed),
        ("qa web 1 deployed\n", "qa web shop-9.0.0\n", &two, ReleaseState::Other),
        ("qa web 1 deployed\n", "qa web shop-10.0.0\n", &one, ReleaseState::Unready),
        ("qa web 1 deployed\n", "qa web shop-10.0.0\n", "{\"items\":[]}", ReleaseState::Unready),
        ("qa web 9 superseded\nqa web 10 deployed\n", "qa web shop-10.0.0\n", &two, ReleaseState::Ready),
    ];
    for (revisions, charts, live, wanted) in cases {
        let cluster = Played::ready()
            .with("secrets --all-namespaces", revisions)
            .with("deployments,statefulsets,daemonsets,services", charts)
            .with(workloads, live);
        let found = status(&bundle(), "main", &cluster).expect("asks");
        assert_eq!(found.iter().map(|one| one.state).collect::<Vec<_>>(), [wanted], "{revisions}");
    }
}

#[test]
fn only_what_the_bundle_states_can_drift() {
    let live = r#"{"apiVersion":"v1","kind":"List","items":[
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"qa","uid":"1","labels":{"app":"web","own":"x"}},
       "spec":{"replicas":5,"selector":{"matchLabels":{"app":"web"}},"strategy":{"type":"RollingUpdate"},
        "template":{"metadata":{"labels":{"app":"web"}},"spec":{"restartPolicy":"Always","containers":[
          {"name":"sidecar","image":"injected:1"},
          {"name":"web","image":"docker.io/library/nginx:1.28","imagePullPolicy":"Always",
           "resources":{"requests":{"cpu":"0.5","memory":"512Mi"}},
           "env":[{"name":"PASSWORD","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}]}]}}}},
      {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data","namespace":"qa"},
       "spec":{"storageClassName":"nfs","resources":{"requests":{"storage":"1Gi"}}}}]}"#;
    let cluster =
        Played::ready().with("secrets --all-namespaces", "qa web 1 deployed\nqa stray 1 deployed\n").with("-f -", live);
    let found = drift(&bundle(), "main", &cluster, &LoadOptions::default(), &FixedWorld::default()).expect("asks");
    let shown: Vec<String> = found
        .iter()
        .map(|one| {
            format!(
                "{}|{}|{}|{}|{}",
                one.release,
                one.object,
                one.field,
                one.wanted,
                one.live.as_deref().unwrap_or("-")
            )
        })
        .collect();
    let wanted = [
        "main/qa/web|Deployment web|spec.replicas|2|5",
        "main/qa/web|Deployment web|spec.template.spec.containers.[name=web].image|docker.io/library/nginx:1.27|docker.io/library/nginx:1.28",
        "main/qa/web|Ingress web||there|-",
        "main/qa/stray|||no such release|installed",
    ];
    assert_eq!(shown, wanted);
}

#[test]
fn the_page_escapes_what_it_shows_and_asks_nobody() {
    let mut bundle = bundle();
    bundle.releases[0].values = b"title: '<script>alert(1)</script> & \"x\"'\n".to_vec();
    let facts = ReportFacts::default();
    let page = report(&bundle, &facts, &LoadOptions::default(), &FixedWorld::default()).expect("writes");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;"), "{page}");
    assert!(page.contains("&lt;b&gt;.example.org"), "hosts are escaped");
    assert!(!page.contains("<script") && !page.contains("<b>.example"));
    let outside = ["src=", "<link", "<img", "@import", "url(", "<iframe", "<form"];
    assert!(outside.iter().all(|word| !page.contains(word)), "nothing is fetched");
    assert!(page.contains("default-src 'none'"));
    let again = report(&bundle, &facts, &LoadOptions::default(), &FixedWorld::default()).expect("writes");
    assert_eq!(page, again);
}
