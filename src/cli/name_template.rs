//! `--name-template`: a template on nil with Sprig's functions, `env` and `expandenv` among them, and none of Helm's.

use super::system::SystemWorld;
use crate::diagnostic::Fault;
use crate::funcs::SPRIG;
use crate::template::func::{Args, Func, FuncTable, Param};
use crate::template::{Exec, Limits, TemplateSet, builtins, parse};
use crate::value::{Text, Value};
use bytes::Bytes;
use std::sync::Arc;

const NAME: &str = "name-template";

const ENVIRONMENT: &[Func] = &[Func::new("env", &[Param::Str], env), Func::new("expandenv", &[Param::Str], expand_env)];

/// The name that a template makes; the error is Go's text.
pub(super) fn execute(text: &str) -> Result<String, String> {
    let mut chapters = vec![builtins::FUNCS];
    chapters.extend(SPRIG);
    chapters.push(ENVIRONMENT);
    execute_small(NAME, text, &chapters, &Value::Nil)
}

/// What a template outside of any chart writes about a value; the error is Go's text.
pub(super) fn execute_small(name: &str, text: &str, chapters: &[&[Func]], data: &Value) -> Result<String, String> {
    let funcs = FuncTable::new(chapters);
    let tree = parse(Bytes::copy_from_slice(text.as_bytes()), &funcs).map_err(|error| error.go_text(name))?;
    let mut set = TemplateSet::new();
    set.add(name, Arc::new(tree));
    let world = SystemWorld::default();
    let mut exec = Exec::new(&set, &funcs, &world, Limits::default());
    let made = exec.execute(name, data, |text| String::from_utf8_lossy(text).into_owned());
    made.map_err(|error| error.go_text())
}

fn variable(name: &str) -> String {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()).unwrap_or_default()
}

fn env(args: Args<'_>) -> Result<Value, Fault> {
    Ok(Value::str(variable(&args.text(0)?.to_str_lossy())))
}

fn expand_env(args: Args<'_>) -> Result<Value, Fault> {
    let text: &Text = args.text(0)?;
    Ok(Value::str(expand(&text.to_str_lossy())))
}

/// Go's `os.ExpandEnv`: `$name` and `${name}`.
fn expand(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let (name, after) = match behind.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some(braced) => braced,
            None => {
                behind.split_at(behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len()))
            }
        };
        match name {
            "" => out.push('$'),
            _ => out.push_str(&variable(name)),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
