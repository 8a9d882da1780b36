//! Values as Helm coalesces them: `values/coalesce.jsonl` holds charts with subcharts, conditions, tags, aliases, imports
//! and nulls, the user's layers, and `.Values` with the log of Helm 4.3.1 and, where it differs, of 4.2.3 and 3.22.0.

use chartwright::chart::{Chart, Compat, File, LoadOptions, Notices};
use chartwright::diagnostic::Error;
use chartwright::json;
use chartwright::source::Sources;
use chartwright::value::{Map, Value};
use chartwright::values::{self, Effect, Layer, Origins};

fn table(map: &Map, key: &str) -> Option<Map> {
    map.get(key).and_then(|value| value.as_map().cloned())
}

fn text(value: Option<Value>) -> Option<String> {
    value.and_then(|value| value.as_str().map(|text| text.to_string()))
}

fn chart(files: &Map, compat: Compat) -> Chart {
    let files = files
        .snapshot()
        .into_iter()
        .map(|(name, content)| File::new(name.to_string(), content.as_str().expect("a text").to_vec()));
    let options = LoadOptions { compat, ..LoadOptions::default() };
    Chart::from_files(files.collect(), &options, &mut Notices::new()).expect("a chart")
}

/// The layers of a case; files are named by their place in the list, which [`read`] understands.
fn layers(case: &Map) -> (Vec<Layer>, Vec<String>) {
    let (mut layers, mut files) = (Vec::new(), Vec::new());
    for layer in case.get("layers").and_then(|layers| layers.as_list().cloned()).iter().flat_map(|list| list.items()) {
        let layer = layer.as_list().expect("a pair");
        let content = text(layer.get(1).cloned()).expect("a text");
        match text(layer.first().cloned()).as_deref() {
            Some("file") => {
                layers.push(Layer::File(files.len().to_string()));
                files.push(content);
            }
            _ => layers.push(Layer::Set(content)),
        }
    }
    (layers, files)
}

fn read(files: &[String]) -> impl FnMut(&str) -> Result<Vec<u8>, Error> + '_ {
    |name| Ok(files[name.parse::<usize>().expect("a number")].clone().into_bytes())
}

fn coalesce(case: &Map, compat: Compat, notices: &mut Notices) -> Result<Map, Error> {
    let mut chart = chart(&table(case, "files").expect("files"), compat);
    let (layers, files) = layers(case);
    let user = values::merge_layers(&layers, compat, &mut read(&files))?;
    values::process_dependencies(&mut chart, &user, compat, notices)?;
    values::coalesce(&chart, &user, compat, notices)
}

fn check(at: usize, case: &Map, (compat, key): (Compat, &str)) {
    let want = table(case, key).or_else(|| table(case, "4.3")).expect("an expectation");
    let mut notices = Notices::new();
    let found = coalesce(case, compat, &mut notices);
    let error = found.as_ref().err().map(|error| error.to_string());
    assert_eq!(error, text(want.get("error")), "case {at} for Helm {key}: {case:?}");
    if let Ok(values) = found {
        let values = String::from_utf8(json::to_json(&Value::Map(values)).expect("plain")).expect("text");
        assert_eq!(Some(values), text(want.get("values")), "case {at} for Helm {key}: {case:?}");
    }
    let Some(Value::List(log)) = want.get("log").filter(|_| compat > Compat::Helm3) else { return };
    let mut lines: Vec<String> = notices.iter().map(|notice| notice.to_string()).collect();
    lines.sort();
    let wanted: Vec<String> = log.iter().filter_map(|line| text(Some(line.clone()))).collect();
    assert_eq!(lines, wanted, "case {at} for Helm {key}: {case:?}");
}

#[test]
fn values_coalesce_as_in_helm() {
    for (at, line) in include_str!("values/coalesce.jsonl").lines().enumerate() {
        let Ok(Value::Map(case)) = json::from_json(line.as_bytes()) else { panic!("not a case: {line}") };
        for helm in [(Compat::Helm43, "4.3"), (Compat::Helm42, "4.2"), (Compat::Helm3, "3")] {
            check(at, &case, helm);
        }
    }
}

#[test]
fn tables_below_globals_are_the_same_for_parent_and_subchart() {
    let files = [
        ("Chart.yaml", "name: c\nversion: 1.0.0\n"),
        ("values.yaml", "global: {g: {deep: {a: 1}}}\n"),
        ("charts/s/Chart.yaml", "name: s\nversion: 1.0.0\n"),
    ];
    let files = files.iter().map(|(name, content)| ((*name).to_owned(), Value::str(content))).collect();
    let chart = chart(&files, Compat::Helm43);
    let values = values::coalesce(&chart, &Map::new(), Compat::Helm43, &mut Notices::new()).expect("values");
    let at = |map: &Map, path: &[&str]| path.iter().fold(map.clone(), |map, key| table(&map, key).expect("a table"));
    let (parent, sub) = (at(&values, &["global", "g"]), at(&values, &["s", "global", "g"]));
    assert!(!parent.ptr_eq(&sub), "the first level is copied");
    assert!(at(&parent, &["deep"]).ptr_eq(&at(&sub, &["deep"])), "what lies below is shared");
}

fn history(path: &[&str]) -> Vec<String> {
    let files = [
        ("Chart.yaml", "name: c\nversion: 1.0.0\n"),
        ("values.yaml", "s:\n  a: parent\n  b: {x: 1}\nglobal:\n  g: parent\n"),
        ("charts/s/Chart.yaml", "name: s\nversion: 1.0.0\n"),
        ("charts/s/values.yaml", "a: sub\nb: {x: 0}\nglobal: {g: sub}\n"),
    ];
    let files: Map = files.iter().map(|(name, content)| ((*name).to_owned(), Value::str(content))).collect();
    let layers = [Layer::Set("s.a=set".to_owned()), Layer::File("0".to_owned())];
    let texts = ["# x\ns:\n  a: file\n  b: null\n".to_owned()];
    let (chart, mut sources) = (chart(&files, Compat::Helm43), Sources::new());
    let origins = Origins::collect(&chart, &layers, Compat::Helm43, &mut read(&texts), &mut sources);
    let path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
    let told = origins.expect("origins").of(&path).into_iter().map(|origin| {
        let effect = match &origin.effect {
            Effect::Set(value) => String::from_utf8(json::to_json(value).expect("plain")).expect("text"),
            Effect::Removed => format!("removed {}", origin.path.join(".")),
            Effect::Blocked(_) => format!("blocked {}", origin.path.join(".")),
        };
        let line = origin.span.and_then(|span| sources.locate(span)).map_or(0, |(_, place)| place.line);
        format!("{}:{line}: {effect}", origin.setter)
    });
    told.collect()
}

#[test]
fn origins_tell_everybody_who_set_a_path() {
    assert_eq!(
        history(&["s", "a"]),
        [
            "defaults of chart c/charts/s:1: \"sub\"",
            "defaults of chart c:2: \"parent\"",
            "0:3: \"file\"",
            "--set s.a=set:0: \"set\"",
        ]
    );
    assert_eq!(
        history(&["s", "b", "x"]),
        ["defaults of chart c/charts/s:2: 0", "defaults of chart c:3: 1", "0:4: removed s.b"]
    );
    assert_eq!(
        history(&["s", "global", "g"]),
        ["defaults of chart c/charts/s:3: \"sub\"", "defaults of chart c:5: \"parent\""]
    );
    assert!(history(&["nope"]).is_empty());
}
