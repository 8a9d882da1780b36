//! The functions that make certificates, and the struct that they return.

use super::key::{self, PrivateKey};
use super::pem;
use super::x509::{self, Issuer, Template, Usage};
use crate::diagnostic::Fault;
use crate::funcs::encoding::decode_base64;
use crate::template::func::{Args, Outcome};
use crate::value::{Field, Kind, List, Object, Text, Value, print};
use crate::world::World;
use std::any::Any;
use std::borrow::Cow;
use std::rc::Rc;

/// The Go type of what the functions return.
pub(super) const TYPE: &str = "sprig.certificate";
/// The size of the primes in the keys of 2,048 bits that Sprig makes for certificates.
const RSA_PRIME_LIMBS: usize = 16;
const DAY: i64 = 24 * 60 * 60 * 1_000_000_000;

/// A certificate and its private key, both in PEM.
#[derive(Clone, Debug)]
struct Certificate {
    cert: Text,
    key: Text,
    /// The key itself, where it was made here.
    made: Option<Rc<PrivateKey>>,
}

impl Object for Certificate {
    fn go_type(&self) -> Cow<'static, str> {
        TYPE.into()
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn field(&self, name: &str) -> Option<Field> {
        match name {
            "Cert" => Some(Field::Value(Value::Str(self.cert.clone()))),
            "Key" => Some(Field::Value(Value::Str(self.key.clone()))),
            _ => None,
        }
    }

    fn fields(&self) -> Vec<(Cow<'static, str>, Value)> {
        vec![("Cert".into(), Value::Str(self.cert.clone())), ("Key".into(), Value::Str(self.key.clone()))]
    }
}

/// `buildCustomCert`: two texts in base64, checked and put together.
pub(super) fn build_custom(args: Args<'_>) -> Outcome {
    let cert = decode_base64(args.text(0)?).map_err(|_| Fault::new("unable to decode base64 certificate"))?;
    let key = decode_base64(args.text(1)?).map_err(|_| Fault::new("unable to decode base64 private key"))?;
    issuer(&cert)?;
    parse_key(&key)?;
    Ok(Value::Object(Rc::new(Certificate { cert: cert.into(), key: key.into(), made: None })))
}

pub(super) fn gen_ca(world: &dyn World, args: Args<'_>) -> Outcome {
    authority(world, args, new_key(world)?)
}

pub(super) fn gen_ca_with_key(world: &dyn World, args: Args<'_>) -> Outcome {
    authority(world, args, given_key(args, 2)?)
}

pub(super) fn gen_self_signed(world: &dyn World, args: Args<'_>) -> Outcome {
    self_signed(world, args, new_key(world)?)
}

pub(super) fn gen_self_signed_with_key(world: &dyn World, args: Args<'_>) -> Outcome {
    self_signed(world, args, given_key(args, 4)?)
}

pub(super) fn gen_signed(world: &dyn World, args: Args<'_>) -> Outcome {
    signed(world, args, new_key(world)?)
}

pub(super) fn gen_signed_with_key(world: &dyn World, args: Args<'_>) -> Outcome {
    signed(world, args, given_key(args, 5)?)
}

fn new_key(world: &dyn World) -> Result<PrivateKey, Fault> {
    key::rsa::<RSA_PRIME_LIMBS>(world).map_err(|problem| Fault::new(format!("error generating rsa key: {problem}")))
}

fn given_key(args: Args<'_>, at: usize) -> Result<PrivateKey, Fault> {
    key::parse_pem(args.text(at)?).map_err(|problem| Fault::new(format!("parsing private key: {problem}")))
}

fn authority(world: &dyn World, args: Args<'_>, key: PrivateKey) -> Outcome {
    let none = List::nil(crate::value::ListKind::Any);
    let template = template(world, args.text(0)?, (&none, &none), args.int(1)?)?;
    finish(world, &Template { usage: Usage::Authority, ..template }, None, key)
}

fn self_signed(world: &dyn World, args: Args<'_>, key: PrivateKey) -> Outcome {
    let template = template(world, args.text(0)?, (args.list(1)?, args.list(2)?), args.int(3)?)?;
    finish(world, &template, None, key)
}

fn signed(world: &dyn World, args: Args<'_>, key: PrivateKey) -> Outcome {
    let Some(ca) = args.value(4).as_object::<Certificate>() else {
        return Err(format!("expected {TYPE}, found {}", args.value(4).go_type()).into());
    };
    let issuer = issuer(&ca.cert)?;
    let signer = match &ca.made {
        Some(key) => Rc::clone(key),
        None => Rc::new(parse_key(&ca.key)?),
    };
    let template = template(world, args.text(0)?, (args.list(1)?, args.list(2)?), args.int(3)?)?;
    finish(world, &template, Some((&issuer, &signer)), key)
}

fn parse_key(pem: &[u8]) -> Result<PrivateKey, Fault> {
    key::parse_pem(pem).map_err(|problem| Fault::new(format!("error parsing private key: {problem}")))
}

/// What a certificate in PEM says about itself as an issuer.
fn issuer(cert: &[u8]) -> Result<Issuer, Fault> {
    let Some(block) = pem::decode(cert) else { return Err("unable to decode certificate".into()) };
    let parsed = x509::parse_issuer(&block.bytes);
    parsed.map_err(|problem| Fault::new(format!("error parsing certificate: decodedCert.Bytes: {problem}")))
}

fn template(world: &dyn World, name: &Text, (ips, names): (&List, &List), days: i64) -> Result<Template, Fault> {
    let mut addresses = Vec::with_capacity(ips.len());
    for ip in ips.iter() {
        let text = ip.as_str().ok_or_else(|| no_string("error parsing ip", ip))?;
        let address = text.to_str().and_then(|text| text.parse().ok());
        addresses.push(address.ok_or_else(|| Fault::new(format!("error parsing ip: {text}")))?);
    }
    let mut dns_names = Vec::with_capacity(names.len());
    for name in names.iter() {
        let text = name.as_str().ok_or_else(|| no_string("error processing alternate dns name", name))?;
        dns_names.push(text.to_vec());
    }
    let mut serial = [0; 16];
    world.random(&mut serial);
    let not_before = world.now();
    // Go counts nanoseconds in 64 bits, which wrap after 292 years.
    let not_after = not_before + i128::from(DAY.wrapping_mul(days));
    let common_name = name.to_vec();
    Ok(Template { usage: Usage::Leaf, serial, common_name, dns_names, addresses, not_before, not_after })
}

fn no_string(what: &str, found: &Value) -> Fault {
    let shown = print::to_text(found).map_or_else(|_| String::new(), |text| text.to_string());
    Fault::new(format!("{what}: {shown} is not a string"))
}

fn finish(world: &dyn World, template: &Template, issuer: Option<(&Issuer, &PrivateKey)>, key: PrivateKey) -> Outcome {
    let (issuer, signer) = issuer.map_or((None, &key), |(issuer, signer)| (Some(issuer), signer));
    let bytes = x509::create(world, template, issuer, &key, signer)
        .map_err(|problem| Fault::new(format!("error creating certificate: {problem}")))?;
    let (cert, text) = (pem::encode("CERTIFICATE", &bytes).into(), key.to_pem().into());
    Ok(Value::Object(Rc::new(Certificate { cert, key: text, made: Some(Rc::new(key)) })))
}
