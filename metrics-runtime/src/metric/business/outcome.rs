//! How something ended, as a label.

use metrics_macros::LabelValue;

/// How an operation ended, as a label with the values `ok`, `error`, `panic` and `cancelled`.
///
/// ```
/// use metrics_runtime::Outcome;
///
/// let parsed = "7".parse::<u32>();
/// assert_eq!(Outcome::of(&parsed), Outcome::Ok);
/// assert_eq!(Outcome::of(&"seven".parse::<u32>()), Outcome::Error);
/// ```
#[derive(LabelValue, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[label(crate = crate)]
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
