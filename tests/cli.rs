//! The program from outside: exit statuses, streams, both command lines.

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A folder with a chart and a link named `helm`.
struct Stage {
    folder: TempDir,
}

impl Stage {
    fn new(template: &str) -> Stage {
        let stage = Stage { folder: TempDir::new().expect("makes a folder") };
        stage.file("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
        stage.file("c/values.yaml", "a: 1\npassword: hunter2\n");
        stage.file("c/templates/a.yaml", template);
        symlink(env!("CARGO_BIN_EXE_chartwright"), stage.path("helm")).expect("makes a link");
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        fs::write(path, text).expect("writes a file");
    }

    fn command(&self, program: &Path, line: &str) -> Command {
        let mut command = Command::new(program);
        command.args(line.split(' ').filter(|word| !word.is_empty())).current_dir(self.folder.path());
        command.env_remove("HELM_NAMESPACE").env_remove("HELM_DEBUG").env("HOME", self.folder.path());
        command
    }

    fn chartwright(&self, line: &str) -> Output {
        self.command(Path::new(env!("CARGO_BIN_EXE_chartwright")), line).output().expect("runs chartwright")
    }

    fn helm(&self, line: &str) -> Output {
        self.command(&self.path("helm"), line).output().expect("runs helm")
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

#[test]
fn data_and_problems_take_different_streams() {
    let stage = Stage::new("a: {{ .Values.a }}\n");
    let good = stage.chartwright("template r c");
    assert_eq!((code(&good), err(&good).as_str()), (0, ""));
    assert_eq!(out(&good), "---\n# Source: c/templates/a.yaml\na: 1\n");
    stage.file("c/templates/b.yaml", "b: {{ .Values.x.y }}\n");
    let bad = stage.chartwright("template r c");
    assert_eq!((code(&bad), out(&bad).as_str()), (1, ""));
    let told = err(&bad);
    assert!(
        told.contains("error: nil pointer") && told.contains("c/templates/b.yaml:1") && told.contains('^'),
        "{told}"
    );
}

#[test]
fn statuses_tell_content_from_the_world() {
    let stage = Stage::new("a: 1\n");
    for (line, status) in [("template r nowhere", 2), ("template", 2), ("--no-such-flag", 2), ("template r c", 0)] {
        assert_eq!(code(&stage.chartwright(line)), status, "{line}");
    }
}

#[test]
fn helm_speaks_helms_words_and_ends_with_its_status() {
    let stage = Stage::new("a: {{ .Values.x.y }}\n");
    let output = stage.helm("template r c");
    let wanted = "Error: c/templates/a.yaml:1:13\n  executing \"c/templates/a.yaml\" at <.Values.x.y>:\n    nil pointer evaluating interface {}.y\n\nUse --debug flag to render out invalid YAML\n";
    assert_eq!((code(&output), err(&output).as_str()), (1, wanted));
    let same = stage.chartwright("template r c --helm-output");
    assert_eq!((code(&same), err(&same).as_str()), (1, wanted));
    for (line, wanted) in [
        (
            "template",
            "Error: \"helm template\" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]\n",
        ),
        ("template --foo", "Error: unknown flag: --foo\n"),
        (
            "tempalte",
            "Error: unknown command \"tempalte\" for \"helm\"\n\nDid you mean this?\n\ttemplate\n\nRun 'helm --help' for usage.\n",
        ),
        ("bundle build", "Error: unknown command \"bundle\" for \"helm\"\nRun 'helm --help' for usage.\n"),
    ] {
        let output = stage.helm(line);
        assert_eq!((code(&output), err(&output).as_str(), out(&output).as_str()), (1, wanted, ""), "{line}");
    }
}

#[test]
fn helm_sends_cluster_commands_to_the_real_helm() {
    let stage = Stage::new("a: 1\n");
    for line in ["install r c", "list", "upgrade r c", "-n x uninstall r"] {
        let output = stage.helm(line);
        assert_eq!(code(&output), 1, "{line}");
        assert!(err(&output).starts_with("Error: ") && err(&output).contains("real Helm"), "{}", err(&output));
    }
    let version = stage.helm("version --short");
    assert_eq!((code(&version), out(&version).as_str()), (0, "v4.3.1\n"));
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let stage =
        Stage::new("{{ range until 20000 }}\nkey{{ . }}: some text that fills the pipe of the reader\n{{ end }}\n");
    let program = Path::new(env!("CARGO_BIN_EXE_chartwright"));
    let mut child =
        stage.command(program, "template r c").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    let mut first = [0; 3];
    child.stdout.take().expect("is piped").read_exact(&mut first).expect("reads");
    let output = child.wait_with_output().expect("ends");
    assert_eq!((code(&output), err(&output).as_str(), &first), (0, "", b"---"));
}

#[test]
fn colour_is_asked_for_or_absent() {
    let stage = Stage::new("a: {{ .Values.x.y }}\n");
    assert!(!err(&stage.chartwright("template r c")).contains('\u{1b}'));
    assert!(err(&stage.chartwright("--color always template r c")).contains('\u{1b}'));
}

#[test]
fn json_messages_are_lines() {
    let stage = Stage::new("a: {{ .Values.x.y }}\n");
    let told = err(&stage.chartwright("template r c --message-format json"));
    let value: serde_json::Value = serde_json::from_str(told.trim()).expect("one line of JSON");
    assert_eq!((&value["severity"], &value["place"]["line"]), (&"error".into(), &1.into()));
}

#[test]
fn manuals_and_completions_are_printed() {
    let stage = Stage::new("a: 1\n");
    assert!(out(&stage.chartwright("completion bash")).contains("chartwright"));
    assert!(out(&stage.helm("completion bash")).contains("helm"));
    assert_eq!(code(&stage.chartwright("man pages")), 0);
    for page in ["chartwright.1", "chartwright-template.1", "chartwright-bundle-build.1"] {
        assert!(stage.path("pages").join(page).is_file(), "{page}");
    }
}

#[test]
fn rendered_yaml_faults_name_the_template_line() {
    let stage = Stage::new("# first\na: {{ .Values.a }}\nb: {{ \"x: y: z\" }}\n");
    let told = err(&stage.chartwright("template r c"));
    assert!(told.contains("c/templates/a.yaml:3:1") && told.contains("written here"), "{told}");
}

#[test]
fn secrets_of_values_are_covered_in_messages() {
    let stage = Stage::new("a: {{ .Values.x.y }}\npassword: hunter2 {{ .Values.x.y }}\n");
    let told = err(&stage.chartwright("template r c"));
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn lookup_finds_the_objects_of_a_file() {
    let stage = Stage::new(
        "a: {{ (lookup \"v1\" \"Secret\" \"ns\" \"s\").data.x }}\nb: {{ len (lookup \"v1\" \"Secret\" \"\" \"\").items }}\nc: {{ lookup \"v1\" \"Pod\" \"ns\" \"p\" | toJson }}\n",
    );
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: ns}\ndata: {x: eA==}\n";
    stage.file(
        "objects.yaml",
        &format!("{secret}---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n"),
    );
    let output = stage.chartwright("template r c --lookup objects.yaml");
    assert_eq!(out(&output), "---\n# Source: c/templates/a.yaml\na: eA==\nb: 2\nc: {}\n", "{}", err(&output));
}

#[test]
fn values_are_explained() {
    let stage = Stage::new("a: {{ .Values.image.tag }}\n{{ with .Values.image }}b: {{ .tag }}{{ end }}\n");
    stage.file("c/values.yaml", "image:\n  tag: one\ndb:\n  password: hunter2\n");
    stage.file("qa.yaml", "image:\n  tag: two\n");
    let output = stage.chartwright("values explain c image.tag -f qa.yaml --set image.tag=three");
    let told = out(&output);
    for part in [
        "image.tag = \"three\"",
        "c/values.yaml:2",
        "qa.yaml:2",
        "* --set image.tag=three",
        "templates/a.yaml:1",
        "templates/a.yaml:2",
    ] {
        assert!(told.contains(part), "{part} is not in {told}{}", err(&output));
    }
    let covered = out(&stage.chartwright("values explain c db.password"));
    assert!(!covered.contains("hunter2"), "{covered}");
    assert!(out(&stage.chartwright("values explain c db.password --show-secrets")).contains("hunter2"));
    assert_eq!(code(&stage.chartwright("values explain c nothing.here")), 1);
}

#[test]
fn globals_are_followed_into_subcharts() {
    let stage = Stage::new("a: 1\n");
    stage.file("c/values.yaml", "global:\n  keycloak:\n    url: https://one\n  unread: 1\n");
    for sub in ["c/charts/s", "c/charts/s/charts/deep", "c/charts/other"] {
        let name = sub.rsplit('/').next().expect("has a name");
        stage.file(&format!("{sub}/Chart.yaml"), &format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n"));
        let reader = match name {
            "other" => "b: {{ .Values.own }}\n",
            _ => "# url\nb: {{ .Values.global.keycloak.url }}\n",
        };
        stage.file(&format!("{sub}/templates/b.yaml"), reader);
        stage.file(&format!("{sub}/values.yaml"), "own: 1\nglobal:\n  keycloak:\n    url: \"\"\n");
    }
    let both = ["c/charts/s/templates/b.yaml:2", "c/charts/s/charts/deep/templates/b.yaml:2"];
    for key in ["global.keycloak.url", "s.global.keycloak.url"] {
        let told = out(&stage.chartwright(&format!("values explain c {key}")));
        assert!(both.iter().all(|line| told.contains(line)), "{told}");
        assert!(!told.contains("other/templates"), "{told}");
    }
    assert!(out(&stage.chartwright("values explain c global.unread")).contains("read by no template line"));
}

#[test]
fn a_repository_is_a_folder_with_an_index() {
    let stage = Stage::new("a: 1\n");
    let entry = |version: &str| format!("  - name: c\n    version: {version}\n    urls: [c-{version}.tgz]\n");
    let index = format!("apiVersion: v1\nentries:\n  c:\n{}{}", entry("0.9.0"), entry("0.10.0"));
    stage.file("repo/index.yaml", &index);
    let missing = stage.chartwright("template r c --repo repo");
    assert!(err(&missing).contains("c-0.10.0.tgz"), "{}", err(&missing));
    let unknown = stage.chartwright("template r c --repo repo --version 2.x");
    assert!(err(&unknown).contains("not found"), "{}", err(&unknown));
}

#[test]
fn a_nil_error_names_the_values_line_behind_it() {
    let stage = Stage::new("a: {{ .Values.table.key }}\n");
    stage.file("c/values.yaml", "table:\n  key: 1\n");
    stage.file("qa.yaml", "# qa\ntable: null\n");
    let output = stage.chartwright("template r c -f qa.yaml");
    assert_eq!(code(&output), 1);
    let text = err(&output);
    assert!(text.contains("c/templates/a.yaml:1:7"), "{text}");
    assert!(text.contains("hint: `table` is not set; removed by qa.yaml:2:1"), "{text}");
    stage.file("c/values.yaml", "other: 1\n");
    let text = err(&stage.chartwright("template r c"));
    assert!(text.contains("hint: `table` is not set; set it"), "{text}");
}

#[test]
fn folder_of_charts_is_packaged_in_the_order_of_dependencies() {
    let stage = Stage::new("a: 1\n");
    let chart = |name: &str, needs: &str| {
        let text = format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n{needs}");
        stage.file(&format!("charts/{name}/Chart.yaml"), &text);
    };
    let needs =
        |name: &str| format!("dependencies:\n- name: {name}\n  version: 0.1.0\n  repository: file://../{name}\n");
    chart("a", &needs("z"));
    chart("b", "");
    chart("z", &needs("m"));
    chart("m", "");
    let done = stage.chartwright("package charts -d out");
    assert_eq!((code(&done), err(&done).as_str()), (0, ""));
    let names: Vec<String> = out(&done).lines().map(|line| line.split(' ').next().unwrap_or("").to_owned()).collect();
    assert_eq!(names, ["b", "m", "z", "a"].map(|name| format!("out/{name}-0.1.0.tgz")));
    // What was packed from folders needs nothing else any more.
    let shown = stage.helm("template r out/a-0.1.0.tgz");
    assert_eq!((code(&shown), err(&shown).as_str()), (0, ""));
    let again = stage.chartwright("package charts -d out2");
    assert_eq!(out(&again).replace("out2/", "out/"), out(&done));
    chart("m", &needs("a"));
    let bad = stage.chartwright("package charts -d out3");
    assert_eq!(code(&bad), 1);
    assert!(err(&bad).contains("charts depend on each other: `charts/a`, `charts/m`, `charts/z`"), "{}", err(&bad));
}

#[test]
fn signed_packages_are_verified() {
    let stage = Stage::new("a: 1\n");
    let keys = format!("{}/tests/provenance/openpgp", env!("CARGO_MANIFEST_DIR"));
    let done = stage.chartwright(&format!("package c --sign --key rsa@ --keyring {keys}/rsa.sec.gpg"));
    assert_eq!((code(&done), err(&done).as_str()), (0, ""));
    assert!(out(&done).ends_with("c-0.1.0.tgz.prov\n"), "{}", out(&done));
    let good = stage.chartwright(&format!("verify c-0.1.0.tgz --keyring {keys}/rsa.pub.gpg"));
    assert!(out(&good).contains("signed by rsa <rsa@example.com>, key E3C4B1D025C0980A605634D8AB7F76FB77476535"));
    let good = stage.helm(&format!("template r c-0.1.0.tgz --verify --keyring {keys}/rsa.pub.gpg"));
    assert_eq!((code(&good), err(&good).as_str()), (0, ""));
    let unknown = stage.helm(&format!("verify c-0.1.0.tgz --keyring {keys}/nist.pub.gpg"));
    assert_eq!((code(&unknown), err(&unknown).as_str()), (1, "Error: openpgp: signature made by unknown entity\n"));
    let locked = stage.helm(&format!("package c --sign --key lockeded@ --keyring {keys}/lockeded.sec.gpg"));
    let asked = "Password for key \"lockeded <lockeded@example.com>\" >  \n";
    assert_eq!((code(&locked), out(&locked).as_str()), (1, asked));
    assert_eq!(err(&locked), "Error: inappropriate ioctl for device\n");
    stage.file("passphrase", "open sesame\nmore\n");
    let line =
        format!("package c --sign --key lockeded@ --keyring {keys}/lockeded.sec.gpg --passphrase-file passphrase");
    assert_eq!(code(&stage.helm(&line)), 0);
    let changed = stage.chartwright("package c");
    assert_eq!(code(&changed), 0);
    let refused = stage.chartwright(&format!("verify c-0.1.0.tgz --keyring {keys}/lockeded.pub.gpg"));
    assert_eq!(code(&refused), 1, "the archive is another one now: {}", err(&refused));
}

#[test]
fn links_are_followed_as_helm_and_refused_otherwise() {
    let stage = Stage::new("a: 1\n");
    stage.file("secret", "x");
    symlink("../../secret", stage.path("c/templates/s")).expect("makes a link");
    let ours = stage.chartwright("package c -d out");
    assert_eq!(code(&ours), 1);
    assert!(err(&ours).contains("cannot pack `templates/s`: it is a symbolic link"), "{}", err(&ours));
    assert!(!stage.path("out/c-0.1.0.tgz").exists());
    let helms = stage.helm("package c");
    assert_eq!(code(&helms), 0);
    assert!(err(&helms).starts_with("level=INFO msg=\"found symbolic link in path."), "{}", err(&helms));
}

#[test]
fn new_charts_render_and_nothing_is_overwritten() {
    let stage = Stage::new("a: 1\n");
    assert_eq!(code(&stage.chartwright("create charts/shop")), 0);
    let flags = "--set ingress.enabled=true --set ingress.tlsSecret=t --set autoscaling.enabled=true --set env.A=1";
    let shown = stage.chartwright(&format!("template shop charts/shop {flags}"));
    assert_eq!((code(&shown), err(&shown).as_str()), (0, ""));
    assert_eq!(code(&stage.chartwright("template shop charts/shop --set replicaCount=many")), 1, "the schema holds");
    let again = stage.chartwright("create charts/shop");
    assert_eq!(code(&again), 2);
    let helms = stage.helm("create charts/shop");
    assert_eq!(code(&helms), 0);
    let text = out(&helms);
    assert!(text.starts_with("Creating charts/shop\nWARNING: File \"/") && text.contains("Overwriting."), "{text}");
    assert!(stage.path("charts/shop/charts").is_dir());
    let bad = stage.helm("create a+b");
    assert_eq!(out(&bad), "Creating a+b\n");
    let wanted = "Error: chart name must match the regular expression \"^[a-zA-Z0-9._-]+$\"\n";
    assert_eq!((code(&bad), err(&bad).as_str()), (1, wanted));
    let starter = format!("create own -p {}/charts/starter", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(code(&stage.helm(&starter)), 0);
    assert!(fs::read_to_string(stage.path("own/values.yaml")).expect("a file").contains("own.example.com"));
}
