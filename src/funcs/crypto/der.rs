//! ASN.1 in DER: what keys and certificates need of it.

/// The tags that keys and certificates use.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 1;
    pub(crate) const INTEGER: u8 = 2;
    pub(crate) const BIT_STRING: u8 = 3;
    pub(crate) const OCTET_STRING: u8 = 4;
    pub(crate) const NULL: u8 = 5;
    pub(crate) const OBJECT: u8 = 6;
    pub(crate) const UTF8: u8 = 12;
    pub(crate) const PRINTABLE: u8 = 19;
    pub(crate) const UTC_TIME: u8 = 23;
    pub(crate) const GENERALIZED_TIME: u8 = 24;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// A field of a structure that is marked by its number.
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// The same around another element.
    pub(crate) const fn explicit(number: u8) -> u8 {
        0xa0 | number
    }
}

/// Writes an element.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
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
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, &parts.concat())
}

/// Writes a number given by its bytes, highest first.
pub(crate) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    match bytes.first() {
        None => element(tag::INTEGER, &[0]),
        Some(0x80..) => element(tag::INTEGER, &[&[0], bytes].concat()),
        Some(_) => element(tag::INTEGER, bytes),
    }
}

/// Writes a bit string of whole bytes.
pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[0], bytes].concat())
}

/// Reads elements from the front of a text.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The tag of the next element.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element, whatever it is: its tag, its content and all its bytes.
    pub(crate) fn any(&mut self) -> Option<(u8, &'a [u8], &'a [u8])> {
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
    pub(crate) fn read(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, content, _) = ahead.any()?;
        if found != tag {
            return None;
        }
        *self = ahead;
        Some(content)
    }

    /// All bytes of the next element, if it has this tag.
    pub(crate) fn read_whole(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, _, whole) = ahead.any()?;
        if found != tag {
            return None;
        }
        *self = ahead;
        Some(whole)
    }

    /// A number that is not negative, without leading zeros.
    pub(crate) fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.read(tag::INTEGER)? {
            [] | [0x80..=0xff, ..] => None,
            [0, rest @ ..] => Some(rest),
            bytes => Some(bytes),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
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
