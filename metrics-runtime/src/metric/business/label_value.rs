//! What a label's value can be.

/// A type whose values a label can have: there are [`COUNT`](Self::COUNT) of them, and each has a text.
///
/// Three ways lead to one:
/// - `#[derive(LabelValue)]` on an enum without fields, for values that are known when the program is written. A
///   variant's text is its name in `snake_case`; `#[label("text")]` above it chooses another. One variant may stand for
///   everything else, with `#[label(other)]`: its text is `other`, and the enum gets a function `of(&str)`. Where the
///   crate was renamed, `#[label(crate = some::path)]` goes above the enum.
/// - [`label_values!`](crate::label_values) for names that are known at start-up.
/// - `bool`, with the texts `false` and `true`, and [`Outcome`](crate::Outcome).
///
/// ```
/// use metrics_runtime::LabelValue;
///
/// #[derive(LabelValue, Clone, Copy, Debug, PartialEq)]
/// enum Channel {
///     Web,
///     MobileApp,
///     #[label("phone")]
///     CallCenter,
///     #[label(other)]
///     Other,
/// }
///
/// assert_eq!(Channel::COUNT, 4);
/// assert_eq!(Channel::text(Channel::MobileApp.index()), Some("mobile_app"));
/// assert_eq!(Channel::of("phone"), Channel::CallCenter);
/// assert_eq!(Channel::of("telegram"), Channel::Other);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a label: a value per event would make a series per event",
    label = "its values are not known to the compiler",
    note = "values known when you write the program: derive `LabelValue` on an enum without fields",
    note = "values known at start-up: name them once, with `label_values!`",
    note = "yes or no: take a `bool`; how it ended: take an `Outcome`"
)]
pub trait LabelValue: Sized + 'static {
    /// How many values there are.
    const COUNT: usize;

    /// Which of them this is: a number below [`COUNT`](Self::COUNT). A higher one counts as the last.
    fn index(self) -> usize;

    /// The text of the value with this index; `None` if it has none (yet), so that its series are not shown.
    fn text(index: usize) -> Option<&'static str>;
}

impl LabelValue for bool {
    const COUNT: usize = 2;

    #[inline]
    fn index(self) -> usize {
        self.into()
    }

    fn text(index: usize) -> Option<&'static str> {
        ["false", "true"].get(index).copied()
    }
}
