//! The values templates that come with the program, one for each chart that it knows, put into it by build.rs.

use crate::source::Source;

/// Names, `CHART` or `CHART@MAJOR`, with texts, sorted.
const TEMPLATES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/shipped_templates.rs"));

/// The names under which the values template of a chart may stand, before `.yaml.tera`: that of the generation of the
/// version, then that of all generations.
pub fn template_names(chart: &str, version: &str) -> Vec<String> {
    let major = version.trim_start_matches('v').split('.').next().filter(|major| {
        !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit())
    });
    let generation = major.map(|major| format!("{chart}@{major}"));
    generation.into_iter().chain([chart.to_owned()]).collect()
}

/// The shipped values template of a chart in a version: `values/CHART@MAJOR.yaml.tera`, else `values/CHART.yaml.tera`.
pub fn shipped_template(chart: &str, version: &str) -> Option<Source> {
    let names = template_names(chart, version);
    let (name, text) = names.iter().find_map(|wanted| TEMPLATES.iter().find(|(name, _)| name == wanted))?;
    Some(Source::new(format!("values/{name}.yaml.tera"), text.as_bytes()))
}

/// The names of all shipped values templates, sorted: `CHART` or `CHART@MAJOR`.
pub fn shipped_templates() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::template_names;

    #[test]
    fn a_generation_goes_before_the_name_alone() {
        assert_eq!(template_names("spar", "10.2.0"), ["spar@10", "spar"]);
        assert_eq!(template_names("spar", "v1.0.0"), ["spar@1", "spar"]);
        assert_eq!(template_names("spar", "latest"), ["spar"]);
    }
}
