//! SHA-256 in hexadecimal, of files and of what was asked.

use sha2::{Digest, Sha256};

/// Of the lines, each with a line feed behind it.
pub(super) fn digest<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    hexadecimal(&hash.finalize())
}

/// Of the bytes.
pub(super) fn digest_of_bytes(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
