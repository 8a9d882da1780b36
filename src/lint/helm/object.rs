//! What Helm's lint reads of a manifest.

use crate::chart::{Compat, Decoder, Shape, WHILE_DECODING};
use crate::source::SourceId;
use crate::yaml::{self, Node};

/// The head of a manifest. Missing texts are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: String,
    namespace: String,
}

impl Object {
    /// Reads a document; one that holds nothing is no object.
    pub(super) fn from_yaml(text: &[u8]) -> Result<Option<Object>, String> {
        let node = yaml::parse(text, SourceId::default()).map_err(|error| error.to_string())?;
        Object::decode(&node, &mut Decoder::new(Compat::default()))
            .map_err(|problem| format!("{WHILE_DECODING}{problem}"))
    }

    /// Reads a text that is one JSON value; unlike in YAML, a number is no text there.
    pub(super) fn from_json(text: &[u8]) -> Result<Option<Object>, String> {
        let node = yaml::parse(text, SourceId::default()).map_err(|error| error.to_string())?;
        let mut decoder = Decoder::new(Compat::default());
        decoder.converts = false;
        Object::decode(&node, &mut decoder)
    }

    fn decode(node: &Node, decoder: &mut Decoder) -> Result<Option<Object>, String> {
        if node.is_null() {
            return Ok(None);
        }
        let mut object = Object::default();
        decoder.fields(node, &OBJECT, |decoder, field, value| match field {
            "apiVersion" => decoder.text(value, &mut object.api_version),
            "Kind" => decoder.text(value, &mut object.kind),
            _ => decoder.fields(value, &METADATA, |decoder, field, value| match field {
                "Name" => decoder.text(value, &mut object.name),
                _ => decoder.text(value, &mut object.namespace),
            }),
        });
        match decoder.problem() {
            Some(problem) => Err(problem.to_owned()),
            None => Ok(Some(object)),
        }
    }
}

const OBJECT: Shape = Shape { package: "rules", name: "k8sYamlStruct", fields: &["apiVersion", "Kind", "Metadata"] };
const METADATA: Shape = Shape { package: "rules", name: "k8sYamlMetadata", fields: &["Namespace", "Name"] };

/// Whether an item of a list asks Helm to keep it, which Helm does not hear there.
///
/// # Errors
/// A text whose items are no objects with annotations, in Go's words.
pub(super) fn keeps_item(text: &[u8]) -> Result<bool, String> {
    let node = yaml::parse(text, SourceId::default()).map_err(|error| error.to_string())?;
    let mut decoder = Decoder::new(Compat::default());
    let mut keeps = false;
    decoder.fields(&node, &Shape { package: "", name: LIST, fields: &["Items"] }, |decoder, _, items| {
        let items = decoder.items(items, ITEMS).unwrap_or_default();
        for item in items {
            decoder.fields(item, &Shape { package: "", name: ITEM, fields: &["Metadata"] }, |decoder, _, metadata| {
                let shape = Shape { package: "", name: ITEM_METADATA, fields: &["Annotations"] };
                decoder.fields(metadata, &shape, |decoder, _, value| {
                    let mut annotations = None;
                    decoder.annotations(value, &mut annotations);
                    keeps |= annotations.unwrap_or_default().contains_key("helm.sh/resource-policy");
                });
            });
        }
    });
    match decoder.problem() {
        Some(problem) => Err(format!("{WHILE_DECODING}{problem}")),
        None => Ok(keeps),
    }
}

const LIST: &str = "struct { Items []struct { Metadata struct { Annotations map[string]string } } }";
const ITEMS: &str = "[]struct { Metadata struct { Annotations map[string]string } }";
const ITEM: &str = "struct { Metadata struct { Annotations map[string]string } }";
const ITEM_METADATA: &str = "struct { Annotations map[string]string }";
