//! `helm version`: the Helm that is spoken, so that scripts which ask for it go on.

use super::pflag::Parsed;
use super::refuse;
use crate::cli::name_template;
use crate::cli::options::{self, Compat};
use crate::cli::ui::{ExitStatus, Outcome, Ui};
use crate::template::builtins;
use crate::value::{Field, Kind, Object, Value};
use std::any::Any;
use std::borrow::Cow;

/// The Go that these Helms are built with, as `.Capabilities` says it too.
const GO_VERSION: &str = "go1.26.8";

/// What Helm knows of its own build.
#[derive(Debug)]
struct BuildInfo {
    version: &'static str,
    /// Absent in Helm 3.
    kube_client_version: Option<&'static str>,
}

impl BuildInfo {
    fn of(compat: Compat) -> BuildInfo {
        let (version, kube_client_version) = match compat {
            Compat::Helm43 => ("v4.3.1", Some("v1.37")),
            Compat::Helm42 => ("v4.2.3", Some("v1.36")),
            Compat::Helm3 => ("v3.22.0", None),
        };
        BuildInfo { version, kube_client_version }
    }

    /// The fields in Go's order.
    fn all(&self) -> Vec<(&'static str, &'static str)> {
        let fields = [("Version", self.version), ("GitCommit", ""), ("GitTreeState", ""), ("GoVersion", GO_VERSION)];
        let client = self.kube_client_version.map(|version| ("KubeClientVersion", version));
        fields.into_iter().chain(client).collect()
    }
}

impl Object for BuildInfo {
    fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed("version.BuildInfo")
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn field(&self, name: &str) -> Option<Field> {
        let found = self.all().into_iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| Field::Value(Value::str(text)))
    }

    fn fields(&self) -> Vec<(Cow<'static, str>, Value)> {
        self.all().into_iter().map(|(name, text)| (Cow::Borrowed(name), Value::str(text))).collect()
    }
}

pub(super) fn print(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let build = BuildInfo::of(options::compat(parsed.text("helm-compat")).map_err(refuse)?);
    let template = parsed.text("template");
    let text = if !template.is_empty() {
        let value = Value::Object(std::rc::Rc::new(build));
        name_template::execute_small("_", template, &[builtins::FUNCS], &value).map_err(refuse)?
    } else if parsed.is_on("short") {
        format!("{}\n", build.version)
    } else {
        let fields: Vec<_> = build.all().iter().map(|(name, text)| format!("{name}:\"{text}\"")).collect();
        format!("version.BuildInfo{{{}}}\n", fields.join(", "))
    };
    ui.print(text)?;
    Ok(ExitStatus::Success)
}
