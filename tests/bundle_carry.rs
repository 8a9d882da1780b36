//! What happens with a built bundle: checked, signed, compared, packed into one archive.

use crate::bundle::{example, tree};
use chartwright::bundle::{
    Bundle, BundleDiff, Opened, Signer, Trust, WantedChart, Wrong, archive_folder, assemble, rewrite, settle, sign,
    verify,
};
use chartwright::chart::{Compat, LoadOptions};
use chartwright::provenance::Keyring;
use chartwright::provenance::cosign::{PublicKey, SigningKey};
use chartwright::source::Sources;
use chartwright::world::FixedWorld;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The example's bundle, written out.
fn written() -> (TempDir, PathBuf) {
    let (folder, bundle) = example();
    let place = folder.path().join("bundle");
    bundle.write(&place).expect("writes");
    (folder, place)
}

/// What is wrong with a bundle: words and paths.
fn problems(place: &Path) -> Vec<(String, String)> {
    let found = verify(place, &Trust::Nobody).expect("reads");
    let all = found.problems.iter().map(|problem| (problem.wrong.name().to_owned(), problem.path.clone()));
    all.filter(|(word, path)| !(word == "broken" && path == "bundle.yaml")).collect()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/provenance").join(name)
}

#[test]
fn a_new_bundle_has_no_problem() {
    let (_folder, place) = written();
    let found = verify(&place, &Trust::Nobody).expect("reads");
    assert_eq!(found.problems, []);
    assert_eq!((found.releases, found.charts, found.files, found.images), (3, 3, 10, 0));
}

#[test]
fn every_change_of_a_bundle_is_found() {
    let values = "values/openg2p/sandbox/portal.yaml";
    let chart = "charts/hello-portal-0.1.0.tgz";
    type Change = fn(&Path);
    let cases: [(&str, Change, &str, &str); 9] = [
        ("values", |at| fs::write(at.join("values/openg2p/sandbox/portal.yaml"), "a: 1\n").unwrap(), "changed", values),
        (
            "a byte of a chart",
            |at| {
                let path = at.join("charts/hello-portal-0.1.0.tgz");
                let mut bytes = fs::read(&path).unwrap();
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
                fs::write(path, bytes).unwrap();
            },
            "changed",
            chart,
        ),
        ("no chart", |at| fs::remove_file(at.join("charts/hello-portal-0.1.0.tgz")).unwrap(), "missing", chart),
        ("no values", |at| fs::remove_file(at.join("values/openg2p/sandbox/portal.yaml")).unwrap(), "missing", values),
        ("one file more", |at| fs::write(at.join("charts/x-1.0.0.tgz"), "x").unwrap(), "extra", "charts/x-1.0.0.tgz"),
        ("a hidden file", |at| fs::write(at.join(".x"), "x").unwrap(), "extra", ".x"),
        ("no images.yaml", |at| fs::remove_file(at.join("images.yaml")).unwrap(), "missing", "images.yaml"),
        ("no digests", |at| fs::remove_file(at.join("SHA256SUMS")).unwrap(), "missing", "SHA256SUMS"),
        (
            "a blob of nobody",
            |at| {
                fs::create_dir_all(at.join("images/blobs/sha256")).unwrap();
                fs::write(at.join("images/blobs/sha256/aa"), "x").unwrap();
            },
            "extra",
            "images/blobs/sha256/aa",
        ),
    ];
    for (name, change, word, path) in cases {
        let (_folder, place) = written();
        change(&place);
        assert!(problems(&place).contains(&(word.to_owned(), path.to_owned())), "{name}: {:?}", problems(&place));
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_no_file_of_a_bundle() {
    let (folder, place) = written();
    fs::copy(place.join("images.yaml"), folder.path().join("elsewhere")).expect("copies");
    fs::remove_file(place.join("images.yaml")).expect("removes");
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), place.join("images.yaml")).expect("links");
    let wrong = |word: &str| (word.to_owned(), "images.yaml".to_owned());
    assert_eq!(problems(&place), [wrong("missing"), wrong("no-file")]);
}

/// Somebody who mends the digests after a change is found out by `bundle.yaml`; the signature covers that.
#[test]
fn mended_digests_do_not_hide_a_change() {
    let (_folder, place) = written();
    let path = place.join("values/openg2p/sandbox/portal.yaml");
    let sums = fs::read_to_string(place.join("SHA256SUMS")).expect("reads");
    let before = chartwright::repository::sha256(&fs::read(&path).expect("reads"));
    fs::write(&path, "a: 1\n").expect("writes");
    let mended = sums.replace(&before, &chartwright::repository::sha256(b"a: 1\n"));
    assert_ne!(mended, sums);
    fs::write(place.join("SHA256SUMS"), mended).expect("writes");
    let found = verify(&place, &Trust::Nobody).expect("reads");
    let broken = |wrong: &Wrong| matches!(wrong, Wrong::Broken(why) if why.contains("was changed after"));
    assert!(found.problems.iter().any(|problem| problem.path == "bundle.yaml" && broken(&problem.wrong)));
}

#[test]
fn openpgp_signatures_hold_for_one_bundle() {
    let (_folder, place) = written();
    let now = 1_800_000_000_000_000_000;
    let secret = Keyring::load(&fixture("openpgp/rsa.sec.gpg"), Compat::Helm43).expect("a ring");
    let ring = Keyring::load(&fixture("openpgp/rsa.pub.gpg"), Compat::Helm43).expect("a ring");
    let other = Keyring::load(&fixture("openpgp/nist.pub.gpg"), Compat::Helm43).expect("a ring");
    let unsigned = verify(&place, &Trust::OpenPgp(&ring, now)).expect("reads");
    assert_eq!(unsigned.problems.len(), 1, "{:?}", unsigned.problems);
    let key = secret.secret_key("rsa").expect("a key");
    let path = sign(&place, &Signer::OpenPgp(&key, now)).expect("signs");
    assert!(path.ends_with("SHA256SUMS.asc"));
    let good = verify(&place, &Trust::OpenPgp(&ring, now)).expect("reads");
    assert_eq!(good.problems, []);
    assert!(good.signer.is_some_and(|who| who.contains(", key ")));
    assert_eq!(verify(&place, &Trust::OpenPgp(&other, now)).expect("reads").problems.len(), 1);

    // A signature of another text of the same key.
    let sums = fs::read_to_string(place.join("SHA256SUMS")).expect("reads");
    fs::write(place.join("SHA256SUMS"), format!("{}  zzz\n{sums}", "0".repeat(64))).expect("writes");
    let found = verify(&place, &Trust::OpenPgp(&ring, now)).expect("reads");
    assert!(found.problems.iter().any(|problem| problem.path == "SHA256SUMS.asc"), "{:?}", found.problems);
    assert!(sign(&place, &Signer::OpenPgp(&key, now)).is_err(), "a bundle with a problem is not signed");
}

#[test]
fn cosign_signatures_hold_for_one_bundle() {
    let (_folder, place) = written();
    let read = |name: &str| fs::read(fixture("cosign").join(name)).expect("reads");
    let key = SigningKey::from_pem(&read("plain.pem"), None).expect("a key");
    let public = PublicKey::from_pem(&read("pub.pem")).expect("a key");
    sign(&place, &Signer::Cosign(&key)).expect("signs");
    assert_eq!(verify(&place, &Trust::Cosign(&key.public_key())).expect("reads").problems, []);
    let by_other = verify(&place, &Trust::Cosign(&public)).expect("reads").problems.len();
    assert_eq!(by_other, usize::from(public != key.public_key()));
    let sums = fs::read_to_string(place.join("SHA256SUMS")).expect("reads");
    fs::write(place.join("SHA256SUMS"), sums.replacen('a', "b", 1)).expect("writes");
    let found = verify(&place, &Trust::Cosign(&key.public_key())).expect("reads");
    assert!(found.problems.iter().any(|problem| problem.path == "SHA256SUMS.sig"), "{:?}", found.problems);
}

#[test]
fn bundles_are_compared_by_release_value_and_image() {
    let (_folder, old) = example();
    assert!(BundleDiff::of(&old, &old.clone()).is_empty());
    let mut new = old.clone();
    let at = new.releases.iter().position(|release| release.name == "report").expect("a release");
    let removed = new.releases.remove(at);
    let portal = new.releases.iter_mut().find(|release| release.name == "portal").expect("portal");
    portal.version = "0.2.0".to_owned();
    portal.values = String::from_utf8_lossy(&portal.values)
        .replace("portal.sandbox.example.org", "p.sandbox.example.org")
        .into_bytes();
    portal.wave = 3;
    let mut added = removed.clone();
    added.name = "again".to_owned();
    new.releases.push(added);
    let diff = BundleDiff::of(&old, &new);
    assert_eq!(diff.added, [("openg2p/sandbox/again".to_owned(), "portal-report 0.1.0".to_owned())]);
    assert_eq!(diff.removed, [("openg2p/sandbox/report".to_owned(), "portal-report 0.1.0".to_owned())]);
    let [changed] = &diff.changed[..] else { panic!("{diff:?}") };
    let text = |text: &str| text.to_owned();
    assert_eq!(changed.facts, [("version", text("0.1.0"), text("0.2.0")), ("wave", text("5"), text("3"))]);
    let host = (Some(text("portal.sandbox.example.org")), Some(text("p.sandbox.example.org")));
    assert!(
        changed
            .values
            .iter()
            .any(|(path, before, after)| path.contains("host") && (before, after) == (&host.0, &host.1))
    );
    assert_eq!((diff.images_added.len(), diff.images_removed.len()), (0, 0));
}

#[test]
fn an_archive_is_the_same_bundle() {
    let (folder, place) = written();
    let (one, two) = (folder.path().join("one.tgz"), folder.path().join("two.tgz"));
    archive_folder(&place, &one).expect("packs");
    let opened = Opened::open(&one, folder.path()).expect("opens");
    assert!(tree(opened.root()) == tree(&place));
    archive_folder(opened.root(), &two).expect("packs");
    assert!(fs::read(&one).expect("reads") == fs::read(&two).expect("reads"), "same bundle, same bytes");
    let read = Bundle::load(opened.root(), &mut Sources::new()).expect("reads");
    assert_eq!(read.images, Bundle::load(&place, &mut Sources::new()).expect("reads").images);
    let root = opened.root().to_owned();
    drop(opened);
    assert!(!root.exists(), "what was unpacked is gone");
}

#[test]
fn archives_that_lead_out_are_refused() {
    let folder = TempDir::new().expect("makes a folder");
    for (number, name) in ["bundle/../../x", "/bundle/x", "x", "bundle//x"].iter().enumerate() {
        let path = folder.path().join(format!("{number}.tgz"));
        let gzip = flate2::write::GzEncoder::new(fs::File::create(&path).expect("makes"), flate2::Compression::fast());
        let mut archive = tar::Builder::new(gzip);
        let mut header = tar::Header::new_ustar();
        header.set_size(1);
        header.set_mode(0o644);
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, &b"x"[..]).expect("writes");
        archive.into_inner().expect("writes").finish().expect("writes");
        let error = Opened::open(&path, folder.path()).expect_err(name);
        assert!(error.message().contains("is no archive of a bundle"), "{error}");
    }
    let text = folder.path().join("text.tgz");
    fs::write(&text, "text").expect("writes");
    assert!(Opened::open(&text, folder.path()).is_err());
    let left =
        fs::read_dir(folder.path()).expect("reads").filter(|entry| entry.as_ref().is_ok_and(|one| one.path().is_dir()));
    assert_eq!(left.count(), 0, "nothing stays behind");
}

#[test]
fn images_are_listed_with_their_reasons() {
    let (_folder, bundle) = example();
    let images: Vec<&str> = bundle.images.images().collect();
    assert!(images.iter().any(|image| image.contains("nginx")), "{images:?}");
    let nginx = images.iter().find(|image| image.contains("nginx")).expect("nginx");
    let uses: Vec<_> = bundle.images.uses(nginx).collect();
    let [one] = &uses[..] else { panic!("{uses:?}") };
    assert_eq!((one.release.as_str(), one.resource.as_str()), ("openg2p/sandbox/portal", "Deployment portal"));
    assert_eq!(one.template, "hello-portal/templates/deployment.yaml");
    assert_eq!(bundle.images.of_release("openg2p/sandbox/portal").count(), 2);
}

/// The charts of the example name registry and repository in values; every image can be moved.
#[test]
fn references_are_rewritten_until_every_image_comes_from_there() {
    let (_folder, bundle) = example();
    let done = rewrite(&bundle, "far.example:5000/mirror", &LoadOptions::default(), &FixedWorld::default());
    let done = done.expect("rewrites");
    assert_eq!(done.left, []);
    assert_eq!(done.bundle.images.len(), bundle.images.len());
    for image in done.bundle.images.images() {
        assert!(image.starts_with("far.example:5000/mirror/"), "{image}");
    }
    let changed = BundleDiff::of(&bundle, &done.bundle).changed;
    let archives: Vec<_> = changed.iter().flat_map(|step| &step.facts).collect();
    assert!(archives.is_empty(), "only values change: {archives:?}");
}

#[test]
fn a_bundle_travels_as_a_chart_beside_its_charts() {
    let (folder, place) = written();
    let load = LoadOptions::default();
    let bundle = Bundle::load(&place, &mut Sources::new()).expect("reads");
    let (name, version) = (bundle.carrier_name(), bundle.carrier_version().expect("a version"));
    assert_eq!(name, "bundle-sandbox");
    assert!(version.starts_with("0.0.0-b") && version.len() == 19, "{version}");
    let (chart, archive) = bundle.carrier(&place, (&name, &version), &load).expect("packs");
    let (_, again) = bundle.carrier(&place, (&name, &version), &load).expect("packs");
    assert!(archive.bytes == again.bytes);
    assert!(chart.templates.is_empty() && chart.dependencies.is_empty());
    assert_eq!(chart.metadata.kind, "library");
    let annotations = chart.metadata.annotations.clone().unwrap_or_default();
    assert_eq!(annotations.get("catalog.cattle.io/hidden").map(String::as_str), Some("true"));
    for wrong in ["Bundle", "a/b", ""] {
        assert!(bundle.carrier(&place, (wrong, &version), &load).is_err(), "{wrong}");
    }
    assert!(bundle.carrier(&place, (&name, "1.2"), &load).is_err());

    let opened = Opened::temporary(folder.path()).expect("makes");
    let mut fetch = |wanted: &WantedChart| {
        let file = format!("{}-{}.tgz", wanted.name, wanted.version);
        Ok(bundle.archives.get(&file).expect("a chart").bytes.clone())
    };
    assemble(&archive.bytes, &opened, &mut fetch, &Trust::Nobody).expect("puts together");
    let back = folder.path().join("back");
    let read = Bundle::load(opened.root(), &mut Sources::new()).expect("reads");
    settle(&opened, &read, &back).expect("writes");
    assert!(tree(&back) == tree(&place));

    let opened = Opened::temporary(folder.path()).expect("makes");
    let mut other = |_: &WantedChart| Ok(b"something else".to_vec());
    let error = assemble(&archive.bytes, &opened, &mut other, &Trust::Nobody).expect_err("another chart");
    assert!(error.message().contains("expected sha256"), "{error}");
    let opened = Opened::temporary(folder.path()).expect("makes");
    let portal = bundle.archives.get("hello-portal-0.1.0.tgz").expect("a chart");
    assert!(assemble(&portal.bytes, &opened, &mut other, &Trust::Nobody).is_err(), "a chart is no bundle");
}

#[test]
#[cfg(feature = "cli")]
fn findings_in_an_archive_name_the_archive() {
    let (folder, place) = written();
    let manifest = place.join("bundle.yaml");
    let text = fs::read_to_string(&manifest).expect("reads");
    fs::write(&manifest, text.replacen("kind: Bundle", "kind: Bundles", 1)).expect("writes");
    let archive = folder.path().join("whole.tgz");
    chartwright::bundle::archive_folder(&place, &archive).expect("packs");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chartwright"));
    let output = command.args(["bundle", "check", "whole.tgz"]).current_dir(folder.path()).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("whole.tgz/bundle/bundle.yaml:"), "{said}");
    assert!(!said.contains("chartwright-bundle-"), "{said}");
}
