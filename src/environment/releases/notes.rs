//! The notes of charts on what they need and provide: annotations that are rendered as templates of their charts.

use crate::chart::{Chart, File};
use crate::render::action::{Failure, Prepared, RenderOptions};
use crate::render::{Parses, Rendered};
use crate::world::World;

/// The annotation for needs, and the file that it is rendered as.
pub(crate) const NEEDS: (&str, &str) = ("chartwright.io/needs", "templates/chartwright-needs.yaml");
/// The annotation for what is provided, and the file that it is rendered as.
pub(crate) const PROVIDES: (&str, &str) = ("chartwright.io/provides", "templates/chartwright-provides.yaml");

/// The annotation and file of a rendered note; `None` for a manifest.
pub(crate) fn note_of(file: &str) -> Option<(&'static str, &'static str)> {
    let is_top = |chart: &str| chart.matches('/').count() == 1;
    [NEEDS, PROVIDES].into_iter().find(|(_, name)| file.strip_suffix(name).is_some_and(is_top))
}

/// Lets a chart render its notes, behind its templates; says whether it has any.
pub(super) fn add_notes(chart: &mut Chart) -> bool {
    let Some(annotations) = &chart.metadata.annotations else { return false };
    let stated = [NEEDS, PROVIDES].into_iter();
    let stated = stated.filter_map(|(key, file)| Some(File::new(file, annotations.get(key)?.clone().into_bytes())));
    let notes: Vec<File> = stated.collect();
    let is_any = !notes.is_empty();
    chart.templates.extend(notes);
    is_any
}

/// Renders a release with the notes of its chart, or without them where they cannot be rendered, and why not.
///
/// # Errors
/// Those of [`Prepared::render`], of the chart without its notes.
pub(crate) fn render_with_notes(
    prepared: &mut Prepared,
    options: &RenderOptions<'_>,
    world: &dyn World,
    parses: &Parses,
) -> Result<(Rendered, Option<Failure>), Failure> {
    let own = prepared.chart.templates.len();
    let has_notes = add_notes(&mut prepared.chart);
    match prepared.render_parsed(options, world, parses) {
        Ok(rendered) => Ok((rendered, None)),
        Err(failure) if has_notes => {
            prepared.chart.templates.truncate(own);
            prepared.render_parsed(options, world, parses).map(|rendered| (rendered, Some(failure)))
        }
        Err(failure) => Err(failure),
    }
}
