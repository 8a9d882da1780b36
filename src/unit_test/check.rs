//! Whether an assertion holds for the documents of one template.

use super::assertion::{Assertion, Check, Counted, Decode, Identity, Part, Side, Written};
use super::data::{Data, DataKind, trimmed};
use super::path::Path;
use super::shown::{difference, first_difference, shown, shown_text};
use super::snapshot::{Compared, Comparison, Snapshots};
use crate::funcs::regex;
use crate::source::Span;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The key under which the text of a file that is no YAML stands.
pub(super) const RAW: &str = "raw";

/// What an assertion looks at.
pub(super) struct Subject<'a> {
    /// How many documents the template has.
    pub(super) all: usize,
    /// Those that an index or selector leaves, each with its number.
    pub(super) documents: Vec<(usize, &'a Data)>,
    /// Why nothing was rendered, if no template is to blame.
    pub(super) refused: Option<&'a str>,
}

/// Why an assertion does not hold.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    /// The number of the document.
    pub(super) document: Option<usize>,
    /// Expected, then found.
    pub(super) message: String,
    /// The place of the value in the rendered file.
    pub(super) at: Option<Span>,
}

impl Problem {
    fn of_all(message: impl Into<String>) -> Problem {
        Problem { document: None, message: message.into(), at: None }
    }

    fn of(document: usize, message: impl Into<String>, at: Span) -> Problem {
        Problem { document: Some(document), message: message.into(), at: Some(at) }
    }
}

/// The snapshots of the test that is run.
pub(super) struct Session<'a> {
    pub(super) snapshots: &'a mut Snapshots,
    pub(super) test: &'a str,
    pub(super) count: usize,
}

/// Everything that keeps an assertion from holding; nothing where it does.
pub(super) fn problems(assertion: &Assertion, subject: &Subject<'_>, session: &mut Session<'_>) -> Vec<Problem> {
    match &assertion.check {
        Check::Documents { count, counted } => documents(*count, *counted, assertion.negative, subject),
        Check::Failed { message, pattern } => failed(message.as_deref(), pattern.as_deref(), assertion, subject),
        check if subject.documents.is_empty() => without_documents(check, assertion.negative),
        Check::ContainsDocument(identity) => contains_document(identity, assertion.negative, subject),
        check => {
            let mut found = Vec::new();
            for (number, document) in &subject.documents {
                of_document(check, assertion, (*number, document), session, &mut found);
            }
            found
        }
    }
}

/// Where there is nothing to check, an opposite holds, and so does a snapshot.
fn without_documents(check: &Check, negative: bool) -> Vec<Problem> {
    let snapshot = matches!(check, Check::Snapshot { .. } | Check::SnapshotRaw);
    match negative != snapshot {
        true => Vec::new(),
        false => vec![Problem::of_all("expected a document, found none")],
    }
}

fn documents(count: i64, counted: Counted, negative: bool, subject: &Subject<'_>) -> Vec<Problem> {
    let found = if counted == Counted::Selected { subject.documents.len() } else { subject.all };
    let equal = i64::try_from(found).is_ok_and(|found| found == count);
    match equal != negative {
        true => Vec::new(),
        false if negative => vec![Problem::of_all(format!("expected another number of documents than {count}"))],
        false => vec![Problem::of_all(format!("expected {count} documents, found {found}"))],
    }
}

fn failed(message: Option<&str>, pattern: Option<&str>, assertion: &Assertion, subject: &Subject<'_>) -> Vec<Problem> {
    let (wanted, unwanted) = match (message, pattern) {
        (Some(message), _) => (format!("the error {}", shown_text(message)), "another error"),
        (_, Some(pattern)) => (format!("an error that fits {}", shown_text(pattern)), "an error that does not fit"),
        _ => ("an error".to_owned(), "no error"),
    };
    let check = |actual: Option<&str>, at: Option<(usize, Span)>| -> Option<Problem> {
        let fits = match (message, pattern, actual) {
            (None, None, _) => return None,
            (Some(message), _, actual) => actual == Some(message),
            // A document that tells no error is not held against a pattern.
            (_, Some(_), None) => return None,
            (_, Some(pattern), Some(actual)) => fits_pattern(pattern, actual, assertion.negative),
        };
        (fits == assertion.negative).then(|| {
            let found = actual.map_or_else(|| "none".to_owned(), shown_text);
            let message = match assertion.negative {
                true => format!("expected {unwanted}, found {found}"),
                false => format!("expected {wanted}, found {found}"),
            };
            Problem { document: at.map(|(number, _)| number), message, at: at.map(|(_, span)| span) }
        })
    };
    if let Some(refused) = subject.refused {
        return check(Some(refused), None).into_iter().collect();
    }
    if subject.documents.is_empty() && !assertion.negative {
        return vec![Problem::of_all(format!("expected {wanted}, found that this template does not fail"))];
    }
    let mut found = Vec::new();
    for (number, document) in &subject.documents {
        let raw = document.get(RAW).and_then(Data::as_text).map(|text| String::from_utf8_lossy(text).into_owned());
        found.extend(check(raw.as_deref(), Some((*number, document.span))));
    }
    found
}

/// Whether an error fits a pattern, or else has it word for word.
fn fits_pattern(pattern: &str, actual: &str, negative: bool) -> bool {
    let fits = regex::compile(pattern.as_bytes()).is_ok_and(|pattern| pattern.is_match(actual));
    let literal = pattern.contains(|letter| "\\.+*?()|[]{}^$".contains(letter));
    match fits == negative && literal {
        true => actual.contains(pattern),
        false => fits,
    }
}

fn contains_document(identity: &Identity, negative: bool, subject: &Subject<'_>) -> Vec<Problem> {
    let fits = |(_, document): &&(usize, &Data)| identity.fits(document);
    let fitting = subject.documents.iter().filter(fits).count();
    let holds = if identity.any { fitting > 0 } else { fitting == subject.documents.len() };
    if holds != negative {
        return Vec::new();
    }
    let mut wanted = format!("{} {}", identity.api_version, identity.kind);
    for (word, name) in [("named", &identity.name), ("in namespace", &identity.namespace)] {
        if let Some(name) = name {
            wanted.push_str(&format!(" {word} `{name}`"));
        }
    }
    match negative {
        true => vec![Problem::of_all(format!("expected no document {wanted}, found one"))],
        false => {
            let others = subject.documents.iter().filter(|document| !fits(document));
            let told = |(number, document): &(usize, &Data)| {
                let found = Identity::of(document);
                Problem::of(*number, format!("expected a document {wanted}, found {found}"), document.span)
            };
            others.map(told).collect()
        }
    }
}

impl Identity {
    /// A kind or API version that is no text is not held against a document.
    fn fits(&self, document: &Data) -> bool {
        let is = |key: &str, wanted: &str| {
            document.get(key).and_then(Data::as_text).is_none_or(|text| text == wanted.as_bytes())
        };
        let has = |key: &str, wanted: &Option<String>| {
            let Some(wanted) = wanted else { return true };
            let found = document.get("metadata").and_then(|metadata| metadata.get(key)).and_then(Data::as_text);
            found == Some(wanted.as_bytes())
        };
        is("kind", &self.kind)
            && is("apiVersion", &self.api_version)
            && has("name", &self.name)
            && has("namespace", &self.namespace)
    }

    fn of(document: &Data) -> String {
        let text =
            |data: Option<&Data>| data.and_then(Data::as_text).map(|text| String::from_utf8_lossy(text).into_owned());
        let kind = text(document.get("kind")).unwrap_or_else(|| "a document without a kind".to_owned());
        let version = text(document.get("apiVersion")).unwrap_or_default();
        let name = text(document.get("metadata").and_then(|metadata| metadata.get("name")));
        let name = name.map(|name| format!(" named `{name}`")).unwrap_or_default();
        format!("{version} {kind}{name}").trim().to_owned()
    }
}

fn of_document(
    check: &Check,
    assertion: &Assertion,
    (number, document): (usize, &Data),
    session: &mut Session<'_>,
    found: &mut Vec<Problem>,
) {
    let negative = assertion.negative;
    match check {
        Check::Kind { of } => found.extend(head("kind", of, negative, (number, document))),
        Check::ApiVersion { of } => found.extend(head("apiVersion", of, negative, (number, document))),
        Check::Length { paths, count } => lengths(paths, *count, negative, (number, document), found),
        Check::EqualRaw { value } => {
            let raw = raw(document);
            if (raw == value.as_bytes()) == negative {
                let message = raw_message("the text", value, &raw, negative);
                found.push(Problem::of(number, message, document.span));
            }
        }
        Check::MatchRegexRaw { pattern } => {
            let raw = raw(document);
            if fits(pattern, &raw) == negative {
                let message = raw_message("a text that fits", pattern, &raw, negative);
                found.push(Problem::of(number, message, document.span));
            }
        }
        Check::SnapshotRaw => {
            let text = Data { span: document.span, kind: DataKind::Text(raw(document)) };
            snapshot(&text, Asked::default(), negative, (number, session), found);
        }
        Check::Exists { path } => {
            let there = !path.parsed.find(document).is_empty();
            if there == negative {
                let message = match negative {
                    true => format!("expected nothing at `{}`, found a value", path.text),
                    false => format!("expected a value at `{}`, found nothing", path.text),
                };
                let at = path.parsed.find(document).first().map_or(document.span, |found| found.data().span);
                found.push(Problem::of(number, message, at));
            }
        }
        _ => of_values(check, assertion, (number, document), session, found),
    }
}

fn head(key: &str, wanted: &str, negative: bool, (number, document): (usize, &Data)) -> Option<Problem> {
    let actual = document.get(key);
    let equal = actual.and_then(Data::as_text) == Some(wanted.as_bytes());
    (equal == negative).then(|| {
        let found = actual.map_or_else(|| "nothing".to_owned(), shown);
        let message = match negative {
            true => format!("expected another `{key}` than `{wanted}`"),
            false => format!("expected `{key}` to be `{wanted}`, found {found}"),
        };
        Problem::of(number, message, actual.map_or(document.span, |actual| actual.span))
    })
}

/// The text of a file that is no YAML; a manifest has none, which Go prints as `<nil>`.
fn raw(document: &Data) -> Vec<u8> {
    document.get(RAW).and_then(Data::as_text).map_or_else(|| b"<nil>".to_vec(), trimmed)
}

fn raw_message(what: &str, wanted: &str, raw: &[u8], negative: bool) -> String {
    let raw = String::from_utf8_lossy(raw);
    let found = match &*raw {
        "<nil>" => "a manifest, which has no raw text".to_owned(),
        text => shown_text(text),
    };
    match negative {
        true => format!("expected another text than {}", shown_text(wanted)),
        false => format!("expected {what} {}, found {found}", shown_text(wanted)),
    }
}

fn fits(pattern: &str, text: &[u8]) -> bool {
    regex::compile(pattern.as_bytes()).is_ok_and(|pattern| pattern.is_match(&String::from_utf8_lossy(text)))
}

fn lengths(
    paths: &[Written<Path>],
    count: Option<i64>,
    negative: bool,
    (number, document): (usize, &Data),
    found: &mut Vec<Problem>,
) {
    let mut known: Vec<(&str, usize, Span)> = Vec::new();
    let before = found.len();
    for path in paths {
        let values = path.parsed.find(document);
        if values.is_empty() && !negative {
            let message = format!("expected a list at `{}`, found nothing", path.text);
            found.push(Problem::of(number, message, document.span));
        }
        let mut length = 0;
        for value in &values {
            let value = value.data();
            length = value.items().len();
            let is_list = matches!(value.kind, DataKind::List(_));
            let equal = count.map(|count| i64::try_from(length).is_ok_and(|length| length == count));
            let message = match (equal, count) {
                (None, _) if !is_list => format!("expected a list at `{}`, found {}", path.text, shown(value)),
                (Some(equal), Some(count)) if equal == negative && negative => {
                    format!("expected another number of items at `{}` than {count}", path.text)
                }
                (Some(equal), Some(count)) if equal == negative => {
                    format!("expected {count} items at `{}`, found {length}", path.text)
                }
                _ => continue,
            };
            found.push(Problem::of(number, message, value.span));
        }
        known.push((&path.text, length, values.first().map_or(document.span, |value| value.data().span)));
    }
    let Some(((first, length, _), others)) = known.split_first() else { return };
    if found.len() > before || others.is_empty() {
        return;
    }
    if let Some((other, found_length, at)) = others.iter().find(|(_, other, _)| (other == length) == negative) {
        let message = match negative {
            true => format!("expected `{other}` and `{first}` to differ in length, found {length} items in both"),
            false => format!("expected `{other}` to have {length} items as `{first}` has, found {found_length}"),
        };
        found.push(Problem::of(number, message, *at));
    }
}

/// The checks of each value at a path.
fn of_values(
    check: &Check,
    assertion: &Assertion,
    (number, document): (usize, &Data),
    session: &mut Session<'_>,
    found: &mut Vec<Problem>,
) {
    let Some(path) = check.path() else { return };
    let values = path.parsed.find(document);
    if values.is_empty() && !assertion.negative {
        let message = format!("expected a value at `{}`, found nothing", path.text);
        found.push(Problem::of(number, message, document.span));
    }
    for value in &values {
        let value = value.data();
        if let Check::Snapshot { matches, differs, .. } = check {
            let asked = Asked { path: &path.text, matches: matches.as_deref(), differs: differs.as_deref() };
            snapshot(value, asked, assertion.negative, (number, session), found);
            continue;
        }
        if let Some(message) = of_value(check, value, &path.text, assertion.negative) {
            found.push(Problem::of(number, message, value.span));
        }
    }
}

/// Why a check does not hold for a value.
fn of_value(check: &Check, actual: &Data, path: &str, negative: bool) -> Option<String> {
    let told = |holds: bool, wanted: String, found: String| {
        (holds == negative).then(|| match negative {
            true => format!("expected `{path}` not to be {wanted}"),
            false => format!("expected `{path}` to be {wanted}, found {found}"),
        })
    };
    match check {
        Check::Equal { value, base64, .. } => match plain(actual, *base64) {
            Err(why) => Some(format!("expected base64 at `{path}`, found {why}")),
            Ok(actual) => {
                let actual = actual.with_trimmed_texts();
                if !negative && !actual.same(value) {
                    return Some(difference(path, value, &actual));
                }
                told(actual.same(value), shown(value), shown(&actual))
            }
        },
        Check::MatchRegex { pattern, base64, .. } => {
            if actual.as_text().is_none() {
                return Some(format!("expected a text at `{path}`, found {}", shown(actual)));
            }
            match plain(actual, *base64) {
                Err(why) => Some(format!("expected base64 at `{path}`, found {why}")),
                Ok(actual) => {
                    let holds = fits(pattern, actual.as_text().unwrap_or_default());
                    told(holds, format!("a text that fits {}", shown_text(pattern)), shown(&actual))
                }
            }
        }
        Check::NullOrEmpty { .. } => told(actual.is_empty(), "null or empty".to_owned(), shown(actual)),
        Check::Type { name, .. } => {
            let found = if actual.go_type().is_empty() { "null" } else { actual.go_type() };
            told(actual.go_type() == name, format!("of type {name}"), found.to_owned())
        }
        Check::Subset { content, .. } => match (&actual.kind, &content.kind) {
            (DataKind::Map(_), DataKind::Map(_)) => {
                told(actual.has_entries(content), format!("a mapping with {}", shown(content)), shown(actual))
            }
            (DataKind::Map(_), _) => Some(format!("expected `content` as a mapping, found {}", shown(content))),
            _ => Some(format!("expected a mapping at `{path}`, found {}", shown(actual))),
        },
        Check::Bound { value, side, .. } => bound(actual, value, *side, path, negative),
        Check::Contains { content, count, part, .. } => match &actual.kind {
            DataKind::List(items) => {
                let fitting = items.iter().filter(|item| is_item(item, content, *part)).count();
                let counted = count.is_none_or(|count| i64::try_from(fitting).is_ok_and(|found| found == count));
                let times = count.map(|count| format!(" {count} times")).unwrap_or_default();
                let holds = fitting > 0 && counted;
                let found = match fitting {
                    0 => shown(actual),
                    count => format!("it {count} times"),
                };
                (holds == negative).then(|| match negative {
                    true => format!("expected `{path}` not to contain {}{times}", shown(content)),
                    false => format!("expected `{path}` to contain {}{times}, found {found}", shown(content)),
                })
            }
            _ => Some(format!("expected a list at `{path}`, found {}", shown(actual))),
        },
        _ => None,
    }
}

fn is_item(item: &Data, content: &Data, part: Part) -> bool {
    match (part, &item.kind, &content.kind) {
        (Part::Named, DataKind::Map(_), DataKind::Map(_)) => item.has_entries(content),
        _ => item.same(content),
    }
}

/// A text decoded where that is asked for; other values as they are.
fn plain(actual: &Data, base64: Decode) -> Result<Data, String> {
    match (base64, &actual.kind) {
        (Decode::Base64, DataKind::Text(text)) => {
            // Go's decoder passes over line breaks.
            let text: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
            let decoded = STANDARD.decode(text).map_err(|_| shown(actual))?;
            Ok(Data { span: actual.span, kind: DataKind::Text(decoded) })
        }
        _ => Ok(actual.clone()),
    }
}

fn bound(actual: &Data, value: &Data, side: Side, path: &str, negative: bool) -> Option<String> {
    let order = match (&actual.kind, &value.kind) {
        (DataKind::Int(one), DataKind::Int(two)) => Some(one.cmp(two)),
        (DataKind::Float(one), DataKind::Float(two)) => one.partial_cmp(two),
        (DataKind::Text(one), DataKind::Text(two)) => Some(one.cmp(two)),
        _ => {
            let types = [value, actual].map(|data| match data.go_type() {
                "" => "null",
                name => name,
            });
            return Some(format!("expected `{path}` to be of type {}, found {}", types[0], types[1]));
        }
    };
    let word = if side == Side::Greater { "at least" } else { "at most" };
    let holds = order.is_some_and(|order| if side == Side::Greater { order.is_ge() } else { order.is_le() });
    (holds == negative).then(|| match negative {
        true => format!("expected `{path}` not to be {word} {}, found {}", shown(value), shown(actual)),
        false => format!("expected `{path}` to be {word} {}, found {}", shown(value), shown(actual)),
    })
}

/// What a snapshot is of, and which patterns it has to fit or not.
#[derive(Clone, Copy, Default)]
struct Asked<'a> {
    path: &'a str,
    matches: Option<&'a str>,
    differs: Option<&'a str>,
}

fn snapshot(
    value: &Data,
    asked: Asked<'_>,
    negative: bool,
    (number, session): (usize, &mut Session<'_>),
    found: &mut Vec<Problem>,
) {
    session.count += 1;
    let Asked { path, matches, differs } = asked;
    let text = value.to_yaml();
    let place = if path.is_empty() { String::new() } else { format!(" of `{path}`") };
    let bad_pattern = |pattern: Option<&str>, wanted: bool| {
        pattern.filter(|pattern| fits(pattern, text.as_bytes()) != wanted).map(|pattern| match wanted {
            true => format!("expected the snapshot{place} to fit {}", shown_text(pattern)),
            false => format!("expected the snapshot{place} not to fit {}", shown_text(pattern)),
        })
    };
    let comparison = if matches.is_some() || differs.is_some() { Comparison::Patterns } else { Comparison::Text };
    let compared = session.snapshots.compare((session.test, session.count), &text, comparison);
    let wrong = match compared {
        _ if session.snapshots.updates() => None,
        Compared::Missing => Some(format!("expected snapshot {}{place}, found none in the file", session.count)),
        Compared::Differs(kept) => {
            Some(format!("snapshot {}{place} differs: {}", session.count, first_difference(&kept, &text)))
        }
        Compared::Equal => bad_pattern(matches, true).or_else(|| bad_pattern(differs, false)),
    };
    match (wrong, negative) {
        (Some(message), false) => found.push(Problem::of(number, message, value.span)),
        (None, true) => {
            let message = format!("expected another value than snapshot {}{place}", session.count);
            found.push(Problem::of(number, message, value.span));
        }
        _ => {}
    }
}
