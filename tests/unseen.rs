//! Keys of which only a digest comes out: when noise stands in for them, and when it must not.

use chartwright::chart::Compat;
use chartwright::render::functions;
use chartwright::template::{Exec, Limits, TemplateSet, parse};
use chartwright::value::{Map, Value};
use chartwright::world::{FixedWorld, Lookup, Search, Timestamp, World};
use std::cell::Cell;
use std::sync::Arc;
use x509_parser::prelude::*;

/// 2024-03-01T12:00:00Z.
const NOW: Timestamp = 1_709_294_400_000_000_000;
/// A template that makes an authority and a certificate, as charts do.
const TLS: &str = "{{ define \"tls\" }}{{ $ca := genCA \"ca\" 3 }}{{ $cert := genSignedCert \"leaf\" nil nil 3 $ca }}\
    {{ $ca.Cert }}{{ $cert.Key | b64enc }}{{ end }}";

/// A world that lets noise stand in and counts how often something costly was looked for all the same.
struct Counting {
    inner: FixedWorld,
    searches: Cell<u32>,
}

impl World for Counting {
    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn random(&self, out: &mut [u8]) {
        self.inner.random(out);
    }

    fn costly(&self, _: &str, search: Search<'_>) -> Vec<u8> {
        self.searches.set(self.searches.get() + 1);
        (search.find)(&mut |out| self.inner.random(out))
    }

    fn lets_noise_stand_in(&self) -> bool {
        true
    }

    fn lookup(&self, _: &Lookup) -> Option<Value> {
        None
    }

    fn lookup_host(&self, _: &str) -> Option<String> {
        None
    }
}

/// What a template writes, and how many primes and signatures were looked for.
fn render(text: &str) -> (String, u32) {
    let funcs = functions(Compat::Helm43);
    let mut set = TemplateSet::new();
    set.add("tls.tpl", Arc::new(parse(TLS.into(), &funcs).unwrap()));
    set.add("main", Arc::new(parse(text.to_owned().into(), &funcs).unwrap()));
    let world = Counting { inner: FixedWorld::new(NOW, 5), searches: Cell::new(0) };
    let data: Map = [("store", Value::Map(Map::new())), ("count", Value::Int(0))].into_iter().collect();
    let mut exec = Exec::new(&set, &funcs, &world, Limits::default());
    let out = exec.execute("main", &Value::Map(data), |text| String::from_utf8_lossy(text).into_owned()).unwrap();
    (out, world.searches.get())
}

/// Whether a self-signed certificate bears the signature of its own key.
fn is_signed(pem: &str) -> bool {
    let (_, pem) = parse_x509_pem(pem.as_bytes()).unwrap();
    let (_, certificate) = parse_x509_certificate(&pem.contents).unwrap();
    certificate.verify_signature(None).is_ok()
}

#[test]
fn digests_need_no_keys() {
    let texts = [
        "{{ include \"tls\" . | sha256sum }}",
        "{{ include \"tls\" . | sha1sum | trunc 8 }}",
        "{{ include \"tls\" . | b64enc | sha512sum }}",
        "{{ sha256sum (include \"tls\" .) }}",
        "{{ $sum := include \"tls\" . | sha256sum }}{{ $sum }}",
        "{{ tpl \"{{ genPrivateKey `rsa` }}\" . | sha256sum }}",
        // What changes dies with the template.
        "{{ define \"a\" }}{{ $d := dict \"b\" (dict) }}{{ $_ := set $d.b \"key\" (genCA \"ca\" 3) }}{{ $d.b.key.Key }}\
            {{ $_ := merge $d (dict \"c\" $d.b.key.Cert) }}{{ $d.c }}{{ end }}{{ include \"a\" . | sha256sum }}",
    ];
    for text in texts {
        let (out, searches) = render(text);
        assert_eq!(searches, 0, "{text}");
        assert!(out.len() >= 8 && out.bytes().all(|byte| byte.is_ascii_hexdigit()), "{text}: {out}");
    }
}

#[test]
fn digests_of_two_runs_differ() {
    for text in ["{{ include \"tls\" . | sha256sum }}", "{{ genPrivateKey \"rsa\" | sha256sum }}"] {
        let (out, searches) = render(&[text, " ", text].concat());
        let (first, second) = out.split_once(' ').unwrap();
        assert!(first != second && searches == 0, "{out}");
    }
}

#[test]
fn what_is_seen_is_real() {
    let texts = [
        "{{ (genCA \"ca\" 3).Cert }}",
        // Kept in a map of the caller: directly, inside of another map, by a merge, before and after the key is made.
        "{{ define \"a\" }}{{ $_ := set .store \"ca\" (genCA \"ca\" 3) }}{{ end }}\
            {{ $_ := include \"a\" . | sha256sum }}{{ .store.ca.Cert }}",
        "{{ define \"a\" }}{{ $d := dict }}{{ $_ := set .store \"d\" $d }}{{ $_ := set $d \"ca\" (genCA \"ca\" 3) }}{{ end }}\
            {{ $_ := include \"a\" . | sha256sum }}{{ .store.d.ca.Cert }}",
        "{{ define \"a\" }}{{ $_ := mergeOverwrite . (dict \"store\" (dict \"ca\" (genCA \"ca\" 3).Cert)) }}{{ end }}\
            {{ $_ := include \"a\" . | sha256sum }}{{ .store.ca }}",
        "{{ define \"a\" }}{{ $ca := genCA \"ca\" 3 }}{{ $_ := set .store \"ca\" ($ca.Cert | b64enc) }}{{ end }}\
            {{ $_ := include \"a\" . | sha256sum | trunc 3 }}{{ .store.ca | b64dec }}",
        // Kept in a variable of the caller.
        "{{ $x := 1 }}{{ $_ := ($x = genCA \"ca\" 3).Cert | sha256sum }}{{ $x.Cert }}",
        "{{ $x := 1 }}{{ $_ := sha256sum ($x = (genCA \"ca\" 3).Cert) }}{{ $x }}",
    ];
    for text in texts {
        let (out, searches) = render(text);
        assert!(is_signed(&out), "{text}: {out}");
        // Primes and a signature, each once.
        assert_eq!(searches, 2, "{text}");
    }
}

#[test]
fn a_second_run_finds_what_the_first_one_found() {
    let text = "{{ define \"a\" }}{{ $_ := set . \"count\" (add1 .count) }}{{ if not (hasKey .store \"ca\") }}\
        {{ $_ := set .store \"ca\" (genCA \"ca\" 3) }}{{ $_ := set .store \"first\" .count }}{{ end }}{{ end }}\
        {{ $y := 1 }}{{ $_ := print ($y = add1 $y) (include \"a\" .) | sha256sum }}\
        {{ .count }} {{ .store.first }} {{ $y }} {{ hasKey .store \"ca\" }}";
    assert_eq!(render(text), ("1 1 2 true".to_owned(), 2));
}

#[test]
fn a_world_that_does_not_allow_it_sees_no_noise() {
    let funcs = functions(Compat::Helm43);
    let mut set = TemplateSet::new();
    let text = "{{ genPrivateKey \"rsa\" | sha256sum }} {{ randAlpha 4 }}";
    set.add("main", Arc::new(parse(text.into(), &funcs).unwrap()));
    let plain = FixedWorld::new(NOW, 5);
    let mut exec = Exec::new(&set, &funcs, &plain, Limits::default());
    let first = exec.execute("main", &Value::Nil, <[u8]>::to_vec).unwrap();
    let counting = Counting { inner: FixedWorld::new(NOW, 5), searches: Cell::new(0) };
    let mut exec = Exec::new(&set, &funcs, &counting, Limits::default());
    assert_ne!(first, exec.execute("main", &Value::Nil, <[u8]>::to_vec).unwrap());
    let again = FixedWorld::new(NOW, 5);
    let mut exec = Exec::new(&set, &funcs, &again, Limits::default());
    assert_eq!(first, exec.execute("main", &Value::Nil, <[u8]>::to_vec).unwrap());
}
