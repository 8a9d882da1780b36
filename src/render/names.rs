//! Names of releases: what Kubernetes allows, and what Helm makes up.
//!
//! The references are `ValidateReleaseName` of Helm's `chartutil` and `NameAndChart` of its install action.

use crate::chart::Compat;
use crate::diagnostic::Fault;
use crate::value::print;

/// The longest release name, in bytes.
pub const LONGEST_NAME: usize = 53;

/// The rule that a release name keeps, as Helm prints it.
const NAME_RULE: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

/// The name of a release for which nobody gave one, as `helm template` has it.
pub const DEFAULT_NAME: &str = "release-name";

const NO_ARGUMENT: &str =
    "\"helm template\" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]";

/// Where the name of a release comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameSource<'a> {
    /// The first argument.
    Argument(&'a str),
    /// `--name-template`: a template called `name-template` that the caller executes on nil with Sprig's functions
    /// alone, `env` and `expandenv` among them and none of Helm's; its faults keep Go's text, `<no value>` stays.
    Template(&'a str),
    /// Nobody gave one: [`DEFAULT_NAME`], also where `--generate-name` asks for another.
    Default,
}

/// What the command line says about the name.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameFlags<'a> {
    /// `--generate-name`.
    pub generate: bool,
    /// `--name-template`; empty counts as not given.
    pub template: &'a str,
}

/// Tells name from chart in the arguments of `template`: `[NAME] CHART`.
///
/// Returns where the name comes from and the chart. `--name-template` wins over everything; `helm template` sets its
/// default name before it looks at `--generate-name`, so the latter has no effect but on two arguments, where it is
/// an error.
pub fn name_and_chart<'a, T: AsRef<str>>(
    args: &'a [T],
    flags: NameFlags<'a>,
) -> Result<(NameSource<'a>, &'a str), Fault> {
    match args {
        [] => Err(Fault::new(NO_ARGUMENT)),
        [chart] if flags.template.is_empty() => Ok((NameSource::Default, chart.as_ref())),
        [chart] => Ok((NameSource::Template(flags.template), chart.as_ref())),
        [_, _] if flags.generate => Err(Fault::new("cannot set --generate-name and also specify a name")),
        [_, _] if !flags.template.is_empty() => Err(Fault::new("cannot set --name-template and also specify a name")),
        [name, chart] => Ok((NameSource::Argument(name.as_ref()), chart.as_ref())),
        [_, _, more @ ..] => {
            let more: Vec<&str> = more.iter().map(AsRef::as_ref).collect();
            Err(Fault::new(format!("expected at most two arguments, unexpected arguments: {}", more.join(", "))))
        }
    }
}

/// Checks a release name; the fault is Helm's text.
pub fn check_name(name: &str, compat: Compat) -> Result<(), Fault> {
    let rule = format!("must match regex {NAME_RULE} and the length must not be longer than {LONGEST_NAME}");
    let why = match name {
        "" => "no name provided".to_string(),
        _ if name.len() <= LONGEST_NAME && is_valid(name) => return Ok(()),
        _ => format!("invalid release name, {rule}"),
    };
    let doing = if compat == Compat::Helm3 { "" } else { "release name check failed: " };
    Err(Fault::new(format!("{doing}release name {}: {why}", quoted(name))))
}

/// Whether a name consists of labels as DNS has them, with dots between.
fn is_valid(name: &str) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.split('.').map(str::as_bytes).all(|label| {
        let ends = label.first().is_some_and(alphanumeric) && label.last().is_some_and(alphanumeric);
        ends && label.iter().all(|byte| *byte == b'-' || alphanumeric(byte))
    })
}

/// A text as Go's `%q` prints it.
pub(super) fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&print::quote(text.as_bytes())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_chart_are_told_apart_as_helm_does() {
        let none = NameFlags::default();
        let generate = NameFlags { generate: true, ..none };
        let template = NameFlags { template: "x", ..none };
        assert_eq!(name_and_chart(&["c"], none).unwrap(), (NameSource::Default, "c"));
        assert_eq!(name_and_chart(&["c"], generate).unwrap(), (NameSource::Default, "c"));
        assert_eq!(name_and_chart(&["c"], template).unwrap(), (NameSource::Template("x"), "c"));
        assert_eq!(name_and_chart(&["n", "c"], none).unwrap(), (NameSource::Argument("n"), "c"));
        for (args, flags, why) in [
            (vec!["n", "c"], generate, "cannot set --generate-name and also specify a name"),
            (vec!["n", "c"], template, "cannot set --name-template and also specify a name"),
            (vec!["a", "b", "c", "d"], none, "expected at most two arguments, unexpected arguments: c, d"),
        ] {
            assert_eq!(name_and_chart(&args, flags).unwrap_err().message(), why);
        }
    }

    #[test]
    fn names_are_checked_as_kubernetes_does() {
        let long = "a".repeat(LONGEST_NAME + 1);
        for good in ["a", "1num", "dot.ted", "a-b", "a--b", &long[1..]] {
            assert!(check_name(good, Compat::Helm43).is_ok(), "{good}");
        }
        for bad in ["", "-lead", "trail-", "Upper", "a/b", "sp ace", "a..b", ".a", "a.", "a.-b", "\u{e9}", &long] {
            assert!(check_name(bad, Compat::Helm43).is_err(), "{bad}");
        }
        let text = |compat| check_name("", compat).unwrap_err().message().to_string();
        assert_eq!(text(Compat::Helm43), "release name check failed: release name \"\": no name provided");
        assert_eq!(text(Compat::Helm3), "release name \"\": no name provided");
    }
}
