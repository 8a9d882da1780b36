//! A publisher that is stopped at every point at which it writes, and many that are killed at any moment.

use super::{NOW, chart};
use chartwright::chart::{Chart, LoadOptions};
use chartwright::repository::{Archive, IndexFile, PublishOptions, folder, publish};
use std::cell::Cell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use tempfile::TempDir;

/// Publishes, and stops at a point as if the process were killed there; whether it came that far.
fn stopped_at(folder: &Path, charts: &[(&Chart, &Archive)], stop: usize) -> bool {
    let passed = Cell::new(0);
    let watch = |_: &str| {
        passed.set(passed.get() + 1);
        if passed.get() > stop {
            resume_unwind(Box::new("stopped"));
        }
    };
    let options = PublishOptions { watch: &watch, ..PublishOptions::new(NOW) };
    let outcome = catch_unwind(AssertUnwindSafe(|| publish(folder, charts, &options)));
    outcome.is_err()
}

/// The versions in the index, after a look at every archive that it names.
fn sound(folder: &Path) -> Vec<String> {
    let index = IndexFile::read(&folder.join("index.yaml")).expect("is an index").expect("is there");
    let mut found = Vec::new();
    for name in index.names() {
        for entry in index.entries(&name) {
            let entry = entry.expect("is an entry");
            let bytes = fs::read(folder.join(&entry.urls[0])).expect("has its archive");
            assert_eq!(chartwright::repository::sha256(&bytes), entry.digest, "{name}");
            found.push(format!("{name} {}", entry.version));
        }
    }
    found
}

#[test]
fn stopped_anywhere_the_index_is_the_old_one_or_the_new_one() {
    let first = [chart("x", "1.0.0", "a")];
    let mut second = [chart("x", "1.1.0", "a"), chart("w", "1.0.0", "a")];
    second[1].1.provenance = Some(b"signed".to_vec());
    let first: Vec<_> = first.iter().map(|(chart, archive)| (chart, archive)).collect();
    let second: Vec<_> = second.iter().map(|(chart, archive)| (chart, archive)).collect();
    let mut stop = 0;
    loop {
        let folder = TempDir::new().expect("makes a folder");
        publish(folder.path(), &first, &PublishOptions::new(NOW)).expect("publishes");
        let was_stopped = stopped_at(folder.path(), &second, stop);
        let found = sound(folder.path());
        let (old, new) = (["x 1.0.0"].as_slice(), ["w 1.0.0", "x 1.1.0", "x 1.0.0"].as_slice());
        assert!(found == old || found == new, "stopped at point {stop}: {found:?}");
        // Whoever comes next finds nothing in the way.
        publish(folder.path(), &second, &PublishOptions::new(NOW)).expect("publishes");
        assert_eq!(sound(folder.path()), new, "after point {stop}");
        let leftovers = fs::read_dir(folder.path()).expect("reads").flatten();
        assert_eq!(leftovers.filter(|entry| entry.file_name().to_string_lossy().ends_with(".part")).count(), 0);
        assert!(folder::check(folder.path(), &LoadOptions::default()).expect("checks").defects.is_empty());
        if !was_stopped {
            break;
        }
        stop += 1;
    }
    assert!(stop > 20, "only {stop} points were looked at");
}

#[test]
fn a_writer_without_the_lock_is_noticed() {
    let folder = TempDir::new().expect("makes a folder");
    let (first, foreign, second) = (chart("x", "1.0.0", "a"), chart("z", "1.0.0", "a"), chart("w", "1.0.0", "a"));
    publish(folder.path(), &[(&first.0, &first.1)], &PublishOptions::new(NOW)).expect("publishes");
    let other = TempDir::new().expect("makes a folder");
    publish(other.path(), &[(&first.0, &first.1), (&foreign.0, &foreign.1)], &PublishOptions::new(NOW))
        .expect("publishes");
    let done = Cell::new(false);
    // Right before the index is renamed, somebody else renames another one over it.
    let watch = |point: &str| {
        if point == "renaming" && folder.path().join("w-1.0.0.tgz").exists() && !done.replace(true) {
            for file in ["z-1.0.0.tgz", "index.yaml"] {
                fs::copy(other.path().join(file), folder.path().join(file)).expect("copies");
            }
        }
    };
    let options = PublishOptions { watch: &watch, ..PublishOptions::new(NOW) };
    publish(folder.path(), &[(&second.0, &second.1)], &options).expect("publishes");
    assert!(done.get());
    assert_eq!(sound(folder.path()), ["w 1.0.0", "x 1.0.0", "z 1.0.0"]);
}

#[cfg(feature = "cli")]
mod processes {
    use super::*;
    use std::collections::BTreeSet;
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    /// How many publishers there are; every fifth is killed.
    fn publishers() -> usize {
        std::env::var("CHARTWRIGHT_PUBLISHERS").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
    }

    /// Writes four archives for each publisher.
    fn archives(place: &Path) -> Vec<Vec<std::path::PathBuf>> {
        let of_one = |publisher: usize| {
            let archive = |number: usize| {
                let (_, archive) = chart(&format!("chart-{publisher}"), &format!("1.{number}.0"), "a");
                let path = place.join(&archive.file);
                fs::write(&path, &archive.bytes).expect("writes");
                path
            };
            (0..4).map(archive).collect()
        };
        (0..publishers()).map(of_one).collect()
    }

    fn start(archives: &[std::path::PathBuf], target: &str, home: &Path) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
        command.arg("push").args(archives).arg(target).current_dir(home).env("HOME", home).env("HELM_CACHE_HOME", home);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("runs")
    }

    /// Runs all publishers, kills some, and looks all the time; what the others were told is there.
    fn race(target: &str, place: &Path, look: &dyn Fn()) -> BTreeSet<String> {
        let archives = archives(place);
        let mut running: Vec<(usize, Child)> =
            archives.iter().enumerate().map(|(at, archives)| (at, start(archives, target, place))).collect();
        let mut acknowledged = BTreeSet::new();
        let mut looks: u64 = 0;
        while !running.is_empty() {
            look();
            looks += 1;
            // Another victim each few looks, at moments that nobody chose.
            if looks.is_multiple_of(3)
                && let Some((_, child)) = running.iter_mut().find(|(at, _)| at % 5 == 0)
            {
                // It may have ended already.
                let _ = child.kill();
            }
            running.retain_mut(|(at, child)| {
                let Some(status) = child.try_wait().expect("waits") else { return true };
                if status.success() {
                    acknowledged.extend((0..4).map(|number| format!("chart-{at} 1.{number}.0")));
                } else if *at % 5 != 0 {
                    let mut why = String::new();
                    let _ = child.stderr.take().map(|mut pipe| std::io::Read::read_to_string(&mut pipe, &mut why));
                    panic!("publisher {at} failed: {why}");
                }
                false
            });
            std::thread::sleep(Duration::from_millis(5));
        }
        acknowledged
    }

    #[test]
    fn publishers_to_a_folder_lose_nothing() {
        let place = TempDir::new().expect("makes a folder");
        let repository = place.path().join("repository");
        let look = || {
            if repository.join("index.yaml").exists() {
                sound(&repository);
            }
        };
        let acknowledged = race(&repository.to_string_lossy(), place.path(), &look);
        let found: BTreeSet<String> = sound(&repository).into_iter().collect();
        assert!(acknowledged.len() >= 4 * (publishers() - publishers().div_ceil(5)));
        assert!(acknowledged.is_subset(&found), "lost: {:?}", acknowledged.difference(&found));
    }

    #[test]
    fn publishers_to_a_branch_lose_nothing() {
        let place = TempDir::new().expect("makes a folder");
        let remote = place.path().join("remote.git");
        let git = |arguments: &[&str]| {
            let output = Command::new("git").args(arguments).current_dir(place.path()).output();
            output.ok().filter(|output| output.status.success()).map(|output| output.stdout)
        };
        if git(&["init", "--quiet", "--bare", "remote.git"]).is_none() {
            println!("left out: no git found");
            return;
        }
        let show = |file: &str| git(&["--git-dir", &remote.to_string_lossy(), "show", &format!("pages:{file}")]);
        let read = || show("index.yaml").map(|text| IndexFile::parse(&text).expect("is an index"));
        let look = || drop(read());
        let target = format!("git+file://{}#pages", remote.display());
        let acknowledged = race(&target, place.path(), &look);
        let index = read().expect("is there");
        assert!(acknowledged.len() >= 4 * (publishers() - publishers().div_ceil(5)));
        for one in acknowledged {
            let (name, version) = one.split_once(' ').expect("two words");
            let entry = index.find(name, version).expect("is an index").unwrap_or_else(|| panic!("{one} is lost"));
            let bytes = show(&entry.urls[0]).expect("has its archive");
            assert_eq!(chartwright::repository::sha256(&bytes), entry.digest);
        }
        // Nothing of those that were killed stays when somebody comes after them.
        let one = chart("last", "1.0.0", "a").1;
        fs::write(place.path().join(&one.file), &one.bytes).expect("writes");
        assert!(start(&[place.path().join(&one.file)], &target, place.path()).wait().expect("ends").success());
        let left = walkdir::WalkDir::new(place.path().join("chartwright")).into_iter().flatten();
        assert_eq!(left.filter(|entry| entry.file_name().to_string_lossy().starts_with("push-")).count(), 0);
    }
}
