//! The sums over all shards at one moment.

use super::{
    cell,
    layout::{self, Run, SlotKind},
    shard,
};

/// Every slot's sum: an integer, or the bits of an `f64`.
///
/// A slot that only rises never falls from one snapshot to the next. Within a run, a shard's slots are read in their order.
pub(crate) struct Snapshot {
    sums: Vec<u64>,
    is_blank: bool,
}

impl Snapshot {
    /// Adds up all shards. No lock is held that recording needs, but for a moment a shard's list of chunks.
    pub(crate) fn take() -> Self {
        let layout = layout::chunks();
        let len = layout.last().map_or(0, |chunk| chunk.offset + chunk.len);
        let mut sums = vec![0_u64; len];
        for shard in shard::all() {
            for (chunk, cells) in layout.iter().zip(shard.chunks()) {
                let Some(cells) = cells else { continue };
                let sums = sums[chunk.offset..].iter_mut().zip(cells);
                match chunk.kind {
                    SlotKind::Integer => {
                        for (sum, slot) in sums {
                            *sum = sum.wrapping_add(cell::read(slot));
                        }
                    }
                    SlotKind::Float => {
                        for (sum, slot) in sums {
                            let total = f64::from_bits(*sum) + f64::from_bits(cell::read(slot));
                            *sum = total.to_bits();
                        }
                    }
                }
            }
        }
        Self {
            sums,
            is_blank: false,
        }
    }

    /// Every slot's sum as if nothing had been recorded, for what describes families instead of showing values.
    pub(crate) fn zeros() -> Self {
        let chunks = layout::chunks();
        let len = chunks.last().map_or(0, |chunk| chunk.offset + chunk.len);
        Self {
            sums: vec![0; len],
            is_blank: true,
        }
    }

    /// Whether it describes families: every series that the code declares is shown then, and nothing that was recorded.
    pub(crate) fn is_blank(&self) -> bool {
        self.is_blank
    }

    /// A run's sums; `None` if the run was allocated after the snapshot was taken.
    pub(crate) fn run(&self, run: Run) -> Option<&[u64]> {
        self.sums.get(run.offset..run.offset + run.len)
    }
}
