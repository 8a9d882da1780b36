//! The functions that Kubernetes adds to CEL, and the extensions that it switches on.
//!
//! URLs, quantities, IP addresses and ranges are texts here: a function that makes one brings it into one form, so that
//! equal ones are equal texts.

use super::address;
use super::quantity::Quantity;
use cel::extractors::{Arguments, This};
use cel::{Context, Env, ExecutionError, Value, extensions};
use std::cmp::Ordering;
use std::sync::Arc;

type Answer = Result<Value, ExecutionError>;

/// The longest pattern that a rule may search with.
const LARGEST_PATTERN: usize = 1 << 20;

/// The environment: the standard library and the extensions of strings, lists and sets that Kubernetes has.
pub(super) fn environment() -> Env {
    let mut env = Env::stdlib();
    // They cannot clash with the standard library: each extension is added once.
    let _ = env.add_extension(extensions::strings);
    let _ = env.add_extension(extensions::lists);
    let _ = env.add_extension(extensions::math);
    env
}

/// What one of the standard functions makes of a text.
pub(super) fn call(function: &str, text: &str) -> Option<Value> {
    let mut context = Context::default();
    context.add_variable_from_value("text", text.to_owned());
    cel::Program::compile(&format!("{function}(text)")).ok()?.execute(&context).ok()
}

/// Adds Kubernetes' functions to a context.
pub(super) fn add_functions(context: &mut Context<'_, '_>) {
    // A name that the crate comes to know itself is answered there.
    let _ = context.add_function("find", find);
    let _ = context.add_function("findAll", find_all);
    let _ = context.add_function("isSorted", is_sorted);
    let _ = context.add_function("sum", sum);
    let _ = context.add_function("min", |This(this): This<Value>| extreme(&this, Ordering::Less));
    let _ = context.add_function("max", |This(this): This<Value>| extreme(&this, Ordering::Greater));
    add_urls(context);
    add_addresses(context);
    add_quantities(context);
    let _ = context.add_function("sets.contains", |one: Value, other: Value| sets(&one, &other, SetQuestion::Contains));
    let _ = context.add_function("sets.intersects", |one: Value, other: Value| sets(&one, &other, SetQuestion::Intersects));
    let _ = context.add_function("sets.equivalent", |one: Value, other: Value| sets(&one, &other, SetQuestion::Equivalent));
}

fn fail<T>(function: &str, why: impl ToString) -> Result<T, ExecutionError> {
    Err(ExecutionError::function_error(function, why))
}

fn pattern(text: &str) -> Result<regex::Regex, ExecutionError> {
    let built = regex::RegexBuilder::new(text).size_limit(LARGEST_PATTERN).build();
    built.or_else(|_| fail("find", "the pattern is no regular expression"))
}

fn find(This(this): This<Arc<String>>, wanted: Arc<String>) -> Answer {
    let found = pattern(&wanted)?.find(&this).map_or("", |found| found.as_str()).to_owned();
    Ok(Value::String(Arc::new(found)))
}

fn find_all(This(this): This<Arc<String>>, Arguments(given): Arguments) -> Answer {
    let Some(Value::String(wanted)) = given.first() else { return fail("findAll", "expected a pattern") };
    let most = match given.get(1) {
        Some(Value::Int(count)) if *count >= 0 => usize::try_from(*count).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let pattern = pattern(wanted)?;
    let found = pattern.find_iter(&this).take(most).map(|found| Value::String(Arc::new(found.as_str().to_owned())));
    Ok(Value::List(Arc::new(found.collect())))
}

fn items<'v>(value: &'v Value, function: &str) -> Result<&'v [Value], ExecutionError> {
    match value {
        Value::List(items) => Ok(items),
        _ => fail(function, "expected a list"),
    }
}

fn is_sorted(This(this): This<Value>) -> Answer {
    let items = items(&this, "isSorted")?;
    let ordered = |pair: &[Value]| match pair {
        [one, other] => matches!(one.partial_cmp(other), Some(Ordering::Less | Ordering::Equal)),
        _ => true,
    };
    Ok(Value::Bool(items.windows(2).all(ordered)))
}

fn sum(This(this): This<Value>) -> Answer {
    items(&this, "sum")?.iter().try_fold(Value::Int(0), |sum, item| match (sum, item) {
        (Value::Int(0), Value::Float(number)) => Ok(Value::Float(*number)),
        (Value::Float(sum), Value::Float(number)) => Ok(Value::Float(sum + number)),
        (Value::Int(sum), Value::Int(number)) => {
            sum.checked_add(*number).map_or_else(|| fail("sum", "integer overflow"), |sum| Ok(Value::Int(sum)))
        }
        _ => fail("sum", "expected numbers"),
    })
}

fn extreme(list: &Value, wanted: Ordering) -> Answer {
    let items = items(list, "min")?;
    let Some((first, rest)) = items.split_first() else { return fail("min", "expected a list that is not empty") };
    let better = |best: &'_ Value, item: &'_ Value| item.partial_cmp(best) == Some(wanted);
    Ok(rest.iter().fold(first, |best, item| if better(best, item) { item } else { best }).clone())
}

enum SetQuestion {
    Contains,
    Intersects,
    Equivalent,
}

fn sets(one: &Value, other: &Value, question: SetQuestion) -> Answer {
    let (one, other) = (items(one, "sets")?, items(other, "sets")?);
    let all = |inner: &[Value], outer: &[Value]| inner.iter().all(|item| outer.contains(item));
    Ok(Value::Bool(match question {
        SetQuestion::Contains => all(other, one),
        SetQuestion::Intersects => other.iter().any(|item| one.contains(item)),
        SetQuestion::Equivalent => all(one, other) && all(other, one),
    }))
}

/// An absolute URL or path in its parts, as Go's `url.ParseRequestURI` takes it.
struct Url<'t> {
    scheme: &'t str,
    host: &'t str,
    path: &'t str,
    query: &'t str,
}

impl Url<'_> {
    fn parse(text: &str) -> Option<Url<'_>> {
        let clean = !text.contains(|letter: char| letter.is_ascii_control() || letter == ' ');
        if !clean {
            return None;
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
            _ if text.starts_with('/') => ("", text),
            _ => return None,
        };
        let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = match (scheme, before.find('/')) {
            ("", _) => ("", before),
            (_, Some(at)) => before.split_at_checked(at)?,
            (_, None) => (before, ""),
        };
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let port = host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or("", |(_, port)| port);
        port.bytes().all(|byte| byte.is_ascii_digit()).then_some(Url { scheme, host, path, query })
    }

    fn host_name(&self) -> &str {
        let name = match self.host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => name,
            _ => self.host,
        };
        name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name)
    }

    fn port(&self) -> &str {
        self.host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or("", |(_, port)| port)
    }
}

fn is_scheme(text: &str) -> bool {
    let letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    letter && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn part(text: &str, function: &str, of: fn(&Url<'_>) -> String) -> Answer {
    let Some(url) = Url::parse(text) else { return fail(function, "expected a URL") };
    Ok(Value::String(Arc::new(of(&url))))
}

fn add_urls(context: &mut Context<'_, '_>) {
    let _ = context.add_function("isURL", |text: Arc<String>| Url::parse(&text).is_some());
    let _ = context.add_function("url", |text: Arc<String>| part(&text, "url", |_| String::new()).map(|_| Value::String(text)));
    let _ = context.add_function("getScheme", |This(this): This<Arc<String>>| part(&this, "getScheme", |url| url.scheme.to_owned()));
    let _ = context.add_function("getHost", |This(this): This<Arc<String>>| part(&this, "getHost", |url| url.host.to_owned()));
    let _ = context.add_function("getHostname", |This(this): This<Arc<String>>| {
        part(&this, "getHostname", |url| url.host_name().to_owned())
    });
    let _ = context.add_function("getPort", |This(this): This<Arc<String>>| part(&this, "getPort", |url| url.port().to_owned()));
    let _ = context.add_function("getEscapedPath", |This(this): This<Arc<String>>| {
        part(&this, "getEscapedPath", |url| url.path.to_owned())
    });
    let _ = context.add_function("getQuery", |This(this): This<Arc<String>>| query(&this));
}

fn query(text: &str) -> Answer {
    let Some(url) = Url::parse(text) else { return fail("getQuery", "expected a URL") };
    let mut found: std::collections::HashMap<String, Vec<String>> = std::collections::HashMap::new();
    for pair in url.query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        found.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    cel::to_value(found).or_else(|error| fail("getQuery", error))
}

/// An address or range in its one form.
fn canonical(text: &str) -> Option<String> {
    match text.contains('/') {
        true => address::cidr(text).map(|(address, length)| format!("{address}/{length}")),
        false => address::ip(text).map(|address| address.to_string()),
    }
}

fn made(text: &str, function: &str, of: impl Fn(&str) -> Option<String>) -> Answer {
    match of(text) {
        Some(made) => Ok(Value::String(Arc::new(made))),
        None => fail(function, "the text has another form"),
    }
}

fn add_addresses(context: &mut Context<'_, '_>) {
    let _ = context.add_function("isIP", |text: Arc<String>| address::ip(&text).is_some());
    let _ = context.add_function("ip", |This(this): This<Arc<String>>| {
        let network = |text: &str| address::cidr(text).map(|(address, _)| address.to_string());
        made(&this, "ip", |text| address::ip(text).map(|address| address.to_string()).or_else(|| network(text)))
    });
    let _ = context.add_function("ip.isCanonical", |text: Arc<String>| canonical(&text).as_ref() == Some(&*text));
    let _ = context.add_function("isCIDR", |text: Arc<String>| address::is_cidr(&text));
    let _ = context.add_function("cidr", |text: Arc<String>| made(&text, "cidr", canonical));
    let _ = context.add_function("family", |This(this): This<Arc<String>>| match address::ip(&this) {
        Some(address) => Ok(Value::Int(if address.is_ipv4() { 4 } else { 6 })),
        None => fail("family", "expected an IP address"),
    });
    type Question = fn(std::net::IpAddr) -> bool;
    let questions: [(&str, Question); 3] = [
        ("isLoopback", |address| address.is_loopback()),
        ("isUnspecified", |address| address.is_unspecified()),
        ("isGlobalUnicast", |address| !address.is_multicast() && !address.is_loopback() && !address.is_unspecified()),
    ];
    for (name, question) in questions {
        let _ = context.add_function(name, move |This(this): This<Arc<String>>| match address::ip(&this) {
            Some(address) => Ok(Value::Bool(question(address))),
            None => fail(name, "expected an IP address"),
        });
    }
    let _ = context.add_function("prefixLength", |This(this): This<Arc<String>>| match address::cidr(&this) {
        Some((_, length)) => Ok(Value::Int(i64::from(length))),
        None => fail("prefixLength", "expected a range"),
    });
    let _ = context.add_function("masked", |This(this): This<Arc<String>>| {
        made(&this, "masked", |text| address::cidr(text).map(|range| format!("{}/{}", address::masked(range), range.1)))
    });
    let _ = context.add_function("containsIP", |This(this): This<Arc<String>>, other: Arc<String>| {
        match (address::cidr(&this), address::ip(&other)) {
            (Some(range), Some(address)) => Ok(Value::Bool(address::contains(range, address))),
            _ => fail("containsIP", "expected a range and an address"),
        }
    });
    let _ = context.add_function("containsCIDR", |This(this): This<Arc<String>>, other: Arc<String>| {
        match (address::cidr(&this), address::cidr(&other)) {
            (Some(outer), Some(inner)) => Ok(Value::Bool(outer.1 <= inner.1 && address::contains(outer, inner.0))),
            _ => fail("containsCIDR", "expected two ranges"),
        }
    });
}

/// A quantity from a text or a number.
fn quantity(value: &Value, function: &str) -> Result<Quantity, ExecutionError> {
    let found = match value {
        Value::String(text) => Quantity::parse(text),
        Value::Int(number) => Some(Quantity::of_integer(*number)),
        _ => None,
    };
    found.map_or_else(|| fail(function, "expected a quantity"), Ok)
}

fn compared(one: &Value, other: &Value, function: &str) -> Result<Ordering, ExecutionError> {
    Ok(quantity(one, function)?.cmp(&quantity(other, function)?))
}

fn add_quantities(context: &mut Context<'_, '_>) {
    let _ = context.add_function("isQuantity", |text: Arc<String>| Quantity::parse(&text).is_some());
    let _ = context.add_function("quantity", |value: Value| {
        quantity(&value, "quantity").map(|quantity| Value::String(Arc::new(quantity.to_string())))
    });
    let _ = context.add_function("sign", |This(this): This<Value>| quantity(&this, "sign").map(|it| Value::Int(it.sign())));
    let _ = context.add_function("isInteger", |This(this): This<Value>| {
        quantity(&this, "isInteger").map(|it| Value::Bool(it.integer().is_some()))
    });
    let _ = context.add_function("asInteger", |This(this): This<Value>| {
        match quantity(&this, "asInteger")?.integer() {
            Some(number) => Ok(Value::Int(number)),
            None => fail("asInteger", "it is no integer"),
        }
    });
    let _ = context.add_function("asApproximateFloat", |This(this): This<Value>| {
        quantity(&this, "asApproximateFloat").map(|it| Value::Float(it.float()))
    });
    let _ = context.add_function("isGreaterThan", |This(this): This<Value>, other: Value| {
        compared(&this, &other, "isGreaterThan").map(|order| Value::Bool(order == Ordering::Greater))
    });
    let _ = context.add_function("isLessThan", |This(this): This<Value>, other: Value| {
        compared(&this, &other, "isLessThan").map(|order| Value::Bool(order == Ordering::Less))
    });
    let _ = context.add_function("compareTo", |This(this): This<Value>, other: Value| {
        compared(&this, &other, "compareTo").map(|order| Value::Int(order as i64))
    });
    type Step = fn(Quantity, Quantity) -> Option<Quantity>;
    let steps: [(&str, Step); 2] = [("add", Quantity::plus), ("sub", Quantity::minus)];
    for (name, step) in steps {
        let _ = context.add_function(name, move |This(this): This<Value>, other: Value| {
            match step(quantity(&this, name)?, quantity(&other, name)?) {
                Some(made) => Ok(Value::String(Arc::new(made.to_string()))),
                None => fail(name, "out of range"),
            }
        });
    }
}
