//! Contents of files, kept once however many files have them.
//!
//! Charts carry the same library, the same readme and the same values in many subcharts: more than half of a large
//! archive can be repetition.

use bytes::{Bytes, BytesMut};
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::hash::BuildHasher;

/// How much is allocated at a time.
const CHUNK: usize = 256 * 1024;

/// The contents that were kept.
#[derive(Default)]
pub(super) struct Contents {
    /// By a hash of the content.
    kept: HashMap<u64, Bytes, FixedState>,
    chunk: BytesMut,
}

impl Contents {
    /// These bytes, as a slice of a shared buffer.
    pub(super) fn keep(&mut self, bytes: &[u8]) -> Bytes {
        if bytes.is_empty() {
            return Bytes::new();
        }
        let hash = FixedState::default().hash_one(bytes);
        match self.kept.get(&hash) {
            Some(known) if known == bytes => known.clone(),
            _ => {
                let new = self.copy(bytes);
                // Of two contents with one hash the later one is shared from here on.
                self.kept.insert(hash, new.clone());
                new
            }
        }
    }

    fn copy(&mut self, bytes: &[u8]) -> Bytes {
        if self.chunk.capacity() < bytes.len() {
            self.chunk = BytesMut::with_capacity(bytes.len().max(CHUNK));
        }
        self.chunk.extend_from_slice(bytes);
        self.chunk.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_contents_are_one_slice() {
        let mut contents = Contents::default();
        let large = vec![7; CHUNK + 1];
        let texts: [&[u8]; 6] = [b"a", b"bc", b"a", b"", &large, &large];
        let kept = texts.map(|text| contents.keep(text));
        assert_eq!(kept.each_ref().map(|bytes| &bytes[..]), texts);
        assert_eq!((kept[0].as_ptr(), kept[4].as_ptr()), (kept[2].as_ptr(), kept[5].as_ptr()));
    }
}
