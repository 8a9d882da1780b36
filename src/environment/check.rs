//! Checks of one environment that need no chart.

use super::fields::Findings;
use super::{Environment, Kind, Located, Module, Organisation};
use crate::diagnostic::{Diagnostic, nearest};
use crate::version::Version;

/// The longest name of a namespace (a DNS label).
const LONGEST_LABEL: usize = 63;
/// The longest release name that Helm takes.
const LONGEST_RELEASE: usize = 53;

pub(super) fn environment(environment: &Environment, organisation: Option<&Organisation>, found: &mut Findings) {
    label(&environment.namespace, "namespace", LONGEST_LABEL, found);
    label(&environment.cluster, "cluster", LONGEST_LABEL, found);
    label(&environment.name, "name", LONGEST_LABEL, found);
    domain(&environment.domain, found);
    if let Some(organisation) = organisation {
        within_organisation(environment, organisation, found);
    }
    for module in &environment.modules {
        label(&module.release, "release", LONGEST_RELEASE, found);
        chart(module, found);
        version(module, environment.kind, found);
        needs(module, environment, found);
    }
}

fn within_organisation(environment: &Environment, organisation: &Organisation, found: &mut Findings) {
    let cluster = &environment.cluster;
    let clusters = &organisation.clusters;
    if !clusters.is_empty() && !clusters.iter().any(|known| known.text == cluster.text) {
        let names: Vec<&str> = clusters.iter().map(|known| known.text.as_str()).collect();
        let mut diagnostic = Diagnostic::error(format!("the organisation has no cluster `{}`", cluster.text))
            .at(cluster.span)
            .hint(format!("its clusters: {}", names.join(", ")));
        if let Some(first) = clusters.first() {
            diagnostic = diagnostic.label(first.span, "the clusters stand here");
        }
        found.push(diagnostic);
    }
    let (domain, outer) = (&environment.domain, &organisation.domain);
    let inside = domain.text == outer.text || domain.text.ends_with(&format!(".{}", outer.text));
    if !inside {
        let message = format!("domain `{}` lies outside the organisation's domain `{}`", domain.text, outer.text);
        found.push(Diagnostic::error(message).at(domain.span).label(outer.span, "the organisation's domain"));
    }
}

fn label(name: &Located, what: &str, longest: usize, found: &mut Findings) {
    if is_label(&name.text) && name.text.len() <= longest {
        return;
    }
    let message = format!(
        "expected {what} of at most {longest} lower-case letters, digits and inner hyphens, found `{}`",
        name.text.escape_default()
    );
    found.push(Diagnostic::error(message).at(name.span));
}

/// Whether a text is a DNS label, whatever its length.
pub(crate) fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// Whether a text is a domain name: labels with dots between them.
pub(super) fn domain(name: &Located, found: &mut Findings) {
    let labels: Vec<&str> = name.text.split('.').collect();
    let good = labels.len() > 1 && labels.iter().all(|label| is_label(label) && label.len() <= LONGEST_LABEL);
    if !good || name.text.len() > 253 {
        let message = format!("expected a domain name such as `example.org`, found `{}`", name.text.escape_default());
        found.push(Diagnostic::error(message).at(name.span));
    }
}

/// Whether a text is an absolute web address without parts behind the path.
pub(super) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-._~:/%".contains(letter);
    rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphanumeric()) && rest.chars().all(is_part))
}

/// Whether a text has the form of an e-mail address.
pub(super) fn is_email(text: &str) -> bool {
    let is_word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || "-._+%".contains(c));
    text.split_once('@').is_some_and(|(name, host)| is_word(name) && is_word(host))
}

/// A chart's name becomes a file name.
fn chart(module: &Module, found: &mut Findings) {
    let name = &module.chart;
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    if !name.text.chars().all(is_part) || name.text.starts_with('.') {
        let message = format!("expected the name of a chart, found `{}`", name.text.escape_debug());
        found.push(Diagnostic::error(message).at(name.span).hint("write `name` of its Chart.yaml"));
    }
}

fn version(module: &Module, kind: Kind, found: &mut Findings) {
    let version = &module.version;
    if Version::parse(&version.text).is_err() {
        let message = format!("expected one exact version, found `{}`", version.text.escape_default());
        found.push(Diagnostic::error(message).at(version.span).hint("write it as in Chart.yaml, for example 1.3.1"));
        return;
    }
    if kind != Kind::Sandbox && version.text.contains("-develop") {
        let message = format!("version `{}` still moves, but a {} needs frozen versions", version.text, kind.name());
        found.push(Diagnostic::error(message).at(version.span).hint("name a released version"));
    }
}

fn needs(module: &Module, environment: &Environment, found: &mut Findings) {
    for need in &module.needs {
        let names = || environment.modules.iter().map(|module| module.release.text.as_str());
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
