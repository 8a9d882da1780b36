//! `.Files`: the files of a chart that are neither templates nor metadata.
//!
//! The reference is Helm's `pkg/engine/files.go`. Files share the bytes of their chart; a text is copied when a
//! template asks for it.

use super::glob::Glob;
use crate::chart::Compat;
use crate::diagnostic::Fault;
use crate::value::{Field, Kind, List, ListKind, Map, MapKind, Object, Text, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use std::any::Any;
use std::borrow::Cow;
use std::rc::Rc;

/// The type of `.Files`, `engine.files`: a map from paths to bytes with methods.
#[derive(Clone, Debug)]
pub struct Files {
    compat: Compat,
    /// In byte order of the paths, each once.
    files: Rc<[(Text, Bytes)]>,
}

impl Files {
    /// The files of a chart in any order; of equal paths the last wins.
    pub fn new<T: Into<Text>>(compat: Compat, files: impl IntoIterator<Item = (T, Bytes)>) -> Files {
        let mut files: Vec<(Text, Bytes)> = files.into_iter().map(|(path, bytes)| (path.into(), bytes)).collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 = std::mem::take(&mut later.1);
            }
            same
        });
        Files { compat, files: files.into() }
    }

    /// The value of `.Files`.
    pub fn into_value(self) -> Value {
        Value::Object(Rc::new(self))
    }

    /// The bytes of a file, if there is one.
    pub fn get(&self, path: &[u8]) -> Option<&Bytes> {
        let at = self.files.binary_search_by(|(have, _)| have.as_bytes().cmp(path)).ok()?;
        self.files.get(at).map(|(_, bytes)| bytes)
    }

    /// The files whose paths match a pattern; all of them where the pattern is malformed.
    pub fn glob(&self, pattern: &[u8]) -> Files {
        let glob = Glob::new(pattern).unwrap_or_else(Glob::all);
        let matching = self.files.iter().filter(|(path, _)| glob.matches(path));
        Files { compat: self.compat, files: matching.cloned().collect() }
    }

    /// The lines of a file without their line feeds. Helm 4.2 falls over a file that is there but empty.
    fn lines(&self, path: &[u8]) -> Result<Value, Fault> {
        let bytes = match self.get(path) {
            Some(bytes) if bytes.is_empty() && self.compat == Compat::Helm42 => {
                return Err(Fault::new("runtime error: index out of range [-1]"));
            }
            Some(bytes) if !bytes.is_empty() => bytes,
            _ => return Ok(Value::List(List::new(ListKind::Text, Vec::new()))),
        };
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        Ok(Value::strings(text.split(|byte| *byte == b'\n')))
    }

    /// The files under their base names, each text as `text` makes it; of equal base names the last path wins.
    fn by_base_name(&self, text: fn(&[u8]) -> Text) -> Map {
        let entry = |(path, bytes): &(Text, Bytes)| (Text::from(base_name(path)), Value::Str(text(bytes)));
        Map::from_entries(MapKind::Text, self.files.iter().map(entry).collect())
    }
}

/// The last element of a path, as Go's `path.Base` has it.
fn base_name(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |at| at + 1);
    let trimmed = path.get(..end).unwrap_or_default();
    match trimmed.rsplit(|byte| *byte == b'/').next() {
        Some([]) | None if path.is_empty() => b".",
        Some([]) | None => b"/",
        Some(base) => base,
    }
}

/// Bytes in the usual base64, with padding.
fn base64_text(bytes: &[u8]) -> Text {
    Text::from(STANDARD.encode(bytes))
}

/// A map as YAML without its last line feed, as the function `toYaml` gives it.
fn yaml_text(map: Map) -> Text {
    let mut yaml = crate::yaml::to_yaml(&Value::Map(map)).unwrap_or_default();
    if yaml.last() == Some(&b'\n') {
        yaml.pop();
    }
    Text::from(yaml)
}

impl Object for Files {
    fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed("engine.files")
    }

    fn kind(&self) -> Kind {
        Kind::Map
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn truth(&self) -> bool {
        !self.files.is_empty()
    }

    /// A name that is no method is a key, and a missing key is a nil slice.
    fn field(&self, name: &str) -> Option<Field> {
        let params: &'static [&'static str] = match name {
            "Get" | "GetBytes" | "Glob" | "Lines" => &["string"],
            "AsConfig" | "AsSecrets" => &[],
            _ => return Some(Field::Value(self.entry(name.as_bytes()))),
        };
        Some(Field::Method { params, variadic: false })
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, Fault> {
        let path = args.first().and_then(Value::as_str).map(Text::as_bytes).unwrap_or_default();
        let bytes = || self.get(path).cloned().unwrap_or_default();
        match name {
            "Get" => Ok(Value::str(bytes())),
            "GetBytes" => Ok(Value::List(List::bytes(bytes()))),
            "Glob" => Ok(self.glob(path).into_value()),
            "Lines" => self.lines(path),
            "AsConfig" => Ok(Value::Str(yaml_text(self.by_base_name(|bytes| Text::from(bytes))))),
            "AsSecrets" => Ok(Value::Str(yaml_text(self.by_base_name(base64_text)))),
            _ => Err(Fault::new(format!("no method {name}"))),
        }
    }

    fn entry(&self, key: &[u8]) -> Value {
        let bytes = self.get(key).cloned().map(List::bytes);
        Value::List(bytes.unwrap_or_else(|| List::nil(ListKind::Byte)))
    }

    fn entries(&self) -> Option<Vec<(Text, Value)>> {
        let entry = |(path, bytes): &(Text, Bytes)| (path.clone(), Value::List(List::bytes(bytes.clone())));
        Some(self.files.iter().map(entry).collect())
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::Map(Map::from_entries(MapKind::Any, self.entries()?)))
    }

    fn to_plain(&self) -> Option<Value> {
        let entry = |(path, bytes): &(Text, Bytes)| (path.clone(), Value::Str(base64_text(bytes)));
        Some(Value::Map(Map::from_entries(MapKind::Text, self.files.iter().map(entry).collect())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(compat: Compat) -> Files {
        let texts = [("b/x.txt", "two\nthree"), ("a.txt", "old"), ("a.txt", "one\n\n"), ("empty", "")];
        Files::new(compat, texts.map(|(path, text)| (path, Bytes::from_static(text.as_bytes()))))
    }

    fn call(files: &Files, name: &str, arg: &str) -> Value {
        files.call(name, &[Value::str(arg)]).unwrap()
    }

    #[test]
    fn texts_and_lines_are_found() {
        let files = files(Compat::Helm43);
        assert_eq!(call(&files, "Get", "a.txt").as_str().unwrap().as_bytes(), b"one\n\n");
        assert!(call(&files, "Get", "nope").as_str().unwrap().is_empty());
        assert_eq!(call(&files, "Lines", "a.txt").as_list().unwrap().len(), 2);
        assert_eq!(call(&files, "Lines", "empty").as_list().unwrap().len(), 0);
        assert_eq!(call(&files, "GetBytes", "b/x.txt").as_list().unwrap().items().len(), 9);
        assert_eq!(files.entries().unwrap().len(), 3);
    }

    #[test]
    fn helm_4_2_falls_over_empty_files() {
        let files = files(Compat::Helm42);
        let fault = files.call("Lines", &[Value::str("empty")]).unwrap_err();
        assert_eq!(fault.message(), "runtime error: index out of range [-1]");
        assert!(files.call("Lines", &[Value::str("nope")]).is_ok());
    }

    #[test]
    fn a_malformed_pattern_matches_everything() {
        let files = files(Compat::Helm43);
        let found = |pattern: &[u8]| files.glob(pattern).entries().unwrap().len();
        assert_eq!([found(b"*"), found(b"b/*"), found(b"["), found(b"")], [2, 1, 3, 0]);
    }

    #[test]
    fn base_names_are_those_of_go() {
        for (path, base) in [("a/b", "b"), ("a/b/", "b"), ("", "."), ("/", "/"), ("//", "/"), ("x", "x")] {
            assert_eq!(base_name(path.as_bytes()), base.as_bytes(), "{path}");
        }
    }
}
