//! The format of a case file.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

/// A map in the order of its file: flags are given in that order.
#[derive(Clone, Debug)]
pub(super) struct Ordered<V>(pub(super) Vec<(String, V)>);

impl<V> Default for Ordered<V> {
    fn default() -> Self {
        Ordered(Vec::new())
    }
}

impl<V> Ordered<V> {
    pub(super) fn get(&self, key: &str) -> Option<&V> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Ordered<V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Pairs<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
            type Value = Ordered<V>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<V>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Ordered(pairs))
            }
        }
        from.deserialize_map(Pairs(PhantomData))
    }
}

/// The value of a flag.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Argument {
    Switch(bool),
    One(String),
    Many(Vec<String>),
}

/// What else is looked at after a run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Observe {
    pub(super) files: Vec<String>,
    pub(super) tree: bool,
}

/// What Helm answered.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Expected {
    pub(super) rc: i32,
    pub(super) stdout: Option<String>,
    pub(super) stdout_regex: Option<String>,
    pub(super) stderr: Option<String>,
    pub(super) error: Option<String>,
    pub(super) error_any_of: Vec<String>,
    pub(super) files: BTreeMap<String, String>,
    pub(super) tree: Vec<String>,
}

impl Expected {
    /// This answer with exit status and output of an older Helm's.
    pub(super) fn replaced_by(&self, gold: Option<&Older>) -> Expected {
        let mut expected = self.clone();
        if let Some(older) = gold {
            expected.rc = older.rc;
            expected.stdout = older.stdout.clone().or(expected.stdout);
        }
        expected
    }
}

/// What an older Helm answered.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Older {
    rc: i32,
    stdout: Option<String>,
}

/// The answers of an older Helm that differ, by case.
pub(super) type Gold = HashMap<String, Older>;

/// One case file.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Case {
    /// `area/name`, the path of the file without its ending.
    #[serde(skip)]
    pub(super) id: String,
    #[serde(rename = "area")]
    _area: String,
    #[serde(default = "template")]
    pub(super) op: String,
    #[serde(default)]
    pub(super) files: Ordered<String>,
    #[serde(default)]
    pub(super) files_base64: Ordered<String>,
    #[serde(default)]
    pub(super) workdir_files: Ordered<String>,
    #[serde(default)]
    pub(super) archives: Ordered<Ordered<String>>,
    #[serde(default)]
    pub(super) empty_dirs: Vec<String>,
    #[serde(default)]
    pub(super) symlinks: Ordered<String>,
    #[serde(default)]
    pub(super) no_chart: bool,
    #[serde(default)]
    pub(super) no_chart_yaml: bool,
    #[serde(default)]
    pub(super) values: Vec<String>,
    #[serde(default)]
    pub(super) set_json: Vec<String>,
    #[serde(default)]
    pub(super) set: Vec<String>,
    #[serde(default)]
    pub(super) set_string: Vec<String>,
    #[serde(default)]
    pub(super) set_file: Vec<String>,
    #[serde(default)]
    pub(super) set_literal: Vec<String>,
    #[serde(default)]
    pub(super) args: Ordered<Argument>,
    #[serde(default)]
    pub(super) before: Vec<Vec<String>>,
    #[serde(default)]
    pub(super) observe: Observe,
    #[serde(default)]
    pub(super) stderr_order: String,
    #[serde(default, rename = "match")]
    matching: String,
    pub(super) expected: Expected,
}

fn template() -> String {
    "template".to_owned()
}

impl Case {
    pub(super) fn is_regex(&self) -> bool {
        self.matching == "regex"
    }

    pub(super) fn any_order(&self) -> bool {
        self.stderr_order == "any"
    }

    /// The command line without the program's name.
    pub(super) fn argv(&self) -> Vec<String> {
        let mut argv: Vec<String> = self.op.split('-').map(str::to_owned).collect();
        if self.op == "template" && !matches!(self.args.get("no_name"), Some(Argument::Switch(true))) {
            argv.push(self.one("release_name").unwrap_or("rel").to_owned());
        }
        argv.extend(self.one("what").map(str::to_owned));
        match self.args.get("chart") {
            Some(Argument::Many(charts)) => argv.extend(charts.iter().cloned()),
            // `repo index` and `create` name their folder or chart otherwise.
            _ => argv.push(self.one("target").or(self.one("chart")).unwrap_or("./conf").to_owned()),
        }
        for number in 1..=self.values.len() {
            argv.extend(["-f".to_owned(), format!("values-{number}.yaml")]);
        }
        let sets = [&self.set_json, &self.set, &self.set_string, &self.set_file, &self.set_literal];
        for (flag, texts) in
            ["--set-json", "--set", "--set-string", "--set-file", "--set-literal"].into_iter().zip(sets)
        {
            argv.extend(texts.iter().flat_map(|text| [flag.to_owned(), text.clone()]));
        }
        argv.extend(self.args.0.iter().flat_map(|(key, value)| flags(key, value)));
        argv
    }

    fn one(&self, key: &str) -> Option<&str> {
        match self.args.get(key) {
            Some(Argument::One(text)) => Some(text),
            _ => None,
        }
    }
}

/// One entry of `args` as flags; the entries that became arguments give none.
fn flags(key: &str, value: &Argument) -> Vec<String> {
    if matches!(key, "chart" | "target" | "release_name" | "no_name" | "what") {
        return Vec::new();
    }
    let flag = format!("--{}", key.replace('_', "-"));
    match value {
        Argument::Switch(true) => vec![flag],
        Argument::Switch(false) => vec![format!("{flag}=False")],
        Argument::One(text) => vec![format!("{flag}={text}")],
        Argument::Many(texts) => texts.iter().flat_map(|text| [flag.clone(), text.clone()]).collect(),
    }
}

pub(super) fn read_all(cases: &Path) -> Vec<Case> {
    let mut found = Vec::new();
    let files = walkdir::WalkDir::new(cases).sort_by_file_name().into_iter().map(|entry| entry.expect("reads cases/"));
    for file in files.filter(|file| file.path().extension().is_some_and(|end| end == "yaml")) {
        let text = std::fs::read_to_string(file.path()).expect("reads a case");
        let mut case: Case = serde_saphyr::from_str(&text).unwrap_or_else(|why| panic!("{:?}: {why}", file.path()));
        let inner = file.path().strip_prefix(cases).expect("lies in cases/").with_extension("");
        case.id = inner.to_string_lossy().into_owned();
        found.push(case);
    }
    found
}

pub(super) fn read_gold(file: &Path) -> Gold {
    let text = std::fs::read_to_string(file).expect("reads an older Helm's answers");
    serde_saphyr::from_str(&text).unwrap_or_else(|why| panic!("{file:?}: {why}"))
}
