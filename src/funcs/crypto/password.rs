//! `bcrypt`, `htpasswd` and `derivePassword`.

use crate::template::func::{Args, Outcome};
use crate::value::Value;
use crate::world::World;
use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use scrypt::Params;
use sha2::Sha256;

/// Go's default cost.
const COST: u32 = 10;
/// Longer passwords are refused.
const MAX_PASSWORD: usize = 72;

pub(super) fn bcrypt(world: &dyn World, args: Args<'_>) -> Outcome {
    Ok(Value::from(hashed(world, args.text(0)?)))
}

pub(super) fn htpasswd(world: &dyn World, args: Args<'_>) -> Outcome {
    let (user, password) = (args.text(0)?, args.text(1)?);
    if user.contains(&b':') {
        return Ok(Value::from([b"invalid username: ", user.as_bytes()].concat()));
    }
    Ok(Value::from([user.as_bytes(), b":", hashed(world, password).as_bytes()].concat()))
}

fn hashed(world: &dyn World, password: &[u8]) -> String {
    if password.len() > MAX_PASSWORD {
        return format!("failed to encrypt string with bcrypt: bcrypt: password length exceeds {MAX_PASSWORD} bytes");
    }
    let mut salt = [0; 16];
    world.random(&mut salt);
    salted(salt, password)
}

fn salted(salt: [u8; 16], password: &[u8]) -> String {
    let mut key = [password, &[0]].concat();
    key.truncate(MAX_PASSWORD);
    let hash = ::bcrypt::bcrypt(COST, salt, &key);
    let encode = |bytes: &[u8]| ::bcrypt::BASE_64.encode(bytes);
    format!("$2a${COST:02}${}{}", encode(&salt), encode(&hash[..23]))
}

/// Derives a site's password from a master password, as the Master Password algorithm (version 0, by bytes) does.
pub(super) fn derive_password(args: Args<'_>) -> Outcome {
    let counter = match args.value(0) {
        Value::Uint64(counter) => *counter as u32,
        other => return Err(format!("expected uint32, found {}", other.go_type()).into()),
    };
    let (kind, password, user, site) = (args.text(1)?, args.text(2)?, args.text(3)?, args.text(4)?);
    let Some(templates) = templates(kind) else {
        return Ok(Value::from([b"cannot find password template ", kind.as_bytes()].concat()));
    };
    let scope =
        |name: &[u8]| [b"com.lyndir.masterpassword".as_slice(), &(name.len() as u32).to_be_bytes(), name].concat();
    let mut key = [0; 64];
    let outcome = Params::new(15, 8, 2).map(|params| ::scrypt::scrypt(password, &scope(user), &params, &mut key));
    let Ok(Ok(())) = outcome else { return Ok(Value::str("failed to derive password")) };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
        return Ok(Value::str("failed to derive password"));
    };
    mac.update(&scope(site));
    mac.update(&counter.to_be_bytes());
    let seed = mac.finalize().into_bytes();
    let template = templates[usize::from(seed[0]) % templates.len()];
    let letters = template.bytes().zip(&seed[1..]).map(|(class, byte)| {
        let letters = class_of(class);
        letters[usize::from(*byte) % letters.len()]
    });
    Ok(Value::from(letters.collect::<Vec<u8>>()))
}

/// The shapes that a password of a kind can have; each letter names a class of characters.
fn templates(kind: &[u8]) -> Option<&'static [&'static str]> {
    Some(match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => return None,
    })
}

/// The characters of a class.
fn class_of(class: u8) -> &'static [u8] {
    match class {
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::FixedWorld;

    fn derived(counter: u64, texts: [&str; 4]) -> String {
        let mut args = vec![Value::Uint64(counter)];
        args.extend(texts.iter().map(Value::str));
        derive_password(Args(&args)).unwrap().as_str().unwrap().to_string()
    }

    // Recorded from Helm.
    #[test]
    fn derived_passwords() {
        assert_eq!(derived(2, ["maximum", "pw", "me", "site.org"]), "oPvbfKi%tGDKyWnRGu9@");
        assert_eq!(derived(1, ["medium", "pw", "me", "site.org"]), "YeyTom1$");
        assert_eq!(derived(3, ["pin", "pw", "me", "site.org"]), "2555");
        assert_eq!(derived(1, ["long", "pässwörd", "ü", "é"]), "Zodu8!VemrWixw");
        assert_eq!(derived(1, ["nope", "pw", "me", "site.org"]), "cannot find password template nope");
    }

    #[test]
    fn hashes_have_go_s_form() {
        let world = FixedWorld::new(0, 1);
        let hash = bcrypt(&world, Args(&[Value::str("secret")])).unwrap().as_str().unwrap().to_string();
        assert!(hash.starts_with("$2a$10$") && hash.len() == 60, "{hash}");
        let long = Value::from(vec![b'x'; 73]);
        let refused = bcrypt(&world, Args(&[long])).unwrap();
        let wanted = "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes";
        assert_eq!(refused.as_str().unwrap().to_str(), Some(wanted));
        let bad = htpasswd(&world, Args(&[Value::str("a:b"), Value::str("x")])).unwrap();
        assert_eq!(bad.as_str().unwrap().to_str(), Some("invalid username: a:b"));
    }

    // Hashes that Go made.
    #[test]
    fn bcrypt_is_go_s() {
        let full = "0123456789012345678901234567890123456789012345678901234567890123456789ab";
        for (password, hash) in [
            ("secret", "$2a$10$MmWLtFUCA6u0rNPi7Zyjm.PQvhHreDDuGBvNBI073MVL2aurDbzGK"),
            ("", "$2a$10$tmVXHErsBmzrMNZfXbimM.MWBXwI1vXdoY5UFA4trpD5.nitfhrem"),
            (full, "$2a$10$SczYimW0pNErVfCPQNkFiOuXWnNE4gBc8EtlFcYOvWQNn5/Lhu53G"),
        ] {
            let salt = ::bcrypt::BASE_64.decode(&hash[7..29]).unwrap().try_into().unwrap();
            assert_eq!(salted(salt, password.as_bytes()), hash);
        }
    }
}
