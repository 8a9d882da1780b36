//! The values templates that come with the program, one for each chart that it knows.

use crate::source::Source;

const TEMPLATES: &[(&str, &str)] = &[
    ("mail", include_str!("../../values/mail.yaml.tera")),
    ("openg2p-pbms", include_str!("../../values/openg2p-pbms.yaml.tera")),
    ("openg2p-pbms-p2", include_str!("../../values/openg2p-pbms-p2.yaml.tera")),
    ("openg2p-social-registry", include_str!("../../values/openg2p-social-registry.yaml.tera")),
    ("openg2p-social-registry-p2", include_str!("../../values/openg2p-social-registry-p2.yaml.tera")),
    ("spar", include_str!("../../values/spar.yaml.tera")),
];

/// The shipped values template of a chart, named `values/CHART.yaml.tera`.
pub fn shipped_template(chart: &str) -> Option<Source> {
    let (name, text) = TEMPLATES.iter().find(|(name, _)| *name == chart)?;
    Some(Source::new(format!("values/{name}.yaml.tera"), text.as_bytes()))
}

/// The names of the charts whose values templates are shipped, sorted.
pub fn shipped_templates() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().map(|(name, _)| *name)
}
