//! From what is stated to all releases: base infrastructure of clusters, and what modules need in their environments.
//!
//! Which releases there may be stands in `values/releases.yaml`. What calls for them, and what waits for what, is told
//! by the charts themselves: their notes on needs are rendered with the values that each release gets.

mod clusters;
mod declared;
mod facts;
mod keys;
mod namespace;
pub(crate) mod notes;
mod order;
mod table;
mod third_party;
mod wanted;

use super::asked;
use super::values::release_values;
use super::{Environment, Located, Module, Organisation};
use crate::chart::{Chart, Compat, LoadOptions};
use crate::diagnostic::{Diagnostic, Error, Valid};
use crate::render::{Parses, Release};
use crate::repository::Shelf;
use crate::source::{Source, Sources, Span};
use crate::value::Value;
use crate::world::World;
use declared::Declared;
use std::collections::HashMap;
use std::rc::Rc;
use table::Table;
use third_party::ThirdParties;

/// Looks for the values template of a chart in a version for an environment.
pub type FindTemplate<'a> = dyn Fn(&Environment, &str, &str) -> Result<Option<Source>, Error> + 'a;

/// What releases are derived from.
pub struct Sought<'a> {
    /// What holds for all environments, if it was stated.
    pub organisation: Option<&'a Organisation>,
    /// The environments, in order.
    pub environments: &'a [Environment],
    /// Where charts come from.
    pub charts: &'a Shelf,
    /// The values template of a chart.
    pub template: &'a FindTemplate<'a>,
    /// The Helm whose rules hold.
    pub compat: Compat,
    /// Rules and limits for loading charts.
    pub load: LoadOptions,
}

/// All releases.
#[derive(Clone, Debug, Default)]
pub struct Derived {
    /// Base infrastructure: an environment for each namespace of each cluster, in the order of the organisation.
    pub base: Vec<Environment>,
    /// The environments with the releases that follow from theirs, which stand behind those that were stated.
    pub environments: Vec<Environment>,
}

impl Derived {
    /// Base infrastructure, then the environments.
    pub fn all(self) -> Vec<Environment> {
        self.base.into_iter().chain(self.environments).collect()
    }
}

/// Adds the releases that nobody lists. Releases wait for others of the same namespace (`RELEASE`), of the same cluster
/// (`NAMESPACE/RELEASE`) or of another one (`CLUSTER/NAMESPACE/RELEASE`).
///
/// # Errors
/// Values templates that fail, charts whose notes on needs cannot be read, two releases that want one database or
/// client differently, changes to releases that are not there; each with its place.
pub fn derive(sought: &Sought<'_>, world: &dyn World, sources: &mut Sources) -> Valid<Derived> {
    let (table, third) = (Table::read(sources), ThirdParties::read(sources));
    let (parses, charts) = (Parses::new(sought.compat), HashMap::new());
    let (found, warnings) = (Vec::new(), Vec::new());
    let mut work = Work { sought, world, sources, table, third, charts, parses, found, warnings };
    let base = work.clusters();
    let mut environments = Vec::with_capacity(sought.environments.len());
    for environment in sought.environments {
        environments.push(work.namespace(environment, &base));
    }
    if work.found.is_empty() {
        let mut base: Vec<Environment> = base.into_iter().map(|placed| placed.environment).collect();
        for one in base.iter_mut().chain(&mut environments) {
            let own =
                work.warnings.iter().filter(|(release, _)| one.modules.iter().any(|own| own.release.span == *release));
            for (_, warning) in own {
                let same = |other: &Diagnostic| other.primary == warning.primary && other.message == warning.message;
                if !one.warnings.iter().any(same) {
                    one.warnings.push(warning.clone());
                }
            }
        }
        return Ok(Derived { base, environments });
    }
    Err(work.found)
}

/// A part of the base infrastructure with what its releases need and provide.
struct Placed {
    environment: Environment,
    declared: Vec<Declared>,
}

struct Work<'a> {
    sought: &'a Sought<'a>,
    world: &'a dyn World,
    sources: &'a mut Sources,
    table: Table,
    third: ThirdParties,
    /// Charts by name and version; `None` where one is not there.
    charts: HashMap<(String, String), Option<Rc<Known>>>,
    /// Templates that were parsed: all charts share their library.
    parses: Parses,
    found: Vec<Diagnostic>,
    /// What does not hinder, by the place of the release.
    warnings: Vec<(Span, Diagnostic)>,
}

/// A chart with its notes on needs, if it has any.
struct Known {
    chart: Chart,
    notes: Option<Chart>,
}

impl Work<'_> {
    /// What a release needs and provides.
    fn declare(&mut self, environment: &Environment, module: &Module) -> Declared {
        // Values are judged also where nobody asks them anything.
        let values = self.values(environment, module);
        if let Some(entry) = module.third_party.as_ref().and_then(|name| self.third.find(name)) {
            return Declared::of_entry(entry);
        }
        let Some(known) = self.known(module) else { return Declared::default() };
        if let Some(stated) = &module.values {
            let mut unread = Vec::new();
            keys::unread(&known.chart, stated, &mut unread);
            self.warnings.extend(unread.into_iter().map(|one| (module.release.span, one)));
        }
        let (Some(notes), Some(values)) = (&known.notes, values) else { return Declared::default() };
        let release = Release::install(module.release.text.clone(), environment.namespace.text.clone());
        let rules = (self.sought.compat, self.world, &self.parses);
        match declared::declared(notes, &release, &values, rules, module.release.span) {
            Ok(declared) => declared,
            Err(message) => {
                // What its people wrote of that part, if anything.
                let own = asked::part(&message).and_then(|part| environment.node.entry(part));
                let own = own.map(|entry| entry.key.span()).filter(|span| span.source == environment.source);
                let cure = asked::cure(&message);
                let message = format!("cannot tell what `{}` needs: {message}", module.release.text);
                let diagnostic = Diagnostic::error(message).at(own.unwrap_or(module.release.span));
                self.found.push(cure.into_iter().fold(diagnostic, Diagnostic::hint));
                Declared::default()
            }
        }
    }

    fn values(&mut self, environment: &Environment, module: &Module) -> Option<Value> {
        let template = match (self.sought.template)(environment, &module.chart.text, &module.version.text) {
            Ok(template) => template,
            Err(error) => {
                self.found.push(Diagnostic::error(error.message()).at(module.chart.span));
                return None;
            }
        };
        let values = release_values(self.sought.organisation, environment, module, template, self.sources);
        values.map(|values| values.value).map_err(|found| self.found.extend(found)).ok()
    }

    /// A module's chart. Who builds a bundle of one that is not there says so.
    fn known(&mut self, module: &Module) -> Option<Rc<Known>> {
        let key = (module.chart.text.clone(), module.version.text.clone());
        if let Some(known) = self.charts.get(&key) {
            return known.clone();
        }
        let found = self.sought.charts.find(&key.0, &key.1, &self.sought.load).ok();
        let known = found.and_then(|mut found| {
            if let Some(folder) = &found.shown {
                let rest = (&mut crate::chart::Notices::new(), &mut Sources::new());
                let attached = crate::dependency::local::attach(&mut found.chart, folder, &self.sought.load, rest);
                attached.ok()?;
            }
            let notes = declared::notes_of(&found.chart);
            Some(Rc::new(Known { chart: found.chart, notes }))
        });
        self.charts.insert(key, known.clone());
        known
    }

    /// The condition of an entry, `true` where it has none.
    fn holds(&mut self, scope: &super::values::Scope<'_>, when: &Option<Located>) -> bool {
        let Some(when) = when else { return true };
        match scope.evaluate(&when.text) {
            Ok(value) => matches!(value, Some(Value::Bool(true))),
            Err(message) => {
                self.found.push(Diagnostic::error(message).at(when.span));
                false
            }
        }
    }

    /// A text of an entry that may be a template; `None` where it is not stated, or comes to nothing.
    fn text(&mut self, scope: &super::values::Scope<'_>, text: &Option<Located>) -> Option<Located> {
        let text = text.as_ref()?;
        match scope.evaluate(&text.text) {
            Ok(Some(Value::Str(value))) => Some(Located { text: value.to_str_lossy().into_owned(), span: text.span }),
            Ok(_) => None,
            Err(message) => {
                self.found.push(Diagnostic::error(message).at(text.span));
                None
            }
        }
    }

    /// The release of an entry; `None` for a chart that does not come with the program.
    fn module(&mut self, scope: &super::values::Scope<'_>, entry: &table::Entry) -> Option<Module> {
        let release = self.text(scope, &Some(entry.release.clone()))?;
        let mut own = self.text(scope, &entry.version);
        if let Some((own, span)) = own.as_mut().zip(entry.version.as_ref().and_then(|text| version_line(scope, text))) {
            own.span = span;
        }
        let mut module = Module {
            chart: release.clone(),
            version: release.clone(),
            release,
            needs: entry.needs.clone(),
            settings: None,
            values: None,
            secret_values: Vec::new(),
            wait: true,
            timeout: None,
            third_party: entry.third_party.as_ref().map(|name| name.text.clone()),
            defaults: None,
            why: Some(entry.why.clone()),
            item: None,
        };
        if let Some(name) = &entry.third_party {
            let node = self.third.find(&name.text)?;
            let at = |field: &str| {
                let node = node.get(field)?;
                let text = String::from_utf8_lossy(node.as_str()?).into_owned();
                Some(Located { text, span: node.span() })
            };
            module.chart = at("chart")?;
            let listed = at("version")?;
            let bare = |text: &str| text.trim_start_matches('v').to_owned();
            module.version = own.filter(|own| bare(&own.text) != bare(&listed.text)).unwrap_or(listed);
            module.defaults = node.get("values").cloned();
            return Some(module);
        }
        let chart = entry.chart.clone()?;
        let shipped = crate::repository::shipped_version(&chart.text)?;
        module.version = own.unwrap_or_else(|| Located { text: shipped.to_owned(), span: chart.span });
        module.chart = chart;
        Some(module)
    }

    /// Changes a release as somebody states, and says whether it stays.
    fn change(module: &mut Module, changes: &[(Located, super::Override)]) -> bool {
        let Some((_, change)) = changes.iter().find(|(name, _)| name.text == module.release.text) else { return true };
        module.change(change);
        change.enabled.is_none_or(|flag| flag.value)
    }

    /// Lets problems of a release that nobody lists point to what its people wrote: what they changed about it, else the
    /// line that calls for it.
    fn belongs(&self, module: &mut Module, changes: &[(Located, super::Override)], caller: Span) {
        let change = changes.iter().find(|(name, _)| name.text == module.release.text);
        let place = change.map_or(caller, |(name, _)| name.span);
        let stated = [Some(caller.source), self.sought.organisation.map(|one| one.source)];
        let is_shipped = |span: Span| !stated.contains(&Some(span.source));
        for part in [&mut module.release, &mut module.chart, &mut module.version] {
            if is_shipped(part.span) {
                part.span = place;
            }
        }
        module.needs.iter_mut().filter(|need| is_shipped(need.span)).for_each(|need| need.span = place);
    }

    /// Tells of changes to releases that do not follow.
    fn unknown(&mut self, changes: &[(Located, super::Override)], seen: &[String]) {
        for (name, _) in changes.iter().filter(|(name, _)| !seen.contains(&name.text)) {
            let message = format!("`{}` is no release that follows from other choices", name.text);
            let near = crate::diagnostic::nearest(&name.text, seen.iter().map(|name| name.as_bytes()));
            let hint =
                near.map_or_else(|| format!("releases: {}", seen.join(", ")), |near| format!("did you mean `{near}`?"));
            self.found.push(Diagnostic::error(message).at(name.span).hint(hint));
        }
    }
}

/// Where the version was stated that an entry takes over: `{{ versions?.NAME ... }}`.
fn version_line(scope: &super::values::Scope<'_>, text: &Located) -> Option<Span> {
    let (_, name) = text.text.split_once("versions?.")?;
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    Some(scope.variable("versions")?.get(name)?.span())
}
