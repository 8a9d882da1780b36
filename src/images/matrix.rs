//! The cases in which other parts of a chart are switched on.

use crate::chart::Chart;
use crate::template::Recorder;
use crate::value::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Charts and values that nest deeper are not searched for switches.
const DEEPEST: usize = 40;

/// Values to render a chart with, beside those of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What it is called: `as given`, `everything on`, `redis.enabled=true`.
    pub name: String,
    /// The switches that it sets, by their path of keys.
    pub switches: Vec<(Vec<String>, bool)>,
}

/// The switches of a chart: conditions of its dependencies, and values called `enabled` or `create`-like booleans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    switches: BTreeMap<Vec<String>, bool>,
    /// Those that decide on a subchart, which no template has to read.
    conditions: BTreeSet<Vec<String>>,
    /// Whether a chart takes values of a subchart over (`import-values`).
    imports: bool,
}

impl Matrix {
    /// Finds the switches of a chart and its subcharts, as they stand under the values of a user.
    pub fn of(chart: &Chart, user: &Map) -> Matrix {
        let mut matrix = Matrix::default();
        matrix.add_chart(chart, &[], 0);
        matrix.add_table(user, &[], 0);
        matrix
    }

    fn add_chart(&mut self, chart: &Chart, path: &[String], depth: usize) {
        if depth > DEEPEST {
            return;
        }
        for sub in &chart.dependencies {
            let aliases = declared(chart).filter(|one| one.name == sub.name() && !one.alias.is_empty());
            let mut names: Vec<String> = aliases.map(|one| one.alias.clone()).collect();
            let plain = declared(chart).any(|one| one.name == sub.name() && one.alias.is_empty());
            if plain || names.is_empty() {
                names.push(sub.name().to_owned());
            }
            names.into_iter().for_each(|name| self.add_chart(sub, &joined(path, &name), depth + 1));
        }
        for dependency in declared(chart) {
            self.imports |= !dependency.import_values.is_empty();
            for condition in dependency.condition.split(',').map(str::trim).filter(|condition| !condition.is_empty()) {
                let keys = condition.split('.').fold(path.to_vec(), |path, key| joined(&path, key));
                // A condition that no value decides leaves its subchart on.
                self.switches.entry(keys.clone()).or_insert(true);
                self.conditions.insert(keys);
            }
        }
        // A parent's values win over those of its subcharts, which were added before.
        if let Some(values) = &chart.values {
            self.add_table(values, path, 0);
        }
    }

    fn add_table(&mut self, table: &Map, path: &[String], depth: usize) {
        if depth > DEEPEST {
            return;
        }
        for (key, value) in table.snapshot() {
            let inner = joined(path, &key.to_str_lossy());
            match value {
                Value::Bool(flag) if self.switches.contains_key(&inner) || &*key.to_str_lossy() == "enabled" => {
                    self.switches.insert(inner, flag);
                }
                Value::Map(table) => self.add_table(&table, &inner, depth + 1),
                _ => {}
            }
        }
    }

    /// The cases: the chart as it is, everything on, each switch turned alone. A switch below one that is off comes
    /// with that one on, after the case with that one alone. At most `most` cases are made; the second part tells how many were left out.
    pub fn cases(&self, most: usize) -> (Vec<Case>, usize) {
        let given = Case { name: "as given".to_owned(), switches: Vec::new() };
        let all = self.switches.keys().map(|path| (path.clone(), true)).collect();
        let everything = Case { name: "everything on".to_owned(), switches: all };
        let turned = self.switches.iter().map(|(path, flag)| {
            let mut switches = self.above(path);
            switches.push((path.clone(), !flag));
            Case { name: format!("{}={}", path.join("."), !flag), switches }
        });
        let mut turned: Vec<Case> = turned.collect();
        turned.sort_by_key(|case| case.switches.len());
        let cases: Vec<Case> = [given, everything].into_iter().chain(turned).collect();
        let left = cases.len().saturating_sub(most);
        (cases.into_iter().take(most).collect(), left)
    }

    /// The switches that a render did not look at, by what it recorded of its values: with one of them turned it comes
    /// out the same.
    pub fn unread(&self, values: &Map, recorder: &Recorder) -> BTreeSet<Vec<String>> {
        if self.imports {
            return BTreeSet::new();
        }
        let paths = self.switches.keys().filter(|path| !self.conditions.contains(*path));
        // Every subchart has its own copy of what is global.
        let own = paths.filter(|path| !path.iter().any(|key| key == "global"));
        own.filter(|path| !is_read(path, values, recorder)).cloned().collect()
    }

    /// The switches that have to be on for one to matter.
    fn above(&self, path: &[String]) -> Vec<(Vec<String>, bool)> {
        let prefixes = (0..path.len().saturating_sub(1)).filter_map(|at| path.get(..at));
        let candidates = prefixes.map(|prefix| joined(prefix, "enabled"));
        candidates.filter(|keys| self.switches.get(keys) == Some(&false)).map(|keys| (keys, true)).collect()
    }
}

/// Whether anybody read the value of a path, or would have seen it in a table that was taken whole.
fn is_read(path: &[String], values: &Map, recorder: &Recorder) -> bool {
    let mut table = values.clone();
    for (at, key) in path.iter().enumerate() {
        if !recorder.reads_of_all(&table).is_empty() {
            return true;
        }
        let seen = !recorder.reads_of(&table, key.as_bytes()).is_empty();
        match table.get(key) {
            Some(Value::Map(inner)) if at + 1 < path.len() => table = inner,
            _ => return seen,
        }
    }
    true
}

impl Case {
    /// A user's values with the switches of this case; the given map stays as it is.
    pub fn values(&self, user: &Map) -> Map {
        self.switches.iter().fold(user.clone(), |values, (path, flag)| with(&values, path, *flag))
    }
}

/// A map with a value at a path; the tables on the way are copies, and what is no table gives way.
fn with(table: &Map, path: &[String], flag: bool) -> Map {
    let copy = table.shallow_copy(table.kind());
    let Some((key, rest)) = path.split_first() else { return copy };
    let value = match (rest, table.get(key)) {
        ([], _) => Value::Bool(flag),
        (_, Some(Value::Map(inner))) => Value::Map(with(&inner, rest, flag)),
        _ => Value::Map(with(&Map::new(), rest, flag)),
    };
    copy.insert(key.as_str(), value);
    copy
}

fn declared(chart: &Chart) -> impl Iterator<Item = &crate::chart::Dependency> {
    chart.metadata.dependencies.iter().flatten()
}

fn joined(path: &[String], key: &str) -> Vec<String> {
    path.iter().cloned().chain([key.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn each_switch_is_turned_with_those_above_it() {
        let values = yaml::from_yaml_map(b"db: {enabled: false, metrics: {enabled: false}}\nui: {enabled: true}\n")
            .expect("YAML");
        let matrix = Matrix::of(&Chart::default(), &values);
        let (cases, left) = matrix.cases(100);
        let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        let wanted = ["as given", "everything on", "db.enabled=true", "ui.enabled=false", "db.metrics.enabled=true"];
        assert_eq!((names.as_slice(), left), (wanted.as_slice(), 0));
        let metrics = cases.get(4).map(|case| case.values(&values)).expect("a case");
        let on = |path: &[&str]| {
            let found = path.iter().try_fold(Value::Map(metrics.clone()), |value, key| value.as_map()?.get(key));
            found.map(|value| value.truth())
        };
        assert_eq!(on(&["db", "enabled"]), Some(true));
        assert_eq!(on(&["db", "metrics", "enabled"]), Some(true));
        assert_eq!(values.get("db").and_then(|db| db.as_map()?.get("enabled")).map(|flag| flag.truth()), Some(false));
        assert_eq!(matrix.cases(2).1, 3);
    }
}
