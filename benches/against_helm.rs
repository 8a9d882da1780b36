//! Runs Helm and chartwright alternately over the same charts and compares what they take.
//!
//! `cargo bench --bench against_helm` needs a `helm` on PATH (or CHARTWRIGHT_HELM) and charts in CHARTWRIGHT_CORPUS
//! (`~/.cache/chartwright-corpus` when unset). It prints medians, writes `benches/results.md`, and ends with status 1
//! when a figure misses what it must reach. CHARTWRIGHT_ROUNDS sets how often each chart is rendered (5).
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

const CHARTWRIGHT: &str = env!("CARGO_BIN_EXE_chartwright");

/// What one run took.
#[derive(Clone, Copy)]
struct Cost {
    processor: Duration,
    wall: Duration,
    /// Peak resident size in bytes.
    memory: u64,
}

/// The medians of both programs over one chart.
struct Row {
    name: String,
    helm: Cost,
    ours: Cost,
}

/// A figure with what it must reach.
struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    must: Bound,
}

/// On which side of a number a figure has to lie.
enum Bound {
    AtLeast(f64),
    AtMost(f64),
    /// A goal, which is reported and not enforced.
    Goal(f64),
}

impl Figure {
    fn holds(&self) -> bool {
        match self.must {
            Bound::AtLeast(bound) => self.value >= bound,
            Bound::AtMost(bound) => self.value <= bound,
            Bound::Goal(_) => true,
        }
    }

    fn row(&self) -> String {
        let bound = match self.must {
            Bound::AtLeast(bound) => format!("must be at least {bound}"),
            Bound::AtMost(bound) => format!("must be at most {bound}"),
            Bound::Goal(bound) => format!("goal: at most {bound}"),
        };
        let verdict = if self.holds() { "" } else { " **missed**" };
        format!("| {} | {:.2} {} | {bound}{verdict} |\n", self.what, self.value, self.unit)
    }
}

fn main() -> ExitCode {
    let Some(helm) = helm() else {
        println!("no helm found: set CHARTWRIGHT_HELM or put helm on PATH; nothing was measured");
        return ExitCode::SUCCESS;
    };
    let charts = charts();
    if charts.is_empty() {
        println!("no charts in {}: nothing was measured", corpus().display());
        return ExitCode::SUCCESS;
    }
    let rounds = std::env::var("CHARTWRIGHT_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let rows: Vec<Row> = charts.iter().map(|chart| compare(&helm, chart, rounds)).collect();
    let small = small_chart();
    let one = compare(&helm, &small, rounds.max(11));
    let figures = figures(&rows, &one, &charts);
    let report = report(&helm, &rows, &one, &figures, rounds);
    print!("{report}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/results.md");
    if let Err(error) = fs::write(&path, report) {
        eprintln!("cannot write {}: {error}", path.display());
    }
    let _ = fs::remove_dir_all(small);
    if figures.iter().all(Figure::holds) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn helm() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHARTWRIGHT_HELM") {
        return Some(PathBuf::from(named));
    }
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join("helm")).find(|path| path.is_file())
}

fn corpus() -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    std::env::var_os("CHARTWRIGHT_CORPUS").map_or_else(|| home.join(".cache/chartwright-corpus"), PathBuf::from)
}

fn charts() -> Vec<PathBuf> {
    let entries = fs::read_dir(corpus()).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut charts: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "tgz")).collect();
    charts.sort();
    charts
}

/// A chart with one template, as a folder.
fn small_chart() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("chartwright-bench-{}", std::process::id()));
    let templates = folder.join("templates");
    let made = fs::create_dir_all(&templates)
        .and_then(|()| fs::write(folder.join("Chart.yaml"), "apiVersion: v2\nname: small\nversion: 0.1.0\n"))
        .and_then(|()| fs::write(folder.join("values.yaml"), "greeting: hello\n"))
        .and_then(|()| {
            let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  greeting: {{ .Values.greeting | quote }}\n";
            fs::write(templates.join("configmap.yaml"), text)
        });
    made.expect("makes the small chart");
    folder
}

fn run(program: &Path, arguments: &[&str]) -> Cost {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let used = command.spawn().expect("starts a program").wait4().expect("waits for a program");
    let wall = began.elapsed();
    Cost { processor: used.rusage.utime + used.rusage.stime, wall, memory: used.rusage.maxrss }
}

fn compare(helm: &Path, chart: &Path, rounds: usize) -> Row {
    let path = chart.to_string_lossy();
    let arguments = ["template", "rel", &path, "-n", "ns"];
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        theirs.push(run(helm, &arguments));
        ours.push(run(Path::new(CHARTWRIGHT), &arguments));
    }
    let name = chart.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = if name.starts_with("chartwright-bench") { "one template".to_owned() } else { name };
    println!("{name}: {:.1} times", ratio(median(&theirs).processor, median(&ours).processor));
    Row { name, helm: median(&theirs), ours: median(&ours) }
}

fn median(costs: &[Cost]) -> Cost {
    fn middle<T: Copy + Ord>(mut values: Vec<T>) -> T {
        values.sort();
        values[values.len() / 2]
    }
    Cost {
        processor: middle(costs.iter().map(|cost| cost.processor).collect()),
        wall: middle(costs.iter().map(|cost| cost.wall).collect()),
        memory: middle(costs.iter().map(|cost| cost.memory).collect()),
    }
}

fn ratio(theirs: Duration, ours: Duration) -> f64 {
    theirs.as_secs_f64() / ours.as_secs_f64().max(1e-6)
}

fn figures(rows: &[Row], one: &Row, charts: &[PathBuf]) -> Vec<Figure> {
    let total = |cost: fn(&Row) -> Duration| rows.iter().map(cost).sum::<Duration>();
    let at = (0..rows.len()).max_by_key(|at| rows[*at].helm.processor).expect("there are charts");
    let largest = &rows[at];
    let version = (0..50).map(|_| run(Path::new(CHARTWRIGHT), &["--version"])).collect::<Vec<_>>();
    let path = charts[at].to_string_lossy();
    let best = (0..20).map(|_| run(Path::new(CHARTWRIGHT), &["template", "rel", &path, "-n", "ns"]).wall).min();
    // Last, because the memory of this process is what a child starts with.
    let floor = inflation(&charts[at]);
    let least = |what: &str, value, must| Figure { what: what.to_owned(), value, unit: "times", must };
    vec![
        least(
            &format!("processor time, {} charts one call each", rows.len()),
            ratio(total(|row| row.helm.processor), total(|row| row.ours.processor)),
            Bound::AtLeast(20.0),
        ),
        least(
            &format!("processor time, largest chart ({})", largest.name),
            ratio(largest.helm.processor, largest.ours.processor),
            Bound::AtLeast(20.0),
        ),
        least("processor time, one template", ratio(one.helm.processor, one.ours.processor), Bound::AtLeast(15.0)),
        Figure {
            what: "`--version`, wall, median of 50".to_owned(),
            value: median(&version).wall.as_secs_f64() * 1e3,
            unit: "ms",
            must: Bound::AtMost(3.0),
        },
        least(
            "peak memory, largest chart, Helm's to ours",
            largest.helm.memory as f64 / largest.ours.memory.max(1) as f64,
            Bound::AtLeast(5.0),
        ),
        least(
            &format!("rendering to inflating in memory ({:.1} ms), best of 20", floor.as_secs_f64() * 1e3),
            best.unwrap_or_default().as_secs_f64() / floor.as_secs_f64().max(1e-6),
            Bound::Goal(3.0),
        ),
    ]
}

/// The best time of 20 in which one thread inflates an archive and walks its entries, archives in it included.
fn inflation(archive: &Path) -> Duration {
    let bytes = fs::read(archive).expect("reads a chart");
    let walk = || {
        let began = Instant::now();
        assert!(walk(&bytes) > 0);
        began.elapsed()
    };
    (0..20).map(|_| walk()).min().expect("ran")
}

fn walk(archive: &[u8]) -> usize {
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(archive).read_to_end(&mut text).expect("inflates");
    let mut tar = tar::Archive::new(text.as_slice());
    let mut count = 0;
    for entry in tar.entries().expect("is a tar archive") {
        let entry = entry.expect("has an entry");
        let start = entry.raw_file_position() as usize;
        let body = &text[start..start + entry.size() as usize];
        count += 1;
        if entry.path().is_ok_and(|path| path.extension().is_some_and(|end| end == "tgz")) {
            count += walk(body);
        }
    }
    count
}

fn report(helm: &Path, rows: &[Row], one: &Row, figures: &[Figure], rounds: usize) -> String {
    let mut out = String::from("# Measured against Helm\n\n");
    let _ = writeln!(out, "Made by `cargo bench --bench against_helm`; medians of {rounds} alternating runs.\n");
    let _ = writeln!(out, "- commit: {}", said("git", &["rev-parse", "--short=12", "HEAD"]));
    let _ = writeln!(out, "- helm: {}", said(&helm.to_string_lossy(), &["version", "--short"]));
    let _ = writeln!(out, "- machine: {}\n", machine());
    out.push_str("| figure | value | bound |\n|---|---|---|\n");
    figures.iter().for_each(|figure| out.push_str(&figure.row()));
    out.push_str("\n| chart | Helm processor ms | ours | ratio | Helm wall ms | ours | Helm MiB | ours |\n|---|---|---|---|---|---|---|---|\n");
    for row in rows.iter().chain([one]) {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let _ = writeln!(
            out,
            "| {} | {:.1} | {:.2} | {:.1} | {:.1} | {:.2} | {:.0} | {:.1} |",
            row.name,
            ms(row.helm.processor),
            ms(row.ours.processor),
            ratio(row.helm.processor, row.ours.processor),
            ms(row.helm.wall),
            ms(row.ours.wall),
            mib(row.helm.memory),
            mib(row.ours.memory),
        );
    }
    out
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(|_| "unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let system = said("uname", &["-sm"]);
    format!("{}, {cores} cores, {system}", model.unwrap_or("unknown processor").trim())
}
