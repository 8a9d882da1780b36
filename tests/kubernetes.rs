//! Verdicts and places of `kubernetes::Validator`: each file in the folder of the same name says in comments which
//! findings its lines have (`# error: rule, rule`). What they expect is written by hand from the documented rules of the API server.

use chartwright::diagnostic::Error;
use chartwright::kubernetes::{
    Checked, Depth, Locations, MissingSchemas, NoLocations, Settings, Strictness, Validator, Verdict, documents, minors,
};
use chartwright::source::{SourceId, position};
use std::collections::BTreeSet;
use std::path::Path;

fn settings(minor: u32) -> Settings {
    Settings { minor, strictness: Strictness::Strict, depth: Depth::Server, missing: MissingSchemas::Refuse }
}

fn check(text: &str, settings: Settings, locations: &dyn Locations) -> Vec<Checked> {
    let mut validator = Validator::new(settings, locations).expect("a known version");
    validator.add_crds(text.as_bytes());
    let found = documents(text.as_bytes());
    found.iter().flat_map(|document| validator.check(document, SourceId::default()).expect("no locations")).collect()
}

fn verdicts(text: &str, settings: Settings) -> Vec<Verdict> {
    check(text, settings, &NoLocations).iter().map(|checked| checked.verdict).collect()
}

/// Line and rule of each finding.
fn found(text: &str) -> BTreeSet<(usize, String)> {
    let checked = check(text, settings(36), &NoLocations);
    let findings = checked.iter().flat_map(|checked| &checked.findings);
    findings
        .map(|finding| {
            let start = finding.primary.expect("a place").start as usize;
            (position(text.as_bytes(), start).line, finding.rule.unwrap_or_default().to_owned())
        })
        .collect()
}

fn wanted(text: &str) -> BTreeSet<(usize, String)> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(at, line)| Some((at + 1, line.split_once("# error: ")?.1)))
        .flat_map(|(line, rules)| rules.split(", ").map(move |rule| (line, rule.trim().to_owned())))
        .collect()
}

#[test]
fn findings_stand_where_the_files_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kubernetes");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the cases") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a case");
        assert_eq!(found(&text), wanted(&text), "{} (found on the left)", path.display());
        count += 1;
    }
    assert!(count >= 4);
}

#[test]
fn every_version_checks_a_pod() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n";
    for minor in minors() {
        assert_eq!(verdicts(pod, settings(minor)), [Verdict::Valid], "1.{minor}");
        assert_eq!(verdicts(&pod.replace("image", "imgae"), settings(minor)), [Verdict::Invalid], "1.{minor}");
    }
}

#[test]
fn verdicts_are_five() {
    let text = "kind: A\n---\napiVersion: v1\nkind: Thing\n---\n# nothing\n---\nnull\n---\na: [\n---\n- 1\n";
    let wanted = [Verdict::Error, Verdict::Error, Verdict::Empty, Verdict::Error, Verdict::Error];
    assert_eq!(verdicts(text, settings(36)), wanted);
    let skipping = Settings { missing: MissingSchemas::Skip, ..settings(36) };
    assert_eq!(verdicts("apiVersion: v1\nkind: Thing\n", skipping), [Verdict::Skipped]);
}

#[test]
fn lenient_checks_pass_over_unknown_fields() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndate: {}\ndata: {a: b, a: c}\n";
    assert_eq!(verdicts(text, settings(36)), [Verdict::Invalid]);
    let lenient = Settings { strictness: Strictness::Lenient, ..settings(36) };
    assert_eq!(verdicts(text, lenient), [Verdict::Valid]);
}

#[test]
fn schemas_alone_say_nothing_of_ports() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 99999}]}\n";
    assert_eq!(verdicts(text, settings(36)), [Verdict::Invalid]);
    assert_eq!(verdicts(text, Settings { depth: Depth::Schema, ..settings(36) }), [Verdict::Valid]);
}

#[test]
fn lists_give_a_verdict_for_each_item() {
    let item = |name: &str| format!("- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{{name}: a}}\n");
    let text = format!("apiVersion: v1\nkind: List\nitems:\n{}{}", item("name"), item("nmae"));
    assert_eq!(verdicts(&text, settings(36)), [Verdict::Valid, Verdict::Invalid]);
}

#[test]
fn hints_name_versions_and_near_names() {
    let hints = |text: &str, minor: u32| -> String {
        let checked = check(text, settings(minor), &NoLocations);
        checked.iter().flat_map(|one| &one.findings).flat_map(|one| one.hints.clone()).collect::<Vec<_>>().join("; ")
    };
    let pod = |field: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{{field}, containers: [{{name: a, image: b}}]}}\n"
        )
    };
    assert!(hints(&pod("hostnameOverride: a"), 30).contains("from Kubernetes 1.34 on"));
    assert!(hints(&pod("restartPolcy: Never"), 30).contains("did you mean `restartPolicy`?"));
    assert!(hints(&pod("image: b"), 30).contains("`containers` has a field of this name"));
    assert!(hints("apiVersion: extensions/v1beta1\nkind: Ingress\n", 30).contains("`networking.k8s.io/v1`"));
}

/// Two schemas as a folder would hold them, one of which refers to the other.
struct Folder;

impl Locations for Folder {
    fn candidates(&self, _: &str, kind: &str) -> Result<Vec<String>, Error> {
        Ok(vec![format!("place/{}.json", kind.to_lowercase())])
    }

    fn read(&self, location: &str) -> Result<Option<Vec<u8>>, Error> {
        let text = match location {
            "place/shop.json" => {
                r#"{"type": "object", "properties": {"spec": {"$ref": "defs.json#/definitions/a~1b"}}}"#
            }
            "place/defs.json" => {
                r##"{"definitions": {"a/b": {"type": ["object", "null"], "additionalProperties": false, "required": ["num"],
                   "properties": {"num": {"type": "integer", "maximum": 3}, "deep": {"$ref": "#/definitions/a~1b"}}}}}"##
            }
            "place/odd.json" => r#"{"type": "object", "if": {}}"#,
            _ => return Ok(None),
        };
        Ok(Some(text.as_bytes().to_vec()))
    }
}

#[test]
fn schema_locations_are_asked_first() {
    let verdict = |kind: &str, spec: &str| {
        let text = format!("apiVersion: x.org/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n");
        check(&text, settings(36), &Folder).iter().map(|checked| checked.verdict).collect::<Vec<_>>()
    };
    assert_eq!(verdict("Shop", "{num: 1, deep: {num: 2, deep: null}}"), [Verdict::Valid]);
    assert_eq!(verdict("Shop", "{num: 4}"), [Verdict::Invalid]);
    assert_eq!(verdict("Shop", "{deep: {num: 1}}"), [Verdict::Invalid]);
    assert_eq!(verdict("Shop", "{num: 1, other: 2}"), [Verdict::Invalid]);
    assert_eq!(verdict("Odd", "{}"), [Verdict::Error]);
    assert_eq!(verdict("Unknown", "{}"), [Verdict::Error]);
}

#[test]
fn costly_rules_are_an_error_of_their_own() {
    let crd = |rule: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: as.x.org}}\nspec:\n  \
             group: x.org\n  scope: Cluster\n  names: {{kind: A, plural: as}}\n  versions:\n  - name: v1\n    \
             served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        \
             properties:\n          l: {{type: array, items: {{type: integer}}}}\n        \
             x-kubernetes-validations: [{{rule: \"{rule}\"}}]\n"
        )
    };
    let object =
        format!("---\napiVersion: x.org/v1\nkind: A\nmetadata: {{name: a}}\nl: [{}]\n", "1,".repeat(999) + "1");
    let verdict = |rule: &str| verdicts(&(crd(rule) + &object), settings(36)).pop();
    assert_eq!(verdict("self.l.all(a, a == 1)"), Some(Verdict::Valid));
    assert_eq!(verdict("self.l.all(a, a == 2)"), Some(Verdict::Invalid));
    let nested = "self.l.all(a, self.l.all(b, self.l.all(c, self.l.all(d, a + b + c + d > 0))))";
    assert_eq!(verdict(nested), Some(Verdict::Error));
    assert_eq!(verdict("self.l.all(a"), Some(Verdict::Error));
    assert_eq!(verdict("unknownFunction(self.l)"), Some(Verdict::Error));
    assert_eq!(verdict("oldSelf.l == self.l"), Some(Verdict::Valid));
}
