//! Sprig's base64 and base32; what cannot be decoded gives Go's error text as the result.

use super::strings::check_size;
use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The functions of this chapter.
pub const FUNCS: &[Func] = &[
    Func::new("b64enc", &[Param::Str], b64enc),
    Func::new("b64dec", &[Param::Str], b64dec),
    Func::new("b32enc", &[Param::Str], b32enc),
    Func::new("b32dec", &[Param::Str], b32dec),
];

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn b64enc(args: Args<'_>) -> Outcome {
    let text = args.text(0)?;
    check_size(text.len().checked_mul(2))?;
    Ok(Value::from(STANDARD.encode(text)))
}

fn b64dec(args: Args<'_>) -> Outcome {
    let text = args.text(0)?;
    Ok(match decode_base64(text) {
        Ok(decoded) => Value::from(decoded),
        Err(at) => Value::from(format!("illegal base64 data at input byte {at}")),
    })
}

fn b32enc(args: Args<'_>) -> Outcome {
    let text = args.text(0)?;
    check_size(text.len().checked_mul(2))?;
    let mut out = Vec::with_capacity(text.len().div_ceil(5) * 8);
    for chunk in text.chunks(5) {
        let bits = chunk.iter().enumerate().fold(0u64, |bits, (at, byte)| bits | u64::from(*byte) << (32 - 8 * at));
        let used = (chunk.len() * 8).div_ceil(5);
        out.extend((0..8).map(|at| match at {
            _ if at >= used => b'=',
            _ => BASE32[(bits >> (35 - 5 * at)) as usize % 32],
        }));
    }
    Ok(Value::from(out))
}

fn b32dec(args: Args<'_>) -> Outcome {
    let text = args.text(0)?;
    Ok(match decode_base32(text) {
        Ok(decoded) => Value::from(decoded),
        Err(at) => Value::from(format!("illegal base32 data at input byte {at}")),
    })
}

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Decodes standard base64 with padding; line breaks are skipped, unused bits ignored. Fails with the position that
/// Go names.
pub(super) fn decode_base64(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut at = 0;
    loop {
        let (mut bits, mut count) = (0, 0);
        while count < 4 {
            let Some(byte) = text.get(at) else {
                // Go counts back from the end by characters, without the line breaks between them.
                return if count == 0 { Ok(out) } else { Err(at - count) };
            };
            at += 1;
            match sextet(*byte) {
                Some(sextet) => {
                    bits = bits << 6 | sextet;
                    count += 1;
                }
                None if is_line_break(*byte) => {}
                None if *byte == b'=' && count >= 2 => return padded(out, text, at, (bits, count)),
                None => return Err(at - 1),
            }
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
}

/// Ends a decoding at the first padding character, which stands before `at`; `left` are the bits and characters of the
/// last group.
fn padded(mut out: Vec<u8>, text: &[u8], at: usize, left: (u32, usize)) -> Result<Vec<u8>, usize> {
    let skip = |at: usize| at + text[at..].iter().take_while(|byte| is_line_break(**byte)).count();
    let (bits, count) = left;
    let mut at = at;
    if count == 2 {
        at = skip(at);
        match text.get(at) {
            None => return Err(text.len()),
            Some(b'=') => at += 1,
            Some(_) => return Err(at - 1),
        }
    }
    at = skip(at);
    if at < text.len() {
        return Err(at);
    }
    let bits = bits << (6 * (4 - count));
    out.extend_from_slice(&bits.to_be_bytes()[1..count]);
    Ok(out)
}

fn quintet(byte: u8) -> Option<u64> {
    Some(u64::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'2'..=b'7' => byte - b'2' + 26,
        _ => return None,
    }))
}

/// Decodes standard base32 with padding; line breaks are skipped. Fails with the position that Go names, counted
/// without line breaks.
fn decode_base32(text: &[u8]) -> Result<Vec<u8>, usize> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !is_line_break(*byte)).collect();
    let mut out = Vec::with_capacity(text.len() / 8 * 5);
    let mut push = |bits: u64, count: usize| {
        let bytes = (bits << (5 * (8 - count))).to_be_bytes();
        out.extend_from_slice(&bytes[3..3 + count * 5 / 8]);
    };
    let (mut bits, mut count) = (0, 0);
    for (at, byte) in text.iter().enumerate() {
        let behind = &text[at + 1..];
        if *byte == b'=' && count >= 2 && behind.len() < 8 {
            check_padding(behind, count, at)?;
            push(bits, count);
            return Ok(out);
        }
        bits = bits << 5 | quintet(*byte).ok_or(at)?;
        count += 1;
        if count == 8 {
            push(bits, count);
            (bits, count) = (0, 0);
        }
    }
    // Go counts back from the end although the characters were read.
    if count == 0 { Ok(out) } else { Err(text.len() - count) }
}

/// Checks what follows the first padding character at `at`, behind `count` characters of a group. What stands behind
/// a full group of padding is not looked at.
fn check_padding(behind: &[u8], count: usize, at: usize) -> Result<(), usize> {
    if behind.len() + count < 7 {
        return Err(at + 1 + behind.len());
    }
    if let Some(wrong) = behind.iter().take(7 - count).position(|byte| *byte != b'=') {
        return Err(at + wrong);
    }
    if matches!(count, 3 | 6) { Err(at) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, text: &str) -> String {
        let func = FUNCS.iter().find(|func| func.name == name).expect(name);
        let crate::template::func::Body::Pure(body) = func.body else { panic!("{name} asks the world") };
        body(Args(&[Value::str(text)])).expect(text).as_str().expect(text).to_string()
    }

    #[test]
    fn encodes_and_decodes() {
        for (text, base64, base32) in [
            ("", "", ""),
            ("f", "Zg==", "MY======"),
            ("foo", "Zm9v", "MZXW6==="),
            ("foobar", "Zm9vYmFy", "MZXW6YTBOI======"),
        ] {
            assert_eq!((call("b64enc", text), call("b32enc", text)), (base64.to_owned(), base32.to_owned()));
            assert_eq!((call("b64dec", base64), call("b32dec", base32)), (text.to_owned(), text.to_owned()));
        }
        assert_eq!(call("b64dec", "Zm\r\n9v\nZg=\n=\n"), "foof");
    }

    #[test]
    fn faults_name_the_byte() {
        for (name, text, at) in [
            ("b64dec", "a", 0),
            ("b64dec", "Zm9", 0),
            ("b64dec", "Zg=", 3),
            ("b64dec", "Zg=x", 2),
            ("b64dec", "Zg==x", 4),
            ("b64dec", "!!!!", 0),
            ("b32dec", "a", 0),
            ("b32dec", "MY", 0),
            ("b32dec", "MY=", 3),
        ] {
            let wanted = format!(
                "illegal {} data at input byte {at}",
                name.replace("b64dec", "base64").replace("b32dec", "base32")
            );
            assert_eq!(call(name, text), wanted, "{text}");
        }
    }
}
