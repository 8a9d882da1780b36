//! Host names, mail addresses and versions.

use super::{ensure, ipv4, ipv6};
use crate::schema::message::go_quoted_char;

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-'
}

pub(super) fn hostname(text: &str) -> Result<(), String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    ensure(text.len() <= 253, "more than 253 characters long")?;
    for label in text.split('.') {
        ensure((1..=63).contains(&label.len()), "label must be 1 to 63 characters long")?;
        ensure(!label.starts_with('-'), "label starts with hyphen")?;
        ensure(!label.ends_with('-'), "label ends with hyphen")?;
        if let Some(letter) = label.chars().find(|letter| !is_word(*letter)) {
            return Err(format!("invalid character {}", go_quoted_char(letter)));
        }
    }
    Ok(())
}

pub(super) fn email(text: &str) -> Result<(), String> {
    ensure(text.len() <= 254, "more than 255 characters long")?;
    let Some((local, domain)) = text.rsplit_once('@') else { return Err("missing @".into()) };
    ensure(local.len() <= 64, "local part more than 64 characters long")?;
    match local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => {
            let plain = !quoted.contains(['\\', '"']);
            ensure(plain, "backslash and quote are not allowed within quoted local part")?;
        }
        None => unquoted(local)?,
    }
    let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return hostname(domain).map_err(|problem| format!("invalid domain: {problem}"));
    };
    match literal.strip_prefix("IPv6:") {
        Some(address) => ipv6(address).map_err(|problem| format!("invalid ipv6 address: {problem}")),
        None => ipv4(literal).map_err(|problem| format!("invalid ipv4 address: {problem}")),
    }
}

fn unquoted(local: &str) -> Result<(), String> {
    ensure(!local.starts_with('.'), "starts with dot")?;
    ensure(!local.ends_with('.'), "ends with dot")?;
    ensure(!local.contains(".."), "consecutive dots")?;
    match local.chars().find(|letter| !letter.is_ascii_alphanumeric() && !".!#$%&'*+-/=?^_`{|}~".contains(*letter)) {
        Some(letter) => Err(format!("invalid character {}", go_quoted_char(letter))),
        None => Ok(()),
    }
}

pub(super) fn semver(text: &str) -> Result<(), String> {
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    if let Some(build) = build {
        ensure(!build.is_empty(), "build is empty")?;
        for identifier in build.split('.') {
            ensure(!identifier.is_empty(), "build identifier is empty")?;
            word(identifier, "build identifier")?;
        }
    }
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    for identifier in pre.iter().flat_map(|pre| pre.split('.')) {
        ensure(!identifier.is_empty(), "pre-release identifier is empty")?;
        word(identifier, "pre-release identifier")?;
        let number = identifier.bytes().all(|byte| byte.is_ascii_digit());
        let padded = number && identifier.len() > 1 && identifier.starts_with('0');
        ensure(!padded, "pre-release numeric identifier starts with zero")?;
    }
    let numbers: Vec<&str> = core.split('.').collect();
    ensure(numbers.len() == 3, "versionCore must have 3 numbers separated by dot")?;
    for (name, number) in ["major", "minor", "patch"].iter().zip(numbers) {
        ensure(!number.is_empty(), &format!("{name} is empty"))?;
        ensure(number.len() == 1 || !number.starts_with('0'), &format!("{name} starts with zero"))?;
        ensure(number.bytes().all(|byte| byte.is_ascii_digit()), &format!("{name} contains non-digit"))?;
    }
    Ok(())
}

fn word(identifier: &str, what: &str) -> Result<(), String> {
    match identifier.chars().find(|letter| !is_word(*letter)) {
        Some(letter) => Err(format!("invalid character {} in {what}", go_quoted_char(letter))),
        None => Ok(()),
    }
}
