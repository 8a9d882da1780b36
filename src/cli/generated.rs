//! Files that a command makes from a chart: written, printed, or compared with what is there.

use super::report::harmless;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart;
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::replace;
use std::fmt;
use std::path::{Path, PathBuf};

/// What commands that make a file from a chart have in common.
#[derive(Debug, clap::Args)]
pub(super) struct GeneratedArgs {
    /// The chart: a folder, an archive, or a name with --repo
    #[arg(value_name = "CHART")]
    pub(super) path: String,
    /// Where the text goes; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<String>,
    /// Write nothing; end with 1 and show the difference if the file is out of date
    #[arg(long)]
    pub(super) check: bool,
}

/// Where a made file goes.
#[derive(Clone, Debug)]
pub(super) enum Destination {
    /// Standard output.
    Output,
    /// A file.
    File(PathBuf),
}

impl Destination {
    /// What the user named; else the file `name` of a chart folder, or standard output for an archive.
    pub(super) fn of(chart: &Path, named: Option<&str>, name: &str) -> Destination {
        match named {
            Some("-") => Destination::Output,
            Some(path) => Destination::File(PathBuf::from(path)),
            None if chart.is_dir() => Destination::File(chart.join(name)),
            None => Destination::Output,
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Destination::Output => out.write_str("standard output"),
            Destination::File(path) => write!(out, "`{}`", path.display()),
        }
    }
}

/// A file that a command made.
pub(super) struct Generated {
    /// Where it goes.
    pub(super) destination: Destination,
    /// The words that make it.
    pub(super) command: String,
    /// Its text.
    pub(super) text: String,
}

impl Generated {
    /// What is there now.
    pub(super) fn present(&self) -> Result<Option<Vec<u8>>, Stop> {
        let Destination::File(path) = &self.destination else { return Ok(None) };
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(chart::read_file(path)?))
    }

    /// Prints or writes the file.
    pub(super) fn write(&self, ui: &mut Ui) -> Outcome {
        match &self.destination {
            Destination::Output => ui.print(&self.text)?,
            Destination::File(path) => {
                // A file that says what it should keeps its time.
                if self.present()?.as_deref() != Some(self.text.as_bytes()) {
                    replace(path, self.text.as_bytes())?;
                }
                ui.say(&format!("wrote {}", harmless(&path.display().to_string())));
            }
        }
        Ok(ExitStatus::Success)
    }

    /// Compares the file with what is there: success if they are equal, else the difference.
    pub(super) fn check(&self, ui: &mut Ui) -> Outcome {
        let Destination::File(path) = &self.destination else {
            let error = Error::new(ErrorKind::Usage, "expected a file to compare with, found none");
            return Err(error.hint("name one with --output").into());
        };
        let present = self.present()?.unwrap_or_default();
        if present == self.text.as_bytes() {
            return Ok(ExitStatus::Success);
        }
        let name = path.display().to_string();
        let old = String::from_utf8_lossy(&present);
        ui.print(harmless(&unified(&old, &self.text, &name)).as_ref())?;
        ui.complain(&format!("{} is out of date: run `{}`", harmless(&name), harmless(&self.command)));
        Ok(ExitStatus::Content)
    }
}

/// Lines around a change that are shown.
const AROUND: usize = 3;
/// Cells of the table with which the middle of two texts is compared.
const CELLS: usize = 16_000_000;

/// One line of a difference.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    Old,
    New,
}

/// The difference of two texts as `diff -u` writes it.
fn unified(old: &str, new: &str, name: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let lines = compare(&old, &new);
    let mut out = format!("--- {name}\n+++ {name} (as it should be)\n");
    let changed: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].0 != Side::Both).collect();
    let mut rest = changed.as_slice();
    while let Some(first) = rest.first() {
        let together = rest.windows(2).take_while(|pair| pair[1] - pair[0] <= 2 * AROUND + 1).count() + 1;
        let last = rest.get(together - 1).unwrap_or(first);
        let (start, end) = (first.saturating_sub(AROUND), (last + AROUND + 1).min(lines.len()));
        let before = |side: Side| lines.iter().take(start).filter(|(of, _)| *of == Side::Both || *of == side).count();
        let hunk = &lines[start..end];
        let count = |side: Side| hunk.iter().filter(|(of, _)| *of == Side::Both || *of == side).count();
        let range = |side: Side| match count(side) {
            0 => format!("{},0", before(side)),
            count => format!("{},{count}", before(side) + 1),
        };
        out.push_str(&format!("@@ -{} +{} @@\n", range(Side::Old), range(Side::New)));
        for (side, line) in hunk {
            let sign = match side {
                Side::Both => ' ',
                Side::Old => '-',
                Side::New => '+',
            };
            out.push(sign);
            out.push_str(line);
            out.push('\n');
        }
        rest = rest.get(together..).unwrap_or_default();
    }
    out
}

fn compare<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(Side, &'t str)> {
    let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(old, new)| old == new).count();
    let (middle_old, middle_new) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let both = |lines: &[&'t str]| lines.iter().map(|line| (Side::Both, *line)).collect::<Vec<_>>();
    let mut lines = both(&old[..head]);
    lines.extend(middle(middle_old, middle_new));
    lines.extend(both(&old[old.len() - tail..]));
    lines
}

/// The longest common lines of two texts, found with a table if it is not too large.
fn middle<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(Side, &'t str)> {
    let width = new.len() + 1;
    if (old.len() + 1).saturating_mul(width) > CELLS {
        let gone = old.iter().map(|line| (Side::Old, *line));
        return gone.chain(new.iter().map(|line| (Side::New, *line))).collect();
    }
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for (at, line) in old.iter().enumerate().rev() {
        for (to, other) in new.iter().enumerate().rev() {
            let (here, below) = (at * width + to, (at + 1) * width + to);
            common[here] = if line == other { common[below + 1] + 1 } else { common[below].max(common[here + 1]) };
        }
    }
    let (mut at, mut to, mut lines) = (0, 0, Vec::new());
    while at < old.len() || to < new.len() {
        match (old.get(at), new.get(to)) {
            (Some(line), Some(other)) if line == other => {
                lines.push((Side::Both, *line));
                (at, to) = (at + 1, to + 1);
            }
            (Some(line), other) if other.is_none() || common[(at + 1) * width + to] >= common[at * width + to + 1] => {
                lines.push((Side::Old, *line));
                at += 1;
            }
            (_, Some(other)) => {
                lines.push((Side::New, *other));
                to += 1;
            }
            _ => return lines,
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_written_as_diff_does() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\n";
        let new = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\nm\nn\n";
        let wanted = "--- x\n+++ x (as it should be)\n@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -9,5 +9,5 @@\n i\n j\n k\n-l\n m\n+n\n";
        assert_eq!(unified(old, new, "x"), wanted);
        assert_eq!(unified("", "a\n", "x"), "--- x\n+++ x (as it should be)\n@@ -0,0 +1,1 @@\n+a\n");
    }
}
