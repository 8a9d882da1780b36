//! The packets of OpenPGP: a stream is cut into packets here, and each is read by itself.
//!
//! What is skipped and what ends the reading follows the library below Helm: packets of unknown kinds or versions are
//! passed over, broken ones are a fault.

use pgp::packet::{Packet as Read, PacketHeader, SubpacketData};
use pgp::types::{KeyDetails, PublicParams, Tag};
use std::borrow::Cow;
use std::fmt;

/// Why packets could not be read; the texts are those of the library below Helm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The bytes are not what they should be.
    Structure(String),
    /// The bytes may be right, but nobody here understands them.
    Unsupported(String),
    /// Reading has to end.
    End(String),
}

impl Fault {
    pub(super) fn structure(why: impl Into<String>) -> Fault {
        Fault::Structure(why.into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Structure(why) => write!(out, "openpgp: invalid data: {why}"),
            Fault::Unsupported(why) => write!(out, "openpgp: unsupported feature: {why}"),
            Fault::End(text) => out.write_str(text),
        }
    }
}

/// What a keyring or a signature is made of.
#[derive(Clone, Debug)]
pub(super) enum Packet {
    PublicKey(Box<pgp::packet::PublicKey>),
    SecretKey(Box<pgp::packet::SecretKey>),
    PublicSubkey(Box<pgp::packet::PublicSubkey>),
    SecretSubkey(Box<pgp::packet::SecretSubkey>),
    UserId(Box<pgp::packet::UserId>),
    Signature(Box<pgp::packet::Signature>),
    /// Something that neither of them needs.
    Other,
}

/// A stream of packets, with room to put one back.
pub(super) struct Packets<'a> {
    rest: &'a [u8],
    back: Option<Packet>,
}

const SIGNATURE: u8 = 2;
const SECRET_KEY: u8 = 5;
const PUBLIC_KEY: u8 = 6;
const SECRET_SUBKEY: u8 = 7;
const TRUST: u8 = 12;
const USER_ID: u8 = 13;
const PUBLIC_SUBKEY: u8 = 14;

impl<'a> Packets<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Packets<'a> {
        Packets { rest: bytes, back: None }
    }

    /// Lets [`Packets::next`] return this packet again.
    pub(super) fn put_back(&mut self, packet: Packet) {
        self.back = Some(packet);
    }

    /// The next packet; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Packet>, Fault> {
        if let Some(packet) = self.back.take() {
            return Ok(Some(packet));
        }
        while !self.rest.is_empty() {
            let (tag, body) = self.cut()?;
            match read(tag, &body) {
                Ok(packet) => return Ok(Some(packet)),
                Err(Fault::Unsupported(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(None)
    }

    /// Cuts off one packet: its kind and its body.
    fn cut(&mut self) -> Result<(u8, Cow<'a, [u8]>), Fault> {
        let first = self.byte()?;
        if first & 0x80 == 0 {
            return Err(Fault::structure("tag byte does not have MSB set"));
        }
        if first & 0x40 != 0 {
            return Ok((first & 0x3f, self.body()?));
        }
        let tag = (first & 0x3f) >> 2;
        let length = match first & 3 {
            0 => usize::from(self.byte()?),
            1 => self.number(2)?,
            2 => self.number(4)?,
            _ => self.rest.len(),
        };
        Ok((tag, Cow::Borrowed(self.take(length)?)))
    }

    /// A body with a length of the new kind, which may come in parts.
    fn body(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        let (length, partial) = self.length()?;
        let mut body = Cow::Borrowed(self.take(length)?);
        let mut goes_on = partial;
        while goes_on {
            let (length, partial) = self.length()?;
            let part = self.take(length)?;
            body.to_mut().extend_from_slice(part);
            goes_on = partial;
        }
        Ok(body)
    }

    fn length(&mut self) -> Result<(usize, bool), Fault> {
        Ok(match self.byte()? {
            short @ 0..192 => (usize::from(short), false),
            high @ 192..224 => (((usize::from(high) - 192) << 8) + usize::from(self.byte()?) + 192, false),
            power @ 224..255 => (1 << (power & 0x1f), true),
            255 => (self.number(4)?, false),
        })
    }

    fn number(&mut self, bytes: usize) -> Result<usize, Fault> {
        (0..bytes).try_fold(0, |number, _| Ok(number << 8 | usize::from(self.byte()?)))
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let (first, rest) = self.rest.split_first().ok_or_else(cut_short)?;
        self.rest = rest;
        Ok(*first)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let Some((body, rest)) = self.rest.split_at_checked(length) else {
            self.rest = &[];
            return Err(cut_short());
        };
        self.rest = rest;
        Ok(body)
    }
}

fn cut_short() -> Fault {
    Fault::End("unexpected EOF".to_owned())
}

fn read(tag: u8, body: &[u8]) -> Result<Packet, Fault> {
    match tag {
        SIGNATURE => signature(body),
        SECRET_KEY | PUBLIC_KEY | SECRET_SUBKEY | PUBLIC_SUBKEY => key(tag, body),
        USER_ID => parse(tag, body).ok_or_else(|| Fault::structure("user ID")),
        TRUST | 40.. => Err(Fault::Unsupported(format!("packet type {tag}"))),
        1 | 3 | 4 | 8..=11 | 17..=21 => Ok(Packet::Other),
        _ => Err(Fault::End(format!("openpgp: unknown critical packet type: {tag}"))),
    }
}

fn key(tag: u8, body: &[u8]) -> Result<Packet, Fault> {
    let version = body.first().copied().ok_or_else(cut_short)?;
    if !matches!(version, 4 | 6) {
        return Err(Fault::Unsupported(format!("public key version {version}")));
    }
    let packet = parse(tag, body).ok_or_else(|| Fault::structure("key packet"))?;
    let params = match &packet {
        Packet::PublicKey(key) => key.public_params(),
        Packet::SecretKey(key) => key.public_params(),
        Packet::PublicSubkey(key) => key.public_params(),
        Packet::SecretSubkey(key) => key.public_params(),
        _ => return Ok(packet),
    };
    match params {
        PublicParams::ECDSA(curve) if !curve.is_supported() => {
            Err(Fault::Unsupported("elliptic curve of the key".to_owned()))
        }
        PublicParams::Unknown { .. } => Err(Fault::Unsupported(format!("public key type: {:?}", body.get(5)))),
        _ => Ok(packet),
    }
}

/// Reads a signature. One that nobody understands is passed over, unless it would take something back.
fn signature(body: &[u8]) -> Result<Packet, Fault> {
    let version = body.first().copied().ok_or_else(cut_short)?;
    if let Some(packet) = parse(SIGNATURE, body).filter(|packet| !asks_for_more(packet)) {
        return Ok(packet);
    }
    let kind = body.get(if version < 4 { 2 } else { 1 });
    match kind {
        Some(0x20 | 0x28 | 0x30) => Err(Fault::structure("revocation signature")),
        _ => Err(Fault::Unsupported(format!("signature packet version {version}"))),
    }
}

/// Whether a signature holds something that must be understood and is not.
fn asks_for_more(packet: &Packet) -> bool {
    let Packet::Signature(signature) = packet else { return false };
    let mut hashed = signature.config().into_iter().flat_map(|config| config.hashed_subpackets());
    hashed.any(|one| one.is_critical && matches!(one.data, SubpacketData::Other(..) | SubpacketData::Experimental(..)))
}

fn parse(tag: u8, body: &[u8]) -> Option<Packet> {
    let header = PacketHeader::new_fixed(Tag::from(tag), u32::try_from(body.len()).ok()?);
    Some(match Read::from_reader(header, body).ok()? {
        Read::PublicKey(key) => Packet::PublicKey(Box::new(key)),
        Read::SecretKey(key) => Packet::SecretKey(Box::new(key)),
        Read::PublicSubkey(key) => Packet::PublicSubkey(Box::new(key)),
        Read::SecretSubkey(key) => Packet::SecretSubkey(Box::new(key)),
        Read::UserId(name) => Packet::UserId(Box::new(name)),
        Read::Signature(signature) => Packet::Signature(Box::new(signature)),
        _ => Packet::Other,
    })
}
