//! Go's `text/template` with Sprig's functions, without any chart.
#![allow(clippy::print_stdout)]

use chartwright::funcs::SPRIG;
use chartwright::template::func::FuncTable;
use chartwright::template::{Exec, Limits, TemplateSet, builtins, parse};
use chartwright::value::{Map, Value};
use chartwright::world::FixedWorld;
use std::sync::Arc;

const TEXT: &str = "{{ range $i, $name := .names }}{{ $i }}: {{ $name | upper | quote }}\n{{ end }}";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut chapters = vec![builtins::FUNCS];
    chapters.extend(SPRIG);
    let funcs = FuncTable::new(&chapters);
    let mut set = TemplateSet::new();
    set.add("names", Arc::new(parse(TEXT.into(), &funcs).map_err(|error| error.go_text("names"))?));
    let data: Map = [("names", Value::strings(["ada", "grace"]))].into_iter().collect();
    let world = FixedWorld::default();
    let mut exec = Exec::new(&set, &funcs, &world, Limits::default());
    print!("{}", exec.execute("names", &Value::Map(data), |text| String::from_utf8_lossy(text).into_owned())?);
    Ok(())
}
