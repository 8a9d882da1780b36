//! Unit tests of charts, in helm-unittest's format.
//!
//! What enters is test files ([`read()`]) and a chart; what leaves is a verdict for each test ([`run()`]) with a
//! diagnostic for each assertion that does not hold: it points at the assertion and at the template line that wrote
//! the value. The reference is helm-unittest's documentation; where its program does otherwise than it says, the
//! program's verdict counts, except for what `docs/testing.md` lists.

mod assertion;
mod check;
mod data;
mod filter;
mod path;
mod read;
mod read_assertion;
mod render;
mod run;
mod select;
mod shown;
mod snapshot;
mod suite;
mod verdict;
mod world;

pub use read::{FORMAT_VERSION, read};
pub use run::{FileResult, Options, Report, SuiteResult, TestFile, TestOutcome, TestResult, run};
pub use snapshot::{SnapshotCounts, SnapshotMode};
pub use suite::{Suite, Test};
