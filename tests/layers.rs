//! The order of the rooms: a file imports only from its own room and from those above it in `src/lib.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The rooms from the top down, as `src/lib.rs` lists them.
fn rooms() -> Vec<String> {
    let text = std::fs::read_to_string(source_folder().join("lib.rs")).expect("src/lib.rs");
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

/// Every source file with its room and its text.
fn files() -> Vec<(PathBuf, String, String)> {
    let walk = walkdir::WalkDir::new(source_folder()).sort_by_file_name();
    let paths = walk.into_iter().map(|entry| entry.expect("reads src/").into_path());
    let sources = paths.filter(|path| path.extension().is_some_and(|end| end == "rs"));
    sources
        .filter_map(|path| {
            let inner = path.strip_prefix(source_folder()).expect("lies in src/");
            let room = inner.iter().next()?.to_string_lossy().trim_end_matches(".rs").to_owned();
            let text = std::fs::read_to_string(&path).expect("reads a source file");
            (!matches!(room.as_str(), "lib" | "main")).then_some((path.clone(), room, text))
        })
        .collect()
}

/// The rooms that a text names behind `crate::`, comments left out.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        for rest in code.split("crate::").skip(1) {
            let names = match rest.strip_prefix('{') {
                Some(group) => group.split('}').next().unwrap_or("").split(',').collect(),
                None => vec![rest],
            };
            for name in names {
                let end = name.trim().find(|letter: char| !letter.is_alphanumeric() && letter != '_');
                let name = name.trim();
                found.push((number + 1, name[..end.unwrap_or(name.len())].to_owned()));
            }
        }
    }
    found
}

#[test]
fn rooms_import_only_rooms_above_them() {
    let rooms = rooms();
    let rank: BTreeMap<&str, usize> = rooms.iter().enumerate().map(|(at, room)| (room.as_str(), at)).collect();
    let mut wrong = Vec::new();
    for (path, room, text) in files() {
        let own = rank[room.as_str()];
        for (line, imported) in imports(&text) {
            let Some(other) = rank.get(imported.as_str()) else { continue };
            if *other > own {
                wrong.push(format!("{}:{line}: `{room}` imports `{imported}`, which stands below it", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_listed() {
    let rooms = rooms();
    let strange: Vec<_> = files().into_iter().filter(|(_, room, _)| !rooms.contains(room)).map(|file| file.0).collect();
    assert!(strange.is_empty(), "these files are in no room of src/lib.rs: {strange:?}");
}

#[test]
fn only_the_command_line_prints() {
    let mut wrong = Vec::new();
    for (path, room, text) in files().into_iter().filter(|(_, room, _)| room != "cli") {
        let body = text.split("#[cfg(test)]").next().unwrap_or("");
        for call in ["println!", "eprintln!", "print!(", "process::exit", "dbg!"] {
            if body.contains(call) {
                wrong.push(format!("{}: `{room}` calls `{call}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn templates_may_call_every_function_of_helms() {
    let list = include_str!("conformance/functions.txt");
    let wanted: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(wanted.len(), 251);
    let table = chartwright::render::functions(chartwright::chart::Compat::Helm43);
    // Methods of values stand in the same table under names that no template can write.
    let names: Vec<&str> = table.names().into_iter().filter(|name| !name.contains('.')).collect();
    let missing: Vec<_> = wanted.iter().filter(|name| !names.contains(name)).collect();
    let strange: Vec<_> = names.iter().filter(|name| !wanted.contains(name)).collect();
    assert!(missing.is_empty() && strange.is_empty(), "missing: {missing:?}; unknown to Helm: {strange:?}");
}
