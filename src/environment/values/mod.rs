//! Values of a release from a template in Tera.
//!
//! The template is YAML first: Tera renders each scalar alone, so that a rendered `no`, `#` or line break stays a
//! text. A scalar that is one expression and nothing else takes the type of its result; where that result is `none`,
//! the entry is left out, so that the chart's default holds. The reference for expressions is Tera 2; an undefined
//! variable is an error. Scalars, loops and results are bounded.

mod convert;
mod expressions;
mod functions;
mod rendering;

pub use convert::overlay;
pub(crate) use convert::plain;
pub(super) use convert::variable;

use super::origins::ValueOrigins;
use super::scope;
use super::{Environment, Module, Organisation};
use crate::diagnostic::{Diagnostic, Valid};
use crate::source::{Source, SourceId, Sources, Span};
use crate::value::{Map, Value};
use crate::yaml::{Node, NodeKind};
use expressions::{is_template, paths, reads, unread};
use rendering::Rendering;
use tera::Context;

/// How deep a values template may nest.
pub(super) const DEEPEST: usize = 100;
/// The most bytes of a values template.
const LARGEST_TEMPLATE: usize = 1 << 20;

/// The variable that holds what all environments share.
const ORGANISATION: &str = "organisation";

/// What a values template can ask for; `docs/environments.md` describes the variables.
pub struct Scope<'a> {
    context: Context,
    /// The variables with their places, but for the organisation.
    variables: Node,
    organisation: Option<&'a Organisation>,
    module: &'a Module,
}

/// The values of a release and where they come from.
#[derive(Clone, Debug)]
pub struct ReleaseValues {
    /// The values.
    pub value: Value,
    /// Where each comes from.
    pub origins: ValueOrigins,
}

impl ReleaseValues {
    /// Lays what somebody states over the values.
    fn overlay(&mut self, stated: &Node) {
        self.value = overlay(self.value.clone(), &plain(stated, 0));
        self.origins.overlay(stated, &mut Vec::new());
    }
}

impl<'a> Scope<'a> {
    /// The scope of one module.
    pub fn new(organisation: Option<&'a Organisation>, environment: &Environment, module: &'a Module) -> Scope<'a> {
        let variables = scope::variables(organisation, environment, module);
        let mut context = Context::new();
        for entry in variables.entries() {
            context.insert_value(super::fields::text(&entry.key), variable(&entry.value));
        }
        if let Some(organisation) = organisation {
            context.insert_value(ORGANISATION, organisation.variable().clone());
        }
        Scope { context, variables, organisation, module }
    }

    /// Renders a template.
    ///
    /// # Errors
    /// A text that is no YAML, every scalar that Tera refuses, and every setting of the module that the template
    /// never reads, each with its place.
    pub fn render(&self, template: &[u8], source: SourceId) -> Valid<ReleaseValues> {
        if template.len() > LARGEST_TEMPLATE {
            let message = format!("values template is larger than {LARGEST_TEMPLATE} bytes");
            return Err(vec![Diagnostic::error(message).at(Span::new(source, 0, 0))]);
        }
        let node = super::file::read(template, source)?;
        if !matches!(node.kind(), NodeKind::Map(_) | NodeKind::Null) {
            let message = format!("expected a values template as a mapping, found {}", super::fields::kind(&node));
            return Err(vec![Diagnostic::error(message).at(node.span())]);
        }
        let (value, origins, mut found) = Rendering::new(self).whole(&node);
        if let Some(settings) = &self.module.settings {
            unread(settings, &reads(template), &mut found);
        }
        if found.is_empty() { Ok(ReleaseValues { value, origins }) } else { Err(found) }
    }

    /// The result of one expression: for conditions, and for texts that may be templates.
    ///
    /// # Errors
    /// What Tera says of it.
    pub(super) fn evaluate(&self, text: &str) -> Result<Option<Value>, String> {
        if is_template(text.as_bytes()) { Rendering::new(self).only(text) } else { Ok(Some(Value::str(text))) }
    }

    /// A variable with its places.
    pub(super) fn variable(&self, name: &str) -> Option<&Node> {
        self.at(&[name])
    }

    /// The variable, or the part of one, at the end of a path.
    fn at<K: AsRef<[u8]>>(&self, path: &[K]) -> Option<&Node> {
        match path.split_first()? {
            (first, rest) if first.as_ref() == ORGANISATION.as_bytes() => self.organisation?.node.at(rest),
            _ => self.variables.at(path),
        }
    }

    /// The places that an expression reads, and those of all leaves where it is one path and nothing else.
    fn places(&self, text: &[u8]) -> Vec<Span> {
        let text = String::from_utf8_lossy(text);
        let mut places = Vec::new();
        for path in paths(&text) {
            let Some(mut node) = self.variable(&path[0]) else { continue };
            let mut reached = 1;
            for key in &path[1..] {
                let Some(next) = node.get(key) else { break };
                node = next;
                reached += 1;
            }
            let whole = reached == path.len();
            let leaf = !matches!(node.kind(), NodeKind::Map(_));
            if (whole || leaf) && !places.contains(&node.span()) {
                places.push(node.span());
            }
        }
        places
    }
}

/// The values of a module: its template rendered, its own values over that, without what is handed over as a secret.
///
/// # Errors
/// What is wrong with the template and with settings that nobody reads, each with its place.
pub fn release_values(
    organisation: Option<&Organisation>,
    environment: &Environment,
    module: &Module,
    template: Option<Source>,
    sources: &mut Sources,
) -> Valid<ReleaseValues> {
    let mut values = ReleaseValues { value: Value::Map(Map::new()), origins: ValueOrigins::default() };
    if let Some(defaults) = &module.defaults {
        values.overlay(defaults);
    }
    if let Some(template) = template {
        let id = sources.add(template.clone());
        let scope = Scope::new(organisation, environment, module);
        let rendered = scope.render(template.text(), id).map_err(|found| {
            let frame = |diagnostic: Diagnostic| {
                diagnostic.frame(format!("the values of `{}`", module.release.text), Some(module.release.span))
            };
            found.into_iter().map(frame).collect::<Vec<_>>()
        })?;
        if !rendered.value.is_nil() {
            values.value = overlay(values.value, &rendered.value);
            values.origins.extend(rendered.origins);
        }
    } else if let Some(settings) = &module.settings {
        let message = format!("chart `{}` has no values template, so nobody reads `settings`", module.chart.text);
        return Err(vec![Diagnostic::error(message).at(settings.span()).hint("set `values` instead")]);
    }
    if let Some(own) = &module.values {
        values.overlay(own);
    }
    for (path, _) in &module.secret_values {
        let keys: Vec<String> = path.text.split('.').map(str::to_owned).collect();
        remove(&values.value, &keys);
        values.origins.forget(&keys);
    }
    Ok(values)
}

/// Takes a path out of values.
fn remove(value: &Value, path: &[String]) {
    let Some((last, tables)) = path.split_last() else { return };
    let mut table = value.as_map().cloned();
    for key in tables {
        table = table.and_then(|table| table.get(key)?.as_map().cloned());
    }
    if let Some(table) = table {
        table.remove(last);
    }
}
