//! Files of a chart: slices of the buffer that an archive was inflated into.

use crate::world::Timestamp;
use bytes::Bytes;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A path with `/`, relative to its chart. The name of a file in a subchart shares the text of the outer name.
#[derive(Clone)]
pub struct Name {
    text: Arc<str>,
    start: usize,
}

impl Name {
    /// The name without `prefix`, if it starts so.
    pub fn strip_prefix(&self, prefix: &str) -> Option<Name> {
        let rest = self.deref().strip_prefix(prefix)?;
        Some(Name { text: self.text.clone(), start: self.text.len() - rest.len() })
    }

    /// The first folder and the name below it.
    pub fn split_folder(&self) -> Option<(&str, Name)> {
        let (folder, rest) = self.split_once('/')?;
        Some((folder, Name { text: self.text.clone(), start: self.text.len() - rest.len() }))
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        self.text.get(self.start..).unwrap_or_default()
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name { text: Arc::from(text), start: 0 }
    }
}

impl From<String> for Name {
    fn from(text: String) -> Name {
        Name { text: Arc::from(text), start: 0 }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        **self == **other
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, out)
    }
}

/// One file of a chart.
#[derive(Clone)]
pub struct File {
    /// Its path, relative to the chart.
    pub name: Name,
    /// Its content without a leading byte order mark.
    pub data: Bytes,
    /// When it was last changed.
    pub modified: Timestamp,
}

impl File {
    /// A file whose time of change does not matter.
    pub fn new(name: impl Into<Name>, data: impl Into<Bytes>) -> File {
        File { name: name.into(), data: data.into(), modified: 0 }
    }
}

impl fmt::Debug for File {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?} ({} bytes)", self.name, self.data.len())
    }
}

/// `data` without the byte order mark that some editors put in front.
pub(super) fn trim_byte_order_mark(data: Bytes) -> Bytes {
    if data.starts_with(b"\xEF\xBB\xBF") { data.slice(3..) } else { data }
}
