//! `validate`, `images` and `diff` of one chart, from outside.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
      - name: a
        image: {{ .Values.image.repository }}:{{ .Values.image.tag }}
        {{- include \"c.ports\" . | nindent 8 }}
";

const HELPERS: &str = "{{- define \"c.ports\" -}}
ports:
- containerPort: {{ .Values.port }}
{{- end -}}
";

const JOB: &str = "{{- if .Values.job.enabled }}
apiVersion: batch/v1
kind: Job
metadata: {name: j, annotations: {helm.sh/hook: pre-install}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: j, image: quay.io/x/job:1}]
{{- end }}
";

const SECRET: &str = "apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {password: {{ .Values.password | default (randAlphaNum 20) | quote }}}
";

fn stage() -> TempDir {
    let folder = TempDir::new().expect("makes a folder");
    let values = "replicas: 1\nport: 80\nimage: {repository: docker.io/x/app, tag: '2'}\njob: {enabled: false}\n";
    for (name, text) in [
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"),
        ("c/values.yaml", values),
        ("c/templates/deployment.yaml", DEPLOYMENT),
        ("c/templates/_helpers.tpl", HELPERS),
        ("c/templates/job.yaml", JOB),
        ("c/templates/secret.yaml", SECRET),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        fs::write(path, text).expect("writes a file");
    }
    folder
}

fn run(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(words).current_dir(folder).env_remove("HELM_NAMESPACE").env("HOME", folder);
    command.output().expect("runs chartwright")
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn findings_point_at_the_template_line() {
    let folder = stage();
    let (code, out, err) = told(&run(folder.path(), &["validate", "c"]));
    assert_eq!((code, out.as_str(), err.as_str()), (0, "2 objects: 2 valid, 0 invalid, 0 error, 0 skipped\n", ""));
    let (code, out, err) = told(&run(folder.path(), &["validate", "c", "--set", "port=99999,replicas=many"]));
    assert_eq!((code, out.as_str()), (1, "2 objects: 1 valid, 1 invalid, 0 error, 0 skipped\n"));
    assert!(err.contains("--> c/templates/_helpers.tpl:3:"), "{err}");
    assert!(err.contains("expected a port from 1 to 65535, found 99999"), "{err}");
    assert!(err.contains("--> c/templates/deployment.yaml:6:"), "{err}");
    let words = ["validate", "c", "--set", "replicas=many", "--output", "json"];
    let (_, out, _) = told(&run(folder.path(), &words));
    let line = out.lines().find(|line| line.contains("\"invalid\"")).expect("a line of the Deployment");
    let checked: serde_json::Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(checked["findings"][0]["place"]["file"], "c/templates/deployment.yaml");
    assert_eq!(checked["findings"][0]["rule"], "wrong-type");
}

#[test]
fn what_cannot_be_read_keeps_nothing_else_from_being_checked() {
    let folder = stage();
    fs::write(folder.path().join("bad.yaml"), "a: [\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
        .expect("writes");
    fs::create_dir(folder.path().join("d")).expect("makes a folder");
    fs::write(folder.path().join("d/Chart.yaml"), "apiVersion: v2\nname: d\n").expect("writes");
    let (code, out, err) = told(&run(folder.path(), &["validate", "d", "bad.yaml", "c"]));
    assert_eq!((code, out.as_str()), (1, "4 objects: 3 valid, 0 invalid, 1 error, 0 skipped\n"), "{err}");
    assert!(err.contains("bad.yaml:2:1") && err.contains("`d`"), "{err}");
    let (code, _, err) = told(&run(folder.path(), &["validate", "c", "--kube-version", "1.99"]));
    assert!(code == 2 && err.contains("expected a Kubernetes version from 1.25"), "{err}");
}

#[test]
fn schemas_come_from_a_folder_that_is_named() {
    let folder = stage();
    let place = folder.path().join("schemas/x.org");
    fs::create_dir_all(&place).expect("makes a folder");
    fs::write(place.join("shop_v1.json"), r#"{"type": "object", "properties": {"n": {"type": "integer"}}}"#)
        .expect("writes");
    fs::write(folder.path().join("shop.yaml"), "apiVersion: x.org/v1\nkind: Shop\nmetadata: {name: a}\n'n': x\n")
        .expect("writes");
    let location = "schemas/{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json";
    let words = ["validate", "shop.yaml", "--schema-location", location];
    let (code, out, err) = told(&run(folder.path(), &words));
    assert_eq!((code, out.as_str()), (1, "1 object: 0 valid, 1 invalid, 0 error, 0 skipped\n"), "{err}");
    let (code, _, err) = told(&run(folder.path(), &["validate", "shop.yaml"]));
    assert!(code == 1 && err.contains("no schema for `Shop`"), "{err}");
    let words = ["validate", "shop.yaml", "--schema-location", "http://127.0.0.1:1/schemas"];
    let (code, _, err) = told(&run(folder.path(), &words));
    assert!(code == 2 && err.contains("127.0.0.1:1"), "{err}");
}

#[test]
fn images_are_listed_with_their_reasons() {
    let folder = stage();
    let (code, out, _) = told(&run(folder.path(), &["images", "c"]));
    assert_eq!((code, out.as_str()), (0, "docker.io/x/app:2\n"));
    let (code, out, _) = told(&run(folder.path(), &["images", "c", "--all-conditions", "--why"]));
    let wanted = "docker.io/x/app:2
  c/templates/deployment.yaml:13: container of Deployment release-name, by its type, value image
quay.io/x/job:1
  c/templates/job.yaml:9: container of Job j, by its type, hook pre-install, with everything on
";
    assert_eq!((code, out.as_str()), (0, wanted));
    let (_, out, _) = told(&run(folder.path(), &["images", "c", "--output", "annotations"]));
    let wanted = "annotations:\n  artifacthub.io/images: |\n    - name: \"app\"\n      image: \"docker.io/x/app:2\"\n";
    assert!(out.starts_with(wanted), "{out}");
    let (_, out, _) = told(&run(folder.path(), &["images", "c", "--output", "lock"]));
    assert!(out.contains("image: \"docker.io/x/app:2\"") && out.contains("digests: []"), "{out}");
    let (_, out, _) = told(&run(folder.path(), &["images", "c", "--output", "json"]));
    let listed: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(listed["images"][0]["uses"][0]["value"], "image");
}

const SHOP: &str = "apiVersion: x.org/v1
kind: Shop
metadata: {name: s}
spec: {engine: {repository: x/engine, tag: '1'}, jobs: [{runner: {image: x/runner}}]}
";

#[test]
fn crds_of_the_chart_tell_what_an_image_is() {
    let folder = stage();
    let field = |name: &str, of: &str| format!("{name}: {{type: object, properties: {{{of}}}}}");
    let runner = field("runner", "image: {type: string}");
    let spec = field(
        "spec",
        &format!(
            "{}, jobs: {{type: array, items: {{type: object, properties: {{{runner}}}}}}}",
            field("engine", "repository: {type: string}, tag: {type: string}")
        ),
    );
    let crd = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: shops.x.org}}\n\
         spec:\n  group: x.org\n  names: {{kind: Shop, plural: shops}}\n  scope: Namespaced\n  versions:\n  \
         - {{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object, properties: {{{spec}}}}}}}}}\n"
    );
    fs::write(folder.path().join("c/templates/shop.yaml"), SHOP).expect("writes");
    let shop = |rule: &str| format!("  c/templates/shop.yaml:4: custom resource of Shop s, {rule}\n");
    let (_, out, _) = told(&run(folder.path(), &["images", "c", "--why"]));
    assert!(out.contains(&format!("x/runner\n{}", shop("by the field's name"))) && !out.contains("x/engine"), "{out}");
    for place in ["crds", "templates"] {
        fs::create_dir_all(folder.path().join("c").join(place)).expect("makes a folder");
        let file = folder.path().join("c").join(place).join("shops.yaml");
        fs::write(&file, &crd).expect("writes");
        let (_, out, _) = told(&run(folder.path(), &["images", "c", "--why"]));
        for image in ["x/engine:1", "x/runner"] {
            assert!(out.contains(&format!("{image}\n{}", shop("by its CRD"))), "{place}: {out}");
        }
        fs::remove_file(&file).expect("removes");
    }
}

#[test]
fn differences_are_told_by_field() {
    let folder = stage();
    let (code, out, err) = told(&run(folder.path(), &["diff", "c"]));
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
    let words = ["diff", "c", "--set-b", "replicas=2,job.enabled=true,password=hunter2"];
    let (code, out, _) = told(&run(folder.path(), &words));
    let wanted = "~ Deployment release-name\n    spec.replicas: 1 -> 2\n+ Job j\n";
    assert_eq!((code, out.as_str()), (1, wanted));
    let words = ["diff", "c", "--set", "password=old", "--set-b", "password=hunter2"];
    let (code, out, _) = told(&run(folder.path(), &words));
    assert_eq!((code, out.as_str()), (1, "~ Secret s\n    stringData.password: (covered) -> (covered)\n"));
    let (code, _, _) = told(&run(folder.path(), &["diff", "c", "nowhere"]));
    assert_eq!(code, 2);
    let (code, out, _) = told(&run(folder.path(), &["diff", "c", "--set-b", "replicas=2", "--output", "json"]));
    let told: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &told["changes"][0]["fields"][0]["after"]), (1, &serde_json::json!(2)));
}
