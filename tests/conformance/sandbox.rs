//! A folder of its own for each case, the program run in it, and what it left there.

use super::case::{Case, Expected};
use base64::Engine;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

/// The time stamp of every file, in seconds: 2020-01-02T03:04:05Z.
const FIXED_TIME: u64 = 1_577_934_245;
const DEFAULT_CHART: &str = "apiVersion: v2\nname: conf\nversion: 1.2.3\nappVersion: \"4.5.6\"\n";
const LONGEST_RUN: Duration = Duration::from_secs(120);

/// The program under test: called as `helm`, or another one.
pub(super) struct Program {
    path: PathBuf,
    extra: Vec<String>,
    _link: TempDir,
}

impl Program {
    /// `other` instead of ours, if given; the compatibility flag goes only to ours.
    pub(super) fn new(other: Option<String>, compat: &str) -> Program {
        let link = TempDir::new().expect("makes a folder");
        let (path, extra) = match other {
            Some(other) => (PathBuf::from(other), Vec::new()),
            None => {
                let path = link.path().join("helm");
                symlink(env!("CARGO_BIN_EXE_chartwright"), &path).expect("makes a link named helm");
                let extra = if compat == "4.3" { Vec::new() } else { vec![format!("--helm-compat={compat}")] };
                (path, extra)
            }
        };
        Program { path, extra, _link: link }
    }
}

fn put(base: &Path, name: &str, text: &[u8]) {
    let path = base.join(name);
    fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
    fs::write(&path, text).expect("writes a file");
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(FIXED_TIME);
    File::options().append(true).open(&path).and_then(|file| file.set_modified(time)).expect("sets a time");
}

fn archive(entries: &[(String, String)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default()));
    for (name, text) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(FIXED_TIME);
        let bytes = &mut header.as_old_mut().name;
        // Names such as `../x` belong to cases, so they are written past the crate's own checks.
        let length = name.len().min(bytes.len());
        bytes[..length].copy_from_slice(&name.as_bytes()[..length]);
        header.set_cksum();
        tar.append(&header, text.as_bytes()).expect("packs an entry");
    }
    tar.into_inner().and_then(|gzip| gzip.finish()).expect("packs an archive")
}

fn lay_out(case: &Case, work: &Path) {
    let chart = work.join("conf");
    if !case.no_chart_yaml && !case.no_chart && case.files.get("Chart.yaml").is_none() {
        put(&chart, "Chart.yaml", DEFAULT_CHART.as_bytes());
    }
    case.files.0.iter().for_each(|(name, text)| put(&chart, name, text.as_bytes()));
    for (name, text) in &case.files_base64.0 {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.replace(['\n', ' '], ""));
        put(work, name, &bytes.expect("base64"));
    }
    case.workdir_files.0.iter().for_each(|(name, text)| put(work, name, text.as_bytes()));
    case.archives.0.iter().for_each(|(name, entries)| put(work, name, &archive(&entries.0)));
    case.empty_dirs.iter().for_each(|name| fs::create_dir_all(work.join(name)).expect("makes a folder"));
    for (name, target) in &case.symlinks.0 {
        let link = work.join(name);
        fs::create_dir_all(link.parent().expect("has a parent")).expect("makes a folder");
        symlink(target, link).expect("makes a link");
    }
    for (number, text) in case.values.iter().enumerate() {
        put(work, &format!("values-{}.yaml", number + 1), text.as_bytes());
    }
}

fn command(program: &Path, work: &Path) -> Command {
    let home = work.join(".home");
    let mut command = Command::new(program);
    command.current_dir(work).env_clear();
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.env("HOME", &home).env("TZ", "UTC").env("LANG", "C.UTF-8").env("KUBECONFIG", home.join("no-kubeconfig"));
    for name in ["cache", "config", "data"] {
        command.env(format!("HELM_{}_HOME", name.to_uppercase()), home.join(name));
    }
    command
}

/// Exit status, output and errors of one run; status -1 when it had to be ended.
fn answer(command: &mut Command, top: &Path) -> (i32, Vec<u8>, Vec<u8>) {
    let (out, err) = (top.join("stdout"), top.join("stderr"));
    command.stdin(Stdio::null());
    command.stdout(File::create(&out).expect("makes a file")).stderr(File::create(&err).expect("makes a file"));
    let mut child = command.spawn().expect("starts the program");
    let (began, mut pause) = (Instant::now(), Duration::from_micros(200));
    let status = loop {
        if let Some(status) = child.try_wait().expect("waits for the program") {
            break status.code().unwrap_or(-1);
        }
        if began.elapsed() > LONGEST_RUN {
            child.kill().and_then(|()| child.wait()).expect("ends the program");
            break -1;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    };
    (status, fs::read(out).expect("reads the output"), fs::read(err).expect("reads the errors"))
}

/// Bytes as text; bytes that are not UTF-8 as `\xHH`.
fn readable(bytes: &[u8]) -> String {
    bytes.utf8_chunks().fold(String::new(), |mut text, chunk| {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
        text
    })
}

/// Text with what differs from run to run replaced by names.
fn mask(text: String, work: &Path) -> String {
    static TIMES: OnceLock<[(regex::Regex, &str); 3]> = OnceLock::new();
    let times = TIMES.get_or_init(|| {
        let regex = |pattern: &str| regex::Regex::new(pattern).expect("a regular expression");
        [
            (regex(r"(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d "), "$$TIME "),
            (regex(r"(?m)^time=\S+ "), "time=$$TIME "),
            (regex(r"index\.yaml\d{6,}"), "index.yaml$$TMP"),
        ]
    });
    let real = work.canonicalize().expect("exists");
    let text = [work, &real].into_iter().fold(text, |text, folder| {
        let folder = folder.to_string_lossy();
        text.replace(&format!("{folder}/.home"), "$HOME").replace(&*folder, "$WORK")
    });
    let text = times.iter().fold(text, |text, (pattern, name)| pattern.replace_all(&text, *name).into_owned());
    archives(work).into_iter().fold(text, |text, path| {
        let digest = chartwright::repository::sha256(&fs::read(&path).expect("reads an archive"));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        text.replace(&digest, &format!("$SHA256({name})"))
    })
}

/// The archives in a folder and in `out` below it.
fn archives(work: &Path) -> Vec<PathBuf> {
    let files =
        [work.to_owned(), work.join("out")].into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let paths = files.map(|entry| entry.expect("reads the folder").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.is_file() && path.extension().is_some_and(|end| end == "tgz")).collect();
    paths.sort_unstable();
    paths
}

/// The text of a file without the times in it and without an OpenPGP signature.
fn timeless(text: &str) -> String {
    static TIMES: OnceLock<[(regex::Regex, &str); 2]> = OnceLock::new();
    let times = TIMES.get_or_init(|| {
        let regex = |pattern: &str| regex::Regex::new(pattern).expect("a regular expression");
        [
            (regex(r"(?m)^(\s*(?:- )?)(created|generated): .*$"), "$1$2: $$TIME"),
            (regex(r#""(created|generated)":\s*"[^"]*""#), r#""$1":"$$TIME""#),
        ]
    });
    let end = text.find("-----BEGIN PGP SIGNATURE-----").unwrap_or(text.len());
    times.iter().fold(text[..end].to_owned(), |text, (pattern, name)| pattern.replace_all(&text, *name).into_owned())
}

fn names(work: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(work).into_iter().map(|entry| entry.expect("reads the folder"));
    let names = entries.filter(|entry| !entry.file_type().is_dir()).map(|entry| {
        let name = entry.path().strip_prefix(work).expect("lies in the folder");
        name.to_string_lossy().into_owned()
    });
    let mut names: Vec<_> = names.filter(|name| !name.starts_with(".home")).collect();
    names.sort_unstable();
    names
}

fn matches(pattern: &str, name: &str) -> bool {
    let parts: Vec<_> = pattern.split('*').map(regex::escape).collect();
    regex::Regex::new(&format!("(?s)\\A{}\\z", parts.join(".*"))).expect("a pattern").is_match(name)
}

/// Runs a case and returns what can be compared.
pub(super) fn run(case: &Case, program: &Program) -> Expected {
    // The work folder lies one level down, so that `..` stays inside.
    let top = tempfile::Builder::new().prefix("conf-").tempdir().expect("makes a folder");
    let work = top.path().join("work");
    fs::create_dir(&work).expect("makes a folder");
    lay_out(case, &work);
    for arguments in &case.before {
        answer(command(&program.path, &work).args(arguments), top.path());
    }
    let mut command = command(&program.path, &work);
    let (rc, out, err) = answer(command.args(case.argv()).args(&program.extra), top.path());
    let (out, err) = (mask(readable(&out), &work), mask(readable(&err), &work));
    let mut got = Expected { rc, ..Expected::default() };
    if rc == 0 || !out.is_empty() {
        got.stdout = Some(out);
    }
    if rc != 0 {
        got.error = Some(err);
    } else if !err.is_empty() {
        got.stderr = Some(err);
    }
    let names = names(&work);
    for name in names.iter().filter(|name| case.observe.files.iter().any(|pattern| matches(pattern, name))) {
        let text = fs::read(work.join(name)).expect("reads a file");
        got.files.insert(name.clone(), timeless(&mask(readable(&text), &work)));
    }
    if case.observe.tree {
        got.tree = names;
    }
    got
}
