//! `chartwright values`.

use super::args::GlobalArgs;
use super::report::{self, harmless};
use super::run_template::{self, load_chart};
use super::secrets;
use super::system::SystemWorld;
use super::template::{ChartArgs, ValueArgs};
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use super::{locate, options};
use crate::chart::{Chart, Notices, check};
use crate::diagnostic::{Error, ErrorKind};
use crate::json;
use crate::render::action::{Prepared, RenderOptions, SchemaCheck, prepare};
use crate::render::{Capabilities, Release, Tracing, names};
use crate::source::position;
use crate::template::Limits;
use crate::value::{Map, Value};
use crate::values::{Effect, Layer, Origin, Origins, merge_layers};
use clap::{Args, Subcommand};
use std::collections::BTreeSet;

/// Ask about the values of a chart.
#[derive(Debug, Args)]
pub(super) struct ValuesArgs {
    #[command(subcommand)]
    command: ValuesCommand,
}

#[derive(Debug, Subcommand)]
enum ValuesCommand {
    Explain(ExplainArgs),
}

/// Print who set a key, who won, and which template lines read it.
#[derive(Debug, Args)]
struct ExplainArgs {
    /// The chart: a path, REPO/NAME, a URL, oci://..., or a name with --repo
    path: String,
    /// The key, for example `image.tag` or `sub.ingress.host`; `\.` is a dot within a key
    key: String,
    #[command(flatten)]
    chart: ChartArgs,
    #[command(flatten)]
    values: ValueArgs,
    /// Print passwords, tokens and keys too
    #[arg(long)]
    show_secrets: bool,
}

impl ValuesArgs {
    /// Runs the command asked for.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        match &self.command {
            ValuesCommand::Explain(args) => args.run(global, ui),
        }
    }
}

impl ExplainArgs {
    fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let compat = global.helm_compat;
        let key = key_path(&self.key);
        let path = locate::locate(&self.path, &self.chart.options(), ui)?;
        let layers = run_template::layers(&self.values.options()?);
        refuse_standard_input(&layers)?;
        let user = merge_layers(&layers, compat, &mut run_template::read_values_file)?;
        let chart = load_chart(&path, compat, global.limits(), ui)?;
        check::check_dependencies(&chart, compat)?;
        let mut notices = Notices::new();
        let prepared = prepare(chart, &user, SchemaCheck::Skip, compat, &mut notices);
        ui.log_all(notices);
        let prepared = prepared?;
        let mut read = run_template::read_values_file;
        let origins = Origins::collect(&prepared.chart, &layers, compat, &mut read, &mut ui.sources)?;
        let history = origins.of(&key);
        let value = find(&prepared.values, &key);
        if history.is_empty() && value.is_none() {
            let text = format!("nobody sets `{}` in chart `{}`", self.key, prepared.chart.name());
            return Err(Error::new(ErrorKind::Content, text)
                .hint("a key below a subchart starts with its name")
                .into());
        }
        let winner = Origins::winner(&history, value.as_ref());
        let text = self.value_text(value.as_ref());
        ui.print(format!("{} = {text}\n\nset by, the weakest first:\n", harmless(&self.key)))?;
        for origin in &history {
            let wins = winner.is_some_and(|winner| std::ptr::eq(winner, origin));
            let line = self.origin_line(origin, wins, ui);
            ui.print(line)?;
        }
        self.print_readers(&prepared, &key, ui)
    }

    fn value_text(&self, value: Option<&Value>) -> String {
        let Some(value) = value else { return "(not set)".to_owned() };
        if !self.show_secrets && !matches!(value, Value::Map(_) | Value::Nil) && self.is_secret() {
            return "(covered; see --show-secrets)".to_owned();
        }
        let covered = if self.show_secrets { value.clone() } else { cover(value, 0) };
        let text = json::to_raw_json(&covered).unwrap_or_default();
        harmless(&String::from_utf8_lossy(&text)).into_owned()
    }

    fn is_secret(&self) -> bool {
        key_path(&self.key).iter().any(|key| secrets::is_secret_key(key))
    }

    fn origin_line(&self, origin: &Origin, wins: bool, ui: &Ui) -> String {
        let mark = if wins { "*" } else { " " };
        let place = origin.span.and_then(|span| report::place(span, &ui.sources));
        let who = origin.setter.to_string();
        let who = if self.show_secrets { who } else { secrets::cover_line(&who).into_owned() };
        let who = match place {
            Some(place) if !place.starts_with(&who) => format!("{who} ({place})"),
            Some(place) => place,
            None => who,
        };
        let effect = match &origin.effect {
            Effect::Set(value) => format!("= {}", self.value_text(Some(value))),
            Effect::Removed => "removes it".to_owned(),
            Effect::Blocked(value) => format!("puts {} where a table is needed", self.value_text(Some(value))),
        };
        format!("{mark} {}: {effect}\n", harmless(&who))
    }

    /// Prints the template lines that read the key, found by rendering the chart once with a record of reads.
    fn print_readers(&self, prepared: &Prepared, key: &[String], ui: &mut Ui) -> Outcome {
        let release = Release::install(names::DEFAULT_NAME, options::namespace(""));
        let capabilities = Capabilities::of_helm(prepared.compat);
        let render = RenderOptions {
            release: &release,
            capabilities: &capabilities,
            limits: Limits::default(),
            tracing: Tracing::On,
        };
        let lines = match prepared.render(&render, &SystemWorld::default()) {
            Ok(rendered) => {
                let trace = rendered.trace.as_ref();
                let holders = holders(&prepared.chart, &prepared.values, key);
                trace.map(|trace| readers(trace, &holders)).unwrap_or_default()
            }
            Err(_) => {
                ui.say("note: the chart does not render with these values, so the template lines are not known");
                return Ok(ExitStatus::Success);
            }
        };
        ui.print(if lines.is_empty() { "\nread by no template line\n" } else { "\nread by:\n" })?;
        lines.iter().try_for_each(|line| ui.print(format!("  {}\n", harmless(line))))?;
        Ok(ExitStatus::Success)
    }
}

/// Values are read twice here, so that they cannot come from a pipe.
fn refuse_standard_input(layers: &[Layer]) -> Result<(), Stop> {
    let is_pipe = |layer: &Layer| matches!(layer, Layer::File(name) if name.trim() == "-");
    match layers.iter().any(is_pipe) {
        true => Err(Error::new(ErrorKind::Usage, "expected a file for `--values`, found `-`").into()),
        false => Ok(()),
    }
}

/// The keys of a path: dots separate them, a backslash keeps a dot.
fn key_path(text: &str) -> Vec<String> {
    let (mut keys, mut letters) = (vec![String::new()], text.chars());
    while let Some(letter) = letters.next() {
        match (letter, keys.last_mut()) {
            ('.', _) => keys.push(String::new()),
            ('\\', Some(key)) => key.extend(letters.next()),
            (_, Some(key)) => key.push(letter),
            (_, None) => {}
        }
    }
    keys
}

fn find(values: &Map, path: &[String]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    let value = values.get(first)?;
    match rest {
        [] => Some(value),
        _ => find(value.as_map()?, rest),
    }
}

/// A value without its secrets.
fn cover(value: &Value, depth: usize) -> Value {
    match value {
        Value::Map(map) if depth < 100 => {
            let entries = map.snapshot().into_iter().map(|(key, value)| {
                let secret =
                    secrets::is_secret_key(&key.to_str_lossy()) && !matches!(value, Value::Map(_) | Value::Nil);
                let value = if secret { Value::str("***") } else { cover(&value, depth + 1) };
                (key, value)
            });
            Value::Map(Map::from_entries(map.kind(), entries.collect()))
        }
        _ => value.clone(),
    }
}

/// The tables in which templates meet the key: the chart's own values, those of the subchart that it belongs to, and the
/// `global` of every subchart, which Helm copies from the one above.
fn holders(chart: &Chart, values: &Map, path: &[String]) -> Vec<(Map, String)> {
    let Some((last, tables)) = path.split_last() else { return Vec::new() };
    let mut found = Vec::new();
    let mut table = Some(values.clone());
    for key in tables {
        table = table.and_then(|table| table.get(key)?.as_map().cloned());
    }
    found.extend(table.map(|table| (table, last.clone())));
    let Some((first, rest)) = path.split_first() else { return found };
    for sub in &chart.dependencies {
        let inner = match first == "global" {
            true => path,
            false if sub.name() == first => rest,
            false => continue,
        };
        if let Some(values) = values.get(sub.name()).and_then(|values| values.as_map().cloned()) {
            found.extend(holders(sub, &values, inner));
        }
    }
    found
}

fn readers(trace: &crate::render::Trace, holders: &[(Map, String)]) -> Vec<String> {
    let mut lines = BTreeSet::new();
    for (table, key) in holders {
        let places = trace.recorder.reads_of(table, key.as_bytes()).iter().map(|place| (place, ""));
        let whole = trace.recorder.reads_of_all(table).iter().map(|place| (place, " (the whole table)"));
        for (place, how) in places.chain(whole) {
            let Some(file) = trace.source_of(*place) else { continue };
            let line = position(&file.text, place.pos as usize).line;
            lines.insert((file.name.clone(), line, how));
        }
    }
    lines.into_iter().map(|(file, line, how)| format!("{file}:{line}{how}")).collect()
}
