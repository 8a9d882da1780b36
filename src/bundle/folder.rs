//! A bundle as a folder: written beside its place and then renamed, so that nobody ever sees half of it.

use super::{API_VERSION, Bundle, Export};
use crate::diagnostic::{Error, ErrorKind};
use std::fs;
use std::path::{Path, PathBuf};

/// The formats of bundles so far; each may be replaced.
const OURS: &[&str] = &[API_VERSION, "chartwright.io/v1alpha1"];

impl Bundle {
    /// Writes the bundle as a folder; an older bundle there is replaced as a whole.
    ///
    /// # Errors
    /// A folder that holds anything that is no part of a bundle, which is left as it is; a place that cannot be written.
    pub fn write(&self, out: &Path) -> Result<(), Error> {
        let place = real_place(out)?;
        let replaces = check_replaceable(&place)?;
        let files = self.files().map_err(|fault| Error::new(ErrorKind::Internal, fault.message()))?;
        let beside = Beside::make(&place)?;
        beside.fill(&files)?;
        beside.move_in(&place, replaces)
    }
}

impl Export {
    /// Writes the files of an engine as a folder that is not there yet, or is empty.
    ///
    /// # Errors
    /// A folder that holds anything, which is left as it is; a place that cannot be written.
    pub fn write(&self, out: &Path) -> Result<(), Error> {
        let place = real_place(out)?;
        let is_taken = match fs::read_dir(&place) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => return Err(Error::io("cannot read", &place, error)),
        };
        if is_taken {
            let message = format!("`{}` is not empty", place.display());
            return Err(Error::new(ErrorKind::Usage, message).hint("name a folder that is not there yet"));
        }
        let beside = Beside::make(&place)?;
        beside.fill(&self.files)?;
        beside.move_in(&place, place.exists())
    }
}

#[cfg(unix)]
fn make_program(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(path, mode).map_err(|error| Error::io("cannot write", path, error))
}

#[cfg(not(unix))]
fn make_program(_: &Path) -> Result<(), Error> {
    Ok(())
}

/// The place behind symbolic links, with a parent folder that exists.
fn real_place(out: &Path) -> Result<PathBuf, Error> {
    if let Ok(real) = fs::canonicalize(out) {
        return Ok(real);
    }
    let Some(name) = out.file_name() else {
        let message = format!("`{}` names no folder that a bundle could be written to", out.display());
        return Err(Error::new(ErrorKind::Usage, message));
    };
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(|error| Error::io("cannot make", parent, error))?;
    let parent = fs::canonicalize(parent).map_err(|error| Error::io("cannot find", parent, error))?;
    Ok(parent.join(name))
}

/// Whether there is something to replace; what is not ours is never replaced.
fn check_replaceable(place: &Path) -> Result<bool, Error> {
    let about = match fs::symlink_metadata(place) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io("cannot read", place, error)),
    };
    let refuse = |what: String| {
        let hint = "name a folder that is not there yet, or an older bundle";
        Err(Error::new(ErrorKind::Usage, what).hint(hint))
    };
    if !about.is_dir() {
        return refuse(format!("`{}` is not a folder", place.display()));
    }
    let stated = fs::read_to_string(place.join("bundle.yaml")).unwrap_or_default();
    let is_bundle =
        stated.lines().any(|line| OURS.iter().any(|version| line.strip_prefix("apiVersion: ") == Some(version)));
    for entry in walkdir::WalkDir::new(place).min_depth(1) {
        let entry = entry.map_err(|error| Error::new(ErrorKind::Io, error.to_string()))?;
        let name = entry.path().strip_prefix(place).unwrap_or(entry.path());
        if !is_bundle || !is_part(name, entry.file_type().is_dir()) {
            let what = if is_bundle { "no part of a bundle" } else { "no bundle" };
            return refuse(format!("`{}` holds `{}`, which is {what}", place.display(), name.display()));
        }
    }
    Ok(true)
}

/// Whether a path inside a bundle is one that bundles have.
fn is_part(name: &Path, is_folder: bool) -> bool {
    let parts: Vec<&str> = name.iter().filter_map(|part| part.to_str()).collect();
    match (parts.as_slice(), is_folder) {
        (
            ["bundle.yaml" | "bundle.lock" | "images.yaml" | "SHA256SUMS" | "SHA256SUMS.asc" | "SHA256SUMS.sig"],
            false,
        )
        | (["images", "oci-layout" | "index.json"] | ["images", "blobs", "sha256", _], false)
        | (["images" | "payloads"] | ["images", "blobs"] | ["images", "blobs", "sha256"] | ["payloads", _], true)
        | (["payloads", _, _], false)
        | (["charts" | "values"] | ["values", _] | ["values", _, _], true) => true,
        (["charts", file], false) => file.ends_with(".tgz"),
        (["values", _, _, file], false) => file.ends_with(".yaml"),
        _ => false,
    }
}

/// Two folders beside a place: the new one, and where the old one goes meanwhile. Both are gone in the end.
struct Beside {
    new: PathBuf,
    old: PathBuf,
}

impl Beside {
    fn fill(&self, files: &[(String, Vec<u8>)]) -> Result<(), Error> {
        for (name, bytes) in files {
            let path = self.new.join(name);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|error| Error::io("cannot make", folder, error))?;
            }
            fs::write(&path, bytes).map_err(|error| Error::io("cannot write", &path, error))?;
            if name.ends_with(".sh") {
                make_program(&path)?;
            }
        }
        Ok(())
    }

    fn make(place: &Path) -> Result<Beside, Error> {
        let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = |what: &str| place.with_file_name(format!(".{name}.{}.{what}", std::process::id()));
        let beside = Beside { new: beside("new"), old: beside("old") };
        fs::create_dir(&beside.new).map_err(|error| Error::io("cannot make", &beside.new, error))?;
        Ok(beside)
    }

    fn move_in(&self, place: &Path, replaces: bool) -> Result<(), Error> {
        let failed = |error| Error::io("cannot write", place, error);
        if replaces {
            fs::rename(place, &self.old).map_err(failed)?;
        }
        fs::rename(&self.new, place).map_err(|error| {
            // The old bundle goes back to its place; if even that fails, it lies beside it and the error tells why.
            let _ = fs::rename(&self.old, place);
            failed(error)
        })
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Both are ours alone, and a failure to remove them changes nothing about the bundle.
        let _ = fs::remove_dir_all(&self.new);
        if self.old.exists() {
            let _ = fs::remove_dir_all(&self.old);
        }
    }
}
