//! What goes up and down: work in progress, connections, users present.

use std::fmt;

use super::Description;
use crate::engine::{SlotKind, Slots};

/// One series of what is entered and left: orders being packed, connections.
///
/// It goes up and down by a guard alone, so it cannot drift: early returns, errors, panics and cancelled futures leave it
/// as they should. It is shown as a gauge, and never below 0.
///
/// ```
/// use metrics_runtime::metrics;
///
/// #[metrics]
/// mod shop {
///     /// Orders being packed.
///     pub fn packing() -> UpDown;
/// }
///
/// let packing = shop::packing().enter();
/// assert_eq!(shop::packing().get(), 1);
/// std::thread::spawn(move || drop(packing)).join().unwrap();
/// assert_eq!(shop::packing().get(), 0);
/// ```
#[derive(Clone, Copy)]
#[must_use = "nothing is counted until `enter` is called"]
pub struct UpDown {
    family: &'static UpDownFamily,
    index: usize,
}

impl UpDown {
    /// Adds one, until the guard is dropped, on whatever thread.
    #[inline]
    pub fn enter(self) -> UpDownGuard {
        self.family.slots.add(self.index, 1);
        UpDownGuard(self)
    }

    /// How many guards there are.
    #[must_use]
    pub fn get(self) -> u64 {
        present(self.family.slots.total(self.index))
    }
}

/// What the sum over threads means: some may have counted more leaves than they counted entries. While they count, the
/// sum may be below 0, because threads are read one after the other.
pub(crate) fn present(sum: u64) -> u64 {
    u64::try_from(sum.cast_signed()).unwrap_or(0)
}

impl fmt::Debug for UpDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.family.description.fmt_series("UpDown", self.index, f)
    }
}

/// Keeps an [`UpDown`] up by one, until it is dropped.
///
/// ```
/// # use metrics_runtime::metrics;
/// # #[metrics]
/// # mod shop {
/// #     /// Orders being packed.
/// #     pub fn packing() -> UpDown;
/// # }
/// async fn pack() {
///     let _packing = shop::packing().enter(); // not `let _ =`, which drops it at once
///     // ...
/// }
/// ```
#[must_use = "it counts until it is dropped, which is at once if it has no name; write `let _packing = ..`"]
pub struct UpDownGuard(UpDown);

impl Drop for UpDownGuard {
    #[inline]
    fn drop(&mut self) {
        self.0.family.slots.add(self.0.index, 1_u64.wrapping_neg());
    }
}

impl fmt::Debug for UpDownGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UpDownGuard").field(&self.0).finish()
    }
}

/// All series of what goes up and down.
pub struct UpDownFamily {
    pub(crate) description: Description,
    pub(crate) slots: Slots,
}

impl UpDownFamily {
    /// Without memory until something is entered.
    #[must_use]
    pub const fn new(description: Description) -> Self {
        Self {
            slots: Slots::new(SlotKind::Integer, description.series()),
            description,
        }
    }

    /// The series with this index.
    #[inline]
    pub const fn series(&'static self, index: usize) -> UpDown {
        UpDown {
            family: self,
            index,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leave_seen_before_its_entry_is_no_huge_number() {
        for (sum, shown) in [(3, 3), (0, 0), (1_u64.wrapping_neg(), 0)] {
            assert_eq!(present(sum), shown);
        }
    }
}
