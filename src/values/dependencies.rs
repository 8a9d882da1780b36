//! Which subcharts stay: aliases, tags and conditions; and what parents import from them.

use super::lookup;
use super::tables::{Nulls, Pass, Path, Source};
use crate::chart::{Chart, Compat, Dependency, Level, Notice, Notices, check};
use crate::diagnostic::{Error, ErrorKind};
use crate::value::{Map, MapKind, Text, Value, print};

/// Removes the subcharts that tags and conditions switch off, renames those with an alias, and imports values.
///
/// Helm's `ProcessDependencies` with the values of the user. Afterwards the default values of every chart with
/// declared dependencies hold those of its subcharts too.
pub fn process_dependencies(chart: &mut Chart, user: &Map, compat: Compat, notices: &mut Notices) -> Result<(), Error> {
    let mut process = Process { compat, notices };
    let done = process.enable(chart, user, "").and_then(|()| process.import(chart));
    let Err(error) = done else { return Ok(()) };
    if compat == Compat::Helm3 {
        return Err(error);
    }
    let doing = "chart dependencies processing failed";
    notices.push(Notice::new(Level::Error, doing).with("error", error.message()));
    let hints = error.hints().to_vec();
    let wrapped = Error::new(ErrorKind::Content, format!("{doing}: {error}")).because(error);
    Err(hints.into_iter().fold(wrapped, Error::hint))
}

struct Process<'a> {
    compat: Compat,
    notices: &'a mut Notices,
}

impl Process<'_> {
    /// Prunes the subcharts of `chart`, whose conditions are looked up below `path` (empty or ending with a dot).
    fn enable(&mut self, chart: &mut Chart, values: &Map, path: &str) -> Result<(), Error> {
        let Some(mut declared) = chart.metadata.dependencies.take() else { return Ok(()) };
        chart.dependencies = arrange(std::mem::take(&mut chart.dependencies), &mut declared);
        for one in &mut declared {
            one.enabled = true;
        }
        let values = Pass::new(self.compat, Nulls::Delete, self.notices).coalesce_chart(chart, values)?;
        self.apply_tags(&mut declared, &values);
        self.apply_conditions(&mut declared, &values, path);
        let off: Vec<String> = declared.iter().filter(|one| !one.enabled).map(|one| one.name.clone()).collect();
        chart.dependencies.retain(|sub| !off.iter().any(|name| name == sub.name()));
        declared.retain(|one| !off.contains(&one.name));
        for sub in &mut chart.dependencies {
            let path = format!("{path}{}.", sub.name());
            self.enable(sub, &values, &path)?;
        }
        // Go's append of nothing to nothing is nil: a chart whose list became empty has no list.
        chart.metadata.dependencies = Some(declared).filter(|declared| !declared.is_empty());
        Ok(())
    }

    fn apply_tags(&mut self, declared: &mut [Dependency], values: &Map) {
        let Ok(tags) = lookup::table(values, "tags") else { return };
        for one in declared {
            let (mut on, mut off) = (false, false);
            for tag in &one.tags {
                match tags.get(tag) {
                    None => {}
                    Some(Value::Bool(true)) => on = true,
                    Some(Value::Bool(false)) => off = true,
                    Some(_) => self.warn_tag(tag, &one.name),
                }
            }
            one.enabled = on || !off;
        }
    }

    fn warn_tag(&mut self, tag: &str, chart: &str) {
        self.notices.push(if self.compat == Compat::Helm3 {
            Notice::new(Level::Info, format!("Warning: Tag '{tag}' for chart {chart} returned non-bool value"))
        } else {
            Notice::new(Level::Warn, "returned non-bool value").with("tag", tag).with("chart", chart)
        });
    }

    fn apply_conditions(&mut self, declared: &mut [Dependency], values: &Map, path: &str) {
        for one in declared {
            for condition in one.condition.trim().split(',').filter(|condition| !condition.is_empty()) {
                match lookup::value(values, &format!("{path}{condition}")) {
                    Ok(Value::Bool(enabled)) => {
                        one.enabled = enabled;
                        break;
                    }
                    Ok(_) => self.warn_condition(condition, &one.name),
                    Err(_) => {}
                }
            }
        }
    }

    fn warn_condition(&mut self, path: &str, chart: &str) {
        self.notices.push(if self.compat == Compat::Helm3 {
            let message = format!("Warning: Condition path '{path}' for chart {chart} returned non-bool value");
            Notice::new(Level::Info, message)
        } else {
            Notice::new(Level::Warn, "returned non-bool value").with("path", path).with("chart", chart)
        });
    }

    /// Imports values from the innermost charts outwards.
    fn import(&mut self, chart: &mut Chart) -> Result<(), Error> {
        for sub in &mut chart.dependencies {
            self.import(sub)?;
        }
        let Some(mut declared) = chart.metadata.dependencies.take() else { return Ok(()) };
        let null_free = holds_no_nulls(chart);
        let imported = self.import_into(chart, &mut declared);
        chart.metadata.dependencies = Some(declared);
        chart.values = Some(imported?);
        chart.null_free = null_free;
        Ok(())
    }

    /// The values of a chart and its subcharts with what it imports, which its own values win over.
    fn import_into(&mut self, chart: &Chart, declared: &mut [Dependency]) -> Result<Map, Error> {
        let mut pass = Pass::new(self.compat, Nulls::Keep, self.notices);
        let values = pass.coalesce_chart(chart, &Map::new())?;
        let imported = pass.table();
        for one in declared {
            let wanted = std::mem::take(&mut one.import_values);
            for import in wanted.iter().filter_map(Import::read) {
                import.run(&mut pass, &values, &one.name, &imported);
                one.import_values.push(import.to_value());
            }
        }
        pass.check_depth()?;
        if imported.is_empty() {
            return Ok(values);
        }
        let mut pass = Pass::new(self.compat, Nulls::Keep, self.notices);
        let merged = pass.copy(&values);
        pass.merge(&merged, &imported, &Path::root("", Nulls::Keep), Source::Spent);
        pass.check_depth()?;
        Ok(merged)
    }
}

/// Whether the defaults of a chart and its subcharts are known to hold no null.
fn holds_no_nulls(chart: &Chart) -> bool {
    let own = chart.values.is_none() || chart.is_free_of_nulls();
    own && chart.dependencies.iter().all(holds_no_nulls)
}

/// Puts undeclared subcharts first and then one for each declared dependency that is there, under its alias.
fn arrange(existing: Vec<Chart>, declared: &mut [Dependency]) -> Vec<Chart> {
    let fits = |one: &Dependency, sub: &Chart| {
        sub.name() == one.name && check::is_compatible(&one.version, &sub.metadata.version)
    };
    let chosen: Vec<Option<usize>> =
        declared.iter().map(|one| existing.iter().position(|sub| fits(one, sub))).collect();
    let mut arranged: Vec<Chart> = Vec::new();
    let mut existing: Vec<Option<Chart>> = existing.into_iter().map(Some).collect();
    for slot in &mut existing {
        if slot.as_ref().is_some_and(|sub| !declared.iter().any(|one| fits(one, sub))) {
            arranged.extend(slot.take());
        }
    }
    for (at, one) in declared.iter_mut().enumerate() {
        let sub = chosen[at].and_then(|chosen_at| {
            let again = chosen[at + 1..].contains(&Some(chosen_at));
            if again { existing[chosen_at].clone() } else { existing[chosen_at].take() }
        });
        if let Some(mut sub) = sub {
            if !one.alias.is_empty() {
                sub.metadata.name.clone_from(&one.alias);
            }
            arranged.push(sub);
        }
        if !one.alias.is_empty() {
            one.name.clone_from(&one.alias);
        }
    }
    arranged
}

/// One entry of `import-values`.
struct Import {
    child: String,
    parent: String,
    /// Whether the entry was one name below `exports`, for which Helm warns in other words.
    exported: bool,
}

impl Import {
    fn read(entry: &Value) -> Option<Import> {
        match entry {
            Value::Map(map) if map.kind() == MapKind::Any => {
                let text = |key: &str| {
                    let text = print::to_text(&map.get(key).unwrap_or(Value::Nil));
                    text.map_or_else(|fault| fault.to_string(), |text| text.to_str_lossy().into_owned())
                };
                Some(Import { child: text("child"), parent: text("parent"), exported: false })
            }
            Value::Str(name) => {
                let child = format!("exports.{}", name.to_str_lossy());
                Some(Import { child, parent: ".".to_owned(), exported: true })
            }
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        let entries =
            vec![(Text::from("child"), Value::str(&self.child)), (Text::from("parent"), Value::str(&self.parent))];
        Value::Map(Map::from_entries(MapKind::Text, entries))
    }

    /// Merges the child's table into `imported` at the parent's path.
    fn run(&self, pass: &mut Pass<'_>, values: &Map, chart: &str, imported: &Map) {
        let path = format!("{chart}.{}", self.child);
        if let Err(missing) = lookup::table(values, &path) {
            return self.warn(pass, chart, &missing);
        }
        // Two imports may merge into one table of the tree: they must meet the same map.
        let table = path.split('.').fold(values.clone(), |holder, name| match holder.get(name) {
            Some(Value::Map(table)) => pass.own(&holder, &Text::from(name), table),
            _ => holder,
        });
        let mut source = if table.is_empty() { pass.table() } else { table };
        if self.parent != "." {
            for name in self.parent.rsplit('.') {
                let holder = pass.table();
                holder.insert(name, source);
                source = holder;
            }
        }
        pass.merge(imported, &source, &Path::root("", Nulls::Keep), Source::Live);
    }

    fn warn(&self, pass: &mut Pass<'_>, chart: &str, missing: &lookup::Missing) {
        let error = missing.to_string();
        pass.notices.push(match (pass.compat, self.exported) {
            (Compat::Helm3, false) => {
                Notice::new(Level::Info, format!("Warning: ImportValues missing table from chart {chart}: {error}"))
            }
            (Compat::Helm3, true) => Notice::new(Level::Info, format!("Warning: ImportValues missing table: {error}")),
            (_, false) => {
                let notice = Notice::new(Level::Warn, "ImportValues missing table from chart").with("chart", chart);
                notice.with("error", error)
            }
            (_, true) => Notice::new(Level::Warn, "ImportValues missing table").with("error", error),
        });
    }
}
