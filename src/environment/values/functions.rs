//! Tera with our filters and functions, which bound what makes much out of little.

use std::sync::LazyLock;
use tera::Tera;

/// The most numbers of a `range`.
const LONGEST_RANGE: i128 = 1000;
/// The widest indentation that the filter `indent` makes.
const WIDEST: i64 = 100;

/// Tera as every values template has it.
pub(super) static ENGINE: LazyLock<Tera> = LazyLock::new(engine);

fn engine() -> Tera {
    let mut tera = Tera::new();
    tera.autoescape_on(Vec::<&str>::new());
    tera.register_filter("as_json", as_json);
    tera.register_filter("indent", indent);
    tera.register_filter("hours", hours);
    tera.register_function("range", range);
    tera
}

/// What [`as_json`] says of an undefined value, whose expression it does not know.
pub(super) const UNDEFINED: &str = "undefined";

fn as_json(value: &tera::Value, _: tera::Kwargs, _: &tera::State) -> tera::TeraResult<String> {
    if value.is_undefined() {
        return Err(tera::Error::message(UNDEFINED));
    }
    serde_json::to_string(value).map_err(|error| tera::Error::message(error.to_string()))
}

/// Tera's `range` with a lower bound on its length.
fn range(arguments: tera::Kwargs, _: &tera::State) -> tera::TeraResult<Vec<i128>> {
    let start = arguments.get::<i128>("start")?.unwrap_or_default();
    let end = arguments.must_get::<i128>("end")?;
    let step = arguments.get::<i128>("step_by")?.unwrap_or(1);
    if step < 1 {
        return Err(tera::Error::message("`range` needs a `step_by` above 0"));
    }
    let length = end.saturating_sub(start).saturating_add(step - 1) / step;
    if length > LONGEST_RANGE {
        return Err(tera::Error::message(format!("`range` makes more than {LONGEST_RANGE} numbers")));
    }
    Ok((0..length.max(0)).map(|at| start + at * step).collect())
}

/// The whole hours of a duration such as `7h` or `90m`, rounded up.
fn hours(text: &str, _: tera::Kwargs, _: &tera::State) -> tera::TeraResult<u64> {
    let wrong = || tera::Error::message(format!("`hours` needs a duration such as `168h`, not `{text}`"));
    let (mut seconds, mut rest) = (0.0_f64, text);
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').ok_or_else(wrong)?;
        let number: f64 = rest[..end].parse().map_err(|_| wrong())?;
        let word = rest[end..].find(|letter: char| letter.is_ascii_digit()).map_or(rest.len(), |at| end + at);
        let unit = match &rest[end..word] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return Err(wrong()),
        };
        seconds += number * unit;
        rest = &rest[word..];
    }
    Ok((seconds / 3600.0).ceil() as u64)
}

/// Indents all lines but the first.
fn indent(text: &str, arguments: tera::Kwargs, _: &tera::State) -> tera::TeraResult<String> {
    let width = arguments.get::<i64>("width")?.unwrap_or(4);
    let Ok(columns) = usize::try_from(width.min(WIDEST)) else {
        return Err(tera::Error::message("`indent` needs a `width` of 0 or more"));
    };
    if width > WIDEST {
        return Err(tera::Error::message(format!("`indent` makes at most {WIDEST} columns")));
    }
    Ok(text.replace('\n', &format!("\n{}", " ".repeat(columns))))
}
