//! Checking a bundle that was built before: its releases are rendered from its archives and values.

use super::check::compare;
use super::check::facts::Facts;
use super::check::{self, Proof, Spans};
use super::{Bundle, Release};
use crate::chart::{Chart, Compat, LoadOptions, Notices};
use crate::diagnostic::{Error, ErrorKind};
use crate::environment::notes::render_with_notes;
use crate::lint::{Finding, Levels};
use crate::render::action::{Prepared, RenderOptions, SchemaCheck, prepare};
use crate::render::{self, Capabilities, Parses, Tracing};
use crate::source::{SourceId, Sources, Span};
use crate::template::Limits;
use crate::threads::each;
use crate::world::FixedWorld;
use crate::yaml::{self, Node};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

/// What a bundle is checked with.
pub struct CheckRequest<'a> {
    /// The folder of the bundle.
    pub folder: &'a Path,
    /// The folder of the bundle that is installed now, if it is to be upgraded.
    pub from: Option<&'a Path>,
    /// The Helm whose rules hold.
    pub compat: Compat,
    /// Rules and limits for loading charts.
    pub load: LoadOptions,
    /// What settings say of the rules.
    pub levels: &'a Levels,
}

/// Reads a bundle and tells everything that would go wrong when it is installed; the findings point at `bundle.yaml`,
/// at values, and into the archives of charts.
///
/// # Errors
/// A bundle that cannot be used; a release that cannot be rendered.
pub fn check(request: &CheckRequest<'_>, sources: &mut Sources) -> Result<Vec<Finding>, Error> {
    let bundle = Bundle::load(request.folder, sources)?;
    let loaded = Loaded::new(request, &bundle);
    let spans = spans_of(request.folder, &bundle, sources);
    let facts = loaded.all_facts()?;
    let shown =
        |release: &Release| format!("{}/charts/{}", request.folder.display(), release.archive().unwrap_or_default());
    let rerender = |at: usize| {
        let release = bundle.releases.get(at)?;
        let chart = loaded.chart(release).ok()??;
        let mut again = check::rerender(&chart, release, shown(release), request.compat)?;
        again.values.0 = format!("{}/{}", request.folder.display(), again.values.0);
        Some(again)
    };
    let proof = Proof::new(&bundle, &facts, &spans, &bundle.surroundings, &rerender);
    let mut found = proof.findings(request.levels, sources);
    if let Some(from) = request.from {
        let old = Bundle::load(from, sources)?;
        let of_old = Loaded::new(request, &old);
        for release in &old.releases {
            of_old.chart(release)?;
        }
        let render = |of: &Loaded<'_>, release: &Release| {
            let (rendered, prepared) = of.render(release).ok()??;
            Some((rendered, prepared.chart))
        };
        let before = |release: &Release| render(&of_old, release);
        let now = |release: &Release| render(&loaded, release);
        found.extend(compare(&proof, &old, (&before, &now), request.levels, sources));
    }
    Ok(found)
}

/// The charts of a bundle, each loaded once, when it is asked for.
struct Loaded<'a> {
    request: &'a CheckRequest<'a>,
    bundle: &'a Bundle,
    charts: RefCell<HashMap<&'a str, Rc<Chart>>>,
    /// Templates that were parsed: all charts share their library.
    parses: Parses,
}

impl<'a> Loaded<'a> {
    fn new(request: &'a CheckRequest<'a>, bundle: &'a Bundle) -> Loaded<'a> {
        Loaded { request, bundle, charts: RefCell::default(), parses: Parses::new(request.compat) }
    }

    /// The chart of a release; none where the bundle names it without having it.
    fn chart(&self, release: &Release) -> Result<Option<Rc<Chart>>, Error> {
        let archive = release.archive().and_then(|file| self.bundle.archives.get(file));
        let Some(archive) = archive else { return Ok(None) };
        if let Some(chart) = self.charts.borrow().get(archive.file.as_str()) {
            return Ok(Some(Rc::clone(chart)));
        }
        let path = self.request.folder.join("charts").join(&archive.file);
        let chart = Chart::from_archive(&path, &archive.bytes, &self.request.load, &mut Notices::new())?;
        let chart = Rc::new(chart);
        self.charts.borrow_mut().insert(&archive.file, Rc::clone(&chart));
        Ok(Some(chart))
    }

    /// What all releases hold, rendered on all processors.
    fn all_facts(&self) -> Result<Vec<Facts>, Error> {
        let releases = &self.bundle.releases;
        let state = || Loaded::new(self.request, self.bundle);
        each(releases.len(), state, |own, at| own.facts(&releases[at]), |_| ()).into_iter().collect()
    }

    fn facts(&self, release: &Release) -> Result<Facts, Error> {
        let Some((rendered, prepared)) = self.render(release)? else { return Ok(Facts::default()) };
        Ok(check::read(&rendered, &prepared, &release.namespace))
    }

    fn render(&self, release: &Release) -> Result<Option<(render::Rendered, Prepared)>, Error> {
        let Some(chart) = self.chart(release)? else { return Ok(None) };
        render_plain(&chart, release, (self.request.compat, &self.parses)).map(Some)
    }
}

/// Renders a release with the notes of its chart, where these can be rendered.
fn render_plain(
    chart: &Chart,
    release: &Release,
    (compat, parses): (Compat, &Parses),
) -> Result<(render::Rendered, Prepared), Error> {
    let wrong = |why: String| {
        Error::new(ErrorKind::Content, format!("release `{}` cannot be rendered: {why}", release.id()))
            .hint("build the bundle again")
    };
    let user = yaml::from_yaml_map(&release.values).map_err(|error| wrong(error.to_string()))?;
    let mut prepared = prepare(chart.clone(), &user, SchemaCheck::Skip, compat, &mut Notices::new())?;
    let capabilities = Capabilities::of_helm(compat);
    let options = RenderOptions {
        release: &render::Release::install(release.name.clone(), release.namespace.clone()),
        capabilities: &capabilities,
        limits: Limits::default(),
        tracing: Tracing::Off,
    };
    let rendered = render_with_notes(&mut prepared, &options, &FixedWorld::default(), parses);
    let (rendered, _) = rendered.map_err(|cause| wrong(cause.helm_text(compat)))?;
    Ok((rendered, prepared))
}

/// The places of the releases in `bundle.yaml`, in their order.
fn spans_of(folder: &Path, bundle: &Bundle, sources: &Sources) -> Vec<Spans> {
    let name = folder.join("bundle.yaml").to_string_lossy().into_owned();
    let id = (0..u32::MAX).map(SourceId).map_while(|id| Some((id, sources.get(id)?.name() == name)));
    let Some(id) = id.filter(|(_, is)| *is).map(|(id, _)| id).last() else {
        return vec![Spans::default(); bundle.releases.len()];
    };
    let text = sources.get(id).map(|source| source.shared_text()).unwrap_or_default();
    let root = yaml::parse(&text, id).ok();
    let waves = root.as_ref().and_then(|root| root.get("waves")).map(Node::items).unwrap_or_default();
    let steps = waves.iter().flat_map(|wave| wave.get("steps").map(Node::items).unwrap_or_default());
    let releases = steps.filter(|step| step.get("kind").and_then(Node::as_str) == Some(b"release"));
    let span = |step: &Node, key: &str| step.span_at(&[key]).unwrap_or_else(|| step.span());
    let spans = releases.map(|step| Spans {
        release: span(step, "name"),
        chart: span(step, "chart"),
        version: span(step, "version"),
        needs: key_span(step, "needs"),
        wait: span(step, "wait"),
        kube_version: String::new(),
    });
    spans.collect()
}

fn key_span(step: &Node, key: &str) -> Span {
    step.key_span_at(&[key]).unwrap_or_else(|| step.span())
}
