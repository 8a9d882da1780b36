//! Errors at the node that is being executed, in Go's words.

use super::error::{ExecError, Place, Raised};
use super::exec::Exec;
use super::node::{Run, Tree};
use super::quote;

impl Exec<'_> {
    /// Go's complaint about a variable that is set or read before it is declared.
    pub(super) fn undefined(&self, tree: &Tree, names: Run) -> Box<ExecError> {
        let name = tree.names(names).first().map(|name| tree.bytes(*name)).unwrap_or_default();
        self.error(tree, format!("undefined variable: {}", String::from_utf8_lossy(name)))
    }

    /// An error at the current node.
    pub(super) fn error(&self, tree: &Tree, message: String) -> Box<ExecError> {
        let place = self.place(tree);
        Box::new(ExecError::new(format!("{}{message}", self.prefix(&place)), Some(place)))
    }

    /// Wraps what a function raised into an error at the current node.
    pub(super) fn wrapped(&self, tree: &Tree, words: &str, raised: Raised) -> Box<ExecError> {
        let place = self.place(tree);
        let text = format!("{}{words}", self.prefix(&place));
        Box::new(raised.into_error().wrap(text, Some(place)))
    }

    fn prefix(&self, place: &Place) -> String {
        let Place { file, line, column, template, context, .. } = place;
        format!("template: {file}:{line}:{column}: executing {} at <{context}>: ", quote(template.as_bytes()))
    }

    fn place(&self, tree: &Tree) -> Place {
        let offset = tree.node(self.node).pos as usize;
        let before = &tree.text[..offset.min(tree.text.len())];
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let file = &self.file(self.template.file).name;
        let name = tree.definitions.get(self.template.definition as usize).and_then(|definition| definition.name);
        let template =
            name.map_or_else(|| file.to_string(), |name| String::from_utf8_lossy(tree.string(name)).into_owned());
        Place {
            file: file.clone(),
            line: 1 + memchr::memchr_iter(b'\n', before).count(),
            column: offset - start,
            offset,
            template,
            context: tree.display(self.node),
        }
    }
}
