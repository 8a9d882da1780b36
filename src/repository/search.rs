//! Searching the indexes of repositories, as Helm's `search` scores it.

use super::index::ChartVersion;
use crate::chart::os;
use crate::diagnostic::Fault;
use crate::funcs::regex::compile;
use crate::version::{Constraint, Version};
use std::cmp::Ordering;

/// Worse scores are no match.
const WORST_SCORE: usize = 25;
/// What stands between the parts of a line.
const SEPARATOR: char = '\u{b}';

/// What is searched: charts of repositories.
#[derive(Debug, Default)]
pub struct Catalogue {
    charts: Vec<Hit>,
}

/// A version of a chart with its repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// `REPOSITORY/CHART`.
    pub name: String,
    /// The version.
    pub version: ChartVersion,
    line: String,
    score: usize,
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Words to look for; `None` for all charts.
    pub keyword: Option<String>,
    /// Whether the keyword is a regular expression of Go's.
    pub is_expression: bool,
    /// Whether every version is told, and not only the newest that fits.
    pub all_versions: bool,
    /// The constraint that versions have to fit.
    pub constraint: String,
}

impl Catalogue {
    /// Adds the charts of a repository: names with their versions. The name of the repository may be empty.
    pub fn add(&mut self, repository: &str, charts: Vec<(String, Vec<ChartVersion>)>) {
        for (name, versions) in charts {
            for version in versions {
                let name = if repository.is_empty() { name.clone() } else { os::join(repository, &name) };
                let keywords = version.keywords.join(" ");
                let (own, about) = (&version.name, &version.description);
                let line = format!("{own}{SEPARATOR}{repository}/{own}{SEPARATOR}{about}{SEPARATOR}{keywords}");
                self.charts.push(Hit { name, version, line, score: 0 });
            }
        }
    }

    /// The charts that fit, the best first; of equal ones by name, newer versions first.
    ///
    /// # Errors
    /// Helm's texts for a keyword that is no expression, or a constraint that is none.
    pub fn search(self, query: &Query) -> Result<Vec<Hit>, Fault> {
        let mut hits = match &query.keyword {
            None => self.charts,
            Some(keyword) if query.is_expression => {
                let expression = compile(keyword.as_bytes()).map_err(Fault::new)?;
                scored(self.charts, |line| expression.find(line).map(|found| score(line, found.start())))
            }
            Some(keyword) => {
                let keyword = keyword.to_lowercase();
                scored(self.charts, |line| {
                    let line = line.to_lowercase();
                    line.find(&keyword).map(|at| score(&line, at))
                })
            }
        };
        hits.sort_by(order);
        let constraint = Constraint::parse(&query.constraint)
            .map_err(|fault| Fault::new(format!("an invalid version/constraint format: {fault}")))?;
        let mut last = String::new();
        hits.retain(|hit| {
            let seen = !query.all_versions && hit.name == last;
            let fits = !seen && Version::parse(&hit.version.version).is_ok_and(|version| constraint.check(&version));
            if fits {
                last.clone_from(&hit.name);
            }
            fits
        });
        Ok(hits)
    }
}

fn scored(charts: Vec<Hit>, score: impl Fn(&str) -> Option<usize>) -> Vec<Hit> {
    let scored = charts.into_iter().filter_map(|hit| {
        let score = score(&hit.line).filter(|score| *score < WORST_SCORE)?;
        Some(Hit { score, ..hit })
    });
    scored.collect()
}

/// In which part of a line a match starts.
fn score(line: &str, at: usize) -> usize {
    let parts = line.match_indices(SEPARATOR).map(|(place, _)| place);
    parts.clone().position(|place| at <= place).unwrap_or(parts.count())
}

fn order(a: &Hit, b: &Hit) -> Ordering {
    let newest_first = || match (Version::parse(&a.version.version), Version::parse(&b.version.version)) {
        (Ok(one), Ok(other)) => other.cmp(&one),
        _ => Ordering::Equal,
    };
    a.score.cmp(&b.score).then_with(|| a.name.cmp(&b.name)).then_with(newest_first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(name: &str, version: &str, description: &str) -> ChartVersion {
        let text = |text: &str| text.to_owned();
        ChartVersion {
            name: text(name),
            version: text(version),
            description: text(description),
            ..ChartVersion::default()
        }
    }

    fn names(query: &Query) -> Vec<String> {
        let mut catalogue = Catalogue::default();
        let charts = vec![
            ("b".to_owned(), vec![version("b", "1.1.0-rc.1", "has an a"), version("b", "1.0.0", "has an a")]),
            ("a".to_owned(), vec![version("a", "2.0.0", ""), version("a", "1.9.0", "")]),
        ];
        catalogue.add("r", charts);
        let hits = catalogue.search(query).expect("is a query");
        hits.iter().map(|hit| format!("{} {}", hit.name, hit.version.version)).collect()
    }

    // As Helm 4.3.1 answers for an index of these charts.
    #[test]
    fn hits_are_ordered_and_cut_as_helm_does() {
        let stable = Query { constraint: ">0.0.0".into(), ..Query::default() };
        assert_eq!(names(&stable), ["r/a 2.0.0", "r/b 1.0.0"]);
        let devel = Query { constraint: ">0.0.0-0".into(), keyword: Some("A".into()), ..Query::default() };
        assert_eq!(names(&devel), ["r/a 2.0.0", "r/b 1.1.0-rc.1"]);
        let all = Query { all_versions: true, ..stable.clone() };
        assert_eq!(names(&all), ["r/a 2.0.0", "r/a 1.9.0", "r/b 1.0.0"]);
        let expression = Query { keyword: Some("^b".into()), is_expression: true, all_versions: true, ..stable };
        assert_eq!(names(&expression), ["r/b 1.0.0"]);
    }
}
