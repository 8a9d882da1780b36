//! The releases of one environment.

use super::super::settings::Settings;
use super::super::values::Scope;
use super::super::{Environment, Module};
use super::declared::{Declared, Thing};
use super::wanted::Wanted;
use super::{Placed, Work, clusters, facts, order, table};
use crate::source::Span;

/// How often releases may call for further ones.
const ROUNDS: usize = 32;

impl Work<'_> {
    /// An environment with all releases that follow from its own.
    pub(super) fn namespace(&mut self, stated: &Environment, base: &[Placed]) -> Environment {
        let mut environment = stated.clone();
        let around: Vec<&Environment> = self.sought.environments.iter().collect();
        environment.derived = match self.sought.organisation {
            Some(organisation) => facts::of_cluster(organisation, &stated.cluster, &around),
            None => facts::alone(stated),
        };
        environment.derived.extend(facts::of_environment(self.sought.organisation, stated));
        let span = stated.namespace.span;
        environment.derived.push(("wanted", Wanted::default().finish(span)));
        let modules = environment.modules.clone();
        let mut declared: Vec<Declared> = modules.iter().map(|module| self.declare(&environment, module)).collect();
        let seen = self.complete(&mut environment, &mut declared);
        let changes = environment.settings.releases.clone();
        self.unknown(&changes, &seen);
        order::connect(&mut environment, &declared, base);
        environment
    }

    /// Adds releases until nobody calls for another one. Returns the names of all that could be changed.
    fn complete(&mut self, environment: &mut Environment, declared: &mut Vec<Declared>) -> Vec<String> {
        let Settings { releases: changes, .. } = environment.settings.clone();
        let entries = self.table.environment.clone();
        let mut open: Vec<(table::Entry, Module)> = Vec::new();
        let mut seen = Vec::new();
        let pending = clusters::pending(&environment.namespace);
        let frame = environment.clone();
        let scope = Scope::new(self.sought.organisation, &frame, &pending);
        for entry in entries {
            let chart = entry.chart.as_ref().map(|chart| chart.text.as_str());
            let stated = environment.modules.iter().any(|module| Some(module.chart.text.as_str()) == chart);
            seen.push(entry.release.text.clone());
            if stated || environment.has_release(&entry.release.text) || !self.holds(&scope, &entry.when) {
                continue;
            }
            let Some(mut module) = self.module(&scope, &entry) else { continue };
            if Work::change(&mut module, &changes) {
                open.push((entry, module));
            }
        }
        for _ in 0..ROUNDS {
            let before = environment.modules.len();
            let called = open.iter().map(|(entry, _)| call(entry, environment, declared)).collect::<Vec<_>>();
            let mut rest = Vec::new();
            for ((entry, mut module), call) in std::mem::take(&mut open).into_iter().zip(called) {
                let Some(call) = call else {
                    rest.push((entry, module));
                    continue;
                };
                let (why, caller) = match call {
                    Call::Always => (entry.why.clone(), environment.namespace.span),
                    Call::For(who, what) => {
                        let caller = environment.modules.iter().find(|module| module.release.text == who);
                        let caller = caller.map_or(environment.namespace.span, |module| module.release.span);
                        (format!("{}: `{who}` needs {what}", entry.why), caller)
                    }
                };
                module.why = Some(why);
                self.belongs(&mut module, &changes, caller);
                environment.modules.push(module);
                declared.push(Declared::default());
            }
            open = rest;
            let added = environment.modules[before..].to_vec();
            for (declared, module) in declared[before..].iter_mut().zip(&added) {
                *declared = self.declare(environment, module);
            }
            if !self.collect(environment, declared) && environment.modules.len() == before {
                break;
            }
        }
        seen
    }

    /// Puts together what collecting releases get. Says whether that changed what one of them needs or provides.
    fn collect(&mut self, environment: &mut Environment, declared: &mut [Declared]) -> bool {
        let collecting: Vec<usize> = (0..environment.modules.len())
            .filter(|at| {
                let release = &environment.modules[*at].release.text;
                let derived = environment.modules[*at].why.is_some();
                derived && self.table.environment.iter().any(|entry| entry.collects && entry.release.text == *release)
            })
            .collect();
        if collecting.is_empty() {
            return false;
        }
        let host =
            environment.settings.database.host.as_ref().map_or("postgresql", |host| host.text.as_str()).to_owned();
        let mut wanted = Wanted::default();
        for (module, declared) in environment.modules.iter().zip(declared.iter()) {
            wanted.add((&module.release.text, module.release.span), declared, &host);
        }
        let (found, span): (_, Span) = (std::mem::take(&mut wanted.found), environment.namespace.span);
        let node = wanted.finish(span);
        let before = environment.derived.iter().find(|(name, _)| *name == "wanted").map(|(_, node)| node.to_value());
        let same = before.is_some_and(|before| crate::value::deep_equal(&before, &node.to_value()));
        if same {
            return false;
        }
        if !found.is_empty() {
            self.found.extend(found);
        }
        environment.derived.retain(|(name, _)| *name != "wanted");
        environment.derived.push(("wanted", node));
        for at in collecting {
            let module = environment.modules[at].clone();
            declared[at] = self.declare(environment, &module);
        }
        true
    }
}

/// Why an entry becomes a release.
enum Call {
    Always,
    /// A release needs a thing.
    For(String, String),
}

/// Whether an entry is called for.
fn call(entry: &table::Entry, environment: &Environment, declared: &[Declared]) -> Option<Call> {
    if entry.calls.is_empty() {
        return Some(Call::Always);
    }
    for (module, needs) in environment.modules.iter().zip(declared) {
        for thing in needs.needs.iter().filter(|thing| !thing.optional) {
            if serves(entry, thing, environment) && !given(thing, declared) {
                return Some(Call::For(module.release.text.clone(), format!("{} `{}`", thing.kind, thing.name)));
            }
        }
    }
    None
}

fn serves(entry: &table::Entry, thing: &Thing, environment: &Environment) -> bool {
    let here = |namespace: &Option<String>| namespace.as_ref().is_none_or(|one| *one == environment.namespace.text);
    match thing.service() {
        Some((name, namespace)) => here(&namespace) && entry.serves("service", &name),
        None => {
            let below = public_host(thing, &environment.domain.text);
            let called = below.is_some_and(|host| entry.serves("host", host));
            called || here(&thing.namespace) && entry.serves(&thing.kind, &thing.name)
        }
    }
}

/// The host of a URL below a domain, without that domain.
fn public_host<'t>(thing: &'t Thing, domain: &str) -> Option<&'t str> {
    let (_, rest) = thing.name.split_once("://").filter(|_| thing.kind == "url")?;
    rest.split(['/', ':', '?']).next()?.strip_suffix(domain)?.strip_suffix('.')
}

/// Whether a release of the environment provides a thing.
fn given(thing: &Thing, declared: &[Declared]) -> bool {
    declared.iter().flat_map(|one| &one.provides).any(|provided| order::fits(thing, provided))
}
