//! What would stand in the way of an installation, asked of the cluster before it begins.

use super::needs::Needs;
use super::{Cluster, Level, LiveFinding, items, keys_of, live_charts, revisions, text};
use crate::bundle::{Bundle, Release, Thing, ThingKind};
use crate::chart::{Chart, LoadOptions, Notices};
use crate::diagnostic::Error;
use crate::kubernetes::quantity::Quantity;
use crate::version::{Constraint, Version};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// OpenG2P's own charts begin here; what was published of the same names is lower.
const OWN_GENERATION: u64 = 10;
const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";

/// Asks a live cluster for everything that the releases of the cluster `name` in a bundle need.
///
/// # Errors
/// A cluster that cannot be reached or refuses to be read; a release that cannot be rendered.
pub fn preflight(
    bundle: &Bundle,
    name: &str,
    cluster: &dyn Cluster,
    load: &LoadOptions,
    world: &dyn World,
) -> Result<Vec<LiveFinding>, Error> {
    let mut check = Check { bundle, cluster, found: Vec::new() };
    let releases: Vec<&Release> = bundle.releases.iter().filter(|release| release.cluster == name).collect();
    let charts = charts(bundle, &releases, load)?;
    check.version(&releases, &charts)?;
    let (nodes, cpu, memory) = check.nodes()?;
    let mut needs: BTreeMap<&str, Vec<(&Release, Needs)>> = BTreeMap::new();
    for release in releases {
        let objects = bundle.objects(release, load, world)?;
        needs.entry(&release.namespace).or_default().push((release, Needs::of(&objects, nodes)));
    }
    check.capacity(&needs, (cpu, memory));
    check.storage(&needs)?;
    check.kinds(&needs, &charts)?;
    check.live(&needs)?;
    check.secrets(&needs)?;
    check.brought(name, &needs)?;
    Ok(check.found)
}

fn charts(bundle: &Bundle, releases: &[&Release], load: &LoadOptions) -> Result<BTreeMap<String, Chart>, Error> {
    let mut charts = BTreeMap::new();
    for file in releases.iter().filter_map(|release| release.archive()) {
        let Some(archive) = bundle.archives.get(file).filter(|_| !charts.contains_key(file)) else { continue };
        let chart = Chart::from_archive(Path::new(file), &archive.bytes, load, &mut Notices::new())?;
        charts.insert(file.to_owned(), chart);
    }
    Ok(charts)
}

type NeedsOf<'b> = BTreeMap<&'b str, Vec<(&'b Release, Needs)>>;

struct Check<'c> {
    bundle: &'c Bundle,
    cluster: &'c dyn Cluster,
    found: Vec<LiveFinding>,
}

impl Check<'_> {
    fn say(&mut self, level: Level, subject: impl Into<String>, message: impl Into<String>) {
        self.found.push(LiveFinding::new(level, subject, message));
    }

    fn version(&mut self, releases: &[&Release], charts: &BTreeMap<String, Chart>) -> Result<(), Error> {
        let answer = items(&self.cluster.version()?)?;
        let version = answer.first().map(|one| text(one, &["serverVersion", "gitVersion"])).unwrap_or_default();
        let version = version.to_owned();
        self.say(Level::Good, "kubernetes", format!("version {version}"));
        let Ok(have) = Version::parse(version.as_str()) else { return Ok(()) };
        let mut told = BTreeSet::new();
        for chart in releases.iter().filter_map(|release| charts.get(release.archive()?)) {
            let wanted = &chart.metadata.kube_version;
            let fits = Constraint::parse(wanted.as_str()).map_or(true, |constraint| constraint.check(&have));
            if !wanted.is_empty() && !fits && told.insert(chart.name().to_owned()) {
                let (name, own) = (chart.name(), &chart.metadata.version);
                let message = format!("chart `{name}` {own} wants Kubernetes {wanted}, the cluster has {version}");
                self.say(Level::Error, "kubernetes", message);
            }
        }
        Ok(())
    }

    /// How many nodes are ready, and what they have.
    fn nodes(&mut self) -> Result<(usize, f64, f64), Error> {
        let nodes = items(&self.cluster.get(&["nodes", "-o", "json"], None)?)?;
        let (mut ready, mut cpu, mut memory) = (0, 0.0, 0.0);
        for node in &nodes {
            let conditions = node.pointer("/status/conditions").and_then(|all| all.as_array());
            let is_ready =
                |one: &serde_json::Value| text(one, &["type"]) == "Ready" && text(one, &["status"]) == "True";
            if !conditions.is_some_and(|all| all.iter().any(is_ready)) {
                self.say(Level::Warning, "nodes", format!("node `{}` is not ready", text(node, &["metadata", "name"])));
                continue;
            }
            ready += 1;
            let amount =
                |what: &str| Quantity::parse(text(node, &["status", "allocatable", what])).map_or(0.0, Quantity::float);
            cpu += amount("cpu");
            memory += amount("memory");
        }
        match ready {
            0 => self.say(Level::Error, "nodes", "no node is ready"),
            _ => self.say(Level::Good, "nodes", format!("{ready} of {} ready", nodes.len())),
        }
        Ok((ready, cpu, memory))
    }

    fn capacity(&mut self, needs: &NeedsOf<'_>, (cpu, memory): (f64, f64)) {
        let all = || needs.values().flatten().map(|(_, needs)| needs);
        let (wanted, bytes): (f64, f64) = (all().map(|one| one.cpu).sum(), all().map(|one| one.memory).sum());
        let gibibytes = |bytes: f64| bytes / f64::from(1 << 30);
        let message = format!(
            "the releases request {wanted:.2} processors and {:.1} GiB of memory, the nodes have {cpu:.2} and {:.1} GiB",
            gibibytes(bytes),
            gibibytes(memory)
        );
        let level = if wanted > cpu || bytes > memory {
            Level::Error
        } else if wanted > 0.9 * cpu || bytes > 0.9 * memory {
            Level::Warning
        } else {
            Level::Good
        };
        self.say(level, "capacity", message);
    }

    fn storage(&mut self, needs: &NeedsOf<'_>) -> Result<(), Error> {
        let classes = items(&self.cluster.get(&["storageclasses", "-o", "json"], None)?)?;
        let names: BTreeSet<&str> = classes.iter().map(|class| text(class, &["metadata", "name"])).collect();
        let is_default =
            |class: &&serde_json::Value| text(class, &["metadata", "annotations", DEFAULT_CLASS]) == "true";
        let defaults: Vec<&str> =
            classes.iter().filter(is_default).map(|class| text(class, &["metadata", "name"])).collect();
        let all = || needs.values().flatten();
        match defaults.as_slice() {
            [one] => self.say(Level::Good, "storage", format!("default class `{one}`")),
            [] => match all().find(|(_, needs)| needs.default_class) {
                Some((release, _)) => {
                    let message = format!("no default class, and claims of `{}` ask for it", release.id());
                    self.say(Level::Error, "storage", message);
                }
                None => self.say(Level::Warning, "storage", "no default class"),
            },
            several => self.say(Level::Warning, "storage", format!("several default classes: {}", several.join(", "))),
        }
        let mut missing: BTreeMap<&str, &Release> = BTreeMap::new();
        for (release, needs) in all() {
            for class in needs.classes.iter().filter(|class| !names.contains(class.as_str())) {
                missing.entry(class).or_insert(release);
            }
        }
        for (class, release) in missing {
            // A release of an earlier wave may bring it.
            let comes = all().any(|(_, needs)| needs.kinds.iter().any(|(_, kind)| kind == "StorageClass"));
            let level = if comes { Level::Warning } else { Level::Error };
            self.say(level, "storage", format!("class `{class}` that `{}` asks for is not there", release.id()));
        }
        Ok(())
    }

    fn kinds(&mut self, needs: &NeedsOf<'_>, charts: &BTreeMap<String, Chart>) -> Result<(), Error> {
        let answer = self.cluster.kinds()?;
        let answer = String::from_utf8_lossy(&answer);
        let mut known: BTreeSet<(String, String)> = BTreeSet::new();
        for line in answer.lines() {
            if let [.., version, _, kind] = super::words(line)[..] {
                known.insert((group(version).to_owned(), kind.to_owned()));
            }
        }
        let all = || needs.values().flatten();
        all().for_each(|(_, needs)| known.extend(needs.crds.iter().cloned()));
        for (_, file) in charts.values().flat_map(|chart| chart.crds()) {
            for document in crate::kubernetes::documents(&file.data) {
                if let Ok(node) = crate::yaml::parse(document.text, crate::source::SourceId::default()) {
                    let text = |path: &[&str]| super::needs::string(&node, path);
                    known.insert((text(&["spec", "group"]), text(&["spec", "names", "kind"])));
                }
            }
        }
        // Charts of others bring their kinds, too.
        let provided: BTreeSet<&str> = self.bundle.references().flat_map(provided_crds).collect();
        let mut missing: BTreeMap<(&str, &str), &Release> = BTreeMap::new();
        for (release, needs) in all() {
            for (version, kind) in &needs.kinds {
                let group = group(version);
                let comes = provided.iter().any(|name| name.ends_with(&format!(".{group}")));
                if !known.contains(&(group.to_owned(), kind.clone())) && !comes {
                    missing.entry((version, kind)).or_insert(release);
                }
            }
        }
        for ((version, kind), release) in missing {
            let message = format!("the cluster knows no {kind} of {version}, which `{}` has", release.id());
            self.say(Level::Error, "kinds", message);
        }
        Ok(())
    }

    fn live(&mut self, needs: &NeedsOf<'_>) -> Result<(), Error> {
        let revisions = revisions(self.cluster)?;
        for (namespace, releases) in needs {
            let charts = live_charts(self.cluster, namespace)?;
            for (release, _) in releases {
                let key = (release.namespace.clone(), release.name.clone());
                let Some(revision) = revisions.get(&key) else { continue };
                let subject = format!("release {}", release.id());
                if revision.status.starts_with("pending") || revision.status == "uninstalling" {
                    let message = format!(
                        "revision {} is {}: another program works on it, or was killed",
                        revision.number, revision.status
                    );
                    self.say(Level::Error, subject.clone(), message);
                } else if revision.status == "failed" {
                    self.say(Level::Warning, subject.clone(), format!("revision {} failed", revision.number));
                }
                let charts = charts.get(&release.name).cloned().unwrap_or_default();
                let (level, message) = compared(release, &charts);
                self.say(level, subject, message);
            }
        }
        Ok(())
    }

    fn secrets(&mut self, needs: &NeedsOf<'_>) -> Result<(), Error> {
        for (namespace, releases) in needs {
            let live = keys_of(self.cluster, "secrets", namespace)?;
            let brought: BTreeSet<&str> =
                releases.iter().flat_map(|(_, needs)| needs.brings.iter().map(String::as_str)).collect();
            let mut told = BTreeSet::new();
            for (release, needs) in releases {
                let mut wanted = needs.secrets.clone();
                for value in &release.secret_values {
                    if let (Some(secret), None, None, None) = (&value.secret, &value.file, &value.env, &value.generate)
                        && value.external.is_none()
                    {
                        wanted.entry(secret.clone()).or_default().extend(value.key.clone());
                    }
                }
                for (name, keys) in wanted {
                    let subject = format!("secret {}/{namespace}/{name}", release.cluster);
                    match live.get(&name) {
                        Some(have) => {
                            let missing: Vec<&str> =
                                keys.iter().filter(|key| !have.contains(*key)).map(String::as_str).collect();
                            if !missing.is_empty() && told.insert(name.clone()) {
                                let message =
                                    format!("`{}` asks for key {}, which it lacks", release.name, missing.join(", "));
                                self.say(Level::Error, subject, message);
                            }
                        }
                        None if brought.contains(name.as_str()) => {}
                        None if told.insert(name.clone()) => {
                            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                            let keys =
                                if keys.is_empty() { String::new() } else { format!(" with {}", keys.join(", ")) };
                            let message = format!(
                                "is not there, nothing in the bundle makes it, and `{}` asks for it{keys}",
                                release.name
                            );
                            self.say(Level::Error, subject, message);
                        }
                        None => {}
                    }
                }
            }
        }
        Ok(())
    }
}

impl Check<'_> {
    /// What environments say people bring: Secrets that no release asks for by name, and ConfigMaps.
    fn brought(&mut self, name: &str, needs: &NeedsOf<'_>) -> Result<(), Error> {
        let spaces = self.bundle.surroundings.environments.iter().filter(|space| space.cluster == name);
        let mut wanted: BTreeMap<(&str, ThingKind), BTreeMap<&str, &Thing>> = BTreeMap::new();
        for space in spaces {
            let things = space.external.iter().filter(|thing| !thing.optional);
            for thing in things.filter(|thing| matches!(thing.kind, ThingKind::Secret | ThingKind::ConfigMap)) {
                let namespace = thing.namespace.as_deref().unwrap_or(&space.namespace);
                let asked = needs.get(namespace).into_iter().flatten();
                let mut asked = asked.filter(|_| thing.kind == ThingKind::Secret);
                // Those were told of with who asks for them.
                if !asked.any(|(_, needs)| needs.secrets.contains_key(&thing.name)) {
                    wanted.entry((namespace, thing.kind)).or_default().insert(&thing.name, thing);
                }
            }
        }
        for ((namespace, kind), things) in wanted {
            let (kinds, word) = match kind {
                ThingKind::Secret => ("secrets", "secret"),
                _ => ("configmaps", "configMap"),
            };
            let live = keys_of(self.cluster, kinds, namespace)?;
            for (thing, stated) in things {
                let subject = format!("{word} {name}/{namespace}/{thing}");
                let Some(have) = live.get(thing) else {
                    self.say(
                        Level::Error,
                        subject,
                        "is not there; the step `site` of its environment says how it is made",
                    );
                    continue;
                };
                let missing: Vec<&str> =
                    stated.keys.iter().filter(|key| !have.contains(*key)).map(String::as_str).collect();
                if !missing.is_empty() {
                    self.say(Level::Error, subject, format!("lacks key {}", missing.join(", ")));
                }
            }
        }
        Ok(())
    }
}

fn group(version: &str) -> &str {
    version.split_once('/').map_or("", |(group, _)| group)
}

fn provided_crds(release: &Release) -> Vec<&str> {
    let crate::bundle::Origin::Reference(reference) = &release.origin else { return Vec::new() };
    let crds = reference.provides.iter().filter(|thing| thing.kind == crate::bundle::ThingKind::Crd);
    crds.map(|thing| thing.name.as_str()).collect()
}

/// What a live release of the same name means, by the charts that its objects say they come from.
fn compared(release: &Release, live: &BTreeSet<String>) -> (Level, String) {
    let own = format!("{}-{}", release.chart, release.version.replace('+', "_"));
    if live.is_empty() {
        return (Level::Warning, "is live, and its objects do not say of which chart".to_owned());
    }
    if live.contains(&own) {
        return (Level::Good, format!("{own} is live"));
    }
    let version = |chart: &String| {
        let rest = chart.strip_prefix(&release.chart)?.strip_prefix('-')?;
        Version::parse(rest.replace('_', "+").as_str()).ok()
    };
    let Some(have) = live.iter().find_map(version) else {
        let names: Vec<&str> = live.iter().map(String::as_str).collect();
        let message =
            format!("a release of another chart is live under this name: {}; it has to go first", names.join(", "));
        return (Level::Error, message);
    };
    let Ok(new) = Version::parse(release.version.as_str()) else {
        return (Level::Warning, format!("{} {have} is live", release.chart));
    };
    if have.major() < OWN_GENERATION && new.major() >= OWN_GENERATION {
        let message = format!("the published {} {have} is live; move it first, as docs/migrate says", release.chart);
        return (Level::Error, message);
    }
    if have > new {
        return (Level::Error, format!("{have} is live, newer than {new} of the bundle"));
    }
    (Level::Good, format!("{have} is live and becomes {new}"))
}
