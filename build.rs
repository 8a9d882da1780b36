//! Links the program at a fixed address where that is safe to do, and puts charts and values templates into it.
//!
//! A position-independent program corrects some sixty thousand addresses each time it starts, on 250 pages that it would
//! otherwise never touch: 1.6 ms, more than the rest of the start. Go links Helm the same way. The system's libraries, the
//! stack and the heap keep their random places, and the crate has no unsafe code.
//!
//! It also puts the functions that rendering runs side by side (`link/rendering.ld`), which otherwise lie all over 18 MB: a
//! render has 5 MB less in memory then, and 56 page faults for its code instead of 135.
//!
//! What lies in `values/` and in the folders of [`CHARTS`] is found by itself: a new file needs no line of Rust.

use std::fmt::Write as _;
use std::fs;
use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};

/// The folders of charts that are shipped; libraries lie in the charts that ask for them.
const CHARTS: [&str; 4] = ["charts/library", "charts/base-infrastructure", "charts/platform", "charts/modules"];

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |part: &str| std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).ok_or(Error::from(ErrorKind::NotFound));
    let (root, out) = (variable("CARGO_MANIFEST_DIR")?, variable("OUT_DIR")?);
    let layout = root.join("link/rendering.ld");
    println!("cargo::rerun-if-changed={}", layout.display());
    if target("OS") == "linux" && target("ENV") == "gnu" && target("ARCH") == "x86_64" && is_default_release() {
        println!("cargo::rustc-link-arg-bins=-T{}", layout.display());
    }
    fs::write(out.join("shipped_templates.rs"), templates(&root)?)?;
    fs::write(out.join("shipped_charts.gz"), charts(&root)?)
}

/// Whether a release is linked by the linker that rustc brings: others may not read a layout that adds to their own.
fn is_default_release() -> bool {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let chosen = !variable("RUSTC_LINKER").is_empty() || variable("CARGO_ENCODED_RUSTFLAGS").contains("link");
    variable("PROFILE") == "release" && !chosen
}

/// A list of `(name, text)` with all `values/NAME.yaml.tera`, sorted.
fn templates(root: &Path) -> Result<String> {
    println!("cargo::rerun-if-changed=values");
    let mut templates = Vec::new();
    for path in sorted(&root.join("values"))? {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        templates.extend(file.strip_suffix(".yaml.tera").map(|name| (name.to_owned(), path.clone())));
    }
    templates.sort();
    let mut list = "[\n".to_owned();
    for (name, path) in templates {
        let _ = writeln!(list, "    ({name:?}, include_str!({:?})),", path.to_string_lossy());
    }
    list.push_str("]\n");
    Ok(list)
}

/// All charts as one compressed text: for each file a line with its length and `CHART/PATH`, then its bytes.
fn charts(root: &Path) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    for group in CHARTS {
        let group = root.join(group);
        if !group.is_dir() {
            continue;
        }
        println!("cargo::rerun-if-changed={}", group.display());
        for chart in sorted(&group)?.into_iter().filter(|path| path.join("Chart.yaml").is_file()) {
            let ignored = fs::read_to_string(chart.join(".helmignore")).unwrap_or_default();
            // The only patterns of these charts that meet a file of the repository name folders of the chart.
            let ignored: Vec<&str> = ignored.lines().filter_map(|line| line.trim().strip_suffix('/')).collect();
            let ignored: Vec<&str> = ignored.iter().map(|folder| folder.trim_start_matches('/')).collect();
            pack(&chart, &chart, &ignored, &mut packed)?;
        }
    }
    let mut gzip = flate2::GzBuilder::new().write(Vec::new(), flate2::Compression::best());
    gzip.write_all(&packed)?;
    gzip.finish()
}

fn pack(chart: &Path, folder: &Path, ignored: &[&str], packed: &mut Vec<u8>) -> Result<()> {
    let name = chart.file_name().unwrap_or_default().to_string_lossy();
    for path in sorted(folder)? {
        let inner = path.strip_prefix(chart).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if path.is_dir() {
            if !ignored.contains(&inner.as_str()) {
                pack(chart, &path, ignored, packed)?;
            }
        } else {
            let bytes = fs::read(&path)?;
            packed.extend_from_slice(format!("{} {name}/{inner}\n", bytes.len()).as_bytes());
            packed.extend_from_slice(&bytes);
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
