//! Percent escapes of Go's package `net/url`.

use crate::diagnostic::Fault;
use crate::value::print::quote;

/// The part of a URL that is escaped; each leaves other characters as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    /// The zone of an IPv6 address, which leaves the same characters as a host, but may escape more.
    Zone,
    UserPassword,
    Fragment,
}

impl Part {
    fn keeps(self, byte: u8) -> bool {
        let marks: &[u8] = match self {
            Part::Path => b"$&+,/:;=@",
            Part::Host | Part::Zone => b"!\"$&'()*+,:;<=>[]",
            Part::UserPassword => b"$&+,;=",
            Part::Fragment => b"!$&()*+,/:;=?@",
        };
        byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || marks.contains(&byte)
    }

    /// Whether this part may hold an escape of such a byte.
    fn allows_escape(self, byte: u8) -> bool {
        match self {
            // Hosts escape what is not ASCII; `%25` marks a zone.
            Part::Host => !byte.is_ascii() || byte == b'%',
            Part::Zone => matches!(byte, b'%' | b' ') || Part::Host.keeps(byte),
            _ => true,
        }
    }
}

/// Appends a text with escapes where the part needs them.
pub(super) fn escape(out: &mut Vec<u8>, text: &[u8], part: Part) {
    for byte in text {
        if part.keeps(*byte) {
            out.push(*byte);
        } else {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
}

/// Resolves escapes.
pub(super) fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        if *byte == b'%' {
            let wrong = || Fault::new(format!("invalid URL escape {}", quoted(&rest[..rest.len().min(3)])));
            let [high, low, after @ ..] = after else { return Err(wrong()) };
            let escaped = hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low);
            let escaped = escaped.filter(|byte| part.allows_escape(*byte)).ok_or_else(wrong)?;
            out.push(escaped);
            rest = after;
            continue;
        }
        if matches!(part, Part::Host | Part::Zone) && byte.is_ascii() && !part.keeps(*byte) {
            return Err(Fault::new(format!("invalid character {} in host name", quoted(&[*byte]))));
        }
        out.push(*byte);
        rest = after;
    }
    Ok(out)
}

/// A text between double quotes, as messages show it.
pub(super) fn quoted(text: &[u8]) -> String {
    String::from_utf8_lossy(&quote(text)).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
