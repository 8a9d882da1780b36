//! What Helm's install action does before anything reaches a cluster: subcharts are switched, values coalesced and
//! checked, templates rendered.
//!
//! The reference is `pkg/action/install.go` with `ToRenderValues`; the order of the checks is Helm's, because it
//! decides which of several errors a user sees.

use super::{Capabilities, Coverage, Job, Parses, Release, RenderError, Rendered, Tracing, errors};
use crate::chart::{Chart, Compat, Notice, Notices, check};
use crate::diagnostic::{Error, ErrorKind};
use crate::schema::{self, Subject};
use crate::template::Limits;
use crate::value::{Map, Value};
use crate::values;
use crate::world::World;

/// Whether values are checked against `values.schema.json`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemaCheck {
    /// They are, in every chart that has one.
    #[default]
    Validate,
    /// They are not (`--skip-schema-validation`).
    Skip,
}

/// A chart ready to be rendered.
#[derive(Debug)]
pub struct Prepared {
    /// The chart with its enabled subcharts, under their aliases.
    pub chart: Chart,
    /// The coalesced values.
    pub values: Map,
    /// The Helm whose rules hold.
    pub compat: Compat,
}

/// Switches subcharts on and off, imports and coalesces values, and checks them against the schemas.
///
/// # Errors
/// Helm's texts; what Helm only logs goes to `notices`.
pub fn prepare(
    mut chart: Chart,
    user: &Map,
    schema: SchemaCheck,
    compat: Compat,
    notices: &mut Notices,
) -> Result<Prepared, Error> {
    values::process_dependencies(&mut chart, user, compat, notices)?;
    let values = values::coalesce(&chart, user, compat, notices)?;
    if schema == SchemaCheck::Validate {
        check_schemas(&chart, &values, notices)?;
    }
    Ok(Prepared { chart, values, compat })
}

/// Checks the values of a chart and its subcharts against their schemas.
pub(crate) fn check_schemas(chart: &Chart, values: &Map, notices: &mut Notices) -> Result<(), Error> {
    let top = Value::Map(values.clone());
    let mut held = Vec::new();
    collect((chart, top, Vec::new()), &mut held);
    let subjects = held.iter().map(|Held { chart, values, .. }| Subject {
        chart: chart.name(),
        schema: chart.schema.as_deref(),
        values,
    });
    let checked = schema::validate_charts(subjects, &schema::Offline);
    for address in checked.iter().flat_map(|checked| &checked.outcome.unresolved) {
        notices.push(
            Notice::new(crate::chart::Level::Warn, "unresolved URN reference ignored; using permissive schema")
                .with("urn", address),
        );
    }
    let Some(text) = schema::error_text(&checked) else { return Ok(()) };
    let headline = "values don't meet the specifications of the schema(s) in the following chart(s):";
    Err(Error::new(ErrorKind::Content, format!("{headline}\n{text}")))
}

/// A chart or subchart with its values.
pub(crate) struct Held<'c> {
    pub(crate) chart: &'c Chart,
    pub(crate) values: Value,
    /// The keys that lead to the values.
    pub(crate) path: Vec<&'c str>,
}

/// A chart and its subcharts with their values, in the order in which Helm checks them.
pub(crate) fn collect<'c>((chart, values, path): (&'c Chart, Value, Vec<&'c str>), held: &mut Vec<Held<'c>>) {
    let table = values.as_map().cloned();
    held.push(Held { chart, values, path: path.clone() });
    let Some(table) = table else { return };
    for sub in &chart.dependencies {
        match table.get(sub.name()) {
            None | Some(Value::Nil) => {}
            Some(values) => collect((sub, values, [&path[..], &[sub.name()]].concat()), held),
        }
    }
}

/// How a prepared chart is rendered.
pub struct RenderOptions<'a> {
    /// The release.
    pub release: &'a Release,
    /// What the cluster can do.
    pub capabilities: &'a Capabilities,
    /// What execution may use up.
    pub limits: Limits,
    /// Whether to record which template line wrote and read what.
    pub tracing: Tracing,
}

impl Prepared {
    /// Renders all template files.
    ///
    /// # Errors
    /// An incompatible Kubernetes version, a template that is none, or one whose execution fails.
    pub fn render(&self, options: &RenderOptions<'_>, world: &dyn World) -> Result<Rendered, Failure> {
        super::render(&self.job(options)?, world).map_err(Failure::Template)
    }

    /// Renders as [`Prepared::render`] does; what `parses`, of the same Helm, has parsed before is not parsed again.
    ///
    /// # Errors
    /// Those of [`Prepared::render`].
    pub fn render_parsed(
        &self,
        options: &RenderOptions<'_>,
        world: &dyn World,
        parses: &Parses,
    ) -> Result<Rendered, Failure> {
        super::render_parsed(&self.job(options)?, world, parses).map_err(Failure::Template)
    }

    /// Renders all template files and adds what was executed to `coverage`, also where a template fails.
    ///
    /// # Errors
    /// Those of [`Prepared::render`].
    pub fn render_covered(
        &self,
        options: &RenderOptions<'_>,
        world: &dyn World,
        coverage: &mut Coverage,
    ) -> Result<Rendered, Failure> {
        super::render_covered(&self.job(options)?, world, coverage).map_err(Failure::Template)
    }

    fn job<'a>(&'a self, options: &RenderOptions<'a>) -> Result<Job<'a>, Failure> {
        let kube = options.capabilities.kube_version();
        check::check_kube_version(&self.chart, &kube.normalized, &kube.version).map_err(Failure::Refused)?;
        Ok(Job {
            chart: &self.chart,
            values: self.values.clone(),
            release: options.release,
            capabilities: options.capabilities,
            compat: self.compat,
            limits: options.limits,
            tracing: options.tracing,
        })
    }
}

/// Why a prepared chart could not be rendered.
#[derive(Debug)]
pub enum Failure {
    /// A check before rendering.
    Refused(Error),
    /// A template.
    Template(RenderError),
}

impl Failure {
    /// Helm's text.
    pub fn helm_text(&self, compat: Compat) -> String {
        match self {
            Failure::Refused(error) => error.message().to_owned(),
            Failure::Template(error) => error.helm_text(compat),
        }
    }
}

impl RenderError {
    /// Helm's text.
    pub fn helm_text(&self, compat: Compat) -> String {
        match self {
            RenderError::Parse { file, error } => errors::parse_text(file, &error.go_text(file)),
            RenderError::Exec { file, error } => errors::exec_text(file, error, compat),
        }
    }
}
