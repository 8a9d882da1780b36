//! IPv4 networks.

use std::fmt;
use std::net::Ipv4Addr;

/// A range of IPv4 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    address: u32,
    length: u32,
}

impl Range {
    /// Reads `10.0.0.0/8`; an address alone is a range of one.
    pub fn parse(text: &str) -> Option<Range> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, length.parse().ok().filter(|length| *length <= 32)?),
            None => (text, 32),
        };
        Some(Range { address: address.parse::<Ipv4Addr>().ok()?.to_bits(), length })
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - self.length).unwrap_or(0)
    }

    /// The range from its first address on.
    pub fn network(self) -> Range {
        Range { address: self.address & self.mask(), ..self }
    }

    /// Whether it is written from its first address on.
    pub fn is_network(self) -> bool {
        self.network() == self
    }

    /// Whether two ranges have an address in common.
    pub fn overlaps(self, other: Range) -> bool {
        let mask = self.mask() & other.mask();
        self.address & mask == other.address & mask
    }

    /// Whether it has all addresses of another one.
    pub fn contains(self, other: Range) -> bool {
        self.length <= other.length && self.overlaps(other)
    }

    /// How many addresses it has.
    pub fn size(self) -> u64 {
        1 << (32 - self.length)
    }

    /// The address at a place, from 0.
    pub fn nth(self, at: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network().address.wrapping_add(at))
    }

    /// The length of its prefix.
    pub fn prefix(self) -> u32 {
        self.length
    }

    /// Whether it belongs to the addresses that the internet does not route (RFC 1918, RFC 6598).
    pub fn is_private(self) -> bool {
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]
            .iter()
            .any(|range| Range::parse(range).is_some_and(|range| range.contains(self)))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv4Addr::from_bits(self.address);
        if self.length == 32 { write!(out, "{address}") } else { write!(out, "{address}/{}", self.length) }
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn ranges_overlap_where_they_share_addresses() {
        let range = |text: &str| Range::parse(text).expect("a range");
        let cases = [
            ("10.0.0.0/8", "10.42.0.0/16", true),
            ("10.42.0.0/16", "10.43.0.0/16", false),
            ("10.42.0.0/15", "10.43.7.0/24", true),
            ("0.0.0.0/0", "192.0.2.1", true),
            ("172.16.0.21", "172.16.0.21", true),
            ("172.16.0.20/31", "172.16.0.22", false),
        ];
        for (one, other, overlaps) in cases {
            assert_eq!(range(one).overlaps(range(other)), overlaps, "{one} {other}");
            assert_eq!(range(other).overlaps(range(one)), overlaps, "{other} {one}");
        }
        assert!(
            range("10.0.0.0/8").contains(range("10.1.0.0/16")) && !range("10.1.0.0/16").contains(range("10.0.0.0/8"))
        );
        assert_eq!(range("10.16.0.5/16").network().to_string(), "10.16.0.0/16");
        assert_eq!(range("10.16.0.0/16").nth(1).to_string(), "10.16.0.1");
        assert!(Range::parse("10.0.0.0/33").is_none() && Range::parse("10.0.0/8").is_none());
    }
}
