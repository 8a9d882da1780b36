//! Modules: versions, needs, and what charts of OpenG2P's cannot be without.

use super::super::environments::{Environment, Kind};
use super::super::fields::{Findings, Located, text};
use super::super::modules::{DEMANDS, Module};
use super::lies_below;
use crate::diagnostic::{Diagnostic, nearest};
use crate::version::Version;
use crate::yaml::{Node, NodeKind};

pub(in super::super) fn check(environment: &Environment, found: &mut Findings) {
    for (_, change) in &environment.settings.releases {
        change.version.iter().for_each(|stated| version(stated, environment, found));
    }
    for module in &environment.modules {
        version(&module.version, environment, found);
        needs(module, environment, found);
        demands(module, environment, found);
        if let Some(values) = &module.values {
            inner(values, environment, &mut Vec::new(), found);
        }
        secret_values(module, found);
    }
}

/// Whether a version is frozen: exactly three numbers, nothing behind them.
fn is_frozen(version: &str) -> bool {
    let plain = version.strip_prefix('v').unwrap_or(version);
    let numbers: Vec<&str> = plain.split('.').collect();
    numbers.len() == 3 && numbers.iter().all(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn version(version: &Located, environment: &Environment, found: &mut Findings) {
    if Version::parse(&version.text).is_err() {
        let message = format!("expected one exact version, found `{}`", version.text.escape_default());
        found.push(Diagnostic::error(message).at(version.span).hint("write it as in Chart.yaml, for example 1.3.1"));
        return;
    }
    if freezes(environment) && !is_frozen(&version.text) {
        let kind = environment.kind.name();
        let message = format!("version `{}` still moves, but a {kind} needs frozen versions", version.text);
        found
            .push(Diagnostic::error(message).at(version.span).hint("name a released version of exactly three numbers"));
    }
}

fn freezes(environment: &Environment) -> bool {
    let frozen = environment.settings.requires.frozen_versions;
    frozen.map_or(environment.kind != Kind::Sandbox, |flag| flag.value)
}

fn needs(module: &Module, environment: &Environment, found: &mut Findings) {
    for need in &module.needs {
        let stated = environment.node.get("modules").map_or(&[][..], Node::entries).iter();
        let off = |entry: &&crate::yaml::Entry| {
            matches!(entry.value.get("enabled").map(Node::kind), Some(NodeKind::Bool(false)))
        };
        let known: Vec<String> = stated.filter(|entry| !off(entry)).map(|entry| text(&entry.key)).collect();
        let names = || known.iter().map(String::as_str);
        if need.text == module.release.text {
            found.push(Diagnostic::error(format!("`{}` needs itself", need.text)).at(need.span));
        } else if !names().any(|name| name == need.text) {
            let hint = match nearest(&need.text, names().map(str::as_bytes)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "add it to `modules`, or remove it from `needs`".to_owned(),
            };
            let message = format!("`{}` needs `{}`, which is no module here", module.release.text, need.text);
            found.push(Diagnostic::error(message).at(need.span).hint(hint));
        }
    }
}

fn demands(module: &Module, environment: &Environment, found: &mut Findings) {
    let Ok(version) = Version::parse(&module.version.text) else { return };
    let asks = DEMANDS.iter().filter(|demand| {
        demand.chart == module.chart.text && (demand.majors.0..=demand.majors.1).contains(&version.major())
    });
    for demand in asks {
        let given = environment.modules.iter().filter(|other| demand.one_of.contains(&other.chart.text.as_str()));
        let Some(first) = given.clone().next() else {
            let wanted: Vec<String> = demand.one_of.iter().map(|chart| format!("`{chart}`")).collect();
            let message =
                format!("`{}` needs a module of chart {}: {}", module.release.text, wanted.join(" or "), demand.why);
            found.push(Diagnostic::error(message).at(module.release.span).hint("add it to `modules`"));
            continue;
        };
        if demand.same_version && !given.clone().any(|other| other.version.text == module.version.text) {
            let message = format!(
                "`{}` has version {}, but `{}` has {}: {}",
                module.release.text, module.version.text, first.release.text, first.version.text, demand.why
            );
            found.push(
                Diagnostic::error(message).at(module.version.span).label(first.version.span, "the other version"),
            );
        }
        let waits = |other: &&Module| module.needs.iter().any(|need| need.text == other.release.text);
        if !given.clone().any(|other| waits(&other)) {
            let message =
                format!("`{}` does not wait for `{}`: {}", module.release.text, first.release.text, demand.why);
            let hint = format!("add `{}` to its `needs`", first.release.text);
            found.push(Diagnostic::error(message).at(module.release.span).hint(hint));
        }
    }
}

/// What stands in values that win: image tags that move, hosts outside of the domain.
fn inner(node: &Node, environment: &Environment, path: &mut Vec<String>, found: &mut Findings) {
    for item in node.items() {
        inner(item, environment, path, found);
    }
    for entry in node.entries() {
        let key = text(&entry.key);
        let stated = match entry.value.kind() {
            NodeKind::Str(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            _ => {
                path.push(key);
                inner(&entry.value, environment, path, found);
                path.pop();
                continue;
            }
        };
        let whole: String = path.iter().map(|part| format!("{part}.")).collect::<String>() + &key;
        tag(&key, &stated, &whole, entry.value.span(), environment, found);
        host(&key, &stated, &whole, entry.value.span(), environment, found);
    }
}

fn tag(key: &str, stated: &str, whole: &str, at: crate::source::Span, environment: &Environment, found: &mut Findings) {
    let lower = key.to_ascii_lowercase();
    let is_tag = lower == "tag" || lower.ends_with("imagetag");
    let words = ["latest", "develop", "main", "master", "edge", "nightly", "dev", "snapshot"];
    let part = |part: &str| words.contains(&part.to_ascii_lowercase().as_str());
    let moves = stated.split(['-', '_', '.']).any(part);
    if is_tag && moves && freezes(environment) {
        let kind = environment.kind.name();
        let message = format!("image tag `{stated}` of `{whole}` still moves, but a {kind} needs frozen versions");
        found.push(Diagnostic::error(message).at(at).hint("name a released tag"));
    }
}

fn host(
    key: &str,
    stated: &str,
    whole: &str,
    at: crate::source::Span,
    environment: &Environment,
    found: &mut Findings,
) {
    let lower = key.to_ascii_lowercase();
    let elsewhere =
        ["db", "database", "postgres", "smtp", "mail", "redis", "kafkab", "external", "proxy", "opensearchh"];
    let public = lower.ends_with("hostname") && !elsewhere.iter().any(|word| lower.contains(word));
    let is_domain = stated.contains('.') && super::super::forms::DOMAIN.fits(stated) && !stated.ends_with(".svc");
    if public && is_domain && !stated.contains(".svc.") && !lies_below(stated, &environment.domain.text) {
        let domain = &environment.domain;
        let message = format!("host `{stated}` of `{whole}` lies outside of the domain `{}`", domain.text);
        found.push(Diagnostic::error(message).at(at).label(domain.span, "the domain"));
    }
}

/// A path that is handed over as a secret stands nowhere else.
fn secret_values(module: &Module, found: &mut Findings) {
    for (path, _) in &module.secret_values {
        let keys: Vec<&str> = path.text.split('.').collect();
        let stated: Option<&Node> = module.values.as_ref().and_then(|values| values.at(&keys));
        if let Some(stated) = stated {
            let message = format!("`{}` stands in `values` and in `secretValues`", path.text);
            found.push(Diagnostic::error(message).at(stated.span()).label(path.span, "handed over as a secret"));
        }
    }
    let paths: Vec<&Located> = module.secret_values.iter().map(|(path, _)| path).collect();
    for one in &paths {
        let below =
            paths.iter().find(|other| other.text.strip_prefix(&one.text).is_some_and(|rest| rest.starts_with('.')));
        if let Some(below) = below {
            let message = format!("`{}` lies below `{}`, which is a secret itself", below.text, one.text);
            found.push(Diagnostic::error(message).at(below.span).label(one.span, "here"));
        }
    }
}
