//! Steps beside releases, as they stand in `bundle.yaml`.

use super::{Step, Work};
use crate::diagnostic::Diagnostic;
use crate::environment::{Fields, Findings, Located, is_label};
use crate::yaml::Node;

/// The fields of each kind of step beside releases.
pub(super) const HOSTS: &[&str] = &["kind", "id", "title", "cluster", "environment", "needs", "machines", "verify"];
pub(super) const MANUAL: &[&str] =
    &["kind", "id", "title", "cluster", "environment", "needs", "instruction", "values", "verify"];
pub(super) const CHECK: &[&str] = &["kind", "id", "title", "cluster", "environment", "needs", "verify"];
/// The fields of a value that is typed.
pub(super) const TYPED: &[&str] = &["name", "value"];

/// Whether a text is what a step beside releases may be called: `WORD/NAME`.
fn is_step_id(text: &str) -> bool {
    let good = |part: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        !part.is_empty() && part.bytes().all(inner) && !part.starts_with(['-', '.'])
    };
    text.len() <= 200 && text.split_once('/').is_some_and(|(word, name)| good(word) && good(name))
}

/// Reads a step whose `kind` is one of these.
pub(super) fn read(node: &Node, kind: &Located, wave: usize, found: &mut Findings) -> Option<Step> {
    let (what, known) = match kind.text.as_str() {
        "hosts" => ("hosts step", HOSTS),
        "manual" => ("manual step", MANUAL),
        "check" => ("check step", CHECK),
        other => {
            let message = format!("unknown kind of step `{}`", other.escape_debug());
            let hint = "known kinds: hosts, release, manual, check";
            found.push(Diagnostic::error(message).at(kind.span).hint(hint));
            return None;
        }
    };
    let fields = Fields::new(node, what, known, found)?;
    let (id, title) = (fields.text("id", found)?, fields.text("title", found)?);
    if !is_step_id(&id.text) {
        let message = format!("expected `id` as `WORD/NAME`, found `{}`", id.text.escape_debug());
        found.push(Diagnostic::error(message).at(id.span));
    }
    let mut optional = |name| fields.optional(name).and_then(|_| fields.text(name, found));
    let (cluster, environment, verify) = (optional("cluster"), optional("environment"), optional("verify"));
    if let Some(line) = verify.iter().find(|line| line.text.contains(['\n', '\r'])) {
        found.push(Diagnostic::error("expected `verify` as one line").at(line.span));
    }
    for name in [&cluster, &environment].into_iter().flatten().filter(|name| !is_label(&name.text)) {
        let message =
            format!("expected a name of lower-case letters, digits and hyphens, found `{}`", name.text.escape_debug());
        found.push(Diagnostic::error(message).at(name.span));
    }
    let required = |verify: Option<Located>, found: &mut Findings| match verify {
        Some(verify) => Some(verify.text),
        None => fields.text("verify", found).map(|text| text.text),
    };
    let needs = fields.texts("needs", found).into_iter().map(|need| need.text).collect();
    let work = match kind.text.as_str() {
        "hosts" => {
            let machines = fields.texts("machines", found).into_iter().map(|machine| machine.text).collect();
            Work::Hosts { machines, verify: verify.map(|verify| verify.text) }
        }
        "check" => Work::Check { command: required(verify, found)? },
        _ => {
            let instruction = fields.text("instruction", found)?.text;
            let mut values = Vec::new();
            for node in fields.items("values", found) {
                let Some(typed) = Fields::new(node, "value", TYPED, found) else { continue };
                let (name, value) = (typed.text("name", found), typed.text("value", found));
                values.extend(name.zip(value).map(|(name, value)| (name.text, value.text)));
            }
            Work::Manual { instruction, values, verify: required(verify, found)? }
        }
    };
    let text = |located: Option<Located>| located.map(|located| located.text);
    let (cluster, environment) = (text(cluster), text(environment));
    Some(Step { id: id.text, title: title.text, cluster, environment, needs, wave, work })
}
