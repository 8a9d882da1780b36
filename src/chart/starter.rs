//! The chart that `create` writes: ours, with a schema, unit tests and questions.
//!
//! Its files lie in `charts/starter`, where `<CHARTNAME>` stands for the chart's name, as in Helm's starters.

use super::{Chart, File, Metadata};
use crate::diagnostic::{Error, ErrorKind};
use bytes::Bytes;

/// What stands for the name.
const PLACEHOLDER: &str = "<CHARTNAME>";
/// The longest name.
const LONGEST: usize = 250;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../charts/starter/", $name)))),*]
    };
}

/// The files in the order in which they are written.
const FILES: &[(&str, &str)] = files![
    "Chart.yaml",
    "values.yaml",
    ".helmignore",
    "values.schema.json",
    "questions.yaml",
    "README.md",
    "templates/_helpers.tpl",
    "templates/deployment.yaml",
    "templates/service.yaml",
    "templates/serviceaccount.yaml",
    "templates/ingress.yaml",
    "templates/autoscaler.yaml",
    "templates/NOTES.txt",
    "templates/tests/connection.yaml",
    "tests/deployment_test.yaml",
    "tests/ingress_test.yaml",
];

/// The files of a new chart of this name.
///
/// # Errors
/// Helm's text for a name that no chart may have.
pub fn files(name: &str) -> Result<Vec<File>, Error> {
    check_name(name)?;
    Ok(FILES.iter().map(|(path, text)| File::new(*path, text.replace(PLACEHOLDER, name).into_bytes())).collect())
}

fn check_name(name: &str) -> Result<(), Error> {
    let refused = |why: String| Err(Error::new(ErrorKind::Usage, why));
    if name.is_empty() || name.len() > LONGEST {
        return refused(format!("chart name must be between 1 and {LONGEST} characters"));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !name.bytes().all(fits) {
        return refused("chart name must match the regular expression \"^[a-zA-Z0-9._-]+$\"".to_owned());
    }
    Ok(())
}

/// The metadata of a chart that is made from somebody's starter.
pub fn metadata(name: &str) -> Metadata {
    let text = |text: &str| text.to_owned();
    Metadata {
        name: text(name),
        description: text("A Helm chart for Kubernetes"),
        kind: text("application"),
        version: text("0.1.0"),
        app_version: text("0.1.0"),
        api_version: text("v2"),
        ..Metadata::default()
    }
}

/// The files of a new chart that is made from a starter, without its subcharts: metadata as in [`metadata`], the name in
/// templates and values.
///
/// # Errors
/// None but those of [`Metadata::to_yaml`].
pub fn files_from(starter: &Chart, name: &str) -> Result<Vec<File>, Error> {
    let named = |file: &File| File { data: with_name(&file.data, name), ..file.clone() };
    let mut files = vec![File::new("Chart.yaml", metadata(name).to_yaml()?)];
    files.extend(starter.raw.iter().filter(|file| &*file.name == "values.yaml").map(named));
    files.extend(starter.schema.iter().map(|schema| File::new("values.schema.json", schema.clone())));
    files.extend(starter.templates.iter().map(named));
    files.extend(starter.files.iter().cloned());
    Ok(files)
}

fn with_name(data: &Bytes, name: &str) -> Bytes {
    let mut rest = &data[..];
    let mut out = Vec::new();
    while let Some(at) = memchr::memmem::find(rest, PLACEHOLDER.as_bytes()) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(name.as_bytes());
        rest = &rest[at + PLACEHOLDER.len()..];
    }
    if out.is_empty() && rest.len() == data.len() {
        return data.clone();
    }
    out.extend_from_slice(rest);
    Bytes::from(out)
}
