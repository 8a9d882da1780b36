//! GnuPG's keybox (`pubring.kbx`): the keys that lie in it, one after the other as packets.
//!
//! The layout is that of `kbx/keybox-blob.c` in GnuPG: blobs that start with their length and kind; those of kind 2 say
//! where in them a key lies.

/// Marks a blob that GnuPG itself does not take for part of the ring.
const EPHEMERAL: u16 = 2;

/// Whether a file starts as a keybox does.
pub(super) fn is_keybox(data: &[u8]) -> bool {
    data.get(4) == Some(&1) && data.get(8..12) == Some(b"KBXf")
}

/// The packets of all keys; the faults have Helm's texts.
pub(super) fn packets(data: &[u8]) -> Result<Vec<u8>, String> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < data.len() {
        let rest = &data[at..];
        let (Some(length), Some(kind)) = (number(rest, 0), rest.get(4)) else {
            return Err(format!("truncated blob header at offset {at}"));
        };
        if length < 5 {
            return Err(format!("invalid blob length {length} at offset {at}"));
        }
        let Some(blob) = rest.get(..length) else {
            let left = rest.len();
            return Err(format!("blob at offset {at} has length {length} exceeding the {left} remaining bytes"));
        };
        if *kind == 2 {
            found.extend_from_slice(key_of(blob, at)?);
        }
        at += length;
    }
    if found.is_empty() { Err("keybox contains no OpenPGP keys".to_owned()) } else { Ok(found) }
}

fn key_of(blob: &[u8], at: usize) -> Result<&[u8], String> {
    let (Some(start), Some(length), Some([high, low])) = (number(blob, 8), number(blob, 12), blob.get(6..8)) else {
        return Err(format!("OpenPGP blob at offset {at} is too short"));
    };
    let key = blob.get(start..start.saturating_add(length));
    let key = key.ok_or_else(|| format!("OpenPGP blob at offset {at} has an out-of-range keyblock"))?;
    let ephemeral = u16::from_be_bytes([*high, *low]) & EPHEMERAL != 0;
    Ok(if ephemeral { &[] } else { key })
}

fn number(data: &[u8], at: usize) -> Option<usize> {
    let bytes = data.get(at..at + 4)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(kind: u8, flags: u8, key: &[u8]) -> Vec<u8> {
        let mut blob = vec![0; 20];
        blob[4] = kind;
        blob[7] = flags;
        blob[11] = 20;
        blob[15] = key.len() as u8;
        blob.extend_from_slice(key);
        let length = blob.len() as u8;
        blob[3] = length;
        blob
    }

    #[test]
    fn keys_are_found_and_broken_blobs_are_not_read() {
        let mut header = vec![0; 32];
        header[3] = 32;
        header[4] = 1;
        header[8..12].copy_from_slice(b"KBXf");
        assert!(is_keybox(&header) && !is_keybox(b"KBXf"));
        let ring =
            [header.clone(), blob(2, 0, b"one"), blob(3, 0, b"x"), blob(2, 2, b"no"), blob(2, 0, b"two")].concat();
        assert_eq!(packets(&ring), Ok(b"onetwo".to_vec()));
        assert_eq!(packets(&header), Err("keybox contains no OpenPGP keys".to_owned()));
        assert_eq!(packets(&ring[..34]), Err("truncated blob header at offset 32".to_owned()));
        let wanted = "blob at offset 32 has length 23 exceeding the 10 remaining bytes";
        assert_eq!(packets(&ring[..42]), Err(wanted.to_owned()));
        assert_eq!(packets(&[0, 0, 0, 1, 2]), Err("invalid blob length 1 at offset 0".to_owned()));
        let mut outside = blob(2, 0, b"key");
        outside[11] = 200;
        assert_eq!(packets(&outside), Err("OpenPGP blob at offset 0 has an out-of-range keyblock".to_owned()));
    }
}
