//! Why a release could not be rendered, at the place to change.

use crate::chart::Chart;
use crate::diagnostic::{Diagnostic, Error};
use crate::environment::{Module, asked};
use crate::render::action::Failure;
use crate::render::manifest::ManifestFault;
use crate::render::{RenderError, template_files};
use crate::source::{Source, Sources, Span};
use crate::template::{ExecError, ParseError};
use std::path::Path;

/// The release that failed.
pub(super) struct Place<'a> {
    /// Its module.
    pub(super) module: &'a Module,
    /// The folder of its chart, where it is one.
    pub(super) shown: Option<&'a Path>,
}

impl Place<'_> {
    /// A problem that belongs to the release as a whole.
    pub(super) fn wrong(&self, message: &str) -> Diagnostic {
        let headline = format!("chart `{}` cannot be rendered: {}", self.module.chart.text, message.trim_end());
        Diagnostic::error(headline).at(self.module.release.span)
    }

    /// A check before rendering, above all the chart's schema.
    pub(super) fn refused(&self, error: &Error) -> Diagnostic {
        let diagnostic = self.wrong(error.message());
        let diagnostic = error.hints().iter().fold(diagnostic, |diagnostic, hint| diagnostic.hint(hint));
        match &self.module.values {
            Some(values) => diagnostic.label(values.span(), "these values were laid over those of the template"),
            None => diagnostic,
        }
    }

    /// A template that failed.
    pub(super) fn failed(&self, failure: &Failure, chart: &Chart, sources: &mut Sources) -> Diagnostic {
        let diagnostic = match failure {
            Failure::Refused(error) => return self.refused(error),
            Failure::Template(RenderError::Parse { file, error }) => self.parse(file, error, chart, sources),
            Failure::Template(RenderError::Exec { error, .. }) => self.exec(error, chart, sources),
        };
        diagnostic.frame(self.named(), Some(self.module.release.span))
    }

    fn named(&self) -> String {
        format!("release `{}` of chart `{}`", self.module.release.text, self.module.chart.text)
    }

    fn parse(&self, file: &str, error: &ParseError, chart: &Chart, sources: &mut Sources) -> Diagnostic {
        let diagnostic = Diagnostic::error(&error.message);
        match self.span(file, error.offset, 1, chart, sources) {
            Some(span) => diagnostic.at(span),
            None => diagnostic.at(self.module.release.span),
        }
    }

    fn exec(&self, error: &ExecError, chart: &Chart, sources: &mut Sources) -> Diagnostic {
        let cause = error.cause().trim().replace("HELM_ERR_START", "").replace("HELM_ERR_END", "");
        let cure = asked::cure(&cause);
        let mut diagnostic = Diagnostic::error(cause);
        diagnostic.hints.extend(error.hints().iter().cloned());
        diagnostic.hints.extend(cure);
        diagnostic.hints.push(format!("set what it reads in `values` of `{}`", self.module.release.text));
        let place = error.place().and_then(|place| {
            let text = template_files(chart).into_iter().find(|file| *file.name == *place.file)?.text;
            let length = place.context.len().max(1);
            let from = place.offset.saturating_sub(length);
            let near = text.get(from..(place.offset + length).min(text.len()))?;
            let start = memchr::memmem::rfind(near, place.context.as_bytes()).map_or(place.offset, |at| from + at);
            self.span(&place.file, start, length, chart, sources)
        });
        match place {
            Some(span) => diagnostic.at(span),
            None => diagnostic.at(self.module.release.span),
        }
    }

    fn span(&self, name: &str, offset: usize, length: usize, chart: &Chart, sources: &mut Sources) -> Option<Span> {
        let file = template_files(chart).into_iter().find(|file| file.name == name)?;
        let inner = name.split_once('/').map_or(name, |(_, inner)| inner);
        let shown = self.shown.map(|folder| folder.join(inner)).filter(|path| path.is_file());
        let shown = shown.map_or_else(|| name.to_owned(), |path| path.to_string_lossy().into_owned());
        let id = sources.add(Source::new(shown, file.text.to_vec()));
        Some(Span::new(id, offset, offset + length))
    }

    /// Output that is no YAML, with the line that is none.
    pub(super) fn not_yaml(&self, fault: &ManifestFault<'_>, sources: &mut Sources) -> Diagnostic {
        let at = fault.offset + fault.fault.offset().unwrap_or(0);
        let id = sources.add(Source::new(format!("{} (rendered)", fault.file.path), fault.file.text.to_vec()));
        let message = format!("`{}` wrote what is not YAML: {}", fault.file.path, fault.fault.message());
        let diagnostic = Diagnostic::error(message).at(Span::new(id, at, at + 1));
        diagnostic.frame(self.named(), Some(self.module.release.span))
    }
}
