//! Which field of `Chart.yaml` a lock no longer fits.

use super::declared::Declared;
use super::lock;
use crate::chart::{Dependency, Lock};
use crate::source::Span;
use crate::value::Value;
use crate::version::{Constraint, Version};

/// The most fields that are tried out in all combinations.
const MOST_TRIED: usize = 10;

/// One difference between what is declared and what is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The number of the declared dependency; `None` where the lock has one that is not declared.
    pub at: Option<usize>,
    /// The field.
    pub field: &'static str,
    /// What differs, in words.
    pub message: String,
    /// The place in the declaring file.
    pub span: Option<Span>,
}

/// All differences; none where the lock fits. `declared` has addresses in the place of aliases of repositories.
///
/// A lock holds names, repositories and versions. The other fields are only part of its digest: what changed among them
/// is found out by leaving them out, and told in general where that does not help.
pub fn drifts(declared: &[Dependency], lock: &Lock, file: &Declared) -> Vec<Drift> {
    let expected = lock::digest(Some(declared), Some(&lock.dependencies)).unwrap_or_default();
    if expected == lock.digest {
        return Vec::new();
    }
    let mut found = Vec::new();
    let add = |at: usize, field: &'static str, message: String| {
        let span = file.span(at, field);
        Drift { at: Some(at), field, message, span }
    };
    for (at, one) in declared.iter().enumerate() {
        found.extend(entry_drift(one, at, lock).map(|(field, message)| add(at, field, message)));
    }
    for locked in &lock.dependencies {
        if !declared.iter().any(|one| one.name == locked.name) {
            let message = format!("`{}` is locked, but no longer declared", locked.name);
            found.push(Drift { at: None, field: "name", message, span: None });
        }
    }
    if found.is_empty() && declared.len() != lock.dependencies.len() {
        let (ours, theirs) = (declared.len(), lock.dependencies.len());
        let message = format!("{ours} dependencies are declared, {theirs} are locked");
        found.push(Drift { at: None, field: "name", message, span: None });
    }
    if found.is_empty() {
        found = digest_drifts(declared, lock, &add);
    }
    found
}

/// What a lock's entry for a declared dependency says otherwise.
fn entry_drift(one: &Dependency, at: usize, lock: &Lock) -> Option<(&'static str, String)> {
    let here = lock.dependencies.get(at).filter(|locked| locked.name == one.name);
    let Some(locked) = here.or_else(|| lock.dependencies.iter().find(|locked| locked.name == one.name)) else {
        return Some(("name", format!("`{}` is declared, but not locked", one.name)));
    };
    if locked.repository != one.repository {
        let (ours, theirs) = (shown(&one.repository), shown(&locked.repository));
        return Some(("repository", format!("`repository` of `{}` is {ours}, locked is {theirs}", one.name)));
    }
    let fits = match (Constraint::parse(&one.version), Version::parse(&locked.version)) {
        (Ok(constraint), Ok(version)) => constraint.check(&version),
        _ => one.version == locked.version,
    };
    if fits {
        return None;
    }
    Some(("version", format!("`version` of `{}` is {}, locked is {}", one.name, shown(&one.version), locked.version)))
}

fn shown(text: &str) -> String {
    if text.is_empty() { "empty".to_owned() } else { format!("`{text}`") }
}

/// The fields without which the digest would be right: they were added since. Failing that, all that it covers.
fn digest_drifts(
    declared: &[Dependency],
    lock: &Lock,
    add: &impl Fn(usize, &'static str, String) -> Drift,
) -> Vec<Drift> {
    let candidates = candidates(declared, lock);
    let tried = candidates.len().min(MOST_TRIED);
    let mut choices: Vec<u32> = (1..1_u32 << tried).collect();
    choices.sort_by_key(|choice| choice.count_ones());
    for choice in choices {
        let chosen: Vec<_> = candidates.iter().take(tried).enumerate().filter(|(bit, _)| choice >> bit & 1 == 1).collect();
        let mut without = declared.to_vec();
        chosen.iter().for_each(|(_, (at, field))| leave_out(&mut without, lock, *at, field));
        if lock::digest(Some(&without), Some(&lock.dependencies)).is_ok_and(|digest| digest == lock.digest) {
            let told = |(at, field): &(usize, &'static str)| {
                let name = declared.get(*at).map(|one| one.name.as_str()).unwrap_or_default();
                add(*at, field, format!("`{field}` of `{name}` is new since the lock was written"))
            };
            return chosen.iter().map(|(_, candidate)| told(candidate)).collect();
        }
    }
    let message = "a range, `condition`, `tags`, `alias` or `import-values` has changed since the lock was written, or its \
                   digest was edited";
    vec![Drift { at: None, field: "digest", message: message.to_owned(), span: None }]
}

/// Fields that the lock's digest covers, but its entries do not hold.
fn candidates(declared: &[Dependency], lock: &Lock) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (at, one) in declared.iter().enumerate() {
        let locked = lock.dependencies.get(at).map(|locked| locked.version.as_str());
        let fields = [
            ("condition", !one.condition.is_empty()),
            ("tags", !one.tags.is_empty()),
            ("alias", !one.alias.is_empty()),
            ("import-values", !one.import_values.is_empty()),
            ("enabled", one.enabled),
            ("version", locked.is_some_and(|locked| locked != one.version)),
        ];
        found.extend(fields.into_iter().filter(|(_, is_there)| *is_there).map(|(field, _)| (at, field)));
    }
    found
}

fn leave_out(declared: &mut [Dependency], lock: &Lock, at: usize, field: &str) {
    let Some(one) = declared.get_mut(at) else { return };
    match field {
        "condition" => one.condition.clear(),
        "tags" => one.tags.clear(),
        "alias" => one.alias.clear(),
        "import-values" => one.import_values = Vec::<Value>::new(),
        "enabled" => one.enabled = false,
        _ => one.version = lock.dependencies.get(at).map(|locked| locked.version.clone()).unwrap_or_default(),
    }
}
