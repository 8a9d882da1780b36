//! How Helm words numbers and texts in its findings.

use crate::value::print;

/// Go's `%q` of a string.
pub(super) fn go_quoted(text: &str) -> String {
    String::from_utf8_lossy(&print::quote(text.as_bytes())).into_owned()
}

/// Go's `%q` of a character.
pub(super) fn go_quoted_char(letter: char) -> String {
    print::quote_rune(letter)
}

/// A text in single quotes, as findings show it.
pub(super) fn quoted(text: &str) -> String {
    let quoted = go_quoted(text).replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{}'", &quoted[1..quoted.len() - 1])
}

/// Texts in single quotes, separated by commas.
pub(super) fn quoted_list<T: AsRef<str>>(texts: &[T]) -> String {
    texts.iter().map(|text| quoted(text.as_ref())).collect::<Vec<_>>().join(", ")
}

/// A count in English: `1,234`.
pub(super) fn count(number: usize) -> String {
    grouped(&number.to_string())
}

/// A count in English that may be negative.
pub(super) fn signed_count(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(&number.unsigned_abs().to_string()))
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A float as Go's English printer writes `%v`: `1,234.5`, `1×10⁰⁶`.
pub(super) fn float(number: f64) -> String {
    let shortest = format!("{number:e}");
    let Some((mantissa, exponent)) = shortest.split_once('e') else { return shortest };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) || number == 0.0 {
        let plain = number.abs().to_string();
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let sign = if number < 0.0 { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        return format!("{sign}{}{point}{fraction}", grouped(whole));
    }
    let raised = format!("{:02}", exponent.abs()).chars().map(superscript).collect::<String>();
    let sign = if exponent < 0 { "⁻" } else { "" };
    format!("{mantissa}×10{sign}{raised}")
}

fn superscript(digit: char) -> char {
    let at = digit.to_digit(10).unwrap_or(0) as usize;
    ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][at]
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expectations from golang.org/x/text's English printer.
    #[test]
    fn floats_are_english() {
        for (number, wanted) in [
            (0.0, "0"),
            (-1.0, "-1"),
            (0.25, "0.25"),
            (1000.0, "1,000"),
            (1234.5, "1,234.5"),
            (999_999.0, "999,999"),
            (1e6, "1×10⁰⁶"),
            (12_345_678.0, "1.2345678×10⁰⁷"),
            (1.5e300, "1.5×10³⁰⁰"),
            (0.0001, "0.0001"),
            (0.000012345, "1.2345×10⁻⁰⁵"),
            (-1_234_567.25, "-1.23456725×10⁰⁶"),
            (0.30000000000000004, "0.30000000000000004"),
        ] {
            assert_eq!(float(number), wanted);
        }
        assert_eq!((count(999), count(1_234_567)), ("999".into(), "1,234,567".into()));
    }

    #[test]
    fn texts_are_quoted_as_in_go() {
        assert_eq!(quoted("it's \"x\"\n\u{7f}é\u{200b}\u{301}☃😀"), r#"'it\'s "x"\n\x7fé\u200b́☃😀'"#);
        assert_eq!(go_quoted("it's \"x\"\\"), r#""it's \"x\"\\""#);
        assert_eq!((go_quoted_char('\''), go_quoted_char('"')), (r"'\''".into(), "'\"'".into()));
    }
}
