//! OpenG2P's release rule: a chart is frozen when its version is exactly three numbers, and everything inside of it is
//! frozen, too: dependencies, image tags, git references.
//!
//! What enters is a chart folder in its tree; what leaves is a plan of what can be written, and diagnostics for what
//! stands in the way.

mod references;
mod values;

use crate::chart::{Chart, Dependency, LoadOptions, Metadata, Notices, read_file};
use crate::dependency::declared::Declared;
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::source::{Source, SourceId, Sources};
use crate::tree::release::{File, Plan, Release, Relocked, plan_with, relock};
use crate::tree::{Tree, local_folder};
use crate::version::Version;
use crate::yaml::{self, Node};
use std::path::Path;
use values::{Overrides, Scan};

pub use references::{is_frozen_version, moving_reference, moving_tag};

/// The version of a chart under development.
pub const DEVELOPMENT: &str = "0.0.0-develop";
/// The tag of images under development.
const DEVELOPMENT_TAG: &str = "develop";

/// The rule of a dependency without an exact version.
const DEPENDENCY: &str = "mutable-dependency";

/// What freezing a chart needs.
#[derive(Clone, Debug, Default)]
pub struct Frozen {
    /// What can be written.
    pub plan: Plan,
    /// What stands in the way.
    pub obstacles: Vec<Diagnostic>,
}

/// Plans to freeze a chart of a tree at a version; without one it has to have one already. Messages call its folder by the
/// name `shown`.
///
/// # Errors
/// A chart that cannot be read, files that cannot be changed without losing their layout.
pub fn freeze(
    tree: &Tree,
    (at, shown): (usize, &str),
    release: &Release<'_>,
    (load, sources): (&LoadOptions, &mut Sources),
) -> Result<Frozen, Error> {
    let Some(chart) = tree.charts.get(at) else { return Ok(Frozen::default()) };
    let mut job = Job { tree, at, shown, folder: &chart.folder, load, release, sources, obstacles: Vec::new() };
    job.run(&chart.metadata)
}

struct Job<'a> {
    tree: &'a Tree,
    at: usize,
    /// How messages call the folder.
    shown: &'a str,
    folder: &'a Path,
    load: &'a LoadOptions,
    /// `version` is empty where none was given.
    release: &'a Release<'a>,
    sources: &'a mut Sources,
    obstacles: Vec<Diagnostic>,
}

impl Job<'_> {
    fn run(&mut self, metadata: &Metadata) -> Result<Frozen, Error> {
        let mut loaded = Chart::load_undetected(self.folder, self.load, &mut Notices::new())?;
        let file = Declared::read_as(self.folder, self.shown, self.sources);
        let about = match file.path.ends_with("Chart.yaml") {
            true => file.root.clone(),
            false => {
                let about = Source::new(self.shown("Chart.yaml"), read_file(&self.folder.join("Chart.yaml"))?);
                let id = self.sources.add(about.clone());
                yaml::parse(about.text(), id).ok()
            }
        };
        let target = match self.release.version {
            "" => metadata.version.clone(),
            version => version.to_owned(),
        };
        if !is_frozen_version(&target) {
            let problem = Diagnostic::error(format!("version `{target}` is not exactly three numbers"));
            let span = about.as_ref().and_then(|root| root.span_at(&["version"]));
            let problem = problem.hint("name the version of the release: `freeze CHART 1.2.3`");
            self.obstacles.push(match span {
                Some(span) => problem.at(span),
                None => problem,
            });
        }
        let app_version = self.app_version(metadata, &target, about.as_ref());
        let before = metadata.dependencies.clone().unwrap_or_default();
        let after = self.dependencies(&before, &loaded, &file);
        let mut plan = self.plan_chart_file(metadata, &target, app_version, (&before, &after))?;
        self.plan_lock(metadata, &before, &after, &mut plan)?;
        self.plan_values(&target, &mut plan)?;
        loaded.dependencies.sort_by(|one, other| one.name().cmp(other.name()));
        self.look_into_subcharts(&loaded, &before)?;
        self.look_into_templates(&loaded);
        let mut obstacles = std::mem::take(&mut self.obstacles);
        obstacles.sort_by_key(|one| one.primary);
        Ok(Frozen { plan, obstacles })
    }

    fn shown(&self, name: &str) -> String {
        let folder = self.shown.trim_end_matches('/');
        let folder = folder.strip_prefix("./").unwrap_or(folder);
        match (folder, name) {
            ("" | ".", name) => name.to_owned(),
            (folder, "") => folder.to_owned(),
            (folder, name) => format!("{folder}/{name}"),
        }
    }

    /// The `appVersion` to write; images are as old as their chart, so a moving one becomes the chart's version.
    fn app_version(&mut self, metadata: &Metadata, target: &str, about: Option<&Node>) -> Option<String> {
        let why = moving_tag(&metadata.app_version).filter(|_| !metadata.app_version.is_empty())?;
        if is_frozen_version(target) && !self.release.version.is_empty() {
            return Some(target.to_owned());
        }
        let problem = Diagnostic::error(format!("`appVersion` {}: {why}", metadata.app_version));
        let span = about.and_then(|root| root.span_at(&["appVersion"]));
        self.obstacles.push(match span {
            Some(span) => problem.at(span),
            None => problem,
        });
        None
    }

    /// The dependencies with exact versions where those are known.
    fn dependencies(&mut self, before: &[Dependency], loaded: &Chart, file: &Declared) -> Vec<Dependency> {
        let mut after = before.to_vec();
        for (at, one) in after.iter_mut().enumerate() {
            let known = self.exact_version(one, at, loaded);
            let is_local = one.repository.starts_with("file://");
            match known {
                Some(version) if is_frozen_version(&version) => one.version = version,
                _ if is_frozen_version(&one.version) && !is_local => {}
                found => {
                    let problem = match (&found, is_local) {
                        (Some(version), true) => {
                            Diagnostic::error(format!("dependency `{}` in `{}` is {version}", one.name, one.repository))
                                .hint("freeze that chart first")
                        }
                        _ => Diagnostic::error(format!(
                            "dependency `{}` has no exact version: `{}`",
                            one.name, one.version
                        ))
                        .hint("lock it: `chartwright dependency update`, then freeze again"),
                    };
                    let problem = Diagnostic { rule: Some(DEPENDENCY), ..problem };
                    self.obstacles.push(match file.span(at, "version") {
                        Some(span) => problem.at(span),
                        None => problem,
                    });
                }
            }
        }
        after
    }

    /// The version that a dependency has now: in its folder, in the lock, or in `charts/`.
    fn exact_version(&self, one: &Dependency, at: usize, loaded: &Chart) -> Option<String> {
        if let Some(folder) = local_folder(self.folder, &one.repository) {
            let known = self.tree.at(&folder).and_then(|at| self.tree.charts.get(at));
            let loaded = || Chart::load_undetected(&folder, self.load, &mut Notices::new()).ok();
            return known.map(|chart| chart.metadata.version.clone()).or_else(|| Some(loaded()?.metadata.version));
        }
        if is_frozen_version(&one.version) {
            return Some(one.version.clone());
        }
        let locked = loaded.lock.as_ref().map(|lock| lock.dependencies.as_slice()).unwrap_or_default();
        let here = locked.get(at).filter(|entry| entry.name == one.name);
        let locked = here.or_else(|| locked.iter().find(|entry| entry.name == one.name));
        if let Some(entry) = locked.filter(|entry| Version::parse_strict(&entry.version).is_ok()) {
            return Some(entry.version.clone());
        }
        loaded.dependencies.iter().find(|sub| sub.name() == one.name).map(|sub| sub.metadata.version.clone())
    }

    fn plan_chart_file(
        &self,
        metadata: &Metadata,
        target: &str,
        app_version: Option<String>,
        (before, after): (&[Dependency], &[Dependency]),
    ) -> Result<Plan, Error> {
        let is_old = self.folder.join("requirements.yaml").is_file();
        let mut told = Vec::new();
        let freeze_dependencies = |file: &mut File, told: &mut Vec<String>| {
            for (at, (old, new)) in
                before.iter().zip(after).enumerate().filter(|(_, (old, new))| old.version != new.version)
            {
                let at = at.to_string();
                if file.edits.set(&file.root, &["dependencies", &at, "version"], &new.version) {
                    told.push(format!(
                        "{}: dependency {} {} -> {}",
                        self.shown(""),
                        new.name,
                        old.version,
                        new.version
                    ));
                }
            }
        };
        let mut also = |file: &mut File| {
            if let Some(app_version) = &app_version
                && file.edits.set(&file.root, &["appVersion"], app_version)
            {
                told.push(format!("{}: appVersion {} -> {app_version}", self.shown(""), metadata.app_version));
            }
            if !is_old {
                freeze_dependencies(file, &mut told);
            }
        };
        let mut plan = if !self.release.version.is_empty() && metadata.version != target {
            plan_with(self.tree, self.at, self.release, &mut also)?
        } else {
            let mut plan = Plan::default();
            let mut file = File::read(&self.folder.join("Chart.yaml"))?;
            also(&mut file);
            file.finish(&mut plan)?;
            plan
        };
        if is_old {
            let mut file = File::read(&self.folder.join("requirements.yaml"))?;
            freeze_dependencies(&mut file, &mut told);
            file.finish(&mut plan)?;
        }
        plan.told.extend(told);
        Ok(plan)
    }

    fn plan_lock(
        &self,
        metadata: &Metadata,
        before: &[Dependency],
        after: &[Dependency],
        plan: &mut Plan,
    ) -> Result<(), Error> {
        let name = if metadata.api_version == "v1" { "requirements.lock" } else { "Chart.lock" };
        let raise = |one: &mut Dependency| {
            let new = after.iter().find(|new| new.name == one.name && new.repository == one.repository);
            if let Some(new) = new.filter(|new| is_frozen_version(&new.version)) {
                one.version.clone_from(&new.version);
            }
        };
        match relock(&self.folder.join(name), (before, after), &raise, self.release)? {
            Relocked::Same => {}
            Relocked::Stale => plan.notes.push(format!("{}: it was out of date before", self.shown(name))),
            Relocked::Text(text) => {
                plan.told.push(self.shown(name));
                plan.writes.push((self.folder.join(name), text));
            }
        }
        Ok(())
    }

    /// Image tags under development become the version of the chart; everything else that moves is told.
    fn plan_values(&mut self, target: &str, plan: &mut Plan) -> Result<(), Error> {
        let path = self.folder.join("values.yaml");
        if !path.is_file() {
            return Ok(());
        }
        let source = Source::new(self.shown("values.yaml"), read_file(&path)?);
        let id = self.sources.add(source.clone());
        let Ok(root) = yaml::parse(source.text(), id) else { return Ok(()) };
        let found = Scan::new(source.text()).values(&root, &Overrides::none());
        let mut file = File::read(&path)?;
        for one in found {
            let path: Vec<&str> = one.path.iter().map(String::as_str).collect();
            let can_follow = one.is_tag && one.text == DEVELOPMENT_TAG && is_frozen_version(target);
            if can_follow && file.edits.set(&file.root, &path, target) {
                plan.told.push(format!("{}: {} develop -> {target}", self.shown("values.yaml"), one.path.join(".")));
            } else {
                self.obstacles.push(one.into_diagnostic());
            }
        }
        file.finish(plan)
    }

    /// What moves inside of vendored charts and charts in their folders, unless this chart sets it otherwise.
    fn look_into_subcharts(&mut self, loaded: &Chart, declared: &[Dependency]) -> Result<(), Error> {
        let own = loaded.raw_file("values.yaml").and_then(|file| yaml::parse(&file.data, SourceId::default()).ok());
        for sub in &loaded.dependencies {
            let alias = declared.iter().find(|one| one.name == sub.name() && !one.alias.is_empty());
            let key = alias.map_or(sub.name(), |one| one.alias.as_str()).to_owned();
            let overrides = Overrides::of(own.as_ref(), &key);
            self.look_into(sub, &self.shown(&format!("charts/{}", sub.name())), &overrides, 0);
        }
        for one in declared {
            let Some(folder) = local_folder(self.folder, &one.repository) else { continue };
            if loaded.dependencies.iter().any(|sub| sub.name() == one.name) {
                continue;
            }
            let Ok(sub) = Chart::load_undetected(&folder, self.load, &mut Notices::new()) else { continue };
            let key = if one.alias.is_empty() { &one.name } else { &one.alias };
            let overrides = Overrides::of(own.as_ref(), key);
            self.look_into(&sub, &folder.to_string_lossy(), &overrides, 0);
        }
        Ok(())
    }

    fn look_into(&mut self, chart: &Chart, shown: &str, overrides: &Overrides<'_>, depth: usize) {
        if let Some(file) = chart.raw_file("values.yaml") {
            let id = self.sources.add(Source::new(format!("{shown}/values.yaml"), file.data.to_vec()));
            if let Ok(root) = yaml::parse(&file.data, id) {
                let found = Scan::new(&file.data).values(&root, overrides);
                self.obstacles.extend(found.into_iter().map(values::Moving::into_diagnostic));
            }
        }
        if depth < self.load.limits.depth {
            for sub in &chart.dependencies {
                let overrides = overrides.below(sub.name());
                self.look_into(sub, &format!("{shown}/charts/{}", sub.name()), &overrides, depth + 1);
            }
        }
    }

    /// Images that templates name themselves.
    fn look_into_templates(&mut self, chart: &Chart) {
        for file in &chart.templates {
            let id = self.sources.add(Source::new(self.shown(&file.name), file.data.to_vec()));
            let found = Scan::new(&file.data).template(id);
            self.obstacles.extend(found.into_iter().map(values::Moving::into_diagnostic));
        }
    }
}

/// Plans to put a chart back under development: its version, the tags and the `appVersion` that followed it, and the
/// `file://` dependencies that are under development themselves.
///
/// # Errors
/// As [`freeze`].
pub fn unfreeze(tree: &Tree, at: usize, release: &Release<'_>) -> Result<Plan, Error> {
    let Some(chart) = tree.charts.get(at) else { return Ok(Plan::default()) };
    let (folder, metadata) = (&chart.folder, &chart.metadata);
    let release = Release { version: DEVELOPMENT, ..*release };
    let before = metadata.dependencies.clone().unwrap_or_default();
    let mut after = before.clone();
    for one in &mut after {
        let there = local_folder(folder, &one.repository).and_then(|path| tree.at(&path));
        if there.and_then(|at| tree.charts.get(at)).is_some_and(|chart| chart.metadata.version == DEVELOPMENT) {
            DEVELOPMENT.clone_into(&mut one.version);
        }
    }
    let shown = tree.shown(at);
    let mut told = Vec::new();
    let is_old = folder.join("requirements.yaml").is_file();
    let mut plan = plan_with(tree, at, &release, &mut |file| {
        if metadata.app_version == metadata.version && file.edits.set(&file.root, &["appVersion"], DEVELOPMENT_TAG) {
            told.push(format!("{shown}: appVersion {} -> {DEVELOPMENT_TAG}", metadata.app_version));
        }
        for (at, one) in after.iter().enumerate().filter(|_| !is_old) {
            if before.get(at).is_some_and(|old| old.version != one.version)
                && file.edits.set(&file.root, &["dependencies", &at.to_string(), "version"], &one.version)
            {
                told.push(format!("{shown}: dependency {} -> {}", one.name, one.version));
            }
        }
    })?;
    plan.told.extend(told);
    let path = folder.join("values.yaml");
    if path.is_file() && is_frozen_version(&metadata.version) {
        let mut file = File::read(&path)?;
        for tag in values::tags(&file.root, &metadata.version) {
            let keys: Vec<&str> = tag.iter().map(String::as_str).collect();
            if file.edits.set(&file.root, &keys, DEVELOPMENT_TAG) {
                plan.told.push(format!("{shown}/values.yaml: {} -> {DEVELOPMENT_TAG}", tag.join(".")));
            }
        }
        file.finish(&mut plan)?;
    }
    let name = if metadata.api_version == "v1" { "requirements.lock" } else { "Chart.lock" };
    let raise = |one: &mut Dependency| {
        let new = after.iter().find(|new| new.name == one.name && new.version == DEVELOPMENT);
        if let Some(new) = new.filter(|new| new.repository == one.repository) {
            one.version.clone_from(&new.version);
        }
    };
    if let Relocked::Text(text) = relock(&folder.join(name), (&before, &after), &raise, &release)? {
        plan.told.push(format!("{shown}/{name}"));
        plan.writes.push((folder.join(name), text));
    }
    Ok(plan)
}

/// Refuses a version that no release can have.
///
/// # Errors
/// Anything but three numbers.
pub fn check_release_version(version: &str) -> Result<(), Error> {
    if is_frozen_version(version) {
        return Ok(());
    }
    let message = format!("`{}` is no version of a release", version.escape_debug());
    Err(Error::new(ErrorKind::Usage, message).hint("a frozen version is exactly three numbers, such as 1.2.3"))
}
