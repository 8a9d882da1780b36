//! The terminal: data goes to standard output, everything else to standard error, and only from here.

use super::report::{self, Style};
use crate::chart::{Notice, Notices};
use crate::diagnostic::{Diagnostic, Error, ErrorKind, Severity};
use crate::render::errors;
use crate::source::Sources;
use std::io::{self, BufWriter, IsTerminal, StderrLock, StdoutLock, Write};

/// How much standard output is gathered before it is written.
const BUFFER: usize = 256 * 1024;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// No error.
    Success,
    /// The content has an error.
    Content,
    /// chartwright could not do its work.
    Failure,
}

impl ExitStatus {
    /// The number for the shell.
    pub(crate) fn code(self) -> u8 {
        match self {
            ExitStatus::Success => 0,
            ExitStatus::Content => 1,
            ExitStatus::Failure => 2,
        }
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The user's content is wrong.
    Content(Vec<Diagnostic>),
    /// The world said no.
    Error(Error),
    /// Nobody reads the output any more, which is no fault.
    BrokenPipe,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

impl From<Vec<Diagnostic>> for Stop {
    fn from(diagnostics: Vec<Diagnostic>) -> Stop {
        Stop::Content(diagnostics)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::BrokenPipe,
            _ => Stop::Error(Error::new(ErrorKind::Io, format!("cannot write the output: {error}")).because(error)),
        }
    }
}

/// What a command hands back.
pub(crate) type Outcome = Result<ExitStatus, Stop>;

/// Whose words errors are told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// Ours: source lines, carets, hints.
    People,
    /// One line of JSON for each problem.
    Json,
    /// Helm's: `Error: ...`, and status 1 whatever failed.
    Helm,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Also into files and pipes.
    Always,
    /// Nowhere.
    Never,
}

/// Both streams of one run.
pub(crate) struct Ui {
    out: BufWriter<StdoutLock<'static>>,
    err: StderrLock<'static>,
    face: Face,
    style: Style,
    quiet: bool,
    debug: bool,
    /// Every text that a diagnostic may point into.
    pub(crate) sources: Sources,
}

impl Ui {
    /// The streams of this process; it holds their locks.
    pub(crate) fn new(face: Face, color: Color, quiet: bool) -> Ui {
        let err = io::stderr().lock();
        let terminal = err.is_terminal();
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let color = match color {
            Color::Auto => terminal && wanted && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
            Color::Always => true,
            Color::Never => false,
        };
        let style = if color { Style::Color } else { Style::Plain };
        let out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
        Ui { out, err, face, style, quiet, debug: false, sources: Sources::new() }
    }

    /// Whose words errors are told in.
    pub(crate) fn face(&self) -> Face {
        self.face
    }

    /// Whether a person watches standard error and wants to see how work goes on.
    pub(crate) fn shows_progress(&self) -> bool {
        self.face == Face::People && !self.quiet && self.err.is_terminal()
    }

    /// Writes data.
    pub(crate) fn print(&mut self, data: impl AsRef<[u8]>) -> Result<(), Stop> {
        Ok(self.out.write_all(data.as_ref())?)
    }

    /// Asks a person for a line, on standard output as Helm does.
    pub(crate) fn prompt(&mut self, text: &str) -> Result<(), Stop> {
        self.out.write_all(text.as_bytes())?;
        Ok(self.out.flush()?)
    }

    /// Lets readers see the data that was written so far.
    pub(crate) fn flush(&mut self) -> Result<(), Stop> {
        Ok(self.out.flush()?)
    }

    /// Tells a person something that is neither data nor a problem; `--quiet` leaves it out.
    pub(crate) fn say(&mut self, text: &str) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// Prints a warning; `--quiet` leaves it out.
    pub(crate) fn warn(&mut self, warning: &Diagnostic) {
        if !self.quiet || warning.severity == Severity::Error {
            self.tell(warning);
        }
    }

    /// Prints what Helm logs: in its own form, or as a warning for people.
    pub(crate) fn log(&mut self, notice: &Notice) {
        if self.face == Face::Helm {
            return self.complain(&notice.to_string());
        }
        let attributes = notice.attributes.iter().map(|(name, value)| format!("{name}: {value}"));
        let message = notice.message.strip_prefix("warning: ").unwrap_or(&notice.message);
        let about: Vec<_> = attributes.collect();
        let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
        self.warn(&Diagnostic::warning(format!("{message}{about}")));
    }

    /// Prints all of them.
    pub(crate) fn log_all(&mut self, mut notices: Notices) {
        notices.take().iter().for_each(|notice| self.log(notice));
    }

    /// Prints a line of Helm's that only `--debug` shows.
    pub(crate) fn debug(&mut self, message: &str, attributes: &[(&str, &str)]) {
        if self.debug && self.face == Face::Helm {
            self.complain(&errors::log_line("DEBUG", message, attributes));
        }
    }

    /// Lets [`Ui::debug`] print.
    pub(crate) fn show_debug(&mut self) {
        self.debug = true;
    }

    /// Writes a line to standard error. Nobody can be told when that fails.
    pub(crate) fn complain(&mut self, text: &str) {
        let _ = writeln!(self.err, "{text}");
    }

    /// Ends a run: flushes the data, then tells what went wrong, and returns the number for the shell.
    pub(crate) fn finish(mut self, outcome: Outcome) -> u8 {
        let flushed = self.out.flush().map_err(Stop::from);
        let outcome = match (outcome, flushed) {
            (Ok(status), Ok(())) => Ok(status),
            (Err(stop), _) | (Ok(_), Err(stop)) => Err(stop),
        };
        let status = outcome.unwrap_or_else(|stop| self.tell_stop(stop));
        let _ = self.err.flush();
        match self.face {
            Face::Helm => status.code().min(1),
            Face::People | Face::Json => status.code(),
        }
    }

    fn tell_stop(&mut self, stop: Stop) -> ExitStatus {
        match stop {
            Stop::BrokenPipe => ExitStatus::Success,
            Stop::Content(diagnostics) => self.tell_all(&diagnostics),
            Stop::Error(error) => {
                self.tell_error(&error);
                let is_content = matches!(error.kind(), ErrorKind::Content | ErrorKind::Limit);
                if is_content { ExitStatus::Content } else { ExitStatus::Failure }
            }
        }
    }

    fn tell_all(&mut self, diagnostics: &[Diagnostic]) -> ExitStatus {
        diagnostics.iter().for_each(|diagnostic| self.tell(diagnostic));
        ExitStatus::Content
    }

    fn tell_error(&mut self, error: &Error) {
        if self.face != Face::Helm && !error.diagnostics().is_empty() {
            error.diagnostics().iter().for_each(|diagnostic| self.tell(diagnostic));
            return;
        }
        let hints = error.hints().iter().cloned();
        let whole = Diagnostic { hints: hints.collect(), ..Diagnostic::error(error.message()) };
        self.tell(&whole);
    }

    fn tell(&mut self, diagnostic: &Diagnostic) {
        let text = match self.face {
            Face::People => report::snippet(diagnostic, &self.sources, self.style),
            Face::Json => report::json(diagnostic, &self.sources),
            Face::Helm => format!("Error: {}", diagnostic.message),
        };
        self.complain(&text);
    }
}
