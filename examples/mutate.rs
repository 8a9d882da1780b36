//! Feeds seeded mutations to every parser: `cargo run --release --example mutate -- COUNT [PARSER] [SEED]`.
//!
//! Each input follows from its number alone. A panic is caught and told with the number, which repeats it:
//! `mutate 1 yaml 4711`. Ends with status 1 when anything panicked.
#![allow(clippy::print_stdout)]

use chartwright::chart::{Chart, Compat, Limits, LoadOptions, Lock, Metadata, Notices};
use chartwright::config::Config;
use chartwright::edit::Edits;
use chartwright::provenance::{self, Keyring, cosign};
use chartwright::repository::IndexFile;
use chartwright::repository::index::{NewVersion, Overwrite, charts_as_helm};
use chartwright::source::SourceId;
use chartwright::value::{Map, Value};
use chartwright::values::{Layer, merge_layers};
use chartwright::{dependency, render, schema, template, yaml};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Reads an input and says whether it was taken.
type Parser = fn(&[u8]) -> bool;

/// A parser with the texts that its mutations start from and the pieces that are put into them.
struct Target {
    name: &'static str,
    parser: Parser,
    seeds: Vec<Vec<u8>>,
    pieces: &'static [&'static str],
}

const LONGEST: usize = 16 * 1024;
const STACK: usize = 512 << 20;
/// The project's folder, where the seeds are.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(count) = words.first().map_or(Some(10_000), |text| text.parse::<u64>().ok()) else {
        println!("usage: mutate COUNT [PARSER] [SEED]");
        return ExitCode::from(2);
    };
    let only = words.get(1).map(String::as_str);
    let first = words.get(2).and_then(|text| text.parse().ok()).unwrap_or(0);
    // One alone is looked at: its panic is told.
    if count > 1 {
        std::panic::set_hook(Box::new(|_| {}));
    }
    let chosen = targets().into_iter().filter(|target| only.is_none_or(|name| name == target.name));
    let panics: u64 = chosen.map(|target| run(target, first, count)).sum();
    if panics == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn targets() -> Vec<Target> {
    vec![
        Target { name: "yaml", parser: read_yaml, seeds: yaml_seeds(), pieces: YAML_PIECES },
        Target { name: "template", parser: read_template, seeds: template_seeds(), pieces: TEMPLATE_PIECES },
        Target { name: "archive", parser: read_archive, seeds: vec![tar_of_chart()], pieces: ARCHIVE_PIECES },
        Target { name: "prov", parser: read_prov, seeds: openpgp("prov"), pieces: PROV_PIECES },
        Target { name: "keyring", parser: read_keyring, seeds: keyrings(), pieces: PROV_PIECES },
        Target { name: "cosign", parser: read_cosign, seeds: cosign_seeds(), pieces: COSIGN_PIECES },
        Target { name: "set", parser: read_set, seeds: texts(SETS), pieces: SET_PIECES },
        Target { name: "lock", parser: read_lock, seeds: texts(LOCKS), pieces: LOCK_PIECES },
        Target { name: "index", parser: read_index, seeds: texts(INDEXES), pieces: INDEX_PIECES },
        Target { name: "schema", parser: read_schema, seeds: texts(SCHEMAS), pieces: SCHEMA_PIECES },
    ]
}

#[derive(Default)]
struct Tally {
    taken: u64,
    panics: Vec<u64>,
    slowest: (Duration, u64),
}

/// Runs a target on all cores and returns how many inputs made it panic.
fn run(target: Target, first: u64, count: u64) -> u64 {
    let began = Instant::now();
    let workers = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let target = &target;
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .filter_map(|worker| {
                let numbers = (first + worker..first + count).step_by(workers as usize);
                std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || work(target, numbers)).ok()
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let taken: u64 = tallies.iter().map(|tally| tally.taken).sum();
    let panics: Vec<u64> = tallies.iter().flat_map(|tally| tally.panics.iter().copied()).collect();
    let slowest = tallies.iter().map(|tally| tally.slowest).max().unwrap_or_default();
    println!(
        "{}: {count} mutations in {:.1} s, {taken} taken, {} refused, {} panics; the slowest took {:.1} ms (seed {})",
        target.name,
        began.elapsed().as_secs_f64(),
        count - taken - panics.len() as u64,
        panics.len(),
        slowest.0.as_secs_f64() * 1e3,
        slowest.1,
    );
    for seed in panics.iter().take(20) {
        println!("  panic: mutate 1 {} {seed}", target.name);
    }
    panics.len() as u64
}

fn work(target: &Target, numbers: impl Iterator<Item = u64>) -> Tally {
    let mut tally = Tally::default();
    for number in numbers {
        let input = mutated(target, number);
        let began = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| (target.parser)(&input))) {
            Ok(taken) => tally.taken += u64::from(taken),
            Err(_) => tally.panics.push(number),
        }
        tally.slowest = tally.slowest.max((began.elapsed(), number));
    }
    tally
}

/// A stream of numbers that follows from its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

fn mutated(target: &Target, number: u64) -> Vec<u8> {
    let mut random = Random(number);
    let mut text = target.seeds[random.below(target.seeds.len())].clone();
    for _ in 0..1 + random.below(8) {
        change(&mut text, target, &mut random);
    }
    text.truncate(LONGEST);
    text
}

fn change(text: &mut Vec<u8>, target: &Target, random: &mut Random) {
    let at = random.below(text.len() + 1);
    let end = (at + 1 + random.below(24)).min(text.len());
    match random.below(8) {
        0 if at < text.len() => text[at] ^= 1 << random.below(8),
        1 if at < text.len() => text[at] = random.below(256) as u8,
        2 => drop(text.drain(at.min(end)..end)),
        3 => {
            let part = text[at.min(end)..end].to_vec();
            let times = 1 + random.below(40);
            text.splice(at..at, part.repeat(times));
        }
        4 => {
            let other = &target.seeds[random.below(target.seeds.len())];
            let from = random.below(other.len() + 1);
            let part = other[from..(from + random.below(80)).min(other.len())].to_vec();
            text.splice(at..at, part);
        }
        5 => text.truncate(at),
        _ => {
            let piece = target.pieces[random.below(target.pieces.len())];
            let times = if random.below(16) == 0 { 1 + random.below(2_000) } else { 1 };
            text.splice(at..at, piece.repeat(times).into_bytes());
        }
    }
}

fn texts(list: &[&str]) -> Vec<Vec<u8>> {
    list.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Locks of charts and of trees, configurations, and changes to them.
fn read_lock(text: &[u8]) -> bool {
    let lock = Lock::parse(text).ok().flatten();
    if let Some(lock) = &lock {
        let _ = (dependency::lock::digest(None, Some(&lock.dependencies)), lock.to_yaml());
        let _ = dependency::lock::mended(text, lock);
    }
    if let Ok(root) = yaml::parse(text, SourceId(0)) {
        let mut edits = Edits::new(text);
        let _ = (edits.set(&root, &["digest"], "x: y"), edits.set(&root, &["dependencies", "0", "version"], "1.2.3"));
        let _ = edits.apply("Chart.lock");
    }
    let pins = dependency::pins::parse(text).is_ok();
    let config = Config::parse(text, SourceId(0)).is_ok();
    lock.is_some() || pins || config
}

const LOCKS: &[&str] = &[
    "dependencies:\n- name: a\n  repository: https://x.test\n  version: 1.2.3\n- name: b\n  repository: file://../b\n  \
     version: 0.1.0\ndigest: sha256:00\ngenerated: \"2026-01-02T03:04:05.6+01:00\"\n",
    "version = 1\n\n[[archive]]\nname = \"a\"\nversion = \"1.0.0\"\nrepository = \"https://x.test\"\nsha256 = \
     \"0000000000000000000000000000000000000000000000000000000000000000\"\n",
    "mutable-versions = [\"*-develop\", \"1.[0-9].*\"]\n",
];
const LOCK_PIECES: &[&str] = &[
    "- ",
    "name: ",
    "version: ",
    "digest: ",
    "generated: ",
    "null",
    "[[archive]]",
    "= ",
    "&a ",
    "*a",
    "{",
    "[",
    "\n  ",
    "|",
];

/// Reads an index in both ways, adds to it, and expects that the outcome can be read again with nothing lost.
fn read_index(text: &[u8]) -> bool {
    let _ = charts_as_helm(text, "index.yaml", Compat::default(), &mut Notices::new());
    let Ok(mut index) = IndexFile::parse(text) else { return false };
    let all = |index: &IndexFile| {
        let names = index.names().into_iter();
        names.map(|name| (index.versions(&name), name)).collect::<Vec<_>>()
    };
    // The lines tell what the YAML reader tells of the whole.
    if let Ok(tree) = yaml::parse_strict(text, SourceId::default()) {
        for chart in tree.get("entries").map(yaml::Node::entries).unwrap_or_default() {
            let name = String::from_utf8_lossy(&chart.key.key_text().unwrap_or_default()).into_owned();
            assert_eq!(index.entries(&name).count(), chart.value.items().len(), "`{name}` has other versions");
        }
    }
    let before = all(&index);
    let mut metadata = Metadata::default();
    (metadata.name, metadata.version) = ("b".into(), "1.5.0".into());
    let new = NewVersion { metadata: &metadata, digest: "ff", url: "b-1.5.0.tgz", created: "2020-01-01T00:00:00Z" };
    if index.insert(&new, Overwrite::Never).is_err() {
        return true;
    }
    index.set_generated("2020-01-01T00:00:00Z");
    let Ok(text) = index.to_yaml() else { return true };
    let again = IndexFile::parse(&text).expect("what was written can be read");
    for (versions, name) in before {
        let found = again.versions(&name);
        assert!(versions.iter().all(|version| found.contains(version)), "`{name}` lost a version");
    }
    true
}

fn read_yaml(text: &[u8]) -> bool {
    match yaml::from_yaml(text) {
        Ok(value) => {
            let _ = (yaml::to_yaml(&value), yaml::to_yaml_pretty(&value));
            true
        }
        Err(error) => error.to_string().is_empty(),
    }
}

fn read_template(text: &[u8]) -> bool {
    thread_local!(static FUNCS: template::func::FuncTable = render::functions(Compat::default()));
    FUNCS.with(|funcs| {
        let Ok(tree) = template::parse(bytes::Bytes::copy_from_slice(text), funcs) else { return false };
        let mut set = template::TemplateSet::new();
        set.add("t", std::sync::Arc::new(tree));
        let world = chartwright::world::FixedWorld::default();
        let limits = template::Limits { steps: 20_000, output: 1 << 20, depth: 200 };
        let values = yaml::from_yaml(VALUES.as_bytes()).unwrap_or(Value::Nil);
        let data: Map = [("Values", values)].into_iter().collect();
        let mut exec = template::Exec::new(&set, funcs, &world, limits);
        exec.execute("t", &Value::Map(data), <[u8]>::len).is_ok()
    })
}

fn read_archive(tar: &[u8]) -> bool {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    let Ok(archive) = gzip.write_all(tar).and_then(|()| gzip.finish()) else { return false };
    let limits = Limits { chart_bytes: 1 << 20, total_bytes: 2 << 20, entries: 500, ..Limits::default() };
    let options = LoadOptions { limits, ..LoadOptions::default() };
    // What is no longer gzip is tried too.
    let raw = Chart::from_archive(Path::new("c.tgz"), tar, &options, &mut Notices::new()).is_ok();
    Chart::from_archive(Path::new("c.tgz"), &archive, &options, &mut Notices::new()).is_ok() || raw
}

const NOW: chartwright::world::Timestamp = 1_800_000_000 * 1_000_000_000;
const OPENPGP: &str = "tests/provenance/openpgp";

/// Reads a provenance file, and the same bytes as packets of a signature beneath a text.
fn read_prov(text: &[u8]) -> bool {
    thread_local!(static RING: Keyring = Keyring::load(&Path::new(ROOT).join(OPENPGP).join("all.kbx"), Compat::Helm43)
        .unwrap_or_default());
    let archive = std::fs::read(Path::new(ROOT).join(OPENPGP).join("c-1.0.0.tgz")).unwrap_or_default();
    RING.with(|ring| provenance::verify(&archive, text, "c-1.0.0.tgz", ring, NOW).is_ok())
}

fn read_keyring(data: &[u8]) -> bool {
    let Ok(ring) = Keyring::parse(data, "ring", Compat::Helm43) else { return false };
    let prov = std::fs::read(Path::new(ROOT).join(OPENPGP).join("rsa.helm4.prov")).unwrap_or_default();
    let _ = provenance::verify(b"", &prov, "c-1.0.0.tgz", &ring, NOW);
    ring.secret_key("example").is_ok_and(|mut key| key.is_locked() || key.unlock(b"x").is_ok())
}

fn read_cosign(text: &[u8]) -> bool {
    let public = cosign::PublicKey::from_pem(text);
    let private = (!cosign::SigningKey::is_encrypted(text)).then(|| cosign::SigningKey::from_pem(text, None));
    let digest = format!("sha256:{}", "0a".repeat(32));
    let key = private.and_then(Result::ok);
    if let Some(key) = &key {
        let _ = cosign::verify(&digest, text, "AAAA", &key.public_key());
    }
    cosign::layers(text).is_ok() || public.is_ok() || key.is_some()
}

/// The recorded files of one ending.
fn openpgp(ending: &str) -> Vec<Vec<u8>> {
    let mut seeds = files(OPENPGP, ending);
    seeds.push(
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\na\n...\nb\n-----BEGIN PGP SIGNATURE-----\n".to_vec(),
    );
    seeds
}

fn keyrings() -> Vec<Vec<u8>> {
    [openpgp("gpg"), openpgp("kbx"), openpgp("asc")].concat()
}

fn cosign_seeds() -> Vec<Vec<u8>> {
    let mut seeds = files("tests/provenance/cosign", "pem");
    seeds.extend(files("tests/provenance/cosign", "json"));
    seeds.extend(texts(&[r#"{"schemaVersion":2,"config":{"mediaType":"a","size":1,"digest":"b"},"layers":[]}"#]));
    seeds
}

/// Whether a flag is understood on top of a values file.
fn is_set(flag: Layer, compat: Compat) -> bool {
    let layers = [Layer::File("values.yaml".to_owned()), flag];
    merge_layers(&layers, compat, &mut |_| Ok(VALUES.as_bytes().to_vec())).is_ok()
}

fn read_set(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let typed = is_set(Layer::Set(text.to_string()), Compat::Helm43);
    let old = is_set(Layer::SetString(text.to_string()), Compat::Helm3);
    let json = is_set(Layer::SetJson(text.to_string()), Compat::Helm43);
    let literal = is_set(Layer::SetLiteral(text.to_string()), Compat::Helm43);
    typed || old || json || literal
}

fn read_schema(text: &[u8]) -> bool {
    let values = yaml::from_yaml(VALUES.as_bytes()).unwrap_or(Value::Nil);
    !matches!(schema::validate(text, &values, &schema::Offline).verdict, schema::Verdict::Unusable(_))
}

const VALUES: &str = "a: 1\nb: {c: [1, two, 3.5, null, true], d: {e: text}}\nlist: [{name: x, port: 80}, {name: y}]\n";

/// The hand-written texts, and every recorded case of the tests where they are there: whole YAML files with templates.
fn yaml_seeds() -> Vec<Vec<u8>> {
    let mut seeds = texts(&[
        "a: 1\nb: [x, 'y', \"z\\n\"]\nc: |-\n  block\n   more\nd: >+\n  folded\n\n",
        "base: &b {x: 1}\nmerged:\n  <<: *b\n  y: [*b, *b]\n? complex\n: !!str 1\n",
        "%YAML 1.1\n---\n- - 1\n  - 2\n- ~\n- 2001-01-01\n- 0x1f\n- 1e3\n...\n---\nk: !!binary aGk=\n",
    ]);
    seeds.extend(files("tests/conformance/cases", "yaml"));
    seeds
}

fn template_seeds() -> Vec<Vec<u8>> {
    let mut seeds = texts(&[
        "{{ range $i, $x := .Values.list }}{{ if eq $x.name \"x\" }}{{ $x.port | default 80 }}{{ else }}-{{ end }}{{ end }}",
        "{{- define \"n\" -}}{{ printf \"%-5s|%05d\" . 7 | trunc 9 }}{{- end -}}{{ include \"n\" .Values.a | nindent 2 }}",
        "{{ with .Values.b }}{{ toYaml .c | indent 4 }}{{ tpl \"{{ .d.e }}\" . }}{{ end }}{{/* c */}}{{ block \"q\" . }}x{{ end }}",
        "{{ $d := dict \"a\" (list 1 2 3) \"b\" (dict) }}{{ $_ := set $d \"c\" (merge $d .Values) }}{{ toJson $d | sha256sum }}",
        "{{ regexReplaceAll \"a(b+)\" \"abb\" \"${1}\" }}{{ semverCompare \"^1.2\" \"1.3.0\" }}{{ slice (splitList \",\" \"a,b\") 1 }}",
        "{{ date \"2006-01-02\" (toDate \"2006-01-02\" \"2020-02-30\") }}{{ until 5 | join \",\" }}{{ index .Values.list 0 \"name\" }}",
    ]);
    seeds.extend(files("charts", "yaml"));
    seeds.extend(files("charts", "tpl"));
    seeds
}

fn files(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let walk = walkdir::WalkDir::new(Path::new(ROOT).join(folder)).sort_by_file_name().into_iter().flatten();
    let wanted = walk.filter(|entry| entry.path().extension().is_some_and(|end| end == ending));
    let texts = wanted.filter_map(|entry| std::fs::read(entry.path()).ok());
    texts
        .map(|mut text| {
            text.truncate(LONGEST / 2);
            text
        })
        .collect()
}

fn tar_of_chart() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in [
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies: [{name: s, version: 0.1.0}]\n"),
        ("c/values.yaml", VALUES),
        ("c/values.schema.json", "{}"),
        ("c/templates/a.yaml", "a: {{ .Values.a }}\n"),
        ("c/charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 0.1.0\n"),
        ("c/.helmignore", "*.txt\n!a.txt\n"),
        ("c/crds/x.yaml", "x: 1\n"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        let _ = tar.append_data(&mut header, name, text.as_bytes());
    }
    tar.into_inner().unwrap_or_default()
}

const YAML_PIECES: &[&str] = &[
    "\n",
    "  ",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&a ",
    "*a ",
    "<<: ",
    "|",
    ">",
    "'",
    "\"",
    "\\u0041",
    "\t",
    "#",
    "!!int ",
    "---\n",
    "...\n",
    "%TAG ! x\n",
    "\u{85}",
    "\u{feff}",
    "? ",
    "~",
    "0o7",
    ".inf",
    "1e400",
    "\\x",
    "\r\n",
];
const TEMPLATE_PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{- ",
    " -}}",
    "(",
    ")",
    "|",
    "$x",
    ":=",
    ".",
    "\"",
    "`",
    "'",
    "{{ end }}",
    "{{ if . }}",
    "{{ range . }}",
    "nil",
    "include \"n\" .",
    "tpl \"{{ . }}\" .",
    "printf \"%*d\" 3 4",
    "0x1p-2",
    "-9223372036854775808",
    "until 99999999",
    "repeat 999999999",
    "index .Values",
    "/*",
    "*/",
    "{{ define \"n\" }}",
    "break",
    "{{ template \"n\" . }}",
    "indent 99999999",
    "1e309",
    "trunc -1",
];
const ARCHIVE_PIECES: &[&str] =
    &["\0", "../", "/", "c/charts/", "77777777777", "./", "\\", "C:\\", "L", "x", "ustar", "size=99\n"];
const PROV_PIECES: &[&str] = &[
    "\n",
    "\r\n",
    "- ",
    "\n...\n",
    "-----BEGIN PGP SIGNATURE-----\n",
    "\n-----END PGP SIGNATURE-----",
    "Hash: SHA512\n",
    "Comment: x\n",
    "=abcd\n",
    "====",
    "AAAA",
    "/////w",
    "\u{99}\u{1}",
    "\0\0\0\u{7f}",
    "\u{7f}\u{7f}\u{7f}\u{7f}",
    "files:\n  c-1.0.0.tgz: x\n",
];
const COSIGN_PIECES: &[&str] = &[
    "\n",
    "-----BEGIN ",
    "-----END ",
    "PRIVATE KEY-----\n",
    "PUBLIC KEY-----\n",
    "AAAA",
    "=",
    "MH",
    "{",
    "}",
    "\"N\":1",
];
const SETS: &[&str] = &[
    "a=1,b.c[0]=x,d={1,two,null}",
    "list[1].port=0x1F,list[0]=null,a\\.b=c\\,d",
    "b={\"c\":[1,2,{\"x\":null}]},a=true",
    "b.d.e=,x[3][1].y=z",
];
const SET_PIECES: &[&str] =
    &["=", ",", ".", "[", "]", "{", "}", "\\", "[0]", "[65536]", "[999999999]", "[-1]", "null", "a.", "\"", "1e9"];
const SCHEMAS: &[&str] = &[
    r##"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 0}, "b": {"$ref": "#/definitions/x"}}, "definitions": {"x": {"type": "object", "additionalProperties": {"anyOf": [{"type": "array"}, {"$ref": "#/definitions/x"}, {"pattern": "^t.*$"}]}}}}"##,
    r##"{"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {"n": {"$dynamicAnchor": "n", "enum": [1, "x", null]}}, "properties": {"list": {"prefixItems": [{"type": "object"}], "items": {"$ref": "#/$defs/n"}, "contains": {"const": {}}, "uniqueItems": true}}, "unevaluatedProperties": false, "if": {"maxProperties": 2}, "then": {"not": {}}}"##,
    r##"{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"maximum": 5, "exclusiveMaximum": true, "multipleOf": 0.1}, "c": {"format": "date-time", "minLength": 1}}, "patternProperties": {"^[a-z]+$": {}}, "dependencies": {"a": ["b"]}, "allOf": [{"oneOf": [{}, {}]}]}"##,
];
const SCHEMA_PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"$ref\": \"#\",",
    "\"$id\": \"x\",",
    "\"type\": [],",
    "null",
    "true",
    "-1",
    "1e400",
    "\"pattern\": \"(a*)*$\",",
    "\"items\": false,",
    "\"not\":",
    "\"allOf\": [",
    "\\ud800",
    "\"minLength\": 1.5,",
    "\"$recursiveRef\": \"#\",",
    "\"format\": \"email\",",
];
const INDEXES: &[&str] = &[
    "apiVersion: v1\nentries:\n  a:\n  - apiVersion: v2\n    created: \"2020-01-01T00:00:00Z\"\n    description: |\n      - name: x\n        version: 9.9.9\n    digest: aa\n    name: a\n    urls:\n    - a-1.0.0.tgz\n    version: 1.0.0\n  - name: a\n    version: \"0.9\"\n  b:\n  - description: 'it''s\n      two lines'\n    name: b\n    version: 1.0.0\ngenerated: \"2020-01-01T00:00:00Z\"\n",
    "# by hand\nserverInfo: {contextPath: /x}\napiVersion: v1\nentries:\n    'c':\n        - {name: c, version: 1.2.3, urls: [\"https://example.org/c.tgz\"]}\n        -\n            version: 1.0.0\n            keywords:\n            - one\n              more\n            - two\n    d: []\n",
    "{\"apiVersion\": \"v1\", \"entries\": {\"a\": [{\"name\": \"a\", \"version\": \"1.0.0\"}, null]}}",
];
const INDEX_PIECES: &[&str] = &[
    "\n",
    "\n  ",
    "\n  - ",
    "\n    - ",
    "- ",
    ": ",
    "entries:",
    "\nentries: {}\n",
    "  x:\n",
    "version: 1.0.0\n",
    "name: ",
    "\"",
    "'",
    "|",
    ">-",
    "#",
    " #",
    "&a ",
    "*a",
    "<<: ",
    "{",
    "}",
    "[",
    "]",
    "null",
    "~",
    "---\n",
    "\t",
    "\r",
    "\r\n",
    "!!str ",
    "\u{2028}",
    "\u{85}",
    "\u{feff}",
    "\u{0}",
    "generated: x\n",
    "    version: \"1.0\"\n",
];
