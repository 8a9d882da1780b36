//! The public API, pinned: `tests/api.txt` lists every public item of the library.
//!
//! A change of the list is a change for users. `CHARTWRIGHT_UPDATE_API=1 cargo test --test suite api` writes it anew.

use std::path::{Path, PathBuf};

fn manifest_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The public items of one file: signatures without bodies, each on one line.
fn items(text: &str) -> Vec<String> {
    let body = text.split("#[cfg(test)]").next().unwrap_or("");
    let (mut found, mut owner, mut pending) = (Vec::new(), String::new(), String::new());
    for line in body.lines() {
        let trimmed = line.trim();
        if !pending.is_empty() {
            pending.push(' ');
            pending.push_str(trimmed);
        } else if let Some(name) = owner_of(line) {
            owner = name;
        } else if line.starts_with('}') {
            owner.clear();
        } else if is_public(trimmed) {
            let prefix =
                if line.starts_with("    ") && !owner.is_empty() { format!("{owner}: ") } else { String::new() };
            pending = format!("{prefix}{trimmed}");
        }
        if !pending.is_empty() && is_whole(&pending) {
            found.push(signature(&pending));
            pending.clear();
        }
        if let Some(name) = type_of(trimmed).filter(|_| !line.starts_with(' ')) {
            owner = name;
        }
    }
    found
}

fn is_public(line: &str) -> bool {
    line.starts_with("pub ") && !line.starts_with("pub use self")
}

/// The type that an `impl` block is for.
fn owner_of(line: &str) -> Option<String> {
    let rest = line.strip_prefix("impl")?.trim_end_matches('{').trim();
    let name = rest.rsplit(" for ").next()?;
    let name = if name.starts_with('<') { name.split_once('>')?.1 } else { name };
    Some(format!("impl {}", name.trim()))
}

/// The type whose fields or variants follow.
fn type_of(line: &str) -> Option<String> {
    let rest = ["pub struct ", "pub enum ", "pub trait "].iter().find_map(|start| line.strip_prefix(start))?;
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

/// Whether a signature has come to its end: its body, its semicolon, or the comma of a field.
fn is_whole(text: &str) -> bool {
    let depth = text.chars().fold(0_i32, |depth, letter| match letter {
        '(' | '[' => depth + 1,
        ')' | ']' => depth - 1,
        _ => depth,
    });
    depth == 0 && (text.ends_with(['{', ';', ',', '}']) || text.contains(" = ") || text.contains('{'))
}

fn signature(text: &str) -> String {
    let is_constant = text.contains("pub const ") && !text.contains("pub const fn ");
    let cut = match text.find(" = ").filter(|_| is_constant || text.contains("pub static ")) {
        Some(at) => &text[..at],
        None if text.contains("pub use ") => text,
        None => text.split('{').next().unwrap_or(text),
    };
    let cut = cut.trim().trim_end_matches([';', ',']).replace("( ", "(").replace(", )", ")");
    cut.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All public items of the library, file by file. Files of private modules count where they are exported from.
fn listing() -> String {
    let source = manifest_folder().join("src");
    let walk = walkdir::WalkDir::new(&source).sort_by_file_name();
    let files = walk.into_iter().map(|entry| entry.expect("reads src/").into_path());
    let files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect();
    let mut out = String::new();
    for path in files {
        let name = path.strip_prefix(&source).expect("lies in src/").to_string_lossy().replace('\\', "/");
        if name == "main.rs" || (name.starts_with("cli/") && name != "cli/mod.rs") {
            continue;
        }
        let items = items(&std::fs::read_to_string(&path).expect("reads a source file"));
        if !items.is_empty() {
            out.push_str(&format!("{name}\n{}\n", items.iter().map(|item| format!("  {item}\n")).collect::<String>()));
        }
    }
    out
}

#[test]
fn public_items_are_those_of_the_list() {
    let path = manifest_folder().join("tests/api.txt");
    let now = listing();
    if std::env::var_os("CHARTWRIGHT_UPDATE_API").is_some() {
        std::fs::write(&path, &now).expect("writes tests/api.txt");
    }
    let pinned = std::fs::read_to_string(&path).expect("tests/api.txt");
    let (now, pinned): (Vec<&str>, Vec<&str>) = (now.lines().collect(), pinned.lines().collect());
    let added: Vec<_> = now.iter().filter(|item| !pinned.contains(item)).collect();
    let gone: Vec<_> = pinned.iter().filter(|item| !now.contains(item)).collect();
    let how = "if this is meant: CHARTWRIGHT_UPDATE_API=1 cargo test --test suite api, and a line in CHANGELOG.md";
    assert!(added.is_empty() && gone.is_empty(), "added: {added:#?}\ngone: {gone:#?}\n{how}");
}

#[test]
fn scanner_reads_signatures() {
    let text = "/// x\npub struct A {\n    /// y\n    pub b: u8,\n    c: u8,\n}\n\nimpl A {\n    pub fn d(\n        self,\n        e: u8,\n    ) -> u8 {\n        1\n    }\n    pub(crate) fn f() {}\n}\n\npub const G: &str = \"x\";\n";
    let found = items(text);
    assert_eq!(found, ["pub struct A", "A: pub b: u8", "impl A: pub fn d(self, e: u8) -> u8", "pub const G: &str"]);
}
