//! IP addresses and ranges in the forms that Kubernetes takes.

use std::net::IpAddr;

/// An address.
pub(super) fn ip(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// A range: its address and the length of its prefix.
pub(super) fn cidr(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = text.split_once('/')?;
    let address = ip(address)?;
    let plain = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let padded = length.len() > 1 && length.starts_with('0');
    let length = length.parse::<u32>().ok().filter(|_| plain && !padded)?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    (length <= most).then_some((address, length))
}

/// Whether a text is a range.
pub(super) fn is_cidr(text: &str) -> bool {
    cidr(text).is_some()
}

/// The bits of an address, those of IPv4 at the top.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn mask(length: u32) -> u128 {
    u128::MAX.checked_shl(128 - length.min(128)).unwrap_or(0)
}

/// Whether a range has an address.
pub(super) fn contains((network, length): (IpAddr, u32), address: IpAddr) -> bool {
    network.is_ipv4() == address.is_ipv4() && bits(network) & mask(length) == bits(address) & mask(length)
}

/// The first address of a range.
pub(super) fn masked((network, length): (IpAddr, u32)) -> IpAddr {
    let kept = bits(network) & mask(length);
    match network {
        IpAddr::V4(_) => IpAddr::V4(u32::try_from(kept >> 96).unwrap_or(0).into()),
        IpAddr::V6(_) => IpAddr::V6(kept.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_their_addresses() {
        let range = cidr("10.1.2.3/8").expect("a range");
        assert!(contains(range, "10.200.0.1".parse().unwrap()) && !contains(range, "11.0.0.1".parse().unwrap()));
        assert_eq!(masked(range).to_string(), "10.0.0.0");
        assert!(cidr("10.0.0.0/33").is_none() && cidr("10.0.0.0/08").is_none() && cidr("::/0").is_some());
    }
}
