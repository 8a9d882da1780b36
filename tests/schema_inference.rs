//! Schemas inferred from charts: `schema_inference/*.txt` hold charts and, written by hand, what their schemas say.

use crate::sections::{Case, cases};
use chartwright::chart::{Chart, File, LoadOptions, Notices};
use chartwright::json;
use chartwright::schema_inference::infer;
use chartwright::value::{Map, Value};
use chartwright::yaml;

fn chart(case: &Case) -> Chart {
    let parts = case.parts.iter().filter(|(name, _)| !name.starts_with("expected"));
    let files = parts.map(|(name, text)| File::new(name.clone(), text.clone().into_bytes()));
    Chart::from_files(files.collect(), &LoadOptions::default(), &mut Notices::new()).expect("a chart")
}

fn compact(value: &Value) -> String {
    String::from_utf8(json::to_raw_json(value).expect("JSON")).expect("UTF-8")
}

/// Values that every chart takes by convention; cases speak of the others.
const CONVENTIONAL: [&str; 5] =
    ["nameOverride", "fullnameOverride", "namespaceOverride", "commonLabels", "commonAnnotations"];

fn without_conventional(properties: &Map) {
    CONVENTIONAL.iter().for_each(|name| drop(properties.remove(name)));
    for (_, property) in properties.snapshot() {
        let inner = property.as_map().and_then(|property| property.get("properties")?.as_map().cloned());
        inner.iter().for_each(without_conventional);
    }
}

fn is_closed(schema: &Map) -> bool {
    schema.contains("additionalProperties")
}

fn check(case: &Case) -> Result<(), String> {
    let text = infer(&chart(case), None).map_err(|error| error.to_string())?;
    let schema = yaml::from_yaml_map(text.as_bytes()).expect("a schema");
    let properties = schema.get("properties").and_then(|found| found.as_map().cloned()).expect("properties");
    without_conventional(&properties);
    let wanted = yaml::from_yaml_map(case.part("expected properties").expect("a part").as_bytes()).expect("YAML");
    // A parent may set both; cases speak of them where they are more than that.
    for name in ["global", "enabled"] {
        assert!(!is_closed(&schema) || properties.contains(name), "{}: takes no {name}", case.name);
        if !wanted.contains(name) {
            properties.remove(name);
        }
    }
    for (key, wanted) in wanted.snapshot() {
        let found = properties.remove(&key).unwrap_or(Value::Nil);
        if compact(&found) != compact(&wanted) {
            return Err(format!("{}: {key}: expected {}, found {}", case.name, compact(&wanted), compact(&found)));
        }
    }
    if !properties.is_empty() {
        return Err(format!("{}: unexpected {}", case.name, compact(&Value::Map(properties))));
    }
    let required = schema.get("required").as_ref().map(compact);
    let wanted = case.part("expected required").map(|text| compact(&yaml::from_yaml(text.as_bytes()).expect("YAML")));
    if required != wanted {
        return Err(format!("{}: required {required:?}, expected {wanted:?}", case.name));
    }
    let closed = is_closed(&schema);
    match case.part("expected closed").map(str::trim) {
        Some("true") if !closed => Err(format!("{}: is open", case.name)),
        Some("false") if closed => Err(format!("{}: is closed", case.name)),
        _ => Ok(()),
    }
}

#[test]
fn schemas_say_what_people_expect() {
    let wrong: Vec<String> = cases("schema_inference").iter().filter_map(|case| check(case).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn keys_stand_in_the_order_of_the_values() {
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"),
        ("values.yaml", "z: 1\na: 2\n"),
        ("templates/a.yaml", "{{ .Values.y }}{{ .Values.b }}{{ .Values.z }}{{ .Values.a }}"),
    ];
    let files = files.map(|(name, text)| File::new(name, text.as_bytes().to_vec())).to_vec();
    let chart = Chart::from_files(files, &LoadOptions::default(), &mut Notices::new()).expect("a chart");
    let text = infer(&chart, None).expect("a schema");
    let places: Vec<_> = ["z", "a", "b", "y"].iter().map(|key| text.find(&format!("\"{key}\": {{"))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
    assert_eq!(text, infer(&chart, None).expect("a schema"));
}

#[test]
fn hostile_templates_end() {
    let template = "{{ define \"a\" }}{{ include \"a\" (dict \"a\" . \"b\" . \"c\" .x) }}{{ end }}{{ include \"a\" . }}\
                    {{ define \"b\" }}{{ include \"b\" .next }}{{ end }}{{ include \"b\" .Values }}";
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"),
        ("values.yaml", "a: 1\n"),
        ("templates/a.yaml", template),
    ];
    let files = files.map(|(name, text)| File::new(name, text.as_bytes().to_vec())).to_vec();
    let chart = Chart::from_files(files, &LoadOptions::default(), &mut Notices::new()).expect("a chart");
    assert!(infer(&chart, None).is_ok());
}
