//! Dependencies from folders and from repositories that a table plays: chosen, locked, pinned, and refused.

use chartwright::chart::{Chart, LoadOptions, Lock, Metadata, Notices, pack};
use chartwright::config::Config;
use chartwright::dependency::helm::Downloader;
use chartwright::dependency::repositories::{Entry, Repositories};
use chartwright::dependency::vendor::{Fix, Local, Step, Vendor};
use chartwright::dependency::{Pulled, Refresh, Remote, Signatures, Supply, local};
use chartwright::diagnostic::{Error, ErrorKind};
use chartwright::repository::transport::Response;
use chartwright::source::{SourceId, Sources};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Repositories and registries in memory; it notes what was asked.
#[derive(Default)]
struct Table {
    bodies: RefCell<BTreeMap<String, Vec<u8>>>,
    asked: RefCell<Vec<String>>,
}

impl Table {
    fn put(&self, url: &str, body: impl Into<Vec<u8>>) {
        self.bodies.borrow_mut().insert(url.to_owned(), body.into());
    }

    /// Publishes versions of a chart with an index.
    fn publish(&self, url: &str, charts: &[(&str, &str, &str)]) {
        let mut index = "apiVersion: v1\nentries:\n".to_owned();
        let mut names: Vec<&str> = charts.iter().map(|(name, _, _)| *name).collect();
        names.dedup();
        for name in names {
            index.push_str(&format!("  {name}:\n"));
            for (_, version, about) in charts.iter().filter(|(known, _, _)| *known == name) {
                let archive = archive(name, version, about);
                let digest = chartwright::repository::sha256(&archive);
                index.push_str(&format!(
                    "  - apiVersion: v2\n    digest: {digest}\n    name: {name}\n    urls:\n    - {name}-{version}.tgz\n    version: {version}\n"
                ));
                self.put(&format!("{url}/{name}-{version}.tgz"), archive);
            }
        }
        self.put(&format!("{url}/index.yaml"), index);
    }
}

fn archive(name: &str, version: &str, about: &str) -> Vec<u8> {
    let text = format!("apiVersion: v2\nname: {name}\nversion: {version}\ndescription: {about}\n");
    let file = chartwright::chart::File { name: "Chart.yaml".into(), data: text.into(), modified: 0 };
    let chart = Chart::from_files(vec![file], &LoadOptions::default(), &mut Notices::new()).expect("a chart");
    pack::pack(&chart).expect("packs")
}

impl Remote for Table {
    fn get(&self, url: &str, _: &Entry, _: Option<&str>) -> Result<Response, Error> {
        self.asked.borrow_mut().push(url.to_owned());
        match self.bodies.borrow().get(url) {
            Some(body) => Ok(Response::Body { bytes: body.clone().into(), etag: None }),
            None => Err(Error::new(ErrorKind::Network, format!("nothing at {url}"))),
        }
    }

    fn tags(&self, _: &str) -> Result<Vec<String>, Error> {
        Ok(["1.0.0", "1.2.0+b.1", "2.0.0-rc.1", "latest"].map(str::to_owned).to_vec())
    }

    fn pull(&self, reference: &str, version: &str) -> Result<Pulled, Error> {
        let name = reference.rsplit('/').next().unwrap_or_default();
        Ok(Pulled { bytes: archive(name, version, "o").into(), digest: "sha256:0".to_owned(), provenance: None })
    }
}

const REPOSITORY: &str = "https://charts.test/stable";

/// A tree with a chart `app`.
struct Stage {
    folder: TempDir,
    table: Table,
    config: Config,
    local: Local,
    signatures: Signatures,
}

impl Stage {
    fn new(dependencies: &str) -> Stage {
        let stage = Stage {
            folder: TempDir::new().expect("makes a folder"),
            table: Table::default(),
            config: Config::default(),
            local: Local::Pack,
            signatures: Signatures::Ignored,
        };
        stage.table.publish(REPOSITORY, &[("pg", "1.0.0", "a"), ("pg", "1.1.0", "a"), ("pg", "2.0.0", "a")]);
        stage.file("tree/chartwright.toml", "");
        stage.file("tree/common/Chart.yaml", "apiVersion: v2\nname: common\nversion: 0.3.0\n");
        stage.declare(dependencies);
        stage
    }

    fn declare(&self, dependencies: &str) {
        let text = format!("apiVersion: v2\nname: app\nversion: 0.1.0\ndependencies:\n{dependencies}");
        self.file("tree/app/Chart.yaml", &text);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        fs::write(path, text).expect("writes a file");
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn charts(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("tree/app/charts")) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn with<T>(&self, run: impl FnOnce(&Vendor<'_>, &mut Sources) -> T) -> T {
        let repositories =
            Repositories(vec![Entry { name: "stable".to_owned(), url: REPOSITORY.to_owned(), ..Entry::default() }]);
        let vendor = Vendor {
            folder: &self.path("tree/app"),
            supply: Supply {
                load: &LoadOptions::default(),
                cache: &self.path("cache"),
                remote: &self.table,
                refresh: Refresh::Yes,
                signatures: (self.signatures, &verify),
                generated: "2026-01-02T03:04:05Z",
                pack: &|chart| pack::pack(chart),
            },
            repositories: &repositories,
            config: &self.config,
            local: self.local,
            history: &|_: &dyn Fn(&Metadata) -> bool| None,
        };
        run(&vendor, &mut Sources::new())
    }

    fn update(&self) -> Result<Vec<Step>, Error> {
        self.with(|vendor, sources| vendor.update(sources, &mut Notices::new()))
    }

    fn build(&self, fix: Fix) -> Result<Vec<Step>, Error> {
        self.with(|vendor, sources| vendor.build(fix, sources, &mut Notices::new()))
    }
}

const PG: &str = "- {name: pg, version: ^1.0.0, repository: 'https://charts.test/stable'}\n";
const COMMON: &str = "- {name: common, version: 0.x, repository: 'file://../common'}\n";

#[test]
fn the_newest_version_that_fits_is_fetched_and_locked() {
    let stage = Stage::new(&format!("{PG}{COMMON}"));
    stage.update().expect("updates");
    assert_eq!(stage.charts(), ["common-0.3.0.tgz", "pg-1.1.0.tgz"]);
    let lock = Lock::parse(stage.text("tree/app/Chart.lock").as_bytes()).expect("a lock").expect("not empty");
    let locked: Vec<_> = lock.dependencies.iter().map(|one| (one.name.as_str(), one.version.as_str())).collect();
    assert_eq!(locked, [("pg", "1.1.0"), ("common", "0.3.0")]);
    let pins = stage.text("tree/chartwright.lock");
    assert!(pins.contains("name = \"pg\"") && !pins.contains("common"), "{pins}");
    assert!(!stage.path("tree/app/chartwright.lock").exists());
    let before = stage.text("tree/app/Chart.lock");
    stage.build(Fix::No).expect("builds");
    assert_eq!(stage.text("tree/app/Chart.lock"), before);
}

#[test]
fn file_dependencies_need_no_index() {
    let mut stage = Stage::new(COMMON);
    stage.update().expect("updates");
    assert!(stage.table.asked.borrow().is_empty());
    fs::remove_dir_all(stage.path("tree/app/charts")).expect("removes charts/");
    stage.local = Local::Leave;
    let steps = stage.build(Fix::No).expect("builds");
    assert_eq!(steps, [Step::Left("common".to_owned(), "file://../common".to_owned())]);
    assert!(stage.charts().is_empty() && stage.table.asked.borrow().is_empty());
}

#[test]
fn aliases_and_registries_are_followed() {
    let stage = Stage::new(
        "- {name: pg, version: 2.x, repository: '@stable'}\n\
         - {name: kafka, version: '>=1.0.0', repository: 'oci://registry.test/charts'}\n",
    );
    stage.update().expect("updates");
    assert_eq!(stage.charts(), ["kafka-1.2.0+b.1.tgz", "pg-2.0.0.tgz"]);
    assert!(stage.text("tree/app/Chart.lock").contains("repository: https://charts.test/stable"));
    let stage = Stage::new("- {name: pg, version: 1.x, repository: '@stabel'}\n");
    let error = stage.update().expect_err("no such repository");
    assert!(error.hints().iter().any(|hint| hint.contains("@stable")), "{error:?}");
}

#[test]
fn a_lock_says_what_drifted_and_is_mended_there_alone() {
    let stage = Stage::new(&format!("{PG}{COMMON}"));
    stage.update().expect("updates");
    let before = stage.text("tree/app/Chart.lock");
    stage.declare(&format!("{}{COMMON}", PG.replace("^1.0.0", "^2.0.0")));
    let error = stage.build(Fix::No).expect_err("drifted");
    assert_eq!(error.message(), "Chart.lock does not fit Chart.yaml: `version` of `pg` is `^2.0.0`, locked is 1.1.0");
    assert!(error.diagnostics()[0].primary.is_some());
    stage.table.publish("https://elsewhere.test", &[]);
    stage.build(Fix::Drifted).expect("mends");
    let after = stage.text("tree/app/Chart.lock");
    let differing: Vec<_> = before.lines().zip(after.lines()).filter(|(one, other)| one != other).collect();
    assert_eq!(differing.len(), 2, "{before}\n{after}");
    assert_eq!(differing[0], ("  version: 1.1.0", "  version: 2.0.0"));
    assert_eq!(stage.charts(), ["common-0.3.0.tgz", "pg-2.0.0.tgz"]);
    let declared =
        format!("{}{COMMON}", PG.replace("^1.0.0", "^2.0.0").replace("name: pg", "name: pg, condition: a.b"));
    stage.declare(&declared);
    let error = stage.build(Fix::No).expect_err("drifted");
    assert!(error.message().ends_with("`condition` of `pg` is new since the lock was written"), "{error}");
}

#[test]
fn other_bytes_under_a_known_version_are_refused() {
    let mut stage = Stage::new(PG);
    stage.update().expect("updates");
    let (lock, pins) = (stage.text("tree/app/Chart.lock"), stage.text("tree/chartwright.lock"));
    stage.table.publish(REPOSITORY, &[("pg", "1.1.0", "other")]);
    let error = stage.update().expect_err("published again");
    assert!(error.message().contains("published again with other bytes"), "{error}");
    assert_eq!((lock, pins), (stage.text("tree/app/Chart.lock"), stage.text("tree/chartwright.lock")));
    stage.config = Config::parse(b"mutable-versions = [\"1.*\"]", SourceId(0)).expect("a configuration");
    stage.update().expect("may change");
    assert!(stage.text("tree/chartwright.lock").contains("[[archive]]"));
    stage.table.put(&format!("{REPOSITORY}/pg-1.1.0.tgz"), archive("pg", "1.1.0", "third"));
    let error = stage.update().expect_err("the index has another digest");
    assert!(error.message().contains("another digest than its index says"), "{error}");
}

#[test]
fn hostile_archives_and_indexes_write_nothing() {
    let entry = |name: &str, url: &str| {
        format!("apiVersion: v1\nentries:\n  {name}:\n  - {{name: {name}, version: 1.0.0, urls: ['{url}']}}\n")
    };
    for (name, url, body) in [
        ("pg", "pg.tgz", archive("other", "1.0.0", "x")),
        ("pg", "pg.tgz", archive("pg", "9.0.0", "x")),
        ("pg", "pg.tgz", b"not an archive".to_vec()),
        ("pg", "%zz", Vec::new()),
        ("pg", "ftp://x/y.tgz", Vec::new()),
    ] {
        let stage = Stage::new(PG);
        stage.table.put(&format!("{REPOSITORY}/index.yaml"), entry(name, url));
        stage.table.put(&format!("{REPOSITORY}/{url}"), body);
        assert!(stage.update().is_err(), "{name} {url}");
        assert!(stage.charts().is_empty() && !stage.path("tree/app/Chart.lock").exists());
        assert!(!stage.path("tree/chartwright.lock").exists());
    }
    let stage = Stage::new("- {name: '../../evil', version: 1.0.0, repository: 'https://charts.test/stable'}\n");
    let index = "apiVersion: v1\nentries:\n  ../../evil:\n  - {name: ../../evil, version: 1.0.0, urls: [e.tgz]}\n";
    stage.table.put(&format!("{REPOSITORY}/index.yaml"), index);
    stage.table.put(&format!("{REPOSITORY}/e.tgz"), archive("evil", "1.0.0", "x"));
    assert!(stage.update().is_err() && stage.charts().is_empty());
}

fn attached(stage: &Stage) -> Result<(Chart, Vec<String>), Error> {
    let (path, load, mut sources) = (stage.path("tree/app"), LoadOptions::default(), Sources::new());
    let mut chart = Chart::load(&path, &load, &mut Notices::new()).expect("loads");
    let warnings = local::attach(&mut chart, &path, &load, (&mut Notices::new(), &mut sources))?;
    Ok((chart, warnings.into_iter().map(|warning| warning.message).collect()))
}

#[test]
fn folders_stand_in_for_copies() {
    let stage = Stage::new(COMMON);
    stage.file("tree/common/templates/a.yaml", "a: 1\n");
    let (chart, warnings) = attached(&stage).expect("attaches");
    assert_eq!((chart.dependencies.len(), warnings.len()), (1, 0));
    assert!(chart.raw_file("charts/common/templates/a.yaml").is_some());
    stage.update().expect("updates");
    let (chart, warnings) = attached(&stage).expect("attaches");
    assert_eq!((chart.dependencies.len(), warnings.len()), (1, 0));
    stage.file("tree/common/templates/a.yaml", "a: 2\n");
    let (chart, warnings) = attached(&stage).expect("attaches");
    assert!(chart.dependencies[0].templates[0].data.starts_with(b"a: 1"));
    assert!(warnings[0].contains("differs") && warnings[0].contains("templates/a.yaml"), "{warnings:?}");
}

#[test]
fn folders_that_need_each_other_are_refused() {
    let stage = Stage::new(COMMON);
    let back = "apiVersion: v2\nname: common\nversion: 0.3.0\ndependencies:\n\
                - {name: app, version: 0.1.0, repository: 'file://../app'}\n";
    stage.file("tree/common/Chart.yaml", back);
    let error = attached(&stage).expect_err("a circle");
    assert!(error.message().contains("need each other"), "{error}");
    stage.file("tree/common/Chart.yaml", "apiVersion: v2\nname: common\nversion: 1.3.0\n");
    let error = attached(&stage).expect_err("another version");
    assert_eq!(error.message(), "expected `common` 0.x, found 1.3.0 in `file://../common`");
    assert!(error.diagnostics()[0].primary.is_some());
}

/// Takes what was signed by writing the file's name.
fn verify(file: &str, _: &[u8], provenance: &[u8]) -> Result<(), Error> {
    match provenance == file.as_bytes() {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Content, "signed by nobody")),
    }
}

#[test]
fn what_nobody_signed_does_not_come_in() {
    let mut stage = Stage::new(&format!("{PG}{COMMON}"));
    stage.signatures = Signatures::Needed;
    let url = format!("{REPOSITORY}/pg-1.1.0.tgz.prov");
    let error = stage.update().expect_err("no signature");
    assert_eq!(error.message(), format!("cannot verify `pg-1.1.0.tgz`: nothing at {url}"));
    stage.table.put(&url, "pg-1.0.0.tgz");
    let error = stage.update().expect_err("another's signature");
    assert_eq!(error.message(), "cannot verify `pg-1.1.0.tgz`: signed by nobody");
    assert_eq!((stage.charts().len(), stage.text("tree/app/Chart.lock").as_str()), (0, ""));
    stage.table.put(&url, "pg-1.1.0.tgz");
    stage.update().expect("is signed");
    assert_eq!(stage.charts(), ["common-0.3.0.tgz", "pg-1.1.0.tgz"]);
    stage.declare("- {name: pg, version: 1.0.0, repository: 'oci://registry.test/charts'}\n");
    let error = stage.update().expect_err("no signature in the registry");
    assert!(
        error.message().ends_with("`oci://registry.test/charts/pg:1.0.0` was pushed without a .prov file"),
        "{error}"
    );
}

/// What the real Helm 4.3.1 printed for the same repository.
#[test]
fn helms_words_are_kept() {
    let stage = Stage::new(PG);
    let load = LoadOptions::default();
    let chart = stage.path("tree/app").to_string_lossy().into_owned();
    let downloader = Downloader {
        chart: &chart,
        supply: Supply {
            load: &load,
            cache: &stage.path("cache"),
            remote: &stage.table,
            refresh: Refresh::Yes,
            signatures: (Signatures::Ignored, &|_, _, _| Ok(())),
            generated: "2026-01-02T03:04:05Z",
            pack: &|chart| pack::pack(chart),
        },
        config: Path::new("/nowhere/repositories.yaml"),
        debug: false,
    };
    let mut told = String::new();
    downloader.update(&mut Notices::new(), &mut |text| told.push_str(text)).expect("updates");
    assert_eq!(
        told,
        "Getting updates for unmanaged Helm repositories...\n\
         ...Successfully got an update from the \"https://charts.test/stable\" chart repository\n\
         Saving 1 charts\nDownloading pg from repo https://charts.test/stable\nDeleting outdated charts\n"
    );
    let error = downloader.build(&mut Notices::new(), &mut |_| ()).expect_err("nobody has added the repository");
    assert_eq!(
        error.message(),
        "no repository definition for https://charts.test/stable. Please add the missing repos via 'helm repo add'"
    );
}
