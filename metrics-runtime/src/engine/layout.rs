//! Where each run of slots is: the same place in every shard.

use std::sync::Mutex;

use super::lock;

/// Slots of a chunk, the unit in which shards allocate. A run longer than that gets a chunk of its own.
const CHUNK: usize = 512;

/// How a snapshot adds the slots of several shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotKind {
    /// As wrapping integers.
    Integer,
    /// As the bits of `f64`, which is exact for counts up to 2^53.
    Float,
}

/// Slots next to each other, never freed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(super) chunk: usize,
    /// Within the chunk.
    pub(super) start: usize,
    pub(super) len: usize,
    /// Of the first slot in a snapshot.
    pub(super) offset: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) kind: SlotKind,
    pub(super) len: usize,
    /// Of its first slot in a snapshot.
    pub(super) offset: usize,
}

struct Layout {
    chunks: Vec<Chunk>,
    /// The chunk with room left of each kind, and how many of its slots are taken.
    integer: Option<(usize, usize)>,
    float: Option<(usize, usize)>,
}

static LAYOUT: Mutex<Layout> = Mutex::new(Layout {
    chunks: Vec::new(),
    integer: None,
    float: None,
});

/// Allocates a run, zero in every shard.
///
/// A later run of the same kind has a greater offset, and a snapshot reads each shard in the order of offsets.
pub(crate) fn allocate(kind: SlotKind, len: usize) -> Run {
    lock(&LAYOUT).allocate(kind, len)
}

pub(super) fn chunks() -> Vec<Chunk> {
    lock(&LAYOUT).chunks.clone()
}

pub(super) fn chunk(index: usize) -> Chunk {
    lock(&LAYOUT).chunks[index]
}

impl Layout {
    fn allocate(&mut self, kind: SlotKind, len: usize) -> Run {
        let open = match kind {
            SlotKind::Integer => &mut self.integer,
            SlotKind::Float => &mut self.float,
        };
        let (index, start) = match *open {
            Some((index, taken)) if taken + len <= CHUNK => (index, taken),
            _ => {
                let offset = self
                    .chunks
                    .last()
                    .map_or(0, |chunk| chunk.offset + chunk.len);
                self.chunks.push(Chunk {
                    kind,
                    len: len.max(CHUNK),
                    offset,
                });
                (self.chunks.len() - 1, 0)
            }
        };
        *open = Some((index, start + len));
        Run {
            chunk: index,
            start,
            len,
            offset: self.chunks[index].offset + start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_do_not_overlap_and_follow_each_other() {
        let mut layout = Layout {
            chunks: Vec::new(),
            integer: None,
            float: None,
        };
        let mut last = [0; 2];
        let mut taken = Vec::new();
        for round in 0..200 {
            let (kind, len) = match round % 4 {
                0 => (SlotKind::Float, 7),
                1 => (SlotKind::Integer, 500 + round),
                _ => (SlotKind::Integer, 15),
            };
            let run = layout.allocate(kind, len);
            assert!(run.offset >= last[kind as usize], "{run:?}");
            last[kind as usize] = run.offset + len;
            assert_eq!(layout.chunks[run.chunk].kind, kind);
            assert!(run.start + len <= layout.chunks[run.chunk].len);
            taken.push(run.offset..run.offset + len);
        }
        taken.sort_by_key(|run| run.start);
        assert!(taken.windows(2).all(|pair| pair[0].end <= pair[1].start));
    }
}
