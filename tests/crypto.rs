//! Certificates and keys, read by another X.509 implementation.

use chartwright::funcs::crypto::FUNCS;
use chartwright::template::func::{Args, Body};
use chartwright::value::{Field, List, ListKind, Value};
use chartwright::world::{FixedWorld, World};
use x509_parser::prelude::*;

/// 2024-03-01T12:00:00Z.
const NOW: i128 = 1_709_294_400_000_000_000;

fn call_in(world: &dyn World, name: &str, args: &[Value]) -> Result<Value, String> {
    let func = FUNCS.iter().find(|func| func.name == name).unwrap();
    let outcome = match func.body {
        Body::Pure(body) => body(Args(args)),
        Body::World(body) => body(world, Args(args)),
        _ => unreachable!(),
    };
    outcome.map_err(|fault| fault.message().to_owned())
}

fn call(name: &str, args: &[Value]) -> Result<Value, String> {
    call_in(&FixedWorld::new(NOW, 11), name, args)
}

fn none() -> Value {
    Value::List(List::nil(ListKind::Any))
}

fn names(names: &[&str]) -> Value {
    Value::list(names.iter().map(Value::str).collect())
}

fn field(value: &Value, name: &str) -> String {
    let Value::Object(object) = value else { panic!("{value:?}") };
    assert_eq!(object.go_type(), "sprig.certificate");
    match object.field(name) {
        Some(Field::Value(Value::Str(text))) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

fn der_of(certificate: &Value) -> Vec<u8> {
    let text = field(certificate, "Cert");
    let (_, pem) = parse_x509_pem(text.as_bytes()).unwrap();
    assert_eq!(pem.label, "CERTIFICATE");
    pem.contents
}

/// Checks a certificate in full and returns the days that it is valid.
fn check(certificate: &X509Certificate<'_>, name: &str, authority: bool) -> i64 {
    assert_eq!(certificate.version(), X509Version::V3);
    let common_name = certificate.subject().iter_common_name().next().unwrap().as_str().unwrap();
    assert_eq!(common_name, name);
    let usage = certificate.key_usage().unwrap().unwrap();
    assert!(usage.critical && usage.value.digital_signature() && usage.value.key_encipherment());
    assert_eq!(usage.value.key_cert_sign(), authority);
    let purposes = certificate.extended_key_usage().unwrap().unwrap();
    assert!(!purposes.critical && purposes.value.server_auth && purposes.value.client_auth && !purposes.value.any);
    let constraints = certificate.basic_constraints().unwrap().unwrap();
    assert!(constraints.critical && constraints.value.path_len_constraint.is_none());
    assert_eq!(constraints.value.ca, authority);
    let validity = certificate.validity();
    assert_eq!(i128::from(validity.not_before.timestamp()) * 1_000_000_000, NOW);
    (validity.not_after.timestamp() - validity.not_before.timestamp()) / 86_400
}

#[test]
fn an_authority_signs_a_chain_that_verifies() {
    let world = FixedWorld::new(NOW, 11);
    let ca = call_in(&world, "genCA", &[Value::str("my ca"), Value::Int(3650)]).unwrap();
    assert!(field(&ca, "Key").starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    let args = [
        Value::str("svc*.ns"),
        names(&["10.0.0.1", "fd00::1", "::ffff:1.2.3.4"]),
        names(&["svc.ns", "svc.ns.svc.cluster.local"]),
        Value::Int(365),
        ca.clone(),
    ];
    let leaf = call_in(&world, "genSignedCert", &args).unwrap();
    let (ca_der, leaf_der) = (der_of(&ca), der_of(&leaf));
    let (_, authority) = X509Certificate::from_der(&ca_der).unwrap();
    let (_, certificate) = X509Certificate::from_der(&leaf_der).unwrap();
    assert_eq!(check(&authority, "my ca", true), 3650);
    assert_eq!(check(&certificate, "svc*.ns", false), 365);
    authority.verify_signature(None).unwrap();
    certificate.verify_signature(Some(authority.public_key())).unwrap();
    assert_eq!(certificate.issuer().as_raw(), authority.subject().as_raw());
    let san = certificate.subject_alternative_name().unwrap().unwrap();
    assert!(!san.critical);
    let wanted = [
        GeneralName::DNSName("svc.ns"),
        GeneralName::DNSName("svc.ns.svc.cluster.local"),
        GeneralName::IPAddress(&[10, 0, 0, 1]),
        GeneralName::IPAddress(&[0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        GeneralName::IPAddress(&[1, 2, 3, 4]),
    ];
    assert_eq!(san.value.general_names, wanted);
    let identifier = |certificate: &X509Certificate<'_>| {
        certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
            _ => None,
        })
    };
    let issuer = certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0.to_vec()),
        _ => None,
    });
    assert_eq!((identifier(&authority).map(|id| id.len()), identifier(&certificate)), (Some(20), None));
    assert_eq!(issuer, identifier(&authority));
    assert!(authority.serial != certificate.serial);
}

#[test]
fn certificates_differ_between_calls_and_repeat_between_equal_worlds() {
    let world = FixedWorld::new(NOW, 5);
    let args = [Value::str("cn"), none(), names(&["a.example"]), Value::Int(10)];
    let (one, two) = (call_in(&world, "genSelfSignedCert", &args), call_in(&world, "genSelfSignedCert", &args));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert!(field(&one, "Cert") != field(&two, "Cert") && field(&one, "Key") != field(&two, "Key"));
    let again = call_in(&FixedWorld::new(NOW, 5), "genSelfSignedCert", &args).unwrap();
    assert_eq!((field(&one, "Cert"), field(&one, "Key")), (field(&again, "Cert"), field(&again, "Key")));
    let der = der_of(&one);
    let (_, certificate) = X509Certificate::from_der(&der).unwrap();
    assert_eq!(check(&certificate, "cn", false), 10);
    certificate.verify_signature(None).unwrap();
}

#[test]
fn given_keys_of_each_kind_sign() {
    for kind in ["ecdsa", "ed25519"] {
        let key = call("genPrivateKey", &[Value::str(kind)]).unwrap();
        let ca = call("genCAWithKey", &[Value::str("ca"), Value::Int(30), key.clone()]).unwrap();
        assert_eq!(Some(field(&ca, "Key").as_bytes()), key.as_str().map(|key| key.as_bytes()), "{kind}");
        let args = [Value::str("leaf"), none(), none(), Value::Int(3), ca.clone(), key.clone()];
        let leaf = call("genSignedCertWithKey", &args).unwrap();
        let (ca_der, leaf_der) = (der_of(&ca), der_of(&leaf));
        let (_, authority) = X509Certificate::from_der(&ca_der).unwrap();
        let (_, certificate) = X509Certificate::from_der(&leaf_der).unwrap();
        assert_eq!((check(&authority, "ca", true), check(&certificate, "leaf", false)), (30, 3));
        certificate.verify_signature(Some(authority.public_key())).unwrap();
        assert!(certificate.subject_alternative_name().unwrap().is_none());

        let other = call_in(&FixedWorld::new(0, 99), "genPrivateKey", &[Value::str(kind)]).unwrap();
        let mixed = call("genCAWithKey", &[Value::str("other"), Value::Int(30), other]).unwrap();
        let base64 = |text: String| Value::from(base64::Engine::encode(&base64::prelude::BASE64_STANDARD, text));
        let custom = [base64(field(&ca, "Cert")), base64(field(&mixed, "Key"))];
        let wrong = call("buildCustomCert", &custom).unwrap();
        let args = [Value::str("leaf"), none(), none(), Value::Int(3), wrong, key];
        let refused = "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey";
        assert_eq!(call("genSignedCertWithKey", &args).err().as_deref(), Some(refused));
    }
}

#[test]
fn keys_have_their_blocks() {
    for (kind, block) in [("ecdsa", "EC PRIVATE KEY"), ("ed25519", "PRIVATE KEY")] {
        let key = call("genPrivateKey", &[Value::str(kind)]).unwrap().as_str().unwrap().to_string();
        let (_, pem) = parse_x509_pem(key.as_bytes()).unwrap();
        assert_eq!(pem.label, block);
    }
}

#[test]
fn odd_subjects_and_times() {
    let key = call("genPrivateKey", &[Value::str("ecdsa")]).unwrap();
    let args = [Value::str(""), none(), names(&["a"]), Value::Int(100_000), key.clone()];
    let der = der_of(&call("genSelfSignedCertWithKey", &args).unwrap());
    let (_, certificate) = X509Certificate::from_der(&der).unwrap();
    assert_eq!(certificate.subject().iter().count(), 0);
    assert!(certificate.subject_alternative_name().unwrap().unwrap().critical);
    assert_eq!(certificate.validity().not_after.timestamp(), 1_709_294_400 + 100_000 * 86_400);
    // Go's durations wrap after 292 years.
    let args = [Value::str("é"), none(), none(), Value::Int(200_000), key];
    let der = der_of(&call("genSelfSignedCertWithKey", &args).unwrap());
    let (_, certificate) = X509Certificate::from_der(&der).unwrap();
    assert_eq!(certificate.subject().iter_common_name().next().unwrap().as_str().unwrap(), "é");
    assert!(certificate.validity().not_after < certificate.validity().not_before);
}

// Recorded from Helm.
#[test]
fn errors_are_those_of_sprig() {
    let text = |text: &str| Value::str(text);
    let numbers = || Value::list(vec![Value::Int(1)]);
    let self_signed = |ips: Value, names: Value| [text("cn"), ips, names, Value::Int(10)];
    for (name, args, wanted) in [
        ("buildCustomCert", vec![text(""), text("")], "unable to decode certificate"),
        ("buildCustomCert", vec![text("!"), text("")], "unable to decode base64 certificate"),
        ("buildCustomCert", vec![text("eA=="), text("!")], "unable to decode base64 private key"),
        ("genCAWithKey", vec![text("cn"), Value::Int(10), text("x")], "parsing private key: no PEM data in input"),
        ("genSelfSignedCert", self_signed(numbers(), none()).to_vec(), "error parsing ip: 1 is not a string"),
        ("genSelfSignedCert", self_signed(names(&["notanip"]), none()).to_vec(), "error parsing ip: notanip"),
        (
            "genSelfSignedCert",
            self_signed(none(), numbers()).to_vec(),
            "error processing alternate dns name: 1 is not a string",
        ),
    ] {
        assert_eq!(call(name, &args).err().as_deref(), Some(wanted), "{name}");
    }
    let block = "-----BEGIN FOO-----\nAA==\n-----END FOO-----\n";
    let wanted = "parsing private key: no private key data in PEM block of type FOO";
    assert_eq!(call("genCAWithKey", &[text("cn"), Value::Int(1), text(block)]).err().as_deref(), Some(wanted));
}
