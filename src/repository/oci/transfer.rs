//! Images between a registry and the disk: manifests of every media type as they are, blobs in pieces.
//!
//! A blob is fetched by ranges into a file beside its place, so that a transfer that broke off goes on where it stopped
//! and memory stays small; it takes its place when its digest fits.

use super::auth::{Actions, with_pairs};
use super::manifest::LARGEST_MANIFEST;
use super::push::upload_place;
use super::registry::{Ask, Registry, other_digest};
use super::{Descriptor, Digest, INDEX, MANIFEST, Reference};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::http::{Answer, Method, shown};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Docker's own media types.
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json";
/// The bytes of a blob that one request carries.
const PIECE: u64 = 16 << 20;
/// The most bytes that a registry which knows no ranges may send at once.
const LARGEST_WHOLE: u64 = 1 << 30;

/// A manifest as a registry keeps it.
#[derive(Clone, Debug)]
pub struct RawManifest {
    /// What it is.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Registry {
    /// The manifest under a tag or digest, of whatever media type; `None` where there is none.
    ///
    /// # Errors
    /// A registry that refuses, another digest than the one that was asked for or that the registry states.
    pub fn raw_manifest(&self, reference: &Reference) -> Result<Option<RawManifest>, Error> {
        let Some(target) = reference.target() else {
            return Err(Error::new(ErrorKind::Usage, format!("expected a tag or a digest in `{reference}`")));
        };
        let mut ask = Ask::new(Method::Get, self.url(reference, &format!("manifests/{target}")), Actions::Pull);
        ask.accept = Some(format!("{MANIFEST}, {INDEX}, {DOCKER}"));
        ask.limit = LARGEST_MANIFEST;
        let answer = self.ask(reference, &ask)?;
        if answer.status == 404 {
            return Ok(None);
        }
        if !answer.is_success() {
            return Err(answer.into_error());
        }
        let stated = answer.header("Docker-Content-Digest").and_then(Digest::parse);
        for wanted in reference.digest.iter().chain(&stated) {
            if !wanted.fits(&answer.body) {
                return Err(other_digest(&format!("the manifest of `{reference}`"), wanted, &answer.body));
            }
        }
        let media_type = media_type(&answer);
        Ok(Some(RawManifest { media_type, digest: Digest::of(&answer.body), bytes: answer.body }))
    }

    /// Stores a manifest as it is, under the tag or digest of a reference.
    ///
    /// # Errors
    /// A registry that refuses, or that has another digest for it.
    pub fn put_raw_manifest(&self, reference: &Reference, manifest: &RawManifest) -> Result<(), Error> {
        let target = reference.target().unwrap_or_default();
        let mut ask = Ask::new(Method::Put, self.url(reference, &format!("manifests/{target}")), Actions::PullPush);
        ask.body = Some((manifest.media_type.clone(), manifest.bytes.clone()));
        let answer = self.ask(reference, &ask)?;
        if !answer.is_success() {
            return Err(answer.into_error());
        }
        match answer.header("Docker-Content-Digest").and_then(Digest::parse) {
            Some(stated) if stated != manifest.digest => {
                Err(other_digest(&format!("the manifest of `{reference}`"), &stated, &manifest.bytes))
            }
            _ => Ok(()),
        }
    }

    /// Fetches a blob into a file, unless it lies there; goes on with what an earlier attempt left in `PLACE.part`.
    /// Returns how many bytes were fetched.
    ///
    /// # Errors
    /// A registry that refuses, other bytes than the digest says (the part is removed then), a full disk.
    pub fn fetch_blob(&self, reference: &Reference, blob: &Descriptor, place: &Path) -> Result<u64, Error> {
        if fs::metadata(place).is_ok_and(|about| about.is_file() && about.len() == blob.size) {
            return Ok(0);
        }
        let part = part_of(place);
        let failed = |error| Error::io("cannot write", &part, error);
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&part);
        let mut file = open.map_err(failed)?;
        let mut have = file.metadata().map_err(failed)?.len();
        if have > blob.size {
            file.set_len(0).map_err(failed)?;
            have = 0;
        }
        file.seek(SeekFrom::Start(have)).map_err(failed)?;
        let mut fetched = 0;
        while have < blob.size {
            let bytes = match self.piece(reference, blob, have)? {
                Piece::Part(bytes) => bytes,
                Piece::Whole(bytes) => {
                    file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).map_err(failed)?;
                    have = 0;
                    bytes
                }
            };
            file.write_all(&bytes).map_err(failed)?;
            have += bytes.len() as u64;
            fetched += bytes.len() as u64;
        }
        file.sync_all().map_err(failed)?;
        if have != blob.size || digest_of(&part)? != blob.digest.digits() {
            // Whatever it is, going on with it would fail again.
            let _ = fs::remove_file(&part);
            let message = format!("`{}` of `{reference}` has other bytes than its digest says", blob.digest);
            return Err(Error::new(ErrorKind::Content, message)
                .hint("the registry or somebody between changed it; nothing was kept"));
        }
        fs::rename(&part, place).map_err(|error| Error::io("cannot write", place, error))?;
        Ok(fetched)
    }

    fn piece(&self, reference: &Reference, blob: &Descriptor, from: u64) -> Result<Piece, Error> {
        let last = (from + PIECE).min(blob.size) - 1;
        let mut ask = Ask::new(Method::Get, self.url(reference, &format!("blobs/{}", blob.digest)), Actions::Pull);
        ask.headers.push(("Range", format!("bytes={from}-{last}")));
        ask.limit = blob.size.min(LARGEST_WHOLE);
        let answer = self.ask(reference, &ask)?;
        let wrong = |what: &str| {
            let message = format!("`{}` answered {what} for a part of a layer", shown(&answer.url));
            Err(Error::new(ErrorKind::Network, message))
        };
        match answer.status {
            206 => {
                let starts = answer.header("Content-Range").and_then(range_start);
                if starts.is_some_and(|start| start != from) {
                    return wrong("other bytes than were asked for");
                }
                if answer.body.is_empty() || answer.body.len() as u64 > last - from + 1 {
                    return wrong("fewer or more bytes than were asked for");
                }
                Ok(Piece::Part(answer.body))
            }
            200 if answer.body.len() as u64 == blob.size => Ok(Piece::Whole(answer.body)),
            200 => wrong("another size"),
            _ => Err(answer.into_error()),
        }
    }

    /// Sends a blob out of a file, unless the registry has it; where another repository of the same registry is known
    /// to have it, the registry is asked to take it from there. Returns how many bytes were sent.
    ///
    /// # Errors
    /// A registry that refuses, a file that is not what its digest says.
    pub fn send_blob(
        &self,
        reference: &Reference,
        blob: &Descriptor,
        place: &Path,
        lies_in: Option<&str>,
    ) -> Result<u64, Error> {
        if self.has_blob(reference, blob)? {
            return Ok(0);
        }
        let failed = |error| Error::io("cannot read", place, error);
        let mut file = File::open(place).map_err(failed)?;
        let start = self.url(reference, "blobs/uploads/");
        let mount = lies_in.map(|other| vec![("mount", blob.digest.as_str()), ("from", other)]).unwrap_or_default();
        let answer = self.ask(reference, &Ask::new(Method::Post, with_pairs(&start, &mount), Actions::PullPush))?;
        if answer.status == 201 {
            return Ok(0);
        }
        let mut upload = next_place(&start, answer)?;
        let mut sent = 0;
        while sent < blob.size {
            let mut piece = vec![0; usize::try_from(PIECE.min(blob.size - sent)).unwrap_or_default()];
            file.read_exact(&mut piece).map_err(failed)?;
            let length = piece.len() as u64;
            let mut ask = Ask::new(Method::Patch, upload.clone(), Actions::PullPush);
            ask.headers.push(("Content-Range", format!("{sent}-{}", sent + length - 1)));
            ask.body = Some(("application/octet-stream".to_owned(), Bytes::from(piece)));
            upload = next_place(&upload, self.ask(reference, &ask)?)?;
            sent += length;
        }
        let mut ask =
            Ask::new(Method::Put, with_pairs(&upload, &[("digest", blob.digest.as_str())]), Actions::PullPush);
        ask.body = Some(("application/octet-stream".to_owned(), Bytes::new()));
        let answer = self.ask(reference, &ask)?;
        if answer.is_success() { Ok(sent) } else { Err(answer.into_error()) }
    }
}

/// What came of a request for a part of a blob.
enum Piece {
    Part(Bytes),
    Whole(Bytes),
}

fn part_of(place: &Path) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    place.with_file_name(name)
}

fn next_place(start: &str, answer: Answer) -> Result<String, Error> {
    if !answer.is_success() {
        return Err(answer.into_error());
    }
    let location = answer.header("Location").unwrap_or_default();
    upload_place(start, location).ok_or_else(|| {
        let message = format!("`{}` wants a layer sent to `{}`, which is another host", shown(start), shown(location));
        Error::new(ErrorKind::Network, message).hint("nothing was sent there")
    })
}

/// Where a range starts: `bytes 5-9/20`.
fn range_start(header: &str) -> Option<u64> {
    header.trim().strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

/// The media type of a manifest: what it says itself, or else what the registry calls it.
fn media_type(answer: &Answer) -> String {
    let own: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    let own = own.as_ref().and_then(|own| own.get("mediaType")?.as_str()).map(str::to_owned);
    let stated = answer.header("Content-Type").unwrap_or_default().split(';').next().unwrap_or_default();
    own.unwrap_or_else(|| stated.trim().to_owned())
}

fn digest_of(path: &Path) -> Result<String, Error> {
    let failed = |error| Error::io("cannot read", path, error);
    let mut file = File::open(path).map_err(failed)?;
    let (mut digest, mut piece) = (Sha256::new(), vec![0; 1 << 18]);
    loop {
        let count = file.read(&mut piece).map_err(failed)?;
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else { break };
        digest.update(read);
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
