//! `helm dependency`: its flags as options.

use super::pflag::Parsed;
use super::{environment, refuse};
use crate::chart::os;
use crate::cli::options::{self, DependencyOptions, LimitOptions, Task};
use crate::cli::ui::Stop;

/// The columns that Helm cuts a list to.
const COLUMN_WIDTH: usize = 80;

/// The options that a command line means.
pub(super) fn options(task: Task, parsed: &Parsed) -> Result<DependencyOptions, Stop> {
    let width = parsed.is_given("max-col-width").then(|| super::go::parse_uint(parsed.text("max-col-width")));
    let compat = options::compat(parsed.text("helm-compat")).map_err(refuse)?;
    Ok(DependencyOptions {
        task,
        path: os::clean(parsed.arguments.first().map_or(".", String::as_str)),
        compat,
        limits: LimitOptions::default(),
        homes: environment::homes(parsed),
        network: environment::network(parsed),
        skip_refresh: parsed.is_on("skip-refresh"),
        verify: parsed.is_on("verify"),
        keyring: super::package::keyring(parsed, compat),
        debug: environment::is_debug(parsed),
        column_width: width
            .map_or(COLUMN_WIDTH, |width| width.map_or(0, |width| usize::try_from(width).unwrap_or(usize::MAX))),
    })
}
