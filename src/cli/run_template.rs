//! What `template` does, for both command lines.

use super::options::TemplateOptions;
use super::ui::{Outcome, Stop, Ui};
use crate::diagnostic::{Error, ErrorKind};

/// Runs it.
pub(super) fn run(_: &TemplateOptions, _: &mut Ui) -> Outcome {
    Err(Stop::Error(Error::new(ErrorKind::Internal, "`template` is not wired yet")))
}
