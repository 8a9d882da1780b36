//! `html`, `js` and `urlquery`.

use crate::diagnostic::Fault;
use crate::template::func::{Args, Outcome};
use crate::value::print::{decode_rune, is_printable, write_printable};
use crate::value::{Kind, Value};
use std::borrow::Cow;

pub(super) fn html(args: Args<'_>) -> Outcome {
    Ok(Value::from(escape(&printed(args)?, html_byte)))
}

fn html_byte(byte: u8) -> Option<&'static str> {
    Some(match byte {
        0 => "\u{fffd}",
        b'"' => "&#34;",
        b'\'' => "&#39;",
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        _ => return None,
    })
}

fn escape(text: &[u8], special: fn(u8) -> Option<&'static str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match special(*byte) {
            Some(instead) => out.extend_from_slice(instead.as_bytes()),
            None => out.push(*byte),
        }
    }
    out
}

pub(super) fn js(args: Args<'_>) -> Outcome {
    let text = printed(args)?;
    let mut rest: &[u8] = &text;
    let mut out = Vec::with_capacity(text.len());
    while let Some(first) = rest.first() {
        let (rune, len) = decode_rune(rest);
        match js_byte(*first) {
            Some(instead) => out.extend_from_slice(instead.as_bytes()),
            None if *first < b' ' => out.extend_from_slice(format!("\\u{:04X}", first).as_bytes()),
            None if *first < 0x80 || is_printable(rune) => out.extend_from_slice(&rest[..len]),
            None => out.extend_from_slice(format!("\\u{:04X}", u32::from(rune)).as_bytes()),
        }
        rest = &rest[len..];
    }
    Ok(Value::from(out))
}

fn js_byte(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'\\' => "\\\\",
        b'\'' => "\\'",
        b'"' => "\\\"",
        b'<' => "\\u003C",
        b'>' => "\\u003E",
        b'&' => "\\u0026",
        b'=' => "\\u003D",
        _ => return None,
    })
}

pub(super) fn urlquery(args: Args<'_>) -> Outcome {
    let mut out = Vec::new();
    for byte in printed(args)?.iter() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            _ => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    Ok(Value::from(out))
}

/// The arguments side by side as an action prints them, with a space between two that are both no strings.
fn printed(args: Args<'_>) -> Result<Cow<'_, [u8]>, Fault> {
    if let [Value::Str(text)] = args.0 {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = Vec::new();
    let mut after_text = true;
    for arg in args.0 {
        // Nil becomes the string `<no value>`.
        let is_text = arg.is_nil() || arg.kind() == Kind::String;
        if !is_text && !after_text {
            out.push(b' ');
        }
        write_printable(&mut out, arg)?;
        after_text = is_text;
    }
    Ok(Cow::Owned(out))
}
