//! `label_values!`: a label whose values are named at start-up.

use std::{error::Error, fmt, sync::OnceLock};

/// Declares a label type with at most so many values, which are named once, at start-up; everything else is `other`.
///
/// The type has two functions:
/// - `set(names) -> Result<(), LabelValuesError>` names the values. Call it once, first thing in `main`: what is recorded
///   before counts as `other`.
/// - `of(&str) -> Self` is the value of this name, or `other`. It compares the text with one name after the other and
///   allocates nothing.
///
/// A value without a name is not shown.
///
/// ```
/// use metrics_runtime::{LabelValue, label_values};
///
/// label_values! {
///     /// Who ordered.
///     pub Tenant: 10
/// }
///
/// Tenant::set(["acme", "globex"])?;
/// assert_eq!(Tenant::of("acme"), Tenant::of("acme"));
/// assert_eq!(Tenant::of("initech"), Tenant::of("other"));
/// assert_eq!(Tenant::text(Tenant::of("globex").index()), Some("globex"));
/// assert!(Tenant::set(["initech"]).is_err());
/// # Ok::<(), metrics_runtime::LabelValuesError>(())
/// ```
#[macro_export]
macro_rules! label_values {
    ($($(#[$attribute:meta])* $visibility:vis $name:ident: $count:literal),+ $(,)?) => {$(
        $(#[$attribute])*
        #[derive(
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::fmt::Debug,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
            ::core::hash::Hash,
        )]
        $visibility struct $name(usize);

        #[allow(dead_code)]
        impl $name {
            /// Names the values.
            ///
            /// # Errors
            /// If they were named before, are more than declared, or one is empty, `other` or given twice.
            $visibility fn set<N: ::core::convert::Into<$crate::__private::String>>(
                names: impl ::core::iter::IntoIterator<Item = N>,
            ) -> ::core::result::Result<(), $crate::LabelValuesError> {
                Self::__values().set($count, names)
            }

            /// The value of this name, or `other`.
            #[must_use]
            $visibility fn of(name: &str) -> Self {
                Self(Self::__values().index_of($count, name))
            }

            fn __values() -> &'static $crate::__private::LabelSet {
                static VALUES: $crate::__private::LabelSet = $crate::__private::LabelSet::new();
                &VALUES
            }
        }

        impl $crate::LabelValue for $name {
            const COUNT: usize = $count + 1;

            #[inline]
            fn index(self) -> usize {
                self.0
            }

            fn text(index: usize) -> ::core::option::Option<&'static str> {
                Self::__values().text($count, index)
            }
        }
    )+};
}

const OTHER: &str = "other";

/// The names of one `label_values!`.
pub struct LabelSet(OnceLock<Box<[&'static str]>>);

impl LabelSet {
    /// Without names.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "made by the expansion alone")]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Names the values, of which there are at most `count`.
    ///
    /// # Errors
    /// See [`LabelValuesError`].
    pub fn set<N: Into<String>>(
        &self,
        count: usize,
        names: impl IntoIterator<Item = N>,
    ) -> Result<(), LabelValuesError> {
        let mut known: Vec<&'static str> = Vec::new();
        for name in names {
            let name = name.into();
            if name.is_empty() {
                return Err(LabelValuesError::Empty);
            }
            if name == OTHER || known.contains(&name.as_str()) {
                return Err(LabelValuesError::Repeated(name));
            }
            if known.len() == count {
                return Err(LabelValuesError::TooMany { limit: count });
            }
            // Labels live as long as the program, and there are few.
            known.push(name.leak());
        }
        self.0
            .set(known.into())
            .map_err(|_| LabelValuesError::AlreadySet)
    }

    /// The index of a name; that of `other` is the last.
    #[must_use]
    pub fn index_of(&self, count: usize, name: &str) -> usize {
        self.0
            .get()
            .and_then(|names| names.iter().position(|known| *known == name))
            .unwrap_or(count)
    }

    /// The name with this index.
    #[must_use]
    pub fn text(&self, count: usize, index: usize) -> Option<&'static str> {
        if index == count {
            return Some(OTHER);
        }
        self.0.get()?.get(index).copied()
    }
}

/// Why the names for a [`label_values!`](crate::label_values) type were refused. Nothing is set then.
///
/// ```
/// use metrics_runtime::{LabelValuesError, label_values};
///
/// label_values! { Region: 2 }
///
/// let error = Region::set(["eu", "us", "ap"]).unwrap_err();
/// assert_eq!(error, LabelValuesError::TooMany { limit: 2 });
/// assert_eq!(error.to_string(), "more names than the 2 that the label may have; raise the number in `label_values!`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LabelValuesError {
    /// They were set before. A label's values are the same for the life of the program.
    AlreadySet,
    /// There are more than the type was declared with.
    TooMany {
        /// How many there may be.
        limit: usize,
    },
    /// One has no text.
    Empty,
    /// One is there twice, or is `other`, which stands for the rest.
    Repeated(String),
}

impl fmt::Display for LabelValuesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadySet => {
                f.write_str("the label's values are already set; set them once, at start-up")
            }
            Self::TooMany { limit } => write!(
                f,
                "more names than the {limit} that the label may have; raise the number in `label_values!`"
            ),
            Self::Empty => {
                f.write_str("a name is empty, which is the same as no label to Prometheus")
            }
            Self::Repeated(name) if name == OTHER => {
                f.write_str("`other` stands for every name that is not given; leave it out")
            }
            Self::Repeated(name) => write!(f, "{name:?} is given twice"),
        }
    }
}

impl Error for LabelValuesError {}
