//! What `show` does, for both command lines.

use super::options::ShowOptions;
use super::ui::{Outcome, Stop, Ui};
use crate::diagnostic::{Error, ErrorKind};

/// Runs it.
pub(super) fn run(_: &ShowOptions, _: &mut Ui) -> Outcome {
    Err(Stop::Error(Error::new(ErrorKind::Internal, "`show` is not wired yet")))
}
