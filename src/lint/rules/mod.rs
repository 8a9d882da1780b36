//! The rules, filed by what they read.

mod bundle;
mod chart;
mod dependency;
mod lifecycle;
mod manifest;
mod pod;
mod questions;
mod reading;
mod template;
mod values;
mod workload;

pub(crate) use manifest::stored_size;

use super::rule::Rule;
use std::sync::LazyLock;

/// All rules, sorted by name.
static SORTED: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let tables = [
        bundle::RULES,
        chart::RULES,
        dependency::RULES,
        lifecycle::RULES,
        manifest::RULES,
        pod::RULES,
        questions::RULES,
        reading::RULES,
        template::RULES,
        values::RULES,
        workload::RULES,
    ];
    let mut rules: Vec<&'static Rule> = tables.into_iter().flatten().collect();
    rules.sort_by_key(|rule| rule.name);
    rules
});

/// All rules, sorted by name.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    SORTED.iter().copied()
}

/// The rule of this name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    let at = SORTED.binary_search_by_key(&name, |rule| rule.name).ok()?;
    SORTED.get(at).copied()
}
