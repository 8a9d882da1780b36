//! Archives: ours, which depend on nothing but their files, and Helm's, whose tar is Helm's own to the byte.

use chartwright::chart::pack::{self, HelmTimes, check_folder, check_vendored, pack, pack_as_helm};
use chartwright::chart::{Chart, Compat, File, Limits, LoadOptions, Notices, Stamp, starter};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), files);
    folder
}

/// Writes files that were changed on 2020-01-02T03:04:05Z.
fn write(folder: &Path, files: &[(&str, &str)]) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_577_934_245);
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        std::fs::File::options().write(true).open(&path).and_then(|file| file.set_modified(time)).expect("a time");
    }
}

fn load(path: &Path, compat: Compat) -> Chart {
    let options = LoadOptions { compat, limits: Limits::default() };
    Chart::load_folder(path, &options, &mut Notices::new()).expect("a chart")
}

fn inflated(archive: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(archive).read_to_end(&mut bytes).expect("gzip");
    bytes
}

fn names(archive: &[u8]) -> Vec<String> {
    let tar = inflated(archive);
    let mut tar = tar::Archive::new(&tar[..]);
    let entries = tar.entries().expect("a tar").map(|entry| entry.expect("an entry"));
    entries.map(|entry| entry.path().expect("a path").to_string_lossy().into_owned()).collect()
}

/// A chart of these files that nobody has read.
fn chart_of(raw: Vec<File>) -> Chart {
    let mut chart = Chart::default();
    chart.metadata.name = "c".to_owned();
    chart.raw = raw;
    chart
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A chart with everything that has its own place in Helm's archives, and names of every length.
fn rich_chart() -> TempDir {
    let long = format!("files/{}/{}/{}.txt", "d".repeat(60), "e".repeat(60), "f".repeat(40));
    let too_long = format!("files/{}.txt", "g".repeat(120));
    let readme = "r".repeat(1000) + "\n";
    folder(&[
        (
            "Chart.yaml",
            "# top\napiVersion: v2\nname: shop\nversion: 1.2.3\nappVersion: 2.0\ndependencies:\n\
             - {name: sub, version: ^0.1.0, repository: \"file://../sub\"}\n",
        ),
        (
            "Chart.lock",
            "dependencies:\n- name: sub\n  repository: file://../sub\n  version: 0.1.0\n\
             digest: sha256:00\ngenerated: \"2020-05-06T07:08:09.5+02:00\"\n",
        ),
        ("values.yaml", "a: 1 # one\n"),
        ("values.schema.json", "{\"type\": \"object\"}\n"),
        ("templates/z.yaml", "z: 1\n"),
        ("templates/NOTES.txt", "n\n"),
        ("templates/_a.tpl", ""),
        ("README.md", &readme),
        (".helmignore", "ignored\n"),
        ("ignored", "x"),
        ("crds/c.yaml", "c: 1\n"),
        ("files/ünï.txt", "u\n"),
        ("files/with space", "s\n"),
        (&long, "l\n"),
        (&too_long, "t\n"),
        ("charts/sub/Chart.yaml", "name: sub\nversion: 0.1.0\n"),
        ("charts/sub/values.yaml", "x: 1\n"),
        ("charts/sub/templates/s.yaml", "s: 1\n"),
        ("charts/sub/requirements.yaml", "dependencies: []\n"),
    ])
}

/// Digests of what `helm package` 4.3.1 and 4.2.3 wrote for this chart, without its compression.
#[test]
fn tar_inside_is_helms_to_the_byte() {
    let folder = rich_chart();
    let epoch = Some(1_700_000_000 * 1_000_000_000);
    let extra = b"aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=Helm\0";
    for (compat, epoch, wanted) in [
        (Compat::Helm43, None, "139ec8fdea78a8a0889b45b6562eecc0559c5a3cde4bb282016154ea6cc5cb32"),
        (Compat::Helm43, epoch, "3c8f6b25c0fa01ad9fcebfb70fcf0c97552344e1257a8faf629cdb13d3803736"),
        (Compat::Helm42, None, "139ec8fdea78a8a0889b45b6562eecc0559c5a3cde4bb282016154ea6cc5cb32"),
        // Only Helm 4.3 looks at SOURCE_DATE_EPOCH.
        (Compat::Helm42, epoch, "139ec8fdea78a8a0889b45b6562eecc0559c5a3cde4bb282016154ea6cc5cb32"),
    ] {
        let chart = load(folder.path(), compat);
        let archive = pack_as_helm(&chart, HelmTimes { now: 0, epoch }, compat).expect("an archive");
        assert_eq!(sha256(&inflated(&archive)), wanted, "{compat:?} {epoch:?}");
        let frame: &[u8] = if compat == Compat::Helm43 { b"\x2c\0rr\x28\0" } else { b"\x29\0+" };
        let header = [b"\x1f\x8b\x08\x14\0\0\0\0\0\xff", frame, extra].concat();
        assert!(archive.starts_with(&header), "{:?}", &archive[..64]);
        // Helm's own archive has 909 bytes.
        assert!(archive.len() * 100 <= 909 * 102, "{} bytes", archive.len());
    }
}

#[test]
fn entries_stand_in_helms_order() {
    let folder = rich_chart();
    let chart = load(folder.path(), Compat::Helm3);
    let archive = pack_as_helm(&chart, HelmTimes { now: 0, epoch: None }, Compat::Helm3).expect("an archive");
    let names = names(&archive);
    let first = ["Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json", "templates/NOTES.txt"];
    assert_eq!(names[..5], first.map(|name| format!("shop/{name}")));
    assert_eq!(names.last().map(String::as_str), Some("shop/charts/sub/requirements.yaml"));
    assert!(!names.iter().any(|name| name.ends_with("ignored")));
}

#[test]
fn our_bytes_follow_from_the_files_alone() {
    let one = rich_chart();
    let other = rich_chart();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let file = std::fs::File::options().write(true).open(other.path().join("README.md")).expect("a file");
    file.set_modified(now).expect("a time");
    let archives = [&one, &other].map(|folder| pack(&load(folder.path(), Compat::Helm43)).expect("an archive"));
    assert_eq!(archives[0], archives[1]);
    let names = names(&archives[0]);
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(names, sorted);
    // What a release was made of must not change with the program that made it.
    assert_eq!(sha256(&inflated(&archives[0])), OURS);
    let back = Chart::from_archive(Path::new("a.tgz"), &archives[0], &LoadOptions::default(), &mut Notices::new());
    assert_eq!(back.expect("a chart").name(), "shop");
}

const OURS: &str = "f4fad3b73f18dc55890ffbc426f98574ee04ee5ef108b71669b5bc11722f34c0";

#[test]
fn libraries_that_stand_above_their_copies_are_packed_once() {
    let library = "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n";
    let sub = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
    let folder = folder(&[
        ("Chart.yaml", CHART),
        ("charts/lib/Chart.yaml", library),
        ("charts/lib/templates/_a.tpl", "{{ define \"a\" }}1{{ end }}"),
        ("charts/same/Chart.yaml", &sub("same")),
        ("charts/same/charts/lib/Chart.yaml", library),
        ("charts/same/charts/lib/templates/_a.tpl", "{{ define \"a\" }}1{{ end }}"),
        ("charts/other/Chart.yaml", &sub("other")),
        ("charts/other/charts/lib/Chart.yaml", library),
        ("charts/other/charts/lib/templates/_a.tpl", "{{ define \"a\" }}2{{ end }}"),
        ("charts/more/Chart.yaml", &sub("more")),
        ("charts/more/charts/lib/Chart.yaml", library),
    ]);
    let packed = names(&pack(&load(folder.path(), Compat::Helm43)).expect("packs"));
    let below = |place: &str| packed.iter().filter(|name| name.starts_with(place)).count();
    assert_eq!((below("c/charts/lib/"), below("c/charts/same/")), (2, 1), "{packed:?}");
    assert_eq!((below("c/charts/other/"), below("c/charts/more/")), (3, 2), "another copy stays: {packed:?}");
}

#[test]
fn version_is_written_and_all_else_stays() {
    let text = "# top\napiVersion: v2\nname: c # the name\nversion: 1.0.0\n";
    let folder = folder(&[("Chart.yaml", text)]);
    let mut chart = load(folder.path(), Compat::Helm43);
    chart.stamp(&Stamp { version: "2.0.0-rc.1".to_owned(), app_version: String::new() }).expect("stamps");
    assert_eq!(pack::archive_name(&chart), "c-2.0.0-rc.1.tgz");
    let wanted = "# top\napiVersion: v2\nname: c # the name\nversion: 2.0.0-rc.1\n";
    assert_eq!(chart.raw_file("Chart.yaml").expect("a file").data, wanted);
}

#[cfg(unix)]
#[test]
fn links_and_devices_are_refused_by_name() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[("Chart.yaml", CHART), (".helmignore", "local\n/out/\n"), ("templates/a.yaml", "a: 1\n")]);
    let check = || check_folder(folder.path(), &Limits::default()).map_err(|error| error.to_string());
    let place = |name: &str| folder.path().join(name);
    symlink("/etc/hostname", place("local")).expect("a link");
    symlink("/etc", place("out")).expect("a link");
    assert_eq!(check(), Ok(()), "what is left out may be anything");
    symlink("/etc/passwd", place("templates/x\u{1b}[31m")).expect("a link");
    assert_eq!(check(), Err("cannot pack `templates/x\\u{1b}[31m`: it is a symbolic link".to_owned()));
    std::fs::remove_file(place("templates/x\u{1b}[31m")).expect("a link");
    symlink("..", place("templates/up")).expect("a link");
    assert_eq!(check(), Err("cannot pack `templates/up`: it is a symbolic link".to_owned()));
    std::fs::remove_file(place("templates/up")).expect("a link");
    let _socket = std::os::unix::net::UnixListener::bind(place("socket")).expect("a socket");
    assert_eq!(check(), Err("cannot pack `socket`: it is no plain file".to_owned()));
}

/// An archive with one chart and one further entry.
fn archive_with(kind: tar::EntryType, name: &str, link: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(CHART.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "c/Chart.yaml", CHART.as_bytes()).expect("an entry");
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(0);
    match kind {
        tar::EntryType::Symlink | tar::EntryType::Link => tar.append_link(&mut header, name, link).expect("a link"),
        _ => tar.append_data(&mut header, name, &b""[..]).expect("an entry"),
    }
    tar.into_inner().and_then(|gzip| gzip.finish()).expect("an archive")
}

#[test]
fn odd_entries_of_vendored_archives_are_refused_by_name() {
    use tar::EntryType::{Block, Char, Fifo, Link, Regular, Symlink};
    for (kind, name, why) in [
        (Symlink, "c/x", "it is a link"),
        (Link, "c/x", "it is a link"),
        (Char, "c/x", "it is no plain file"),
        (Block, "c/x", "it is no plain file"),
        (Fifo, "c/x", "it is no plain file"),
        (Regular, "c/Chart.yaml", "the archive holds two entries of this name"),
    ] {
        let file = File::new("charts/c-1.0.0.tgz", archive_with(kind, name, "/etc/passwd"));
        let chart = chart_of(vec![file]);
        let error = check_vendored(&chart, &Limits::default()).expect_err("refused").to_string();
        assert_eq!(error, format!("cannot pack `charts/c-1.0.0.tgz/{name}`: {why}"));
    }
    let file = File::new("charts/c-1.0.0.tgz", archive_with(Regular, "c/a.txt", ""));
    let chart = chart_of(vec![file]);
    check_vendored(&chart, &Limits::default()).expect("plain files");
}

#[test]
fn bombs_end_at_a_limit() {
    let zeros = vec![0; 8 << 20];
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for number in 0..4 {
        let mut header = tar::Header::new_gnu();
        header.set_size(zeros.len() as u64);
        tar.append_data(&mut header, format!("c/{number}"), &zeros[..]).expect("an entry");
    }
    let bomb = tar.into_inner().and_then(|gzip| gzip.finish()).expect("an archive");
    let chart = chart_of(vec![File::new("charts/c.tgz", bomb)]);
    let limits = Limits { total_bytes: 20 << 20, ..Limits::default() };
    let error = check_vendored(&chart, &limits).expect_err("too large").to_string();
    assert_eq!(error, "`charts/c.tgz` holds more than 200000 entries or 20971520 bytes");
}

#[test]
fn what_a_trailer_announces_does_not_count() {
    let packed = pack::pack(&load(rich_chart().path(), Compat::Helm43)).expect("packs");
    let empty = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let wrong = [&packed[..packed.len() - 4], &[0; 4]].concat();
    let read = |bytes: &[u8]| {
        let chart = Chart::from_archive(Path::new("x.tgz"), bytes, &LoadOptions::default(), &mut Notices::new());
        chart.map(|chart| chart.raw.len()).map_err(|error| error.to_string())
    };
    let wanted = read(&packed);
    assert!(wanted.is_ok(), "{wanted:?}");
    // bgzip ends its files with an empty member.
    assert_eq!(read(&[&packed[..], &empty].concat()), wanted);
    assert_eq!(read(&wrong), wanted);
}

#[test]
fn names_that_leave_the_chart_are_refused() {
    for name in ["../x", "a/../../x", "/x", "..", "a\\b", "templates/"] {
        let raw = vec![File::new("Chart.yaml", CHART.as_bytes().to_vec()), File::new(name, b"x".to_vec())];
        let chart = chart_of(raw);
        assert!(pack(&chart).is_err(), "{name}");
    }
    let twice = vec![File::new("a", b"x".to_vec()), File::new("a", b"y".to_vec())];
    let mut chart = chart_of(twice);
    assert_eq!(pack(&chart).expect_err("two").to_string(), "cannot pack `a`: the chart holds two files of this name");
    chart.metadata.name = "..".to_owned();
    assert!(pack(&chart).is_err());
}

#[test]
fn starter_is_a_chart_with_everything() {
    let files = starter::files("shop-2").expect("a chart");
    assert!(files.iter().all(|file| !String::from_utf8_lossy(&file.data).contains("<CHARTNAME>")));
    let names: Vec<_> = files.iter().map(|file| file.name.to_string()).collect();
    let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("charts/starter/templates"));
    for entry in folder.expect("the starter").map(|entry| entry.expect("an entry")) {
        let name = format!("templates/{}", entry.file_name().to_string_lossy());
        assert!(entry.path().is_dir() || names.contains(&name), "{name} is in no list");
    }
    let chart = Chart::from_files(files, &LoadOptions::default(), &mut Notices::new()).expect("a chart");
    assert_eq!((chart.name(), chart.metadata.version.as_str()), ("shop-2", "0.1.0"));
    assert!(chart.schema.is_some());
    for bad in ["", "a b", "ü", "a/b", &"x".repeat(251)] {
        assert!(starter::files(bad).is_err(), "{bad}");
    }
}
