//! Keywords that apply further schemas to the same value.

use super::{Failures, Open, Task, Walk};
use crate::schema::message;
use crate::schema::program::{Keyword, Program, SchemaId};

impl<'p> Walk<'p> {
    /// The keywords that apply further schemas to the same value.
    pub(super) fn combination(
        &mut self,
        task: &Task<'_, 'p>,
        keyword: &'p Keyword,
        open: &mut Open,
        failures: &mut Failures,
    ) {
        match keyword {
            Keyword::RecursiveRef(id) => {
                let target = recursive_target(task, *id);
                let verdict = self.refer(task, target, "$recursiveRef", open);
                failures.add_verdict(verdict.map(|()| Open::default()));
            }
            Keyword::DynamicRef { schema, anchor } => {
                let target = dynamic_target(task, *schema, anchor.as_deref());
                let verdict = self.refer(task, target, "$dynamicRef", open);
                failures.add_verdict(verdict.map(|()| Open::default()));
            }
            Keyword::Not(schema) if self.apply_here(task, *schema, open, true).is_ok() => {
                failures.add(self.failure(task, "not", || "'not' failed".into()));
            }
            Keyword::AllOf(schemas) => {
                let mut inner = Failures::default();
                for schema in schemas {
                    let verdict = self.apply_here(task, *schema, open, false);
                    inner.add_verdict(verdict.map(|()| Open::default()));
                    if task.quiet && !inner.is_empty() {
                        break;
                    }
                }
                if !inner.is_empty() {
                    failures.add(self.with_causes(task, "allOf", "'allOf' failed", inner));
                }
            }
            Keyword::AnyOf(schemas) => self.any_of(task, schemas, open, failures),
            Keyword::OneOf(schemas) => self.one_of(task, schemas, open, failures),
            Keyword::If { test, then, otherwise } => {
                let branch = if self.apply_here(task, *test, open, true).is_ok() { then } else { otherwise };
                if let Some(schema) = branch {
                    let verdict = self.apply_here(task, *schema, open, false);
                    failures.add_verdict(verdict.map(|()| Open::default()));
                }
            }
            _ => {}
        }
    }

    fn any_of(&mut self, task: &Task<'_, 'p>, schemas: &[SchemaId], open: &mut Open, failures: &mut Failures) {
        let mut inner = Failures::default();
        let mut matched = false;
        for schema in schemas {
            match self.apply_here(task, *schema, open, false) {
                Err(failure) => inner.add(failure),
                Ok(()) => {
                    matched = true;
                    // All that match count where somebody asks what is evaluated.
                    if open.is_empty() {
                        break;
                    }
                }
            }
        }
        if !matched {
            failures.add(self.with_causes(task, "anyOf", "'anyOf' failed", inner));
        }
    }

    fn one_of(&mut self, task: &Task<'_, 'p>, schemas: &[SchemaId], open: &mut Open, failures: &mut Failures) {
        let mut inner = Failures::default();
        let mut matched: Option<usize> = None;
        for (at, schema) in schemas.iter().enumerate() {
            match (self.apply_here(task, *schema, open, matched.is_some()), matched) {
                (Err(failure), None) => inner.add(failure),
                (Err(_), Some(_)) => {}
                (Ok(()), None) => matched = Some(at),
                (Ok(()), Some(first)) => {
                    let (first, second) = (message::count(first), message::count(at));
                    failures.add(
                        self.failure(task, "oneOf", || format!("'oneOf' failed, subschemas {first}, {second} matched")),
                    );
                    break;
                }
            }
        }
        if matched.is_none() {
            failures.add(self.with_causes(task, "oneOf", "'oneOf' failed, none matched", inner));
        }
    }
}

/// Where `$recursiveRef` lands: at the outermost resource that lets itself be entered so.
fn recursive_target<'p>(task: &Task<'_, 'p>, id: SchemaId) -> (&'p Program, SchemaId) {
    let mut target = (task.program, id);
    if !target.0.schema(id).is_some_and(|schema| schema.recursive_anchor) {
        return target;
    }
    let mut at = Some(task.scope);
    while let Some(scope) = at {
        let resource = scope.schema().and_then(|schema| scope.program.schema(schema.resource));
        if resource.is_some_and(|resource| resource.recursive_anchor) {
            target = (scope.program, scope.id);
        }
        at = scope.parent;
    }
    target
}

/// Where `$dynamicRef` lands: at the outermost resource on the way that has the anchor.
fn dynamic_target<'p>(task: &Task<'_, 'p>, id: SchemaId, anchor: Option<&str>) -> (&'p Program, SchemaId) {
    let mut target = (task.program, id);
    let Some(anchor) = anchor else { return target };
    if target.0.schema(id).and_then(|schema| schema.dynamic_anchor.as_deref()) != Some(anchor) {
        return target;
    }
    let mut at = Some(task.scope);
    while let Some(scope) = at {
        let resource = scope.schema().and_then(|schema| scope.program.schema(schema.resource));
        let found = resource.and_then(|resource| resource.dynamic_anchors.iter().find(|(name, _)| **name == *anchor));
        if let Some((_, id)) = found {
            target = (scope.program, *id);
        }
        at = scope.parent;
    }
    target
}
