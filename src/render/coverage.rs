//! What renders executed of a chart's template files, summed over as many renders as somebody likes.

use super::functions;
use super::templates;
use crate::chart::{Chart, Compat};
use crate::template::{Covered, Recorder, TemplateSet, parse};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The parts of template files with how often they were executed.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    files: BTreeMap<String, (Bytes, Vec<Covered>)>,
}

impl Coverage {
    /// The template files of a chart and its subcharts, nothing of them executed. A file that is no template is left out.
    pub fn of_chart(chart: &Chart, compat: Compat) -> Coverage {
        let (funcs, nothing) = (functions(compat), Recorder::new());
        let mut coverage = Coverage::default();
        for file in templates::of_chart(chart) {
            let Ok(tree) = parse(file.text.clone(), &funcs) else { continue };
            let mut set = TemplateSet::new();
            set.add(file.name.as_str(), Arc::new(tree));
            coverage.add(&file.name, &file.text, set.coverage(0, &nothing));
        }
        coverage
    }

    /// Adds what one render executed of a file.
    pub(super) fn add(&mut self, name: &str, text: &Bytes, parts: Vec<Covered>) {
        match self.files.get_mut(name) {
            Some((known, sums)) if known == text => sum(sums, &parts),
            Some(_) => {}
            None => {
                self.files.insert(name.to_owned(), (text.clone(), parts));
            }
        }
    }

    /// Adds what other renders of the same chart executed.
    pub fn merge(&mut self, other: Coverage) {
        for (name, (text, parts)) in other.files {
            self.add(&name, &text, parts);
        }
    }

    /// Leaves out the template files whose names `unwanted` picks.
    pub fn leave_out(&mut self, unwanted: impl Fn(&str) -> bool) {
        self.files.retain(|name, _| !unwanted(name));
    }

    /// The files by Helm's names for them, each with its text and parts in the order of the text.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8], &[Covered])> {
        self.files.iter().map(|(name, (text, parts))| (name.as_str(), &text[..], parts.as_slice()))
    }
}

fn sum(sums: &mut [Covered], parts: &[Covered]) {
    sums.iter_mut().zip(parts).for_each(|(sum, part)| sum.hits.add(part.hits));
}
