//! The command line: one file for each command, one place (`ui`) that writes to the terminal.
//!
//! Words become options once (`options`), whichever of the two command lines they came from: ours, read by clap, or
//! Helm's (`helm`), which holds when the program is called by the name `helm`. Exit statuses: 0 no error, 1 the
//! content has an error, 2 chartwright could not do its work.

mod args;
mod bundle;
mod bundle_check;
mod bundle_diff;
mod bundle_export;
mod bundle_images;
mod bundle_live;
mod bundle_open;
mod bundle_push;
mod bundle_report;
mod bundle_verify;
mod completion;
mod cosign;
mod coverage;
mod create;
mod dependency;
mod diff;
mod docs;
mod env;
mod env_explain;
mod env_new;
mod failure;
mod fetch;
mod flags;
mod freeze;
mod generated;
mod helm;
mod images;
mod images_gather;
mod images_lock;
mod jsonpath;
mod keyring;
mod lint;
mod lint_report;
mod locate;
mod man;
mod name_template;
mod options;
mod package;
mod output;
mod passphrase;
mod progress;
mod provenance;
mod pull;
mod push;
mod push_remote;
mod registry;
mod remote;
mod repo;
mod report;
mod run_dependency;
mod run_package;
mod run_pull;
mod run_show;
mod run_template;
mod secrets;
mod search;
mod serve;
mod show;
mod shown;
mod stated;
mod system;
mod table;
mod template;
mod test;
mod test_archive;
mod test_report;
mod schema;
mod schema_location;
mod ui;
mod validate;
mod values;
mod version;
mod written;

use crate::threads::{SMALL_STACK, STACK};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

/// Address space that most commands stay within.
const MEMORY: usize = 24 << 20;

/// Runs the program with the arguments of this process.
pub fn run() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    if asks_version(&words) {
        return print_version();
    }
    ExitCode::from(on_large_stack(words))
}

/// Whether nothing but the version is asked for, which needs no table of commands.
fn asks_version(words: &[OsString]) -> bool {
    let [program, word] = words else { return false };
    !is_helm(program) && (word == "--version" || word == "-V")
}

fn print_version() -> ExitCode {
    // Nobody can be told when standard output is closed.
    let _ = writeln!(std::io::stdout(), "chartwright {}", env!("CARGO_PKG_VERSION"));
    ExitCode::SUCCESS
}

/// Whether the program was called as `helm`, by a link of that name.
fn is_helm(program: &OsString) -> bool {
    Path::new(program).file_stem().is_some_and(|name| name == "helm")
}

fn on_large_stack(words: Vec<OsString>) -> u8 {
    let shared = std::sync::Arc::new(words);
    let start = |size| {
        let words = std::sync::Arc::clone(&shared);
        thread::Builder::new().name("chartwright".to_owned()).stack_size(size).spawn(move || {
            reserve_memory();
            dispatch(&words)
        })
    };
    match start(STACK).or_else(|_| start(SMALL_STACK)) {
        Ok(thread) => thread.join().unwrap_or_else(|_| after_panic()),
        Err(_) => dispatch(&shared),
    }
}

/// Lets the allocator take address space for this thread in one step.
///
/// glibc asks the kernel for each further page of a thread's memory, until a large block was given back once: from
/// then on blocks up to that size lie in the thread's memory, and what was taken stays taken. Nothing is touched.
fn reserve_memory() {
    for size in [MEMORY, MEMORY - (1 << 20)] {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(size)));
    }
}

fn dispatch(words: &[OsString]) -> u8 {
    let Some((program, rest)) = words.split_first() else { return args::run(words) };
    if !is_helm(program) {
        return args::run(words);
    }
    let rest: Vec<String> = rest.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    helm::run(&program.to_string_lossy(), &rest)
}

/// The status after a panic, whose message the runtime has printed.
fn after_panic() -> u8 {
    let text = "chartwright failed in itself; please report this with the message above: ";
    let _ = writeln!(std::io::stderr(), "{text}{}/issues", env!("CARGO_PKG_REPOSITORY"));
    2
}
