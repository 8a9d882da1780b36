//! Metadata as templates of Helm 3 see it: Go structs with fields, written to JSON under the names of `Chart.yaml`.

use super::{Dependency, Maintainer, Metadata};
use crate::value::{Field, Kind, List, ListKind, Map, MapKind, Object, Text, Value};
use std::any::Any;
use std::borrow::Cow;
use std::rc::Rc;

impl Metadata {
    /// `.Chart` of Helm 3: a struct of the metadata and `IsRoot`.
    pub fn to_struct(&self, is_root: bool) -> Value {
        let metadata = Value::Object(Rc::new(self.as_struct()));
        let plain = || Fields([self.json_fields(), vec![("IsRoot", Value::Bool(is_root))]].concat());
        Value::Object(Rc::new(Struct {
            go_type: "struct { chart.Metadata; IsRoot bool }",
            kind: Kind::Struct,
            promoted: self.fields(),
            fields: vec![("Metadata", metadata), ("IsRoot", Value::Bool(is_root))],
            plain: plain(),
        }))
    }

    /// The fields that are not empty, under their names in `Chart.yaml`, as Helm writes metadata.
    pub fn to_plain(&self) -> Map {
        self.json_fields().into_iter().collect()
    }

    fn as_struct(&self) -> Struct {
        let plain = Fields(self.json_fields());
        Struct { go_type: "chart.Metadata", kind: Kind::Struct, promoted: Vec::new(), fields: self.fields(), plain }
    }

    /// The fields in the order of Go's struct.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        let maintainers = self.maintainers.iter().map(Maintainer::to_pointer).collect();
        let dependencies = self.dependencies().iter().map(Dependency::to_pointer).collect();
        vec![
            ("Name", Value::str(&self.name)),
            ("Home", Value::str(&self.home)),
            ("Sources", texts(&self.sources)),
            ("Version", Value::str(&self.version)),
            ("Description", Value::str(&self.description)),
            ("Keywords", texts(&self.keywords)),
            ("Maintainers", pointers("[]*chart.Maintainer", maintainers)),
            ("Icon", Value::str(&self.icon)),
            ("APIVersion", Value::str(&self.api_version)),
            ("Condition", Value::str(&self.condition)),
            ("Tags", Value::str(&self.tags)),
            ("AppVersion", Value::str(&self.app_version)),
            ("Deprecated", Value::Bool(self.deprecated)),
            ("Annotations", Value::Map(self.annotations_map())),
            ("KubeVersion", Value::str(&self.kube_version)),
            ("Dependencies", pointers("[]*chart.Dependency", dependencies)),
            ("Type", Value::str(&self.kind)),
        ]
    }

    /// `annotations`, nil where the file has none.
    pub(super) fn annotations_map(&self) -> Map {
        let Some(annotations) = &self.annotations else { return Map::nil(MapKind::Text) };
        let entries = annotations.iter().map(|(key, value)| (Text::from(key.as_str()), Value::str(value)));
        Map::from_entries(MapKind::Text, entries.collect())
    }

    fn json_fields(&self) -> Vec<(&'static str, Value)> {
        let maintainers = self.maintainers.iter().map(|one| plain_map(one.json_fields())).collect();
        let dependencies = self.dependencies().iter().map(Dependency::to_plain).collect();
        filled([
            ("name", Value::str(&self.name)),
            ("home", Value::str(&self.home)),
            ("sources", texts(&self.sources)),
            ("version", Value::str(&self.version)),
            ("description", Value::str(&self.description)),
            ("keywords", texts(&self.keywords)),
            ("maintainers", Value::list(maintainers)),
            ("icon", Value::str(&self.icon)),
            ("apiVersion", Value::str(&self.api_version)),
            ("condition", Value::str(&self.condition)),
            ("tags", Value::str(&self.tags)),
            ("appVersion", Value::str(&self.app_version)),
            ("deprecated", Value::Bool(self.deprecated)),
            ("annotations", Value::Map(self.annotations_map())),
            ("kubeVersion", Value::str(&self.kube_version)),
            ("dependencies", Value::list(dependencies)),
            ("type", Value::str(&self.kind)),
        ])
    }
}

impl Maintainer {
    fn to_pointer(&self) -> Value {
        let fields =
            vec![("Name", Value::str(&self.name)), ("Email", Value::str(&self.email)), ("URL", Value::str(&self.url))];
        pointer("*chart.Maintainer", fields, self.json_fields())
    }

    fn json_fields(&self) -> Vec<(&'static str, Value)> {
        filled([("name", Value::str(&self.name)), ("email", Value::str(&self.email)), ("url", Value::str(&self.url))])
    }
}

impl Dependency {
    /// The fields that are not empty under their names in `Chart.yaml`, in the order in which Helm writes them to JSON.
    pub fn to_plain(&self) -> Value {
        plain_map(self.json_fields())
    }

    fn to_pointer(&self) -> Value {
        let fields = vec![
            ("Name", Value::str(&self.name)),
            ("Version", Value::str(&self.version)),
            ("Repository", Value::str(&self.repository)),
            ("Condition", Value::str(&self.condition)),
            ("Tags", texts(&self.tags)),
            ("Enabled", Value::Bool(self.enabled)),
            ("ImportValues", Value::list(self.import_values.clone())),
            ("Alias", Value::str(&self.alias)),
        ];
        pointer("*chart.Dependency", fields, self.json_fields())
    }

    /// Name and repository stand there even if they are empty.
    fn json_fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = vec![("name", Value::str(&self.name))];
        fields.extend(filled([("version", Value::str(&self.version))]));
        fields.push(("repository", Value::str(&self.repository)));
        fields.extend(filled([
            ("condition", Value::str(&self.condition)),
            ("tags", texts(&self.tags)),
            ("enabled", Value::Bool(self.enabled)),
            ("import-values", Value::list(self.import_values.clone())),
            ("alias", Value::str(&self.alias)),
        ]));
        fields
    }
}

fn filled<const N: usize>(fields: [(&'static str, Value); N]) -> Vec<(&'static str, Value)> {
    fields.into_iter().filter(|(_, value)| value.truth()).collect()
}

/// JSON of a nested struct, whose order is kept.
fn plain_map(fields: Vec<(&'static str, Value)>) -> Value {
    Value::Object(Rc::new(Fields(fields)))
}

fn texts(items: &[String]) -> Value {
    if items.is_empty() {
        return Value::List(List::nil(ListKind::Text));
    }
    Value::strings(items)
}

fn pointers(go_type: &'static str, items: Vec<Value>) -> Value {
    let kind = ListKind::Other(go_type);
    Value::List(if items.is_empty() { List::nil(kind) } else { List::new(kind, items) })
}

fn pointer(go_type: &'static str, fields: Vec<(&'static str, Value)>, plain: Vec<(&'static str, Value)>) -> Value {
    Value::Object(Rc::new(Struct { go_type, kind: Kind::Ptr, promoted: Vec::new(), fields, plain: Fields(plain) }))
}

/// A struct or a pointer to one.
#[derive(Clone, Debug)]
struct Struct {
    go_type: &'static str,
    kind: Kind,
    /// Fields of an embedded struct, which are there without its name too.
    promoted: Vec<(&'static str, Value)>,
    fields: Vec<(&'static str, Value)>,
    plain: Fields,
}

impl Object for Struct {
    fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.go_type)
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn field(&self, name: &str) -> Option<Field> {
        let mut fields = self.fields.iter().chain(&self.promoted);
        fields.find(|(field, _)| *field == name).map(|(_, value)| Field::Value(value.clone()))
    }

    fn fields(&self) -> Vec<(Cow<'static, str>, Value)> {
        self.fields.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect()
    }

    fn to_plain(&self) -> Option<Value> {
        Some(Value::Object(Rc::new(self.plain.clone())))
    }
}

/// A JSON object whose order is that of Go's struct.
#[derive(Clone, Debug)]
struct Fields(Vec<(&'static str, Value)>);

impl Object for Fields {
    fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed("map[string]interface {}")
    }

    fn kind(&self) -> Kind {
        Kind::Map
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn entries(&self) -> Option<Vec<(Text, Value)>> {
        Some(self.0.iter().map(|(name, value)| (Text::from(*name), value.clone())).collect())
    }
}
