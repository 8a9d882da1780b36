//! The pieces of a README.

use super::table::{Row, cell, code, rows, table};
use super::values;
use crate::chart::{Chart, Dependency, Maintainer};
use crate::diagnostic::Error;

/// A piece of a README that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Title, versions, description.
    Chart,
    /// Kubernetes' version and dependencies.
    Requirements,
    /// The values.
    Values,
    /// Who maintains the chart.
    Maintainers,
    /// Where its source is.
    Sources,
}

impl Piece {
    /// All of them in the order of a new README.
    pub(super) const ALL: [Piece; 5] =
        [Piece::Chart, Piece::Requirements, Piece::Values, Piece::Maintainers, Piece::Sources];

    /// The word in its mark.
    pub(super) fn name(self) -> &'static str {
        match self {
            Piece::Chart => "chart",
            Piece::Requirements => "requirements",
            Piece::Values => "values",
            Piece::Maintainers => "maintainers",
            Piece::Sources => "sources",
        }
    }

    pub(super) fn named(name: &str) -> Option<Piece> {
        Piece::ALL.into_iter().find(|piece| piece.name() == name)
    }

    /// The line that it begins with.
    pub(super) fn mark(self) -> String {
        format!("<!-- chartwright: {} -->", self.name())
    }

    /// Its text, which ends with a line break; empty where the chart has nothing to say.
    pub(super) fn text(self, chart: &Chart) -> Result<String, Error> {
        Ok(match self {
            Piece::Chart => head(chart),
            Piece::Requirements => requirements(chart),
            Piece::Values => values_section(chart)?,
            Piece::Maintainers => maintainers(&chart.metadata.maintainers),
            Piece::Sources => sources(chart),
        })
    }
}

/// A text of one line, so that nothing in metadata begins a paragraph.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn head(chart: &Chart) -> String {
    let metadata = &chart.metadata;
    let kind = if metadata.kind.is_empty() { "application" } else { &metadata.kind };
    let facts = [("Version", metadata.version.as_str()), ("Type", kind), ("App version", &metadata.app_version)];
    let facts = facts.iter().filter(|(_, value)| !value.is_empty());
    let badges: Vec<String> = facts.map(|(name, value)| format!("**{name}** {}", code(&line(value)))).collect();
    let mut out = format!("# {}\n\n{}\n", line(&metadata.name), badges.join(" · "));
    if metadata.deprecated {
        out.push_str("\n**This chart is deprecated.**\n");
    }
    if !metadata.description.is_empty() {
        out.push_str(&format!("\n{}\n", line(&metadata.description)));
    }
    if !metadata.home.is_empty() {
        out.push_str(&format!("\nHome page: <{}>\n", line(&metadata.home)));
    }
    out
}

fn requirements(chart: &Chart) -> String {
    let metadata = &chart.metadata;
    let mut out = String::new();
    if !metadata.kube_version.is_empty() {
        out.push_str(&format!("## Requirements\n\nKubernetes {}\n", code(&line(&metadata.kube_version))));
    }
    if metadata.dependencies().is_empty() {
        return out;
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let rows: Vec<Row> = metadata.dependencies().iter().map(dependency).collect();
    out.push_str("## Dependencies\n\n");
    out.push_str(&table(&["Name", "Version", "Repository", "Switched by"], &rows));
    out
}

fn dependency(one: &Dependency) -> Row {
    let name = match one.alias.as_str() {
        "" => one.name.clone(),
        alias => format!("{alias} ({})", one.name),
    };
    let conditions = one.condition.split(',').map(str::trim).filter(|condition| !condition.is_empty()).map(code);
    let tags = one.tags.iter().map(|tag| code(&format!("tags.{tag}")));
    let switches: Vec<String> = conditions.chain(tags).collect();
    vec![cell(&name), code(&one.version), cell(&one.repository), switches.join(", ")]
}

fn values_section(chart: &Chart) -> Result<String, Error> {
    let groups = values::groups(chart)?;
    if groups.is_empty() {
        return Ok(String::new());
    }
    let headings = ["Key", "Type", "Default", "Description"];
    let mut out = "## Values\n".to_owned();
    for (title, entries) in groups {
        if let Some(title) = title {
            out.push_str(&format!("\n### {}\n", line(&title)));
        }
        out.push('\n');
        out.push_str(&table(&headings, &rows(&entries)));
    }
    Ok(out)
}

fn maintainers(all: &[Maintainer]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let each = all.iter().map(|one| {
        let mail = if one.email.is_empty() { String::new() } else { format!(" <{}>", line(&one.email)) };
        let url = if one.url.is_empty() { String::new() } else { format!(" (<{}>)", line(&one.url)) };
        format!("- {}{mail}{url}\n", line(&one.name))
    });
    format!("## Maintainers\n\n{}", each.collect::<String>())
}

fn sources(chart: &Chart) -> String {
    if chart.metadata.sources.is_empty() {
        return String::new();
    }
    let each = chart.metadata.sources.iter().map(|source| format!("- <{}>\n", line(source)));
    format!("## Sources\n\n{}", each.collect::<String>())
}
