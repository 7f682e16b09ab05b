//! How something ended, as a label.

use crate::label_value::LabelValue;

/// How an operation ended, as a label with the values `ok`, `error`, `panic` and `cancelled`.
///
/// ```
/// use metrics_runtime::Outcome;
///
/// let parsed = "7".parse::<u32>();
/// assert_eq!(Outcome::of(&parsed), Outcome::Ok);
/// assert_eq!(Outcome::of(&"seven".parse::<u32>()), Outcome::Error);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It did what it was to do.
    Ok,
    /// It returned an error.
    Error,
    /// It panicked.
    Panic,
    /// It was dropped before it was complete.
    Cancelled,
}

impl Outcome {
    /// [`Ok`](Self::Ok) or [`Error`](Self::Error), whatever the result contains.
    #[must_use]
    pub fn of<T, E>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::Ok,
            Err(_) => Self::Error,
        }
    }
}

impl LabelValue for Outcome {
    const COUNT: usize = 4;

    #[inline]
    fn index(self) -> usize {
        match self {
            Self::Ok => 0,
            Self::Error => 1,
            Self::Panic => 2,
            Self::Cancelled => 3,
        }
    }

    fn text(index: usize) -> Option<&'static str> {
        ["ok", "error", "panic", "cancelled"].get(index).copied()
    }
}
