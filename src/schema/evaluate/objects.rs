//! Keywords on objects.

use super::{Failures, Open, Step, Task, Walk, counts};
use crate::schema::failure::{Failure, Role};
use crate::schema::instance::Instance;
use crate::schema::message::{quoted, quoted_list};
use crate::schema::program::{Dependency, Keyword, Properties, Rest, SchemaId};

impl<'p> Walk<'p> {
    pub(super) fn object(
        &mut self,
        task: &Task<'_, 'p>,
        keyword: &'p Keyword,
        open: &mut Open,
        failures: &mut Failures,
    ) {
        match keyword {
            Keyword::Dependencies(dependencies) => {
                for (name, dependency) in dependencies.iter().filter(|(name, _)| task.instance.has(name)) {
                    match dependency {
                        Dependency::Required(names) => self.dependent(task, ("dependencies", name), names, failures),
                        Dependency::Schema(schema) => {
                            let verdict = self.apply_here(task, *schema, open, false);
                            failures.add_verdict(verdict.map(|()| Open::default()));
                        }
                    }
                }
            }
            Keyword::DependentSchemas(schemas) => {
                for (_, schema) in schemas.iter().filter(|(name, _)| task.instance.has(name)) {
                    let verdict = self.apply_here(task, *schema, open, false);
                    failures.add_verdict(verdict.map(|()| Open::default()));
                }
            }
            Keyword::DependentRequired(required) => {
                for (name, names) in required.iter().filter(|(name, _)| task.instance.has(name)) {
                    self.dependent(task, ("dependentRequired", name), names, failures);
                }
            }
            Keyword::Properties(properties) => self.properties(task, properties, open, failures),
            Keyword::PropertyNames(schema) => self.property_names(task, *schema, failures),
            _ => self.size(task, keyword, failures),
        }
    }

    fn size(&mut self, task: &Task<'_, 'p>, keyword: &Keyword, failures: &mut Failures) {
        match keyword {
            Keyword::MinProperties(min) if (task.instance.len() as i64) < *min => {
                failures
                    .add(self.failure(task, "minProperties", || counts("minProperties", task.instance.len(), *min)));
            }
            Keyword::MaxProperties(max) if task.instance.len() as i64 > *max => {
                failures
                    .add(self.failure(task, "maxProperties", || counts("maxProperties", task.instance.len(), *max)));
            }
            Keyword::Required(names) => {
                let missing = missing(task.instance, names);
                if !missing.is_empty() {
                    failures.add(self.failure(task, "required", || match missing[..] {
                        [one] => format!("missing property {}", quoted(one)),
                        _ => format!("missing properties {}", quoted_list(&missing)),
                    }));
                }
            }
            _ => {}
        }
    }

    fn dependent(
        &mut self,
        task: &Task<'_, 'p>,
        (keyword, name): (&'static str, &str),
        names: &[Box<str>],
        failures: &mut Failures,
    ) {
        let missing = missing(task.instance, names);
        if !missing.is_empty() {
            failures.add(self.failure(task, keyword, || {
                format!("properties {} required, if {} exists", quoted_list(&missing), quoted(name))
            }));
        }
    }

    fn properties(
        &mut self,
        task: &Task<'_, 'p>,
        properties: &'p Properties,
        open: &mut Open,
        failures: &mut Failures,
    ) {
        let mut surplus: Vec<String> = Vec::new();
        // Both are sorted by name, so that one pass finds the schemas.
        let mut named = properties.named.iter().peekable();
        task.instance.members(&mut |at, name, value| {
            if task.quiet && (!failures.is_empty() || !surplus.is_empty()) {
                return;
            }
            let mut evaluated = false;
            while named.next_if(|(known, _)| **known < *name).is_some() {}
            if let Some((_, schema)) = named.peek().filter(|(known, _)| **known == *name) {
                evaluated = true;
                failures.add_verdict(self.apply_below(task, *schema, Step::Name(name), value));
            }
            for (pattern, schema) in &properties.patterns {
                if pattern.is_match(name) {
                    evaluated = true;
                    failures.add_verdict(self.apply_below(task, *schema, Step::Name(name), value));
                }
            }
            if !evaluated {
                match properties.rest {
                    Rest::Unchecked => return,
                    Rest::Allowed => {}
                    Rest::Forbidden => surplus.push(name.to_owned()),
                    Rest::Schema(schema) => {
                        failures.add_verdict(self.apply_below(task, schema, Step::Name(name), value));
                    }
                }
            }
            open.close(at);
        });
        if !surplus.is_empty() {
            failures.add(self.failure(task, "additionalProperties", || {
                format!("additional properties {} not allowed", quoted_list(&surplus))
            }));
        }
    }

    fn property_names(&mut self, task: &Task<'_, 'p>, schema: SchemaId, failures: &mut Failures) {
        task.instance.members(&mut |_, name, _| {
            if task.quiet && !failures.is_empty() {
                return;
            }
            // A name is checked for itself: its place is empty and no outer schema is in scope.
            let Err(cause) = self.start(task.program, schema, Instance::Name(name), task.quiet) else { return };
            let failure = self.failure(task, "propertyNames", || format!("invalid propertyName {}", quoted(name)));
            let causes = cause.map_or_else(Vec::new, |cause| cause.into_causes());
            failures.add(failure.map(|failure| Box::new(Failure { causes, role: Role::Plain, ..*failure })));
        });
    }
}

fn missing<'n>(instance: Instance<'_>, names: &'n [Box<str>]) -> Vec<&'n str> {
    names.iter().filter(|name| !instance.has(name)).map(AsRef::as_ref).collect()
}
