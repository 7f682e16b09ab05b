//! Labels whose values are known when the program is built, or at start-up.

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

/// A label: its name, and its values.
#[derive(Clone, Copy)]
pub struct LabelKey {
    pub(crate) name: &'static str,
    pub(crate) count: usize,
    pub(crate) text: fn(usize) -> Option<&'static str>,
}

/// The label at one place of a metric. The expansion implements it for a type of the metric's own, so that a type that
/// cannot be a label is one error, on the parameter's type.
pub trait Label<const AT: usize> {
    /// The parameter's type.
    type Value: LabelValue;
    /// The parameter's name.
    const NAME: &'static str;
    /// Name and values.
    const KEY: LabelKey = LabelKey {
        name: Self::NAME,
        count: Self::Value::COUNT,
        text: Self::Value::text,
    };

    /// The index of a series, given the index that the labels before this one have.
    #[inline]
    #[must_use]
    fn index(before: usize, value: Self::Value) -> usize {
        // An index that its implementation promised not to return would be another series.
        let at = value.index().min(Self::Value::COUNT.saturating_sub(1));
        before * Self::Value::COUNT + at
    }
}

/// How many combinations the labels' values have.
pub(crate) const fn combinations(labels: &[LabelKey]) -> usize {
    let mut combinations: usize = 1;
    let mut at = 0;
    while at < labels.len() {
        combinations = combinations.saturating_mul(labels[at].count);
        at += 1;
    }
    combinations
}

/// The values that a combination has, the last label changing fastest; `None` once a label has no such value.
pub(crate) fn values(
    labels: &[LabelKey],
    combination: usize,
) -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    let mut below = combinations(labels).max(1);
    labels.iter().map(move |key| {
        let count = key.count.max(1);
        below /= count;
        (key.name, (key.text)(combination / below % count))
    })
}

/// A message put together while the program is built.
pub(crate) struct Text {
    bytes: [u8; 256],
    len: usize,
}

impl Text {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; 256],
            len: 0,
        }
    }

    pub(crate) const fn push(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() && self.len < self.bytes.len() {
            self.bytes[self.len] = text[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    pub(crate) const fn push_number(self, number: usize) -> Self {
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        let text = if number >= 10 {
            self.push_number(number / 10)
        } else {
            self
        };
        text.push(DIGITS[number % 10])
    }

    pub(crate) const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}
