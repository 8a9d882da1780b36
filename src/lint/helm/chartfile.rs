//! `Chart.yaml`.

use super::place::Found;
use super::{Linter, Severity, address};
use crate::chart::{Metadata, os};
use crate::value::print;
use crate::version::{Constraint, Version};
use crate::yaml;

const FILE: &str = "Chart.yaml";

impl Linter<'_> {
    /// Checks `Chart.yaml`; nothing is checked in one that cannot be read.
    pub(super) fn check_chartfile(&mut self) {
        let compat = self.options.load.compat;
        if self.place.find(FILE) == Found::Folder {
            self.error(Err("should be a file, not a directory".to_owned()));
        }
        let text = self.place.read(FILE);
        let read = text.and_then(|text| Ok((Metadata::read(&text, compat)?, text)));
        let (metadata, text) = match read {
            Ok(read) => read,
            Err(error) => return self.error(Err(format!("unable to parse YAML\n\t{error}"))),
        };
        let strictly = Metadata::check_strictly(&text, compat);
        let strictly = strictly.map_err(|error| format!("failed to strictly parse chart metadata file\n\t{error}"));
        self.note(Severity::Warning, FILE, strictly);
        self.error(check_name(&metadata));
        self.error(check_api_version(&metadata));
        self.error(check_type_of(&text, "version"));
        self.error(check_version(&metadata));
        self.error(check_type_of(&text, "appVersion"));
        self.error(check_maintainers(&metadata));
        self.error(check_sources(&metadata));
        let icon = if metadata.icon.is_empty() { Err("icon is recommended") } else { Ok(()) };
        self.note(Severity::Info, FILE, icon);
        self.error(check_icon(&metadata));
        self.error(check_kind(&metadata));
        self.error(check_dependencies(&metadata));
        let strict = Version::parse_strict(&metadata.version).map(drop);
        let strict = strict.map_err(|_| format!("version '{}' is not a valid SemVerV2", metadata.version));
        self.note(Severity::Warning, FILE, strict);
    }

    fn error(&mut self, checked: Result<(), String>) {
        self.note(Severity::Error, FILE, checked);
    }
}

/// A text as Go's `%q` prints it.
fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&print::quote(text.as_bytes())).into_owned()
}

fn check_name(metadata: &Metadata) -> Result<(), String> {
    match metadata.name.as_str() {
        "" => Err("name is required".to_owned()),
        name if name != os::base(name) => Err(format!("chart name {} is invalid", quoted(name))),
        _ => Ok(()),
    }
}

fn check_api_version(metadata: &Metadata) -> Result<(), String> {
    let demand = "The value must be either \"v1\" or \"v2\"";
    match metadata.api_version.as_str() {
        "v1" | "v2" => Ok(()),
        "" => Err(format!("apiVersion is required. {demand}")),
        other => Err(format!("apiVersion '{other}' is not valid. {demand}")),
    }
}

/// Refuses a number where a text is meant, which sigs' reader would make a text of.
fn check_type_of(text: &[u8], key: &str) -> Result<(), String> {
    let Ok(values) = yaml::from_yaml_map(text) else { return Ok(()) };
    match values.get(key) {
        Some(value) if value.as_str().is_none() => {
            Err(format!("{key} should be of type string but it's of type {}", value.go_type()))
        }
        _ => Ok(()),
    }
}

fn check_version(metadata: &Metadata) -> Result<(), String> {
    if metadata.version.is_empty() {
        return Err("version is required".to_owned());
    }
    let version = Version::parse(&metadata.version);
    let version = version.map_err(|_| format!("version '{}' is not a valid SemVer", metadata.version))?;
    let Ok(any) = Constraint::parse(">0.0.0-0") else { return Ok(()) };
    let Err(faults) = any.validate(&version) else { return Ok(()) };
    faults.first().map_or(Ok(()), |fault| Err(format!("version {fault}")))
}

fn check_maintainers(metadata: &Metadata) -> Result<(), String> {
    for (at, one) in metadata.maintainers.iter().enumerate() {
        if metadata.null_maintainer() == Some(at) {
            return Err("a maintainer entry is empty".to_owned());
        }
        if one.name.is_empty() {
            return Err("each maintainer requires a name".to_owned());
        }
        if !one.email.is_empty() && !address::is_email(&one.email) {
            return Err(format!("invalid email '{}' for maintainer '{}'", one.email, one.name));
        }
        if !one.url.is_empty() && !address::is_url(&one.url) {
            return Err(format!("invalid url '{}' for maintainer '{}'", one.url, one.name));
        }
    }
    Ok(())
}

fn check_sources(metadata: &Metadata) -> Result<(), String> {
    match metadata.sources.iter().find(|source| !address::is_request_url(source)) {
        Some(wrong) => Err(format!("invalid source URL '{wrong}'")),
        None => Ok(()),
    }
}

fn check_icon(metadata: &Metadata) -> Result<(), String> {
    if metadata.icon.is_empty() || address::is_request_url(&metadata.icon) {
        return Ok(());
    }
    Err(format!("invalid icon URL '{}'", metadata.icon))
}

fn check_kind(metadata: &Metadata) -> Result<(), String> {
    if metadata.kind.is_empty() || metadata.api_version == "v2" {
        return Ok(());
    }
    let version = &metadata.api_version;
    Err(format!("chart type is not valid in apiVersion '{version}'. It is valid in apiVersion 'v2'"))
}

fn check_dependencies(metadata: &Metadata) -> Result<(), String> {
    if metadata.dependencies().is_empty() || metadata.api_version == "v2" {
        return Ok(());
    }
    let version = &metadata.api_version;
    Err(format!(
        "dependencies are not valid in the Chart file with apiVersion '{version}'. They are valid in apiVersion 'v2'"
    ))
}
