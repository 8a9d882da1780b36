//! A bar for long work, where a person watches.

use super::ui::Ui;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far work has come; shows nothing where nobody watches.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar for `steps` pieces of work.
    pub(crate) fn new(ui: &Ui, steps: u64) -> Progress {
        let target = if ui.shows_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(steps), target);
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}");
        Progress(style.map(|style| bar.clone().with_style(style)).unwrap_or(bar))
    }

    /// Says what is being worked on, one step further.
    pub(crate) fn step(&self, name: &str) {
        self.0.set_message(super::report::harmless(name).into_owned());
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
