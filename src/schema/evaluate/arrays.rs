//! Keywords on arrays.

use super::{Failures, MAX_DEPTH, Open, Step, Task, Walk, counts};
use crate::schema::draft::Draft;
use crate::schema::instance::Instance;
use crate::schema::message::{count, signed_count};
use crate::schema::program::{Keyword, Rest, SchemaId};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

impl<'p> Walk<'p> {
    pub(super) fn array(
        &mut self,
        task: &Task<'_, 'p>,
        keyword: &'p Keyword,
        open: &mut Open,
        failures: &mut Failures,
    ) {
        match keyword {
            Keyword::MinItems(min) if (task.instance.len() as i64) < *min => {
                failures.add(self.failure(task, "minItems", || counts("minItems", task.instance.len(), *min)));
            }
            Keyword::MaxItems(max) if task.instance.len() as i64 > *max => {
                failures.add(self.failure(task, "maxItems", || counts("maxItems", task.instance.len(), *max)));
            }
            Keyword::UniqueItems => {
                if let Some((first, second)) = duplicates(task.instance) {
                    failures.add(self.failure(task, "uniqueItems", || {
                        format!("items at {} and {} are equal", count(first), count(second))
                    }));
                }
            }
            Keyword::Items { first, rest } => self.items(task, first, *rest, failures),
            Keyword::Contains { schema, min, max } => self.contains(task, *schema, (*min, *max), open, failures),
            _ => {}
        }
    }

    fn items(&mut self, task: &Task<'_, 'p>, first: &[SchemaId], rest: Rest, failures: &mut Failures) {
        let length = task.instance.len();
        for at in 0..length {
            let schema = match (first.get(at), rest) {
                (Some(schema), _) => *schema,
                (None, Rest::Schema(schema)) => schema,
                (None, _) => break,
            };
            let Some(item) = task.instance.item(at) else { break };
            failures.add_verdict(self.apply_below(task, schema, Step::Index(at), item));
            if task.quiet && !failures.is_empty() {
                return;
            }
        }
        if rest == Rest::Forbidden && length > first.len() {
            failures.add(self.failure(task, "additionalItems", || {
                format!("last {} additionalItem(s) not allowed", count(length - first.len()))
            }));
        }
    }

    fn contains(
        &mut self,
        task: &Task<'_, 'p>,
        schema: SchemaId,
        (min, max): (Option<i64>, Option<i64>),
        open: &mut Open,
        failures: &mut Failures,
    ) {
        let mut inner = Failures::default();
        let mut matched: Vec<String> = Vec::new();
        for at in 0..task.instance.len() {
            let Some(item) = task.instance.item(at) else { break };
            match self.apply_below(task, schema, Step::Index(at), item) {
                Err(failure) => inner.add(failure),
                Ok(_) => {
                    matched.push(at.to_string());
                    if task.schema.draft >= Draft::V2020 {
                        open.close(at);
                    }
                }
            }
        }
        let found = matched.len() as i64;
        let matches = || format!("but matched {} items at {}", count(matched.len()), matched.join(" "));
        match min {
            Some(min) if found < min => {
                let outcome = if matched.is_empty() { "but none matched".to_owned() } else { matches() };
                let text = format!("min {} items required to match contains schema, {outcome}", signed_count(min));
                failures.add(self.with_causes(task, "minContains", &text, inner));
            }
            None if matched.is_empty() => {
                failures.add(self.with_causes(task, "contains", "no items match contains schema", inner));
            }
            _ => {}
        }
        if let Some(max) = max.filter(|max| found > *max) {
            failures.add(self.failure(task, "maxContains", || {
                format!("max {} items required to match contains schema, {}", signed_count(max), matches())
            }));
        }
    }
}

/// The first two equal items.
fn duplicates(list: Instance<'_>) -> Option<(usize, usize)> {
    let equal = |a: usize, b: usize| match (list.item(a), list.item(b)) {
        (Some(a), Some(b)) => a.equals(b, MAX_DEPTH),
        _ => false,
    };
    let length = list.len();
    if length <= 20 {
        let mut pairs = (1..length).flat_map(|later| (0..later).map(move |earlier| (earlier, later)));
        return pairs.find(|(earlier, later)| equal(*earlier, *later));
    }
    let hashes = foldhash::fast::RandomState::default();
    let mut seen: HashMap<u64, Vec<usize>, foldhash::fast::RandomState> = HashMap::default();
    for at in 0..length {
        let mut state = hashes.build_hasher();
        list.item(at)?.hash(&mut state, MAX_DEPTH);
        let alike = seen.entry(state.finish()).or_default();
        if let Some(earlier) = alike.iter().find(|earlier| equal(**earlier, at)) {
            return Some((*earlier, at));
        }
        alike.push(at);
    }
    None
}
