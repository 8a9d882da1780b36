//! Environment files and values templates: cases in `tests/environment/`, and the schemas.

use crate::sections::{Case, cases, shown};
use chartwright::diagnostic::Diagnostic;
use chartwright::environment::values::{Scope, release_values};
use chartwright::environment::{
    Environment, Organisation, Part, annotate, environment_schema, organisation_schema, profiles, shipped_template,
    shipped_templates,
};
use chartwright::source::{Source, Sources};
use chartwright::yaml;
use std::path::Path;

fn read(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a case comes to: the values of each release whose chart has a template, or what is wrong.
fn run(case: &Case, sources: &mut Sources) -> Result<Vec<(String, String)>, Vec<Diagnostic>> {
    let source = |name: &str| case.part(name).map(|text| Source::new(name, text.as_bytes()));
    let organisation = match source("organisation.yaml") {
        Some(source) => Some(Organisation::load(source, sources)?),
        None => None,
    };
    let environment = source("environment.yaml").expect("a case has an environment");
    let environment = Environment::load(environment, organisation.as_ref(), sources)?;
    let mut values = Vec::new();
    for module in &environment.modules {
        let Some(template) = source(&format!("values/{}.yaml.tera", module.chart.text)) else { continue };
        let rendered = release_values(organisation.as_ref(), &environment, module, Some(template), sources)?;
        let mut text = yaml::to_yaml(&rendered.value).expect("writes values");
        if case.name.contains("origins") {
            text = annotate(&text, &rendered.origins, sources);
        }
        values.push((format!("expect {}", module.release.text), String::from_utf8(text).expect("writes UTF-8")));
    }
    Ok(values)
}

#[test]
fn files_mean_what_the_cases_say() {
    let cases = cases("environment");
    assert!(cases.len() > 20);
    let mut wrong = Vec::new();
    for case in &cases {
        let mut sources = Sources::new();
        match run(case, &mut sources) {
            Ok(values) => {
                let wanted: Vec<_> = case.parts.iter().filter(|(name, _)| name.starts_with("expect")).collect();
                if values
                    .iter()
                    .map(|(name, text)| (name, text.trim_end()))
                    .ne(wanted.iter().map(|(name, text)| (name, text.trim_end())))
                {
                    wrong.push(format!("{}\nexpected {wanted:#?}\nfound {values:#?}", case.name));
                }
            }
            Err(found) => {
                let found = shown(&found, &sources, Path::new("/nowhere"));
                let wanted = case.part("expect").unwrap_or("no problems");
                if found.trim_end() != wanted.trim_end() {
                    wrong.push(format!("{}\nexpected\n{wanted}\nfound\n{found}", case.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

fn schema(name: &str) -> serde_json::Value {
    serde_json::from_slice(&read(&format!("schemas/{name}.schema.json"))).expect("a schema is JSON")
}

fn json(text: &[u8]) -> serde_json::Value {
    serde_saphyr::from_slice(text).expect("an example is YAML")
}

#[test]
fn schemas_accept_the_examples() {
    let files = [
        ("organisation", "values/examples/organisation.yaml"),
        ("environment", "values/examples/environments/sandbox.yaml"),
        ("environment", "values/examples/environments/pilot.yaml"),
        ("environment", "values/examples/environments/production.yaml"),
        ("environment", "values/examples/environments/published-1x.yaml"),
        ("organisation", "values/examples/organisation-dedicated.yaml"),
        ("environment", "values/examples/environments-dedicated/production.yaml"),
        ("organisation", "values/examples/organisation-in-a-box.yaml"),
        ("environment", "values/examples/environments-in-a-box/sandbox.yaml"),
    ];
    for (name, file) in files {
        let schema = schema(name);
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        let validator = jsonschema::validator_for(&schema).expect("compiles");
        validator.validate(&json(&read(file))).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

#[test]
fn schemas_refuse_what_the_reader_refuses() {
    let validator = jsonschema::validator_for(&schema("environment")).expect("compiles");
    for case in cases("environment") {
        let Some(expected) = case.part("expect") else { continue };
        let structural = ["unknown field", " has no `", "` as a text", "as a mapping", "` as a list", "expected kind"];
        let is_about =
            |line: &str| line.starts_with("environment.yaml:") && structural.iter().any(|s| line.contains(s));
        if !expected.lines().any(is_about) {
            continue;
        }
        let stated: serde_json::Value =
            serde_saphyr::from_str(case.part("environment.yaml").unwrap_or_default()).unwrap_or_default();
        assert!(!validator.is_valid(&stated), "{}: the schema accepts what the reader refuses", case.name);
    }
}

/// The properties of an object schema, sorted.
fn properties(schema: &serde_json::Value) -> Vec<String> {
    let map = schema["properties"].as_object().unwrap_or_else(|| panic!("no properties in {schema}"));
    let mut names: Vec<String> = map.keys().cloned().collect();
    names.sort();
    names
}

/// The schemas are made from the tables of fields that the reader checks;
/// `CHARTWRIGHT_UPDATE_SCHEMAS=1` writes them again.
#[test]
fn schemas_are_those_of_the_reader() {
    let update = std::env::var_os("CHARTWRIGHT_UPDATE_SCHEMAS").is_some();
    for (name, made) in [("organisation", organisation_schema()), ("environment", environment_schema())] {
        let path = format!("schemas/{name}.schema.json");
        if update {
            std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path), &made).expect("writes a schema");
        }
        assert_eq!(String::from_utf8_lossy(&read(&path)), made, "{path}: run with CHARTWRIGHT_UPDATE_SCHEMAS=1");
    }
}

#[test]
fn schemas_have_every_field_of_the_tables() {
    let names = |part: &Part| {
        let mut names: Vec<String> = part.all().map(|field| field.name.to_owned()).collect();
        names.sort();
        names
    };
    let schemas = [schema("organisation"), schema("environment")];
    for (part, schema) in chartwright::environment::PARTS.iter().zip(&schemas) {
        assert_eq!(properties(schema), names(part), "{}", part.name);
        assert_eq!(schema["additionalProperties"], false, "{}", part.name);
        for (name, definition) in schema["$defs"].as_object().expect("has definitions") {
            assert_eq!(definition["additionalProperties"], false, "{name}");
        }
    }
    let bundle = schema("bundle");
    let defined = &bundle["$defs"];
    let secret = &defined["secretValue"];
    let parts = [
        ("bundle", &bundle),
        ("wave", &defined["wave"]),
        ("release", &defined["release"]),
        ("hosts step", &defined["hosts"]),
        ("manual step", &defined["manual"]),
        ("check step", &defined["check"]),
        ("value", &defined["manual"]["properties"]["values"]["items"]),
        ("secret value", secret),
        ("external", &secret["properties"]["external"]),
        ("generate", &secret["properties"]["generate"]),
        ("cluster", &defined["cluster"]),
        ("node", &defined["cluster"]["properties"]["nodes"]["items"]),
        ("environment", &defined["environment"]),
    ];
    for (part, fields) in chartwright::bundle::FIELDS {
        let (_, schema) = parts.iter().find(|(name, _)| name == part).expect("has a schema");
        let mut fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        fields.sort();
        assert_eq!(properties(schema), fields, "{part}");
        assert_eq!(schema["additionalProperties"], false, "{part}");
    }
}

#[test]
fn every_field_is_described() {
    let text = String::from_utf8(read("docs/environments.md")).expect("is UTF-8");
    for part in chartwright::environment::PARTS {
        for field in part.all() {
            assert!(text.contains(&format!("`{}`", field.name)), "docs/environments.md lacks `{}`", field.name);
        }
    }
}

#[test]
fn every_default_of_a_profile_has_the_right_shape() {
    for source in profiles() {
        let name = source.name().to_owned();
        let kind = name.rsplit('/').next().and_then(|file| file.strip_suffix(".yaml")).expect("is named by its kind");
        let text = String::from_utf8_lossy(source.text()).into_owned();
        // A profile laid into an environment's own file is checked like one.
        let head = format!("kind: {kind}\ncluster: c\nnamespace: qa\ndomain: qa.example.org\nmodules: {{}}\n");
        let mut sources = Sources::new();
        let loaded = Environment::load(Source::new(name.clone(), (head + &text).into_bytes()), None, &mut sources);
        loaded.unwrap_or_else(|found| panic!("{name}:\n{}", shown(&found, &sources, Path::new("/nowhere"))));
    }
}

#[test]
fn every_values_template_is_shipped_under_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("values");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("reads values/")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.strip_suffix(".yaml.tera").map(str::to_owned))
        .collect();
    names.sort();
    assert_eq!(shipped_templates().collect::<Vec<_>>(), names);
    for name in names {
        let (chart, major) = name.split_once('@').unwrap_or((&name, ""));
        let source = shipped_template(chart, &format!("{major}.0.0")).expect("is shipped");
        assert_eq!(source.text(), read(&format!("values/{name}.yaml.tera")), "{name}");
    }
}

#[test]
fn hostile_files_end_in_messages() {
    let head = "kind: sandbox\ncluster: c\nnamespace: qa\ndomain: d.org\n";
    let deep = format!(
        "{head}modules: {{a: {{chart: x, version: 1.0.0, values: {}1{}}}}}\n",
        "{a: ".repeat(3000),
        "}".repeat(3000)
    );
    let wide = format!("{head}modules:\n{}", "  a: {chart: x, version: 1.0.0}\n".repeat(60_000));
    let names = format!(
        "{head}modules:\n{}",
        (0..2000).fold(String::new(), |all, n| format!("{all}  r{n}: {{chart: x, version: 1.0.0, needs: [q{n}]}}\n"))
    );
    for text in [deep, wide, names, "\u{0}".repeat(64), "{".repeat(50_000), "&a [*a]".to_owned()] {
        let found = Environment::load(Source::new("environment.yaml", text.into_bytes()), None, &mut Sources::new());
        assert!(found.is_err());
    }
}

#[test]
fn hostile_templates_end_in_messages() {
    let stated = "kind: sandbox\ncluster: c\nnamespace: qa\ndomain: d.org\nmodules: {r: {chart: x, version: 1.0.0}}\n";
    let mut sources = Sources::new();
    let environment = Environment::load(Source::new("e", stated.as_bytes()), None, &mut sources).expect("loads");
    let scope = Scope::new(None, &environment, &environment.modules[0]);
    let scalars = [
        "{% for i in range(end=100000000) %}x{% endfor %}".to_owned(),
        "{% for i in range(end=1000) %}{% for j in range(end=1000) %}{% endfor %}{% endfor %}".to_owned(),
        format!("{{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000)),
        format!("{{{{ {} }}}}", "1 + ".repeat(5000)),
        format!("{{{{ {}1 }}}}", "not ".repeat(5000)),
        "{{ 'a\\nb' | indent(width=100000000000) }}".to_owned(),
        "{{ 1 / 0 }}".to_owned(),
        "{{ 9223372036854775807 * 9223372036854775807 * 9223372036854775807 }}".to_owned(),
        format!("{{{{ '{}' }}}}", "x".repeat(70_000)),
        format!("{{% for i in range(end=1000) %}}{}{{% endfor %}}", "x".repeat(5000)),
        "{{ self }} {% include 'x' %}".to_owned(),
        "{{ throw(message='no') }}".to_owned(),
        "{{".to_owned(),
        "{% if %}".to_owned(),
    ];
    for scalar in scalars {
        let template = format!("a: {}\n", serde_json::to_string(&scalar).expect("is JSON"));
        let found = scope.render(template.as_bytes(), sources.add(Source::new("t", template.clone().into_bytes())));
        let shown: String = scalar.chars().take(60).collect();
        assert!(found.is_err(), "{shown} rendered to {:?}", found.map(|values| yaml::to_yaml(&values.value)));
    }
    let long = format!("a: {}\n", "x".repeat(2 << 20));
    assert!(scope.render(long.as_bytes(), sources.add(Source::new("t", Vec::new()))).is_err());
}
