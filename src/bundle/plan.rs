//! Order: which releases may start together.

use crate::diagnostic::{Diagnostic, Valid};
use crate::environment::{Environment, Module};

/// The wave of each module of an environment: 0 without needs, otherwise one more than the highest wave it needs.
///
/// # Errors
/// A cycle in `needs`, shown at each of its lines.
pub fn waves(environment: &Environment) -> Valid<Vec<usize>> {
    let modules = &environment.modules;
    let mut waves: Vec<Option<usize>> = vec![None; modules.len()];
    loop {
        let mut settled = false;
        for at in 0..modules.len() {
            if waves[at].is_some() {
                continue;
            }
            let needed = modules[at].needs.iter().map(|need| position(modules, &need.text));
            let needed: Option<Vec<usize>> = needed.flatten().map(|at| waves[at]).collect();
            if let Some(needed) = needed {
                waves[at] = Some(needed.into_iter().map(|wave| wave + 1).max().unwrap_or(0));
                settled = true;
            }
        }
        if !settled {
            break;
        }
    }
    match waves.iter().copied().collect() {
        Some(waves) => Ok(waves),
        None => Err(cycle(modules, &waves)),
    }
}

fn position(modules: &[Module], release: &str) -> Option<usize> {
    modules.iter().position(|module| module.release.text == release)
}

/// Walks along open needs until a module comes up again: that is the cycle.
fn cycle(modules: &[Module], waves: &[Option<usize>]) -> Vec<Diagnostic> {
    let open = |at: usize| modules[at].needs.iter().find(|need| is_open(modules, waves, &need.text));
    let Some(mut at) = waves.iter().position(Option::is_none) else { return Vec::new() };
    let mut path = Vec::new();
    while !path.contains(&at) {
        path.push(at);
        let Some(next) = open(at).and_then(|need| position(modules, &need.text)) else { break };
        at = next;
    }
    let start = path.iter().position(|have| *have == at).unwrap_or(0);
    let ring = &path[start..];
    let mut names: Vec<&str> = ring.iter().map(|at| modules[*at].release.text.as_str()).collect();
    names.push(names[0]);
    let mut diagnostic = Diagnostic::error(format!("releases need each other: {}", names.join(" needs ")))
        .hint("remove one of these needs");
    for (nth, need) in ring.iter().filter_map(|at| open(*at)).enumerate() {
        diagnostic = match nth {
            0 => diagnostic.at(need.span),
            _ => diagnostic.label(need.span, format!("and this needs `{}`", need.text)),
        };
    }
    vec![diagnostic]
}

fn is_open(modules: &[Module], waves: &[Option<usize>], release: &str) -> bool {
    position(modules, release).is_some_and(|at| waves[at].is_none())
}
