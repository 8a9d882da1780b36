//! ConfigMaps and Secrets.

use super::names;
use super::{Server, text_of};
use crate::yaml::Node;

/// The most bytes of all data of one object.
const LARGEST: usize = 1 << 20;

impl<'n> Server<'n> {
    pub(super) fn config_map(&mut self) {
        self.data(&["data", "binaryData"]);
        let (data, binary) = (self.root.get("data"), self.root.get("binaryData"));
        for entry in binary.map(Node::entries).unwrap_or_default() {
            let key = entry.key.key_text().unwrap_or_default();
            if data.is_some_and(|data| data.get(&key).is_some()) {
                self.wrong(&entry.key, "duplicate-key", "expected a key that `data` does not have too");
            }
        }
    }

    fn data(&mut self, parts: &[&str]) {
        let mut size = 0;
        for part in parts {
            for entry in self.root.get(part).map(Node::entries).unwrap_or_default() {
                let key = entry.key.key_text().unwrap_or_default();
                if let Some(broken) = names::data_key(&String::from_utf8_lossy(&key)) {
                    self.wrong(&entry.key, "invalid-name", format!("expected a key of {broken}"));
                }
                let length = entry.value.as_str().map_or(0, <[u8]>::len);
                size += if *part == "data" && parts.contains(&"stringData") || *part == "binaryData" { length / 4 * 3 } else { length };
            }
        }
        if size > LARGEST {
            self.wrong(self.root, "too-large", format!("expected at most {LARGEST} bytes of data, found {size}"));
        }
    }

    pub(super) fn secret(&mut self) {
        self.data(&["data", "stringData"]);
        let wanted: &[&str] = match text_of(self.root, "type").unwrap_or_default() {
            "kubernetes.io/tls" => &["tls.crt", "tls.key"],
            "kubernetes.io/dockercfg" => &[".dockercfg"],
            "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
            "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
            _ => &[],
        };
        for key in wanted {
            let has = |part: &str| self.root.get(part).is_some_and(|data| data.get(key).is_some());
            if !has("data") && !has("stringData") {
                let at = self.root.get("data").unwrap_or(self.root);
                self.wrong(at, "missing-field", format!("expected a key `{key}` in a Secret of this type, found none"));
            }
        }
    }
}
