//! The order of keys in printed YAML: runs of digits count as numbers, and letters come after other characters.
//!
//! For some mixes of keys (`a10`, `a9`, `a1b`) this is no order at all, and what Go prints differs from run to run;
//! the sort here must therefore not rely on one.

use std::cmp::Ordering;

/// The library whose order is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// go-yaml v2, behind `toYaml`.
    V2,
    /// go-yaml v3, behind `toYamlPretty`.
    V3,
}

/// Whether `a` is printed before `b`.
pub(super) fn less(a: &[u8], b: &[u8], dialect: Dialect) -> bool {
    let common = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let Some((&first, &second)) = a.get(common).zip(b.get(common)) else { return a.len() < b.len() };
    if first.is_ascii() && second.is_ascii() && (common == 0 || a[common - 1].is_ascii()) {
        return less_at(&a[..common], (char::from(first), &a[common..]), (char::from(second), &b[common..]), dialect);
    }
    less_wide(a, b, common, dialect)
}

/// As [`less`], where characters of several bytes differ.
fn less_wide(a: &[u8], b: &[u8], common: usize, dialect: Dialect) -> bool {
    let is_start = |at: &usize| a.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80);
    let at = (0..=common).rev().find(is_start).unwrap_or(0);
    match (first_char(&a[at..]), first_char(&b[at..])) {
        (Some(first), Some(second)) if first != second => {
            less_at(&a[..at], (first, &a[at..]), (second, &b[at..]), dialect)
        }
        _ => a.len() < b.len(),
    }
}

fn first_char(text: &[u8]) -> Option<char> {
    let chunk = &text[..text.len().min(4)];
    chunk.utf8_chunks().next()?.valid().chars().next().or(Some(char::REPLACEMENT_CHARACTER))
}

fn is_letter(found: char) -> bool {
    found.is_alphabetic() && !found.is_numeric()
}

/// Compares from the first different characters on; `before` is what the keys have in common.
fn less_at(before: &[u8], a: (char, &[u8]), b: (char, &[u8]), dialect: Dialect) -> bool {
    let digits_before = before.last().is_some_and(u8::is_ascii_digit);
    match (is_letter(a.0), is_letter(b.0)) {
        (true, true) => return a.0 < b.0,
        (false, false) => {}
        (letter, _) if dialect == Dialect::V3 && digits_before => return letter,
        (letter, _) => return !letter,
    }
    // A zero inside a number makes both runs of digits part of a longer number.
    let inside = (a.0 == '0' || b.0 == '0')
        && before.iter().rev().take_while(|byte| byte.is_ascii_digit()).any(|byte| *byte != b'0');
    let (number_a, len_a) = digits(a.1, i64::from(inside));
    let (number_b, len_b) = digits(b.1, i64::from(inside));
    match number_a.cmp(&number_b).then(len_a.cmp(&len_b)) {
        Ordering::Equal => a.0 < b.0,
        order => order == Ordering::Less,
    }
}

/// The value and the length of the digits at the start of `text`.
fn digits(text: &[u8], start: i64) -> (i64, usize) {
    let run = text.iter().take_while(|byte| byte.is_ascii_digit());
    run.fold((start, 0), |(number, len), byte| (number.wrapping_mul(10).wrapping_add(i64::from(byte - b'0')), len + 1))
}

/// Sorts by [`less`], merging runs; never panics, whatever `key` and the order are.
pub(super) fn sort<T: Copy>(items: &mut Vec<T>, key: impl Fn(&T) -> &[u8], dialect: Dialect) {
    let mut width = 1;
    let mut merged = Vec::with_capacity(items.len());
    while width < items.len() {
        for run in items.chunks(2 * width) {
            let (mut left, mut right) = run.split_at(width.min(run.len()));
            while let (Some(a), Some(b)) = (left.first(), right.first()) {
                if less(key(b), key(a), dialect) {
                    merged.push(*b);
                    right = &right[1..];
                } else {
                    merged.push(*a);
                    left = &left[1..];
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(items, &mut merged);
        merged.clear();
        width *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_count_as_numbers_and_letters_come_last() {
        let mut keys = ["b", "ab", "a10", "a2", "a.b", "a-b", "A", "10", "2", "1", "_"];
        let mut sorted: Vec<&str> = keys.to_vec();
        sort(&mut sorted, |key| key.as_bytes(), Dialect::V2);
        keys = ["_", "1", "2", "10", "A", "a-b", "a.b", "a2", "a10", "ab", "b"];
        assert_eq!(sorted, keys);
    }

    #[test]
    fn v3_puts_letters_before_other_characters_behind_a_digit() {
        assert!(less(b"a1.", b"a1b", Dialect::V2));
        assert!(less(b"a1b", b"a1.", Dialect::V3));
    }
}
