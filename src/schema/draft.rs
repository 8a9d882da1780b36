//! The drafts of JSON Schema and their meta-schemas.
//!
//! The meta-schemas under `metaschemas/` are those that json-schema.org publishes, reduced to what they assert. Drafts
//! 4, 6 and 7 are in their older editions, which ask more of `enum`, because Helm checks schemas with those.

use super::json::{Document, NodeId};
use std::sync::{Arc, LazyLock};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    V4,
    V6,
    V7,
    V2019,
    V2020,
}

impl Draft {
    pub(super) const ALL: [Draft; 5] = [Draft::V4, Draft::V6, Draft::V7, Draft::V2019, Draft::V2020];
    /// The draft of a schema without `$schema`.
    pub(super) const LATEST: Draft = Draft::V2020;

    /// The draft that a `$schema` names.
    pub(super) fn from_url(url: &str) -> Option<Draft> {
        let url = url.strip_suffix('#').unwrap_or(url);
        let url = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or(url);
        if url == "json-schema.org/schema" {
            return Some(Draft::LATEST);
        }
        Draft::ALL.into_iter().find(|draft| draft.url().split_once("://").is_some_and(|(_, own)| own == url))
    }

    /// The address of its meta-schema.
    pub(super) fn url(self) -> &'static str {
        match self {
            Draft::V4 => "http://json-schema.org/draft-04/schema",
            Draft::V6 => "http://json-schema.org/draft-06/schema",
            Draft::V7 => "http://json-schema.org/draft-07/schema",
            Draft::V2019 => "https://json-schema.org/draft/2019-09/schema",
            Draft::V2020 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The keyword that names a schema.
    pub(super) fn id_keyword(self) -> &'static str {
        if self == Draft::V4 { "id" } else { "$id" }
    }

    /// The identifier of a schema object without its fragment.
    pub(super) fn id(self, document: &Document, node: NodeId) -> Option<&str> {
        // Everything beside a `$ref` is ignored in the older drafts.
        if self < Draft::V2019 && document.get(node, "$ref").is_some() {
            return None;
        }
        let id = document.get_text(node, self.id_keyword())?;
        id.split('#').next().filter(|id| !id.is_empty())
    }

    /// The schemas right under a schema object.
    pub(super) fn subschemas(self, document: &Document, node: NodeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        for (name, value) in document.members(node) {
            let Some((since, place)) = place(name) else { continue };
            if self < since {
                continue;
            }
            if matches!(place, Place::One | Place::OneOrList) {
                found.push(value);
            }
            if matches!(place, Place::List | Place::OneOrList) {
                found.extend_from_slice(document.items(value));
            }
            if place == Place::Map {
                found.extend(document.members(value).map(|(_, schema)| schema));
            }
        }
        found
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    One,
    List,
    OneOrList,
    Map,
}

/// Where a keyword holds schemas, and since which draft.
fn place(keyword: &str) -> Option<(Draft, Place)> {
    Some(match keyword {
        "definitions" | "properties" | "patternProperties" | "dependencies" => (Draft::V4, Place::Map),
        "not" | "additionalProperties" | "additionalItems" => (Draft::V4, Place::One),
        "allOf" | "anyOf" | "oneOf" => (Draft::V4, Place::List),
        "items" => (Draft::V4, Place::OneOrList),
        "propertyNames" | "contains" => (Draft::V6, Place::One),
        "if" | "then" | "else" => (Draft::V7, Place::One),
        "$defs" | "dependentSchemas" => (Draft::V2019, Place::Map),
        "unevaluatedProperties" | "unevaluatedItems" | "contentSchema" => (Draft::V2019, Place::One),
        "prefixItems" => (Draft::V2020, Place::List),
        _ => return None,
    })
}

/// The published meta-schema at an address of json-schema.org.
pub(super) fn published(url: &str) -> Option<Arc<Document>> {
    let (_, path) = url.split_once("://json-schema.org/").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))?;
    let path = if path == "schema" { "draft/2020-12/schema" } else { path };
    PUBLISHED.iter().find(|(own, _)| *own == path).map(|(_, document)| Arc::clone(document))
}

macro_rules! published {
    ($($path:literal = $file:literal),+ $(,)?) => {
        [$(($path, LazyLock::new(|| read(include_bytes!(concat!("metaschemas/", $file, ".json")))))),+]
    };
}

type Published = (&'static str, LazyLock<Arc<Document>>);

static PUBLISHED: [Published; 19] = published![
    "draft-04/schema" = "draft-04",
    "draft-06/schema" = "draft-06",
    "draft-07/schema" = "draft-07",
    "draft/2019-09/schema" = "2019-09",
    "draft/2019-09/meta/applicator" = "2019-09.applicator",
    "draft/2019-09/meta/content" = "2019-09.content",
    "draft/2019-09/meta/core" = "2019-09.core",
    "draft/2019-09/meta/format" = "2019-09.format",
    "draft/2019-09/meta/meta-data" = "2019-09.meta-data",
    "draft/2019-09/meta/validation" = "2019-09.validation",
    "draft/2020-12/schema" = "2020-12",
    "draft/2020-12/meta/applicator" = "2020-12.applicator",
    "draft/2020-12/meta/content" = "2020-12.content",
    "draft/2020-12/meta/core" = "2020-12.core",
    "draft/2020-12/meta/format-annotation" = "2020-12.format-annotation",
    "draft/2020-12/meta/format-assertion" = "2020-12.format-assertion",
    "draft/2020-12/meta/meta-data" = "2020-12.meta-data",
    "draft/2020-12/meta/unevaluated" = "2020-12.unevaluated",
    "draft/2020-12/meta/validation" = "2020-12.validation",
];

fn read(text: &[u8]) -> Arc<Document> {
    Arc::new(Document::parse(text).unwrap_or_else(|_| Document::permissive()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_meta_schema_is_readable() {
        for (path, document) in &PUBLISHED {
            assert!(document.get(0, "$schema").is_some(), "{path}");
        }
        for draft in Draft::ALL {
            assert!(published(draft.url()).is_some());
            assert_eq!(Draft::from_url(draft.url()), Some(draft));
        }
        assert_eq!(Draft::from_url("https://json-schema.org/draft-07/schema#"), Some(Draft::V7));
        assert_eq!(Draft::from_url("http://json-schema.org/draft-07/schema#/x"), None);
    }
}
