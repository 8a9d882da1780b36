//! Order: what is installed, and which steps may be done together.

use super::Step;
use super::steps::derive_steps;
use crate::diagnostic::{Diagnostic, Valid, nearest};
use crate::environment::{Environment, Located, Module, Organisation};
use std::collections::HashMap;

/// A release that is to be part of a bundle.
#[derive(Clone, Debug)]
pub struct Planned<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// The release.
    pub module: &'a Module,
    /// Whether it belongs to the base infrastructure of its cluster.
    pub is_base: bool,
    /// The steps that must be done first, by what they are called.
    pub needs: Vec<String>,
    /// The wave.
    pub wave: usize,
}

impl Planned<'_> {
    /// What no other step is called: `CLUSTER/NAMESPACE/RELEASE`.
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.environment.cluster.text, self.environment.namespace.text, self.module.release.text)
    }
}

/// What is done, in which waves.
#[derive(Clone, Debug, Default)]
pub struct Plan<'a> {
    /// The releases, base infrastructure first.
    pub releases: Vec<Planned<'a>>,
    /// Everything else.
    pub steps: Vec<Step>,
}

/// Plans the base infrastructure, then the environments: what is needed comes first, and what needs nothing in wave 0.
///
/// # Errors
/// Needs of base infrastructure that are not there, and cycles, each shown at its lines. A plan comes back all the
/// same, so that releases can be judged one by one.
pub fn plan<'a>(
    organisation: Option<&Organisation>,
    base: &'a [Environment],
    environments: &'a [Environment],
) -> (Plan<'a>, Vec<Diagnostic>) {
    let of = |environment: &'a Environment, is_base: bool| {
        environment.modules.iter().map(move |module| {
            let needs = Vec::new();
            Planned { environment, module, is_base, needs, wave: 0 }
        })
    };
    let releases = base.iter().flat_map(|one| of(one, true)).chain(environments.iter().flat_map(|one| of(one, false)));
    let mut plan = Plan { releases: releases.collect(), steps: Vec::new() };
    let mut found = Vec::new();
    stated_needs(&mut plan.releases, &mut found);
    plan.steps = derive_steps(organisation, environments, &mut plan.releases);
    if let Err(cycle) = settle(&mut plan) {
        found.extend(cycle);
    }
    (plan, found)
}

/// The wave of each module of an environment on its own.
///
/// # Errors
/// A cycle in `needs`, shown at each of its lines.
pub fn waves(environment: &Environment) -> Valid<Vec<usize>> {
    let (plan, found) = plan(None, &[], std::slice::from_ref(environment));
    if found.is_empty() { Ok(plan.releases.iter().map(|one| one.wave).collect()) } else { Err(found) }
}

/// Turns the needs of modules into ids: `RELEASE` of the same namespace, `NAMESPACE/RELEASE` of the same cluster.
fn stated_needs(releases: &mut [Planned<'_>], found: &mut Vec<Diagnostic>) {
    let known: HashMap<String, usize> = releases.iter().enumerate().map(|(at, one)| (one.id(), at)).collect();
    for release in releases {
        let environment = release.environment;
        let (cluster, namespace) = (&environment.cluster.text, &environment.namespace.text);
        for need in &release.module.needs {
            let id = match need.text.matches('/').count() {
                0 => format!("{cluster}/{namespace}/{}", need.text),
                1 => format!("{cluster}/{}", need.text),
                _ => need.text.clone(),
            };
            if known.contains_key(&id) {
                release.needs.push(id);
            } else {
                found.push(unknown(need, known.keys()));
            }
        }
    }
}

fn unknown<'k>(need: &Located, known: impl Iterator<Item = &'k String>) -> Diagnostic {
    let diagnostic = Diagnostic::error(format!("there is no release `{}` here", need.text)).at(need.span);
    let mut known: Vec<&str> = known.map(|id| id.rsplit('/').next().unwrap_or(id)).collect();
    known.sort_unstable();
    match nearest(&need.text, known.iter().map(|name| name.as_bytes())) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

/// The graph of all steps: releases first, then the others.
struct Graph {
    /// What each step needs, by number.
    needs: Vec<Vec<usize>>,
}

impl Graph {
    fn new(plan: &Plan<'_>) -> Graph {
        let ids = plan.releases.iter().map(Planned::id).chain(plan.steps.iter().map(|step| step.id.clone()));
        let numbers: HashMap<String, usize> = ids.enumerate().map(|(at, id)| (id, at)).collect();
        let lists = plan.releases.iter().map(|one| &one.needs).chain(plan.steps.iter().map(|step| &step.needs));
        let needs = lists.map(|needs| needs.iter().filter_map(|need| numbers.get(need).copied()).collect());
        Graph { needs: needs.collect() }
    }

    /// The wave of each step; none for those in or behind a cycle.
    fn waves(&self) -> Vec<Option<usize>> {
        let mut open: Vec<usize> = self.needs.iter().map(Vec::len).collect();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); self.needs.len()];
        for (at, needs) in self.needs.iter().enumerate() {
            needs.iter().for_each(|need| users[*need].push(at));
        }
        let mut waves: Vec<Option<usize>> = open.iter().map(|open| (*open == 0).then_some(0)).collect();
        let mut todo: Vec<usize> = (0..open.len()).filter(|at| open[*at] == 0).collect();
        while let Some(at) = todo.pop() {
            for user in &users[at] {
                open[*user] -= 1;
                if open[*user] == 0 {
                    let latest = self.needs[*user].iter().filter_map(|need| waves[*need]).max().unwrap_or(0);
                    waves[*user] = Some(latest + 1);
                    todo.push(*user);
                }
            }
        }
        waves
    }
}

fn settle(plan: &mut Plan<'_>) -> Valid<()> {
    let graph = Graph::new(plan);
    let waves = graph.waves();
    let count = plan.releases.len();
    for (at, wave) in waves.iter().enumerate() {
        let wave = wave.unwrap_or(0);
        match plan.releases.get_mut(at) {
            Some(release) => release.wave = wave,
            None => plan.steps[at - count].wave = wave,
        }
    }
    if waves.iter().all(Option::is_some) {
        return Ok(());
    }
    Err(cycles(plan, &graph, &waves))
}

/// Walks along open needs until a step comes up again: that is a cycle. One is told for each environment that has one.
fn cycles(plan: &Plan<'_>, graph: &Graph, waves: &[Option<usize>]) -> Vec<Diagnostic> {
    let mut seen = vec![false; waves.len()];
    let mut found = Vec::new();
    for start in 0..waves.len() {
        let mut path: Vec<usize> = Vec::new();
        let mut at = start;
        while waves[at].is_none() && !seen[at] {
            seen[at] = true;
            path.push(at);
            let Some(next) = graph.needs[at].iter().copied().find(|need| waves[*need].is_none()) else { break };
            at = next;
        }
        if let Some(first) = path.iter().position(|have| *have == at) {
            found.extend(told(plan, &path[first..]));
        }
    }
    found
}

/// A ring of needs, shown at the lines that state them.
fn told(plan: &Plan<'_>, ring: &[usize]) -> Option<Diagnostic> {
    let release = |at: usize| plan.releases.get(at);
    let home = release(*ring.first()?).map(|one| &one.environment.namespace.text);
    let name = |at: usize| match release(at) {
        Some(one) if Some(&one.environment.namespace.text) == home => one.module.release.text.clone(),
        Some(one) => one.id(),
        None => plan.steps.get(at - plan.releases.len()).map(|step| step.id.clone()).unwrap_or_default(),
    };
    let mut names: Vec<String> = ring.iter().map(|at| name(*at)).collect();
    names.push(name(ring[0]));
    let message = format!("releases need each other: {}", names.join(" needs "));
    let mut diagnostic = Diagnostic::error(message).hint("remove one of these needs");
    diagnostic.rule = Some("needs-cycle");
    for (nth, at) in ring.iter().enumerate() {
        let Some(one) = release(*at) else { continue };
        let next = ring.get(nth + 1).or(ring.first()).map(|at| name(*at)).unwrap_or_default();
        let last = next.rsplit('/').next().unwrap_or(&next);
        let stated = one.module.needs.iter().find(|need| need.text == next || need.text.ends_with(last));
        let span = stated.map_or(one.module.release.span, |need| need.span);
        diagnostic = match diagnostic.primary {
            None => diagnostic.at(span),
            Some(_) => diagnostic.label(span, format!("and this needs `{next}`")),
        };
    }
    Some(diagnostic)
}
