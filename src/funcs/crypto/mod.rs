//! Sprig's digests, passwords, keys, certificates and AES.
//!
//! Keys and certificates are those of Go's `crypto/x509`, byte for byte where nothing is random; all that is random
//! comes from the [`World`].

mod certificate;
mod cipher;
mod crt;
pub(crate) mod der;
mod dsa;
pub(crate) mod key;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod password;
pub(crate) mod pem;
mod prime;
mod sieve;
mod x509;

use crate::template::func::{Args, Effect::Seals, Func, Outcome, Param};
use crate::value::Value;
use crate::world::World;
use certificate::TYPE;
pub use key::world_of_known_keys;
use sha2::Digest;

const CERT: Param = Param::Struct(TYPE);
const NAMES_AND_DAYS: [Param; 4] = [Param::Str, Param::List, Param::List, Param::Int];
const SELF_SIGNED_WITH_KEY: &[Param] = &[Param::Str, Param::List, Param::List, Param::Int, Param::Str];
const SIGNED: &[Param] = &[Param::Str, Param::List, Param::List, Param::Int, CERT];
const SIGNED_WITH_KEY: &[Param] = &[Param::Str, Param::List, Param::List, Param::Int, CERT, Param::Str];
const DERIVE: &[Param] = &[Param::Uint32, Param::Str, Param::Str, Param::Str, Param::Str];

/// The functions of this chapter.
pub const FUNCS: &[Func] = &[
    Func::new("sha1sum", &[Param::Str], digest::<sha1::Sha1>).with_effect(Seals),
    Func::new("sha256sum", &[Param::Str], digest::<sha2::Sha256>).with_effect(Seals),
    Func::new("sha512sum", &[Param::Str], digest::<sha2::Sha512>).with_effect(Seals),
    Func::new("adler32sum", &[Param::Str], adler32sum),
    Func::world("uuidv4", &[], uuidv4),
    Func::world("bcrypt", &[Param::Str], password::bcrypt),
    Func::world("htpasswd", &[Param::Str, Param::Str], password::htpasswd),
    Func::new("derivePassword", DERIVE, password::derive_password),
    Func::world("encryptAES", &[Param::Str, Param::Str], cipher::encrypt),
    Func::new("decryptAES", &[Param::Str, Param::Str], cipher::decrypt),
    Func::world("genPrivateKey", &[Param::Str], gen_private_key),
    Func::new("buildCustomCert", &[Param::Str, Param::Str], certificate::build_custom),
    Func::world("genCA", &[Param::Str, Param::Int], certificate::gen_ca),
    Func::world("genCAWithKey", &[Param::Str, Param::Int, Param::Str], certificate::gen_ca_with_key),
    Func::world("genSelfSignedCert", &NAMES_AND_DAYS, certificate::gen_self_signed),
    Func::world("genSelfSignedCertWithKey", SELF_SIGNED_WITH_KEY, certificate::gen_self_signed_with_key),
    Func::world("genSignedCert", SIGNED, certificate::gen_signed),
    Func::world("genSignedCertWithKey", SIGNED_WITH_KEY, certificate::gen_signed_with_key),
];

fn digest<D: Digest>(args: Args<'_>) -> Outcome {
    Ok(Value::from(hex(&D::digest(args.text(0)?))))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// RFC 1950's checksum in decimal.
fn adler32sum(args: Args<'_>) -> Outcome {
    const PRIME: u32 = 65_521;
    let step = |(low, high): (u32, u32), byte: &u8| {
        let low = (low + u32::from(*byte)) % PRIME;
        (low, (high + low) % PRIME)
    };
    let (low, high) = args.text(0)?.iter().fold((1, 0), step);
    Ok(Value::from((high << 16 | low).to_string()))
}

fn uuidv4(world: &dyn World, _: Args<'_>) -> Outcome {
    let mut bytes = [0; 16];
    world.random(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    let parts = [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]];
    Ok(Value::from(parts.join("-")))
}

fn gen_private_key(world: &dyn World, args: Args<'_>) -> Outcome {
    let wanted = args.text(0)?;
    Ok(match key::generate(world, wanted) {
        Some(key) => Value::from(key.to_pem()),
        None => Value::from([b"Unknown type ", wanted.as_bytes()].concat()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::FixedWorld;

    fn call(name: &str, args: &[&str]) -> String {
        let args: Vec<Value> = args.iter().map(Value::str).collect();
        let func = FUNCS.iter().find(|func| func.name == name).unwrap();
        let outcome = match func.body {
            crate::template::func::Body::Pure(body) => body(Args(&args)),
            crate::template::func::Body::World(body) => body(&FixedWorld::new(0, 7), Args(&args)),
            _ => unreachable!(),
        };
        outcome.map_or_else(|fault| fault.message().to_owned(), |value| value.as_str().unwrap().to_string())
    }

    // Recorded from Helm.
    #[test]
    fn digests() {
        assert_eq!(call("sha1sum", &["hello"]), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
        let wanted = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert_eq!(call("sha256sum", &["hello"]), wanted);
        assert!(call("sha512sum", &[""]).starts_with("cf83e1357eefb8bdf1542850d66d8007"));
        assert_eq!((call("adler32sum", &["hello"]), call("adler32sum", &[""])), ("103547413".into(), "1".into()));
    }

    #[test]
    fn random_identifiers_have_version_and_variant() {
        let (one, two) = (call("uuidv4", &[]), call("uuidv4", &[]));
        assert_eq!(one, two, "the same world gives the same bytes");
        assert_eq!((one.len(), one.as_bytes()[14]), (36, b'4'));
        assert!(matches!(one.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }

    #[test]
    fn unknown_key_types_are_told() {
        assert_eq!(call("genPrivateKey", &["rot13"]), "Unknown type rot13");
    }
}
