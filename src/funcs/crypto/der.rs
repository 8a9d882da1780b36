//! ASN.1 in DER: what keys and certificates need of it.

/// The tags that keys and certificates use.
pub(super) mod tag {
    pub(in super::super) const BOOLEAN: u8 = 1;
    pub(in super::super) const INTEGER: u8 = 2;
    pub(in super::super) const BIT_STRING: u8 = 3;
    pub(in super::super) const OCTET_STRING: u8 = 4;
    pub(in super::super) const NULL: u8 = 5;
    pub(in super::super) const OBJECT: u8 = 6;
    pub(in super::super) const UTF8: u8 = 12;
    pub(in super::super) const PRINTABLE: u8 = 19;
    pub(in super::super) const UTC_TIME: u8 = 23;
    pub(in super::super) const GENERALIZED_TIME: u8 = 24;
    pub(in super::super) const SEQUENCE: u8 = 0x30;
    pub(in super::super) const SET: u8 = 0x31;

    /// A field of a structure that is marked by its number.
    pub(in super::super) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// The same around another element.
    pub(in super::super) const fn explicit(number: u8) -> u8 {
        0xa0 | number
    }
}

/// Writes an element.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        length @ 0..0x80 => out.push(length as u8),
        length => {
            let bytes = length.to_be_bytes();
            let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
            out.push(0x80 | bytes.len() as u8);
            out.extend_from_slice(bytes);
        }
    }
    out.extend_from_slice(content);
    out
}

/// Writes a sequence of elements.
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, &parts.concat())
}

/// Writes a number given by its bytes, highest first.
pub(super) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    match bytes.first() {
        None => element(tag::INTEGER, &[0]),
        Some(0x80..) => element(tag::INTEGER, &[&[0], bytes].concat()),
        Some(_) => element(tag::INTEGER, bytes),
    }
}

/// Writes a bit string of whole bytes.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[0], bytes].concat())
}

/// Reads elements from the front of a text.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// The tag of the next element.
    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element, whatever it is: its tag, its content and all its bytes.
    pub(super) fn any(&mut self) -> Option<(u8, &'a [u8], &'a [u8])> {
        let [tag, first, rest @ ..] = self.0 else { return None };
        let (length, rest) = match first {
            0..0x80 => (usize::from(*first), rest),
            _ => {
                let count = usize::from(first & 0x7f);
                let (bytes, rest) = rest.split_at_checked(count)?;
                if !(1..=4).contains(&count) || bytes[0] == 0 {
                    return None;
                }
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
        };
        let content = rest.get(..length)?;
        let (whole, after) = self.0.split_at_checked(self.0.len() - rest.len() + length)?;
        self.0 = after;
        Some((*tag, content, whole))
    }

    /// The content of the next element, if it has this tag.
    pub(super) fn read(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, content, _) = ahead.any()?;
        if found != tag {
            return None;
        }
        *self = ahead;
        Some(content)
    }

    /// All bytes of the next element, if it has this tag.
    pub(super) fn read_whole(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, _, whole) = ahead.any()?;
        if found != tag {
            return None;
        }
        *self = ahead;
        Some(whole)
    }

    /// A number that is not negative, without leading zeros.
    pub(super) fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.read(tag::INTEGER)? {
            [] | [0x80..=0xff, ..] => None,
            [0, rest @ ..] => Some(rest),
            bytes => Some(bytes),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_as_written() {
        let long = vec![7; 300];
        let text = sequence(&[&unsigned(&[0, 0x80]), &element(tag::OCTET_STRING, &long), &unsigned(&[])]);
        assert_eq!(text[..4], [0x30, 0x82, 1, 0x37]);
        let mut outer = Reader(&text);
        let mut inner = Reader(outer.read(tag::SEQUENCE).unwrap());
        assert_eq!(inner.unsigned(), Some(&[0x80][..]));
        assert_eq!(inner.read(tag::NULL), None);
        assert_eq!(inner.read(tag::OCTET_STRING), Some(&long[..]));
        assert_eq!(inner.unsigned(), Some(&[][..]));
        assert!(inner.is_empty() && outer.is_empty());
        for end in 0..text.len() {
            assert!(Reader(&text[..end]).any().is_none(), "{end}");
        }
    }
}
