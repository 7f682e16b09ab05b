//! What is so from the start: versions, settings.

use std::{
    fmt,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use super::Description;

/// Labels an [`Info`] has at most.
const MOST_LABELS: usize = 8;

type Values = [&'static str; MOST_LABELS];

static NO_VALUES: Values = [""; MOST_LABELS];

/// Texts that do not change while the program runs, shown as labels of a series with the value 1.
///
/// It is the one metric whose labels are texts: it has one series, which is set once. It is absent until then.
///
/// ```
/// use metrics_runtime::metrics;
///
/// #[metrics]
/// mod shop {
///     /// What runs.
///     pub fn build_info(version: &'static str, commit: &'static str) -> Info;
/// }
///
/// shop::build_info(env!("CARGO_PKG_VERSION"), "0f1e2d3").set();
/// ```
#[derive(Clone, Copy)]
#[must_use = "nothing is shown until `set` is called"]
pub struct Info {
    family: &'static InfoFamily,
    values: Values,
}

impl Info {
    /// Shows these values from now on. The first call holds: another one with other values is logged and changes nothing.
    pub fn set(self) {
        let family = self.family;
        if family.disabled.load(Relaxed) {
            return;
        }
        if *family.values.get_or_init(|| self.values) != self.values {
            log::warn!(
                "`{}` was set before, to other values, which are still shown",
                family.description.name
            );
        }
    }
}

impl fmt::Debug for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Info")
            .field("name", &self.family.description.name)
            .field("values", &self.values)
            .finish()
    }
}

/// The one series of an info.
pub struct InfoFamily {
    pub(crate) description: Description,
    names: &'static [&'static str],
    values: OnceLock<Values>,
    disabled: AtomicBool,
}

impl InfoFamily {
    /// Not set.
    #[must_use]
    pub const fn new(description: Description, names: &'static [&'static str]) -> Self {
        Self {
            description,
            names,
            values: OnceLock::new(),
            disabled: AtomicBool::new(false),
        }
    }

    /// The series with these values.
    pub fn series(&'static self, values: &[&'static str]) -> Info {
        let mut all = NO_VALUES;
        for (place, value) in all.iter_mut().zip(values) {
            *place = value;
        }
        Info {
            family: self,
            values: all,
        }
    }

    /// From now on nothing is recorded.
    pub(crate) fn disable(&self) {
        self.disabled.store(true, Relaxed);
    }

    /// Names and values, once they are set; names alone for what describes the family.
    pub(crate) fn values(
        &self,
        is_blank: bool,
    ) -> Option<impl Iterator<Item = (&'static str, &'static str)>> {
        let values = if is_blank {
            &NO_VALUES
        } else {
            self.values.get()?
        };
        Some(self.names.iter().copied().zip(values.iter().copied()))
    }
}
