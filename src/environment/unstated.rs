//! What holds where nobody states a field of an environment.

use super::fields::Located;
use super::part::find;
use super::scope;
use super::shape::known_field;
use super::{Environment, Organisation};
use crate::source::Span;
use crate::yaml::Node;

/// A field that no file states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unstated {
    /// What the field means, and what holds where it is not stated.
    pub about: String,
    /// The value that follows, with the line from which it follows; nothing where it is simply not there.
    pub follows: Option<(String, Span)>,
}

/// What holds of a field of an environment that no layer states; nothing where there is no such field.
pub fn unstated(organisation: Option<&Organisation>, environment: &Environment, path: &[&str]) -> Option<Unstated> {
    let field = known_field(path)?;
    let about = super::json_schema::prose(field.about);
    let outer = organisation.map_or(&environment.domain, |organisation| &organisation.domain);
    let node = |node: &Node| Some((String::from_utf8_lossy(&node.to_text()?).into_owned(), node.span()));
    let follows = match path {
        ["name"] => Some((environment.name.text.clone(), environment.name.span)),
        ["adminEmail"] => Some((format!("admin@{}", outer.text), outer.span)),
        ["keycloak", key] => scope::keycloak(environment, outer).get(key).and_then(node),
        ["hosts", service] => Some((format!("{service}.{}", environment.domain.text), environment.domain.span)),
        ["storage", "class"] | ["database" | "kafka" | "objectStorage", "storageClass"] => {
            class(organisation, environment).map(|class| (class.text.clone(), class.span))
        }
        _ => None,
    };
    Some(Unstated { about, follows })
}

/// The storage class that claims take by default.
fn class<'o>(organisation: Option<&'o Organisation>, environment: &'o Environment) -> Option<&'o Located> {
    let estate = organisation.map(|organisation| &organisation.estate);
    let cluster = estate.and_then(|estate| find(&estate.clusters, &environment.cluster.text));
    let own = environment.settings.storage.class.as_ref();
    own.or_else(|| cluster?.storage.class.as_ref()).or_else(|| estate?.storage.class.as_ref())
}
