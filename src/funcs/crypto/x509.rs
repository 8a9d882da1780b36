//! X.509 certificates as Go's `crypto/x509` writes them for Sprig.

use super::der::{self, Reader, tag};
use super::key::PrivateKey;
use crate::value::print::quote;
use crate::world::{Timestamp, World};
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use std::net::IpAddr;

const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 14];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 35];
const EXT_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];

/// What a certificate shall be for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    Leaf,
    Authority,
}

/// What a certificate shall say.
pub(super) struct Template {
    pub(super) usage: Usage,
    pub(super) serial: [u8; 16],
    pub(super) common_name: Vec<u8>,
    pub(super) dns_names: Vec<Vec<u8>>,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

/// What of an issuer goes into the certificates that it signs.
pub(super) struct Issuer {
    /// Its subject as it stands in its certificate.
    subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
    public_key: Vec<u8>,
}

/// Makes a certificate that `signer` signs for `issuer`, or for itself without one.
pub(super) fn create(
    world: &dyn World,
    template: &Template,
    issuer: Option<&Issuer>,
    key: &PrivateKey,
    signer: &PrivateKey,
) -> Result<Vec<u8>, String> {
    let (signer_info, _) = signer.public()?;
    let (key_info, public_key) = key.public()?;
    let subject = name(&template.common_name)?;
    let issuer_name = issuer.map_or(&subject, |issuer| &issuer.subject);
    let authority_key_id = issuer.filter(|_| *issuer_name != subject).and_then(|issuer| issuer.key_id.as_deref());
    if issuer.is_some_and(|issuer| issuer.public_key != signer_info) {
        return Err("x509: provided PrivateKey doesn't match parent's PublicKey".into());
    }
    let subject_key_id = match template.usage {
        Usage::Authority => Some(Sha256::digest(&public_key)[..20].to_vec()),
        Usage::Leaf => None,
    };
    let extensions = extensions(template, subject_key_id.as_deref(), authority_key_id)?;
    let algorithm = signer.signature_algorithm();
    let validity = der::sequence(&[&time(template.not_before)?, &time(template.not_after)?]);
    let version = der::element(tag::explicit(0), &der::unsigned(&[2]));
    let serial = der::unsigned(&template.serial);
    let body = der::sequence(&[
        &version,
        &serial,
        &algorithm,
        issuer_name,
        &validity,
        &subject,
        &key_info,
        &der::element(tag::explicit(3), &extensions),
    ]);
    let signature = signer.sign(world, &body)?;
    Ok(der::sequence(&[&body, &algorithm, &der::bits(&signature)]))
}

/// A name that consists of a common name, or of nothing.
fn name(common_name: &[u8]) -> Result<Vec<u8>, String> {
    if common_name.is_empty() {
        return Ok(der::sequence(&[]));
    }
    let printable = |byte: &u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte);
    let kind = match () {
        () if common_name.iter().all(printable) => tag::PRINTABLE,
        () if std::str::from_utf8(common_name).is_ok() => tag::UTF8,
        () => return Err("asn1: string not valid UTF-8".into()),
    };
    let pair = der::sequence(&[&der::element(tag::OBJECT, COMMON_NAME), &der::element(kind, common_name)]);
    Ok(der::sequence(&[&der::element(tag::SET, &pair)]))
}

/// A time in seconds, with two digits for the year from 1950 to 2049.
fn time(time: Timestamp) -> Result<Vec<u8>, String> {
    let refused = || "asn1: structure error: cannot represent time as GeneralizedTime".to_owned();
    let time = jiff::Timestamp::from_second(i64::try_from(time.div_euclid(1_000_000_000)).map_err(|_| refused())?);
    let time = time.map_err(|_| refused())?.to_zoned(TimeZone::UTC);
    match time.year() {
        1950..2050 => Ok(der::element(tag::UTC_TIME, time.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())),
        0..10_000 => Ok(der::element(tag::GENERALIZED_TIME, time.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())),
        _ => Err(refused()),
    }
}

fn extension(object: &[u8], critical: bool, content: &[u8]) -> Vec<u8> {
    let critical = if critical { der::element(tag::BOOLEAN, &[0xff]) } else { Vec::new() };
    der::sequence(&[&der::element(tag::OBJECT, object), &critical, &der::element(tag::OCTET_STRING, content)])
}

fn extensions(template: &Template, own_id: Option<&[u8]>, issuer_id: Option<&[u8]>) -> Result<Vec<u8>, String> {
    let authority = template.usage == Usage::Authority;
    // Digital signature and key encipherment, for an authority certificate signing too; the first byte counts the
    // bits that are not used.
    let usage: &[u8] = if authority { &[2, 0xa4] } else { &[5, 0xa0] };
    let purposes = [SERVER_AUTH, CLIENT_AUTH].map(|purpose| der::element(tag::OBJECT, purpose));
    let constraints = if authority { der::element(tag::BOOLEAN, &[0xff]) } else { Vec::new() };
    let mut list = vec![
        extension(KEY_USAGE, true, &der::element(tag::BIT_STRING, usage)),
        extension(EXT_KEY_USAGE, false, &der::element(tag::SEQUENCE, &purposes.concat())),
        extension(BASIC_CONSTRAINTS, true, &der::sequence(&[&constraints])),
    ];
    list.extend(own_id.map(|id| extension(SUBJECT_KEY_ID, false, &der::element(tag::OCTET_STRING, id))));
    list.extend(
        issuer_id.map(|id| extension(AUTHORITY_KEY_ID, false, &der::sequence(&[&der::element(tag::context(0), id)]))),
    );
    if !template.dns_names.is_empty() || !template.addresses.is_empty() {
        // The names are all there is to tell where the subject is empty.
        let critical = template.common_name.is_empty();
        list.push(extension(SUBJECT_ALT_NAME, critical, &alternative_names(template)?));
    }
    Ok(der::element(tag::SEQUENCE, &list.concat()))
}

fn alternative_names(template: &Template) -> Result<Vec<u8>, String> {
    let mut names = Vec::new();
    for name in &template.dns_names {
        if !name.is_ascii() {
            let name = String::from_utf8_lossy(&quote(name)).into_owned();
            return Err(format!("x509: {name} cannot be encoded as an IA5String"));
        }
        names.extend(der::element(tag::context(2), name));
    }
    for address in &template.addresses {
        names.extend(match address.to_canonical() {
            IpAddr::V4(address) => der::element(tag::context(7), &address.octets()),
            IpAddr::V6(address) => der::element(tag::context(7), &address.octets()),
        });
    }
    Ok(der::element(tag::SEQUENCE, &names))
}

/// Reads what is needed of an issuer's certificate; the errors are Go's.
pub(super) fn parse_issuer(bytes: &[u8]) -> Result<Issuer, &'static str> {
    let mut file = Reader(bytes);
    let mut outer = Reader(file.read(tag::SEQUENCE).ok_or("x509: malformed certificate")?);
    let mut body = Reader(outer.read(tag::SEQUENCE).ok_or("x509: malformed tbs certificate")?);
    if let Some(version) = body.read(tag::explicit(0)) {
        match Reader(version).read(tag::INTEGER).ok_or("x509: malformed version")? {
            [0..=2] => {}
            [0x80..=0xff, ..] => return Err("x509: malformed version"),
            _ => return Err("x509: invalid version"),
        }
    }
    match body.read(tag::INTEGER).ok_or("x509: malformed serial number")? {
        [] => return Err("x509: malformed serial number"),
        [0x80..=0xff, ..] => return Err("x509: negative serial number"),
        _ => {}
    }
    let inner = body.read(tag::SEQUENCE).ok_or("x509: malformed signature algorithm identifier")?;
    if outer.read(tag::SEQUENCE).ok_or("x509: malformed algorithm identifier")? != inner {
        return Err("x509: inner and outer signature algorithm identifiers don't match");
    }
    body.read(tag::SEQUENCE).ok_or("x509: malformed issuer")?;
    body.read(tag::SEQUENCE).ok_or("x509: malformed validity")?;
    let subject = body.read_whole(tag::SEQUENCE).ok_or("x509: malformed issuer")?.to_vec();
    let public_key = body.read_whole(tag::SEQUENCE).ok_or("x509: malformed spki")?.to_vec();
    body.read(tag::context(1));
    body.read(tag::context(2));
    let mut key_id = None;
    if let Some(extensions) = body.read(tag::explicit(3)) {
        let mut extensions = Reader(Reader(extensions).read(tag::SEQUENCE).ok_or("x509: malformed extensions")?);
        while !extensions.is_empty() {
            let mut extension = Reader(extensions.read(tag::SEQUENCE).ok_or("x509: malformed extension")?);
            let object = extension.read(tag::OBJECT).ok_or("x509: malformed extension OID field")?;
            extension.read(tag::BOOLEAN);
            let content = extension.read(tag::OCTET_STRING).ok_or("x509: malformed extension value field")?;
            if object == SUBJECT_KEY_ID {
                let id = Reader(content).read(tag::OCTET_STRING).ok_or("x509: invalid subject key identifier")?;
                key_id = Some(id.to_vec()).filter(|id| !id.is_empty());
            }
        }
    }
    outer.read(tag::BIT_STRING).ok_or("x509: malformed signature")?;
    if !file.is_empty() {
        return Err("x509: trailing data");
    }
    Ok(Issuer { subject, key_id, public_key })
}
