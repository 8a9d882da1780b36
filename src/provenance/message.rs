//! The text of a `.prov` file: metadata, a line of dots, and the digest of the archive.

use super::{SecretKey, clearsign, digest_of};
use crate::chart::{Compat, Metadata};
use crate::diagnostic::{Error, ErrorKind, Fault};
use crate::value::{Map, Value};
use crate::world::Timestamp;
use crate::yaml;

/// What stands between the two parts: YAML's end of a document, because three dashes would end the signed text.
const SEPARATOR: &str = "\n...\n";

/// Signs an archive: the text of its `.prov` file.
///
/// `file` is the name that the archive has and must keep, `metadata` what it holds as `Chart.yaml`, `now` the time of
/// the signature.
///
/// # Errors
/// A key that is locked, or that cannot sign.
pub fn sign(archive: &[u8], file: &str, metadata: &Metadata, key: &SecretKey, now: Timestamp) -> Result<String, Error> {
    if key.is_locked() {
        return Err(Error::new(ErrorKind::Usage, format!("signing key `{}` is locked", key.name())));
    }
    let text = text(archive, file, metadata)?;
    let packets = key.sign(&clearsign::canonical(&text), now)?;
    Ok(clearsign::encode(&text, &packets))
}

/// Signs a text that stays readable, as `gpg --clearsign` does.
///
/// # Errors
/// A key that is locked, or that cannot sign.
pub fn sign_text(text: &str, key: &SecretKey, now: Timestamp) -> Result<String, Error> {
    if key.is_locked() {
        return Err(Error::new(ErrorKind::Usage, format!("signing key `{}` is locked", key.name())));
    }
    // The end of the last line is no part of what is signed; the armor brings it again.
    let text = text.strip_suffix('\n').unwrap_or(text);
    let packets = key.sign(&clearsign::canonical(text), now)?;
    Ok(clearsign::encode(text, &packets))
}

fn text(archive: &[u8], file: &str, metadata: &Metadata) -> Result<String, Error> {
    let files: Map = [(file, Value::str(digest_of(archive)))].into_iter().collect();
    let sums: Map = [("files", Value::Map(files))].into_iter().collect();
    let sums = yaml::to_yaml(&Value::Map(sums)).map_err(|fault| content(&fault))?;
    let text = [metadata.to_yaml()?, SEPARATOR.as_bytes().to_vec(), sums].concat();
    String::from_utf8(text).map_err(|_| Error::new(ErrorKind::Content, "metadata of the chart is no UTF-8"))
}

/// The digest that a signed text gives for a file; `None` where it names no such file.
pub(super) fn digest_for(text: &[u8], file: &str, compat: Compat) -> Result<Option<String>, Error> {
    let wrong = |text: &str| Error::new(ErrorKind::Content, text);
    let parts: Vec<usize> = memchr::memmem::find_iter(text, SEPARATOR).take(2).collect();
    let Some(first) = parts.first() else { return Err(wrong("message block must have at least two parts")) };
    let sums = &text[first + SEPARATOR.len()..parts.get(1).copied().unwrap_or(text.len()).max(first + SEPARATOR.len())];
    if compat == Compat::Helm3 {
        yaml::from_yaml(&text[..*first]).map_err(|error| wrong(&error.to_string()))?;
    }
    let sums = yaml::from_yaml_map(sums).map_err(|error| wrong(&error.to_string()))?;
    let Some(Value::Map(files)) = sums.get("files") else { return Ok(None) };
    Ok(files.get(file).and_then(|digest| digest.as_str().map(|text| text.to_string())))
}

fn content(fault: &Fault) -> Error {
    Error::new(ErrorKind::Content, fault.message())
}
