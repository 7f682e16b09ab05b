//! The text compressed, block by block.

use std::io::{self, Write};

use flate2::{Compression, write::GzEncoder};

pub(super) struct Compressed {
    encoder: GzEncoder<Vec<u8>>,
    /// The first error; nothing is compressed after it.
    error: Option<io::Error>,
}

impl Compressed {
    pub(super) fn new() -> Self {
        Self {
            encoder: GzEncoder::new(Vec::new(), Compression::fast()),
            error: None,
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        if self.error.is_none() {
            self.error = self.encoder.write_all(text.as_bytes()).err();
        }
    }

    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        match self.error {
            Some(error) => Err(error),
            None => self.encoder.finish(),
        }
    }
}
