//! The charts of a chart tree under the names by which their parents know them, and their defaults as shapes.
//!
//! Conditions and tags switch nothing off here: a schema has to hold for every set of values.

use super::shape::{ShapeId, Shapes, Whose};
use super::uses::Uses;
use super::values_of;
use super::walk::ChartPlace;
use crate::chart::{Chart, Dependency};
use crate::diagnostic::Error;
use crate::render::Parses;
use crate::value::Value;

/// How deep charts may lie in charts.
const DEEPEST: usize = 64;
/// How many charts a tree may have, aliases counted.
const MOST: usize = 2_000;

/// A chart tree.
pub(super) struct Arrangement {
    /// The chart; each subchart has the name by which its parent knows it.
    pub(super) chart: Chart,
    /// Each chart, numbered as [`template_files`](crate::render::template_files) does.
    pub(super) places: Vec<ChartPlace>,
    imports: Vec<(ShapeId, ShapeId)>,
}

impl Arrangement {
    pub(super) fn of(chart: &Chart, (shapes, parses): (&mut Shapes, &Parses)) -> Result<Arrangement, Error> {
        let mut arrangement = Arrangement { chart: Chart::default(), places: Vec::new(), imports: Vec::new() };
        let root = shapes.root();
        arrangement.chart = arrangement.add((chart, chart.name()), (root, chart.name()), (0, shapes, parses))?;
        Ok(arrangement)
    }

    fn add(
        &mut self,
        (chart, name): (&Chart, &str),
        (values, place): (ShapeId, &str),
        (depth, shapes, parses): (usize, &mut Shapes, &Parses),
    ) -> Result<Chart, Error> {
        let whose = if depth == 0 { Whose::Own } else { Whose::Other };
        if let Some(node) = values_of(chart, parses)? {
            shapes.add(values, &node, whose);
        }
        shapes.change(values, |shape| shape.is_chart = true);
        let number = self.places.len();
        let files = chart.files.iter().map(|file| (file.name.to_string(), file.data.clone())).collect();
        let base_path = format!("{place}/templates");
        self.places.push(ChartPlace { values, name: name.to_owned(), base_path, subcharts: Vec::new(), files });
        let mut arranged = chart.clone();
        arranged.metadata.name = name.to_owned();
        arranged.dependencies = Vec::new();
        for (key, sub) in subcharts(chart) {
            let id = shapes.key(values, &key);
            shapes.change(id, |shape| shape.is_chart = true);
            let enabled = shapes.key(id, "enabled");
            shapes.use_as(enabled, Uses::AS_BOOL);
            let Some(sub) = sub.filter(|_| depth < DEEPEST && self.places.len() < MOST && id != values) else {
                // A chart that is not here may have any values.
                shapes.use_as(id, Uses::ANY);
                continue;
            };
            let child = self.places.len();
            self.places.get_mut(number).into_iter().for_each(|place| place.subcharts.push(child));
            let inner = format!("{place}/charts/{key}");
            let sub = self.add((sub, &key), (id, &inner), (depth + 1, shapes, parses))?;
            arranged.dependencies.push(sub);
        }
        for one in chart.metadata.dependencies() {
            self.admit(one, values, shapes);
        }
        Ok(arranged)
    }

    /// Notes the values that a dependency reads or writes by itself: its condition, its tags, what it hands up.
    fn admit(&mut self, one: &Dependency, values: ShapeId, shapes: &mut Shapes) {
        for condition in one.condition.split(',').map(str::trim).filter(|condition| !condition.is_empty()) {
            let end = path(shapes, values, condition);
            shapes.use_as(end, Uses::AS_BOOL);
        }
        if !one.tags.is_empty() {
            let root = shapes.root();
            let tags = shapes.key(root, "tags");
            shapes.use_as(tags, Uses::MAP);
            for tag in &one.tags {
                let tag = shapes.key(tags, tag);
                shapes.use_as(tag, Uses::AS_BOOL);
            }
        }
        let name = if one.alias.is_empty() { &one.name } else { &one.alias };
        let Some(sub) = shapes.find(values, name) else { return };
        for import in &one.import_values {
            let text = |value: Option<Value>| {
                let text = value.as_ref().and_then(Value::as_str).map(|text| text.to_str_lossy().into_owned());
                text.unwrap_or_default()
            };
            let (child, parent) = match import {
                Value::Str(name) => (format!("exports.{}", name.to_str_lossy()), ".".to_owned()),
                Value::Map(map) => (text(map.get("child")), text(map.get("parent"))),
                _ => continue,
            };
            let from = path(shapes, sub, &child);
            let to = if parent == "." { values } else { path(shapes, values, &parent) };
            self.imports.push((to, from));
        }
    }

    /// Adds what charts hand each other: imported values, and everything below `global`.
    pub(super) fn finish(&self, shapes: &mut Shapes) {
        // The deepest charts hand up first.
        for (to, from) in self.imports.iter().rev() {
            shapes.merge(*to, *from);
        }
        let root = shapes.root();
        for place in self.places.iter().skip(1) {
            if let Some(from) = shapes.find(place.values, "global") {
                let global = shapes.key(root, "global");
                shapes.merge(global, from);
            }
        }
    }
}

fn path(shapes: &mut Shapes, from: ShapeId, dotted: &str) -> ShapeId {
    dotted.split('.').fold(from, |id, key| {
        shapes.use_as(id, Uses::MAP);
        shapes.key(id, key)
    })
}

/// The subcharts of a chart by the keys of their values; `None` for one that is declared and not here.
fn subcharts(chart: &Chart) -> Vec<(String, Option<&Chart>)> {
    let declared = chart.metadata.dependencies();
    let mut found: Vec<(String, Option<&Chart>)> = Vec::new();
    for one in declared {
        let key = if one.alias.is_empty() { one.name.clone() } else { one.alias.clone() };
        if found.iter().all(|(name, _)| *name != key) && !key.is_empty() {
            let fitting = |sub: &&Chart| sub.name() == one.name && fits(&one.version, &sub.metadata.version);
            let sub = chart.dependencies.iter().find(fitting);
            found.push((key, sub.or_else(|| chart.dependencies.iter().find(|sub| sub.name() == one.name))));
        }
    }
    for sub in &chart.dependencies {
        if declared.iter().all(|one| one.name != sub.name()) && found.iter().all(|(name, _)| name != sub.name()) {
            found.push((sub.name().to_owned(), Some(sub)));
        }
    }
    found
}

fn fits(constraint: &str, version: &str) -> bool {
    let (Ok(constraint), Ok(version)) =
        (crate::version::Constraint::parse(constraint), crate::version::Version::parse(version))
    else {
        return true;
    };
    constraint.check(&version)
}
