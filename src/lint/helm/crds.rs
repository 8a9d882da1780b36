//! `crds/`.

use super::place::Found;
use super::{Linter, Severity};

const FOLDER: &str = "crds/";

impl Linter<'_> {
    /// Checks that `crds/` holds nothing but definitions of resources; the first file that is no YAML ends it.
    pub(super) fn check_crds(&mut self) {
        match self.place.find("crds") {
            Found::Nothing => return,
            Found::File => {
                self.note(Severity::Error, FOLDER, Err("not a directory"));
                return;
            }
            Found::Folder => {}
        }
        let files: Vec<_> = match self.place.chart(self.notices) {
            Ok(chart) => chart.crds().into_iter().map(|(_, file)| (file.name.clone(), file.data.clone())).collect(),
            Err(error) => {
                self.note(Severity::Error, FOLDER, Err(error));
                return;
            }
        };
        for (name, text) in files {
            if !self.check_crd_file(&name, &text) {
                return;
            }
        }
    }

    /// Checks one file; whether all of it could be read.
    fn check_crd_file(&mut self, name: &str, text: &[u8]) -> bool {
        self.each_object(name, text, |linter, object| {
            if !object.api_version.starts_with("apiextensions.k8s.io") {
                linter.note(Severity::Error, name, Err("apiVersion is not in 'apiextensions.k8s.io'"));
            }
            if object.kind != "CustomResourceDefinition" {
                linter.note(Severity::Error, name, Err("object kind is not 'CustomResourceDefinition'"));
            }
        })
    }
}
