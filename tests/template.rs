//! The template language against Go's own `text/template`: `tests/template/*.txt` hold data, a template and what Go
//! makes of it.

use chartwright::template::func::FuncTable;
use chartwright::template::{Exec, Limits, TemplateSet, builtins, parse};
use chartwright::world::FixedWorld;
use std::sync::Arc;

/// Runs a template named `t` as Go's probe did: its output, or `error: ` and Go's text.
fn run(text: &str, data: &str) -> String {
    let funcs = FuncTable::new(&[builtins::FUNCS]);
    let tree = match parse(bytes::Bytes::copy_from_slice(text.as_bytes()), &funcs) {
        Ok(tree) => Arc::new(tree),
        Err(error) => return format!("error: {}", error.go_text("t")),
    };
    let mut set = TemplateSet::new();
    set.add("t", tree);
    let data = chartwright::json::from_json(data.as_bytes()).expect("the data of a case is JSON");
    let world = FixedWorld::default();
    let mut exec = Exec::new(&set, &funcs, &world, Limits::default());
    match exec.execute("t", &data, |out| String::from_utf8_lossy(out).into_owned()) {
        Ok(out) => out,
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn the_language_is_gos() {
    let cases = include_str!("template/language.txt");
    let (mut count, mut wrong) = (0, Vec::new());
    for case in cases.split("=== ").skip(1) {
        let (name, rest) = case.split_once('\n').expect("a case has a name");
        let parts: Vec<&str> = rest.splitn(3, "\n---\n").collect();
        let expected = parts[2].strip_suffix('\n').unwrap_or(parts[2]);
        let got = run(parts[1], parts[0]);
        count += 1;
        if got != expected {
            wrong.push(format!("{name}: {}\n  go   {expected}\n  here {got}", parts[1]));
        }
    }
    assert!(count > 200, "only {count} cases were read");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}
