//! Sprig's functions with regular expressions.
//!
//! The reference is Go's package `regexp` (RE2 syntax, leftmost-first matches, linear time); an expression is checked
//! with Go's messages and run by the regex crate, which finds the same matches.

mod class;
mod names;
mod pattern;
mod syntax;
mod template;

use super::strings::{assemble, check_size};
use crate::diagnostic::Fault;
use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::print::{can_backquote, quote};
use crate::value::{List, ListKind, Text, Value};
use pattern::{Pattern, Subject};
use std::rc::Rc;
use template::Template;

const TWO_TEXTS: &[Param] = &[Param::Str, Param::Str];
const THREE_TEXTS: &[Param] = &[Param::Str, Param::Str, Param::Str];
const TEXTS_AND_COUNT: &[Param] = &[Param::Str, Param::Str, Param::Int];

/// The functions of this chapter.
pub const FUNCS: &[Func] = &[
    Func::new("regexMatch", TWO_TEXTS, regex_match),
    Func::new("mustRegexMatch", TWO_TEXTS, must_regex_match),
    Func::new("regexFind", TWO_TEXTS, |args| find(args, Failure::Panic)),
    Func::new("mustRegexFind", TWO_TEXTS, |args| find(args, Failure::Error)),
    Func::new("regexFindAll", TEXTS_AND_COUNT, |args| find_all(args, Failure::Panic)),
    Func::new("mustRegexFindAll", TEXTS_AND_COUNT, |args| find_all(args, Failure::Error)),
    Func::new("regexReplaceAll", THREE_TEXTS, |args| replace_all(args, Failure::Panic)),
    Func::new("mustRegexReplaceAll", THREE_TEXTS, |args| replace_all(args, Failure::Error)),
    Func::new("regexReplaceAllLiteral", THREE_TEXTS, |args| replace_all_literal(args, Failure::Panic)),
    Func::new("mustRegexReplaceAllLiteral", THREE_TEXTS, |args| replace_all_literal(args, Failure::Error)),
    Func::new("regexSplit", TEXTS_AND_COUNT, |args| split(args, Failure::Panic)),
    Func::new("mustRegexSplit", TEXTS_AND_COUNT, |args| split(args, Failure::Error)),
    Func::new("regexQuoteMeta", &[Param::Str], quote_meta),
];

/// The matcher of an expression of Go, compiled once for each thread; the error is Go's.
pub fn compile(expression: &[u8]) -> Result<regex::Regex, String> {
    Pattern::of(expression).map(|pattern| pattern.regex.clone()).map_err(|message| message.to_string())
}

/// How a bad expression is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// As the `must` functions return it.
    Error,
    /// As the others panic with it.
    Panic,
}

/// The pattern of the first argument.
fn pattern_of(args: Args<'_>, failure: Failure) -> Result<Rc<Pattern>, Fault> {
    let expression = args.text(0)?;
    Pattern::of(expression).map_err(|message| match failure {
        Failure::Error => Fault::new(&*message),
        Failure::Panic => Fault::new(format!("regexp: Compile({}): {message}", source_form(expression))),
    })
}

/// An expression as Go's source would show it.
fn source_form(expression: &[u8]) -> String {
    if can_backquote(expression) {
        return format!("`{}`", String::from_utf8_lossy(expression));
    }
    String::from_utf8_lossy(&quote(expression)).into_owned()
}

/// Whether there is a match; a bad expression has none.
fn regex_match(args: Args<'_>) -> Outcome {
    let Ok(pattern) = Pattern::of(args.text(0)?) else { return Ok(Value::Bool(false)) };
    matches(&pattern, args)
}

fn must_regex_match(args: Args<'_>) -> Outcome {
    matches(&*pattern_of(args, Failure::Error)?, args)
}

fn matches(pattern: &Pattern, args: Args<'_>) -> Outcome {
    Ok(Value::Bool(pattern.regex.is_match(&Subject::new(args.text(1)?).text)))
}

/// The first match; empty where there is none.
fn find(args: Args<'_>, failure: Failure) -> Outcome {
    let pattern = pattern_of(args, failure)?;
    let subject = Subject::new(args.text(1)?);
    let found = pattern.regex.find(&subject.text);
    Ok(Value::str(found.map_or(&b""[..], |found| subject.bytes(found.range()))))
}

/// How many matches a count asks for; negative ones ask for all.
fn most(count: i64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// All matches up to a count.
fn find_all(args: Args<'_>, failure: Failure) -> Outcome {
    let pattern = pattern_of(args, failure)?;
    let subject = Subject::new(args.text(1)?);
    let found = pattern.regex.find_iter(&subject.text).take(most(args.int(2)?));
    let found: Vec<Value> = found.map(|found| Value::str(subject.bytes(found.range()))).collect();
    Ok(strings(found))
}

/// A list of strings, nil where there are none.
fn strings(items: Vec<Value>) -> Value {
    Value::List(if items.is_empty() { List::nil(ListKind::Text) } else { List::new(ListKind::Text, items) })
}

/// Replaces all matches by a text that can refer to their groups.
fn replace_all(args: Args<'_>, failure: Failure) -> Outcome {
    let pattern = pattern_of(args, failure)?;
    let text = args.text(1)?;
    let subject = Subject::new(text);
    let template = Template::new(args.text(2)?);
    if template.is_literal() {
        return replaced(&pattern, text, &subject, |out| template.write_literal(out));
    }
    let mut found = pattern.regex.captures_iter(&subject.text).peekable();
    if found.peek().is_none() {
        return Ok(Value::Str(text.clone()));
    }
    assemble(|out| {
        let mut done = 0;
        for captures in found {
            let Some(whole) = captures.get(0) else { continue };
            out.extend_from_slice(subject.bytes(done..whole.start()));
            template.write(out, &captures, &pattern, &subject);
            check_size(Some(out.len()))?;
            done = whole.end();
        }
        out.extend_from_slice(subject.bytes_from(done));
        Ok(())
    })
}

/// Replaces all matches by a text as it is.
fn replace_all_literal(args: Args<'_>, failure: Failure) -> Outcome {
    let pattern = pattern_of(args, failure)?;
    let (text, new) = (args.text(1)?, args.text(2)?);
    replaced(&pattern, text, &Subject::new(text), |out| out.extend_from_slice(new))
}

fn replaced(pattern: &Pattern, text: &Text, subject: &Subject<'_>, write: impl Fn(&mut Vec<u8>)) -> Outcome {
    let mut found = pattern.regex.find_iter(&subject.text).peekable();
    if found.peek().is_none() {
        return Ok(Value::Str(text.clone()));
    }
    assemble(|out| {
        let mut done = 0;
        for found in found {
            out.extend_from_slice(subject.bytes(done..found.start()));
            write(out);
            check_size(Some(out.len()))?;
            done = found.end();
        }
        out.extend_from_slice(subject.bytes_from(done));
        Ok(())
    })
}

/// Splits at matches into at most that many parts; a negative number means all, 0 none.
fn split(args: Args<'_>, failure: Failure) -> Outcome {
    let pattern = pattern_of(args, failure)?;
    let (expression, text, most) = (args.text(0)?, args.text(1)?, most(args.int(2)?));
    if most == 0 {
        return Ok(strings(Vec::new()));
    }
    if text.is_empty() && !expression.is_empty() {
        return Ok(strings(vec![Value::Str(text.clone())]));
    }
    let subject = Subject::new(text);
    let (mut parts, mut start, mut end) = (Vec::new(), 0, 0);
    for found in pattern.regex.find_iter(&subject.text).take(most) {
        if parts.len() == most - 1 {
            break;
        }
        end = found.start();
        // An empty match at the very beginning splits nothing off.
        if found.end() != 0 {
            parts.push(Value::str(subject.bytes(start..end)));
        }
        start = found.end();
    }
    if end != subject.text.len() {
        parts.push(Value::str(subject.bytes_from(start)));
    }
    Ok(Value::List(List::new(ListKind::Text, parts)))
}

/// Escapes all that has a meaning in expressions.
fn quote_meta(args: Args<'_>) -> Outcome {
    let text = args.text(0)?;
    let is_special = |byte: u8| br"\.+*?()|[]{}^$".contains(&byte);
    if !text.iter().any(|byte| is_special(*byte)) {
        return Ok(Value::Str(text.clone()));
    }
    assemble(|out| {
        for byte in text.iter() {
            if is_special(*byte) {
                out.push(b'\\');
            }
            out.push(*byte);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::func::Body;

    fn call(name: &str, args: &[Value]) -> Outcome {
        let func = FUNCS.iter().find(|func| func.name == name).expect(name);
        let Body::Pure(body) = func.body else { panic!("{name} asks the world") };
        body(Args(args))
    }

    fn message(expression: &str) -> String {
        let outcome = call("mustRegexMatch", &[Value::str(expression), Value::str("x")]);
        outcome.expect_err(expression).message().to_owned()
    }

    #[test]
    fn bad_expressions_are_told_as_go_tells_them() {
        for (expression, wanted) in [
            ("(", "missing closing ): `(`"),
            (")", "unexpected ): `)`"),
            ("a**", "invalid nested repetition operator: `**`"),
            (r"(a)\1", r"invalid escape sequence: `\1`"),
            (r"\p{Old_Italic}", r"invalid character class range: `\p{Old_Italic}`"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ] {
            assert_eq!(message(expression), format!("error parsing regexp: {wanted}"));
        }
        let panic = call("regexFind", &[Value::str("["), Value::str("a")]).expect_err("[");
        assert_eq!(panic.message(), "regexp: Compile(`[`): error parsing regexp: missing closing ]: `[`");
    }

    #[test]
    fn hostile_expressions_end_at_a_limit() {
        let nested = |times: usize| format!("{}a{}", "(".repeat(times), ")".repeat(times));
        assert!(message(&nested(1001)).starts_with("error parsing regexp: expression nests too deeply: `((("));
        assert!(message(&nested(200_000)).starts_with("error parsing regexp: expression nests too deeply: `((("));
        assert!(message(&"(".repeat(200_000)).starts_with("error parsing regexp: missing closing )"));
        assert!(message(r"((\pL{1000}){1000}){1000}").starts_with("error parsing regexp: invalid repeat count"));
        assert!(message(&r"\pL{1000}".repeat(20)).starts_with("error parsing regexp: expression too large"));
    }

    #[test]
    fn deep_expressions_match() {
        let starred = |times: usize| format!("{}a{}", "(?:".repeat(times), "b)*".repeat(times));
        for expression in [format!("{}a{}", "(".repeat(990), ")".repeat(990)), starred(300)] {
            let found = call("mustRegexMatch", &[Value::str(&expression), Value::str("a")]).expect("a match");
            assert!(found.truth());
        }
    }
}
