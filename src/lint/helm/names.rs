//! What Kubernetes allows as names of objects.

use crate::value::print;

/// What is wrong with the name of an object of this kind, in Kubernetes' words.
pub(crate) fn name_faults(kind: &str, name: &str) -> Vec<String> {
    match kind.to_lowercase().as_str() {
        "service" => label_of_rfc1035(name),
        "namespace" => label_of_rfc1123(name),
        "certificatesigningrequest" => Vec::new(),
        "role" | "clusterrole" | "rolebinding" | "clusterrolebinding" => path_segment(name),
        _ => subdomain(name),
    }
}

/// Helm's finding for such a name.
pub(super) fn check(kind: &str, name: &str) -> Result<(), String> {
    let quoted = String::from_utf8_lossy(&print::quote(name.as_bytes())).into_owned();
    let faults = name_faults(kind, name);
    let told: Vec<String> =
        faults.iter().map(|fault| format!("metadata.name: Invalid value: {quoted}: {fault}")).collect();
    let told = match told.as_slice() {
        [] => return Ok(()),
        [one] => one.clone(),
        more => format!("[{}]", more.join(", ")),
    };
    Err(format!("object name does not conform to Kubernetes naming requirements: {quoted}: {told}"))
}

/// Whether a label starts as it must, goes on with letters, digits and dashes, and does not end with a dash.
fn is_label(text: &str, starts: fn(u8) -> bool) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.bytes().next().is_some_and(starts) && text.bytes().all(inner) && !text.ends_with('-')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_subdomain(name: &str) -> bool {
    name.split('.').all(|label| is_label(label, is_word))
}

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

fn at_most(name: &str, most: usize) -> Option<String> {
    (name.len() > most).then(|| format!("must be no more than {most} characters"))
}

fn subdomain(name: &str) -> Vec<String> {
    let rule = || {
        format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '{LABEL}(\\.{LABEL})*')"
        )
    };
    at_most(name, 253).into_iter().chain((!is_subdomain(name)).then(rule)).collect()
}

fn label_of_rfc1123(name: &str) -> Vec<String> {
    let fault = match (is_label(name, is_word), is_subdomain(name)) {
        (true, _) => None,
        (false, true) => Some("must not contain dots".to_owned()),
        (false, false) => Some(format!(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and \
             end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LABEL}')"
        )),
    };
    at_most(name, 63).into_iter().chain(fault).collect()
}

fn label_of_rfc1035(name: &str) -> Vec<String> {
    let rule = || {
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
         character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation \
         is '[a-z]([-a-z0-9]*[a-z0-9])?')"
            .to_owned()
    };
    let fits = is_label(name, |byte| byte.is_ascii_lowercase());
    at_most(name, 63).into_iter().chain((!fits).then(rule)).collect()
}

fn path_segment(name: &str) -> Vec<String> {
    if name == "." || name == ".." {
        return vec![format!("may not be '{name}'")];
    }
    let parts = ["/", "%"].into_iter().filter(|part| name.contains(part));
    parts.map(|part| format!("may not contain '{part}'")).collect()
}
