//! Go's layouts: texts in which the reference time stands for what to print.

/// One element of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    LongMonth,
    ShortMonth,
    Month,
    ZeroMonth,
    LongWeekday,
    ShortWeekday,
    Day,
    SpaceDay,
    ZeroDay,
    SpaceYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperHalf,
    LowerHalf,
    ZoneName,
    Offset(Offset),
    Fraction(Fraction),
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offset {
    /// `Z` instead of a zero offset.
    pub(super) z: bool,
    /// With colons.
    pub(super) colon: bool,
    /// How far it goes.
    pub(super) until: Until,
}

/// The last part of an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    Hours,
    Minutes,
    Seconds,
}

/// A fraction of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction {
    /// Whether zeros at the end, and a fraction of zeros, are left out.
    pub(super) trim: bool,
    /// How many digits.
    pub(super) digits: usize,
    /// `.` or `,`.
    pub(super) separator: u8,
}

/// The first element of a layout and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub(super) element: Element,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Finds the first element.
pub(super) fn next_chunk(layout: &[u8]) -> Option<Chunk> {
    (0..layout.len()).find_map(|start| {
        let (element, skip, len) = element_at(&layout[start..])?;
        Some(Chunk { element, start: start + skip, end: start + skip + len })
    })
}

/// Offsets, longest first where one begins another.
const OFFSETS: [(&[u8], bool, Until); 5] = [
    (b"070000", false, Until::Seconds),
    (b"07:00:00", true, Until::Seconds),
    (b"0700", false, Until::Minutes),
    (b"07:00", true, Until::Minutes),
    (b"07", false, Until::Hours),
];

/// The element at the start of a text, how many bytes before it are text after all, and its length.
fn element_at(text: &[u8]) -> Option<(Element, usize, usize)> {
    let at_start = |element, len| Some((element, 0, len));
    match text {
        [b'J', ..] if text.starts_with(b"January") => at_start(Element::LongMonth, 7),
        [b'J', b'a', b'n', rest @ ..] if !lower_next(rest) => at_start(Element::ShortMonth, 3),
        [b'M', ..] if text.starts_with(b"Monday") => at_start(Element::LongWeekday, 6),
        [b'M', b'o', b'n', rest @ ..] if !lower_next(rest) => at_start(Element::ShortWeekday, 3),
        [b'M', b'S', b'T', ..] => at_start(Element::ZoneName, 3),
        [b'0', b'1', ..] => at_start(Element::ZeroMonth, 2),
        [b'0', b'2', ..] => at_start(Element::ZeroDay, 2),
        [b'0', b'3', ..] => at_start(Element::ZeroHour12, 2),
        [b'0', b'4', ..] => at_start(Element::ZeroMinute, 2),
        [b'0', b'5', ..] => at_start(Element::ZeroSecond, 2),
        [b'0', b'6', ..] => at_start(Element::Year, 2),
        [b'0', b'0', b'2', ..] => at_start(Element::ZeroYearDay, 3),
        [b'1', b'5', ..] => at_start(Element::Hour, 2),
        [b'1', ..] => at_start(Element::Month, 1),
        [b'2', b'0', b'0', b'6', ..] => at_start(Element::LongYear, 4),
        [b'2', ..] => at_start(Element::Day, 1),
        // An underscore before a year is only text.
        [b'_', b'2', b'0', b'0', b'6', ..] => Some((Element::LongYear, 1, 4)),
        [b'_', b'2', ..] => at_start(Element::SpaceDay, 2),
        [b'_', b'_', b'2', ..] => at_start(Element::SpaceYearDay, 3),
        [b'3', ..] => at_start(Element::Hour12, 1),
        [b'4', ..] => at_start(Element::Minute, 1),
        [b'5', ..] => at_start(Element::Second, 1),
        [b'P', b'M', ..] => at_start(Element::UpperHalf, 2),
        [b'p', b'm', ..] => at_start(Element::LowerHalf, 2),
        [first @ (b'-' | b'Z'), rest @ ..] => {
            let (form, colon, until) = OFFSETS.iter().find(|(form, ..)| rest.starts_with(form))?;
            let offset = Offset { z: *first == b'Z', colon: *colon, until: *until };
            at_start(Element::Offset(offset), 1 + form.len())
        }
        [separator @ (b'.' | b','), digit @ (b'0' | b'9'), ..] => {
            let digits = text[1..].iter().take_while(|byte| *byte == digit).count();
            if text.get(1 + digits).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            // Go keeps twelve bits of the number.
            let fraction = Fraction { trim: *digit == b'9', digits: digits & 0xfff, separator: *separator };
            at_start(Element::Fraction(fraction), 1 + digits)
        }
        _ => None,
    }
}

fn lower_next(rest: &[u8]) -> bool {
    rest.first().is_some_and(u8::is_ascii_lowercase)
}
