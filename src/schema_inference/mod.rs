//! The schema of a chart's values, found in what the chart writes and how its templates use it.
//!
//! What enters is a loaded chart with its subcharts, not yet processed; what leaves is the text of a
//! `values.schema.json` of draft 7, which Helm 3 and 4 enforce whole. A type comes from a default, from comments, and
//! from uses: a walk over the templates follows every value to where it is printed, compared or gone over. A map takes
//! no further keys only where no template prints it whole or goes over it. `global`, subcharts under their names and
//! aliases, and keys of conditions are always taken, because Helm puts them there.

mod annotations;
mod arrange;
mod emit;
mod functions;
mod json;
mod known;
mod shape;
mod usage;
mod uses;
mod walk;

use crate::chart::{Chart, Compat};
use crate::diagnostic::{Error, ErrorKind};
use crate::render::{Parses, RenderError, Trace, template_files};
use crate::value::{Map, Value};
use crate::values::documentation::Documentation;
use crate::yaml::{Node, NodeKind};
use arrange::Arrangement;
use json::{Json, Object};
use shape::{ShapeId, Shapes};
use std::rc::Rc;
use uses::Uses;
use walk::Walk;

pub use usage::{Usage, UsedValue};

/// What stands in `$comment` of every schema that this room writes.
pub const MARK: &str = "made by `chartwright schema`";

/// The draft of the schemas.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// A render of the chart that recorded what it read, and the values that it was given.
#[derive(Clone, Copy)]
pub struct Observed<'a> {
    /// What was recorded.
    pub trace: &'a Trace,
    /// The coalesced values.
    pub values: &'a Map,
}

/// Infers the text of `values.schema.json`.
///
/// # Errors
/// A `values.yaml` that is no mapping in YAML, or a template that cannot be parsed.
pub fn infer(chart: &Chart, observed: Option<Observed<'_>>) -> Result<String, Error> {
    let mut shapes = Shapes::new();
    let parses = Parses::new(Compat::default());
    let (arrangement, gave_up) = walked(chart, &mut shapes, &parses)?;
    if gave_up {
        shapes.use_as(shapes.root(), Uses::ANY);
    }
    if let Some(Observed { trace, values }) = observed {
        add_reads(&mut shapes, trace, values);
    }
    arrangement.finish(&mut shapes);
    let root = shapes.root();
    shapes.settle(root);
    let docs = documentation(chart, &parses)?;
    let emitter = emit::Emitter { shapes: &shapes, docs: &docs };
    Ok(Json::Map(with_head(chart, emitter.root())).to_text())
}

/// Follows the values of a chart tree through all its templates; whether that was given up.
fn walked(chart: &Chart, shapes: &mut Shapes, parses: &Parses) -> Result<(Arrangement, bool), Error> {
    let arrangement = Arrangement::of(chart, (shapes, parses))?;
    let files = template_files(&arrangement.chart);
    let set = parses.set(&files).map_err(|error| match error {
        RenderError::Parse { file, error } => Error::new(ErrorKind::Content, format!("cannot parse `{file}`: {error}")),
        RenderError::Exec { file, .. } => Error::new(ErrorKind::Content, format!("cannot parse `{file}`")),
    })?;
    let mut walk = Walk::new(shapes, &arrangement.places, (&set, parses));
    for (number, file) in files.iter().enumerate().filter(|(_, file)| !file.is_partial()) {
        walk.file(number, file.chart);
    }
    let gave_up = walk.gave_up();
    Ok((arrangement, gave_up))
}

fn with_head(chart: &Chart, schema: Object) -> Object {
    let mut whole = Object::default();
    whole.set("$schema", Json::str(DRAFT));
    whole.set("$comment", Json::str(MARK));
    whole.set("title", Json::Str(format!("Values of chart {}", chart.name())));
    for (key, value) in schema.0 {
        whole.set(&key, value);
    }
    whole
}

/// What the comments of the chart's `values.yaml` say.
fn documentation(chart: &Chart, parses: &Parses) -> Result<Documentation, Error> {
    let Some(file) = chart.raw_file("values.yaml") else { return Ok(Documentation::default()) };
    Ok(values_of(chart, parses)?.map(|root| Documentation::read(&file.data, &root)).unwrap_or_default())
}

/// The first document of a chart's `values.yaml`; `None` where there is nothing.
fn values_of(chart: &Chart, parses: &Parses) -> Result<Option<Rc<Node>>, Error> {
    let Some(file) = chart.raw_file("values.yaml") else { return Ok(None) };
    let failed = |why: String| {
        Error::new(ErrorKind::Content, format!("cannot read values.yaml of chart `{}`: {why}", chart.name()))
    };
    let node = parses.values(&file.data).map_err(|error| failed(error.to_string()))?;
    match node.kind() {
        NodeKind::Map(_) => Ok(Some(node)),
        NodeKind::Null => Ok(None),
        _ => Err(failed("expected a mapping".to_owned())),
    }
}

/// Admits the keys that templates were seen to read, which a walk may have missed.
fn add_reads(shapes: &mut Shapes, trace: &Trace, values: &Map) {
    let mut open: Vec<(ShapeId, Map)> = vec![(shapes.root(), values.clone())];
    let mut left = 100_000_usize;
    while let Some((id, table)) = open.pop() {
        left = left.saturating_sub(1);
        if left == 0 {
            return;
        }
        for key in trace.recorder.keys_read(&table) {
            let key = shapes.key(id, &key.to_str_lossy());
            shapes.use_as(key, Uses::READ);
        }
        for (key, value) in table.snapshot() {
            let (Value::Map(inner), Some(found)) = (value, shapes.find(id, &key.to_str_lossy())) else { continue };
            open.push((found, inner));
        }
    }
}
