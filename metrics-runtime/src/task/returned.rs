//! Whether a run that returned has failed.

use std::{any::type_name, ops::Deref};

/// What a run returned, to be classified.
///
/// `failure` of a `Result` is an inherent method; that of any other type is found behind [`Deref`]. So the compiler
/// chooses by the type the body really has, through aliases and `impl Trait` alike.
#[derive(Debug)]
pub struct Returned<'a, T> {
    value: &'a T,
    plain: Plain,
}

impl<'a, T> Returned<'a, T> {
    /// Looks at a value.
    #[inline]
    pub const fn new(value: &'a T) -> Self {
        Self {
            value,
            plain: Plain,
        }
    }
}

impl<T, E> Returned<'_, Result<T, E>> {
    /// `Err` is a failure.
    #[must_use]
    #[inline]
    pub fn failure(&self) -> Failure {
        match self.value {
            Ok(_) => Failure::None,
            Err(_) => Failure::Type(type_name::<E>()),
        }
    }
}

impl<T> Deref for Returned<'_, T> {
    type Target = Plain;

    #[inline]
    fn deref(&self) -> &Plain {
        &self.plain
    }
}

/// A value that is no `Result`.
#[derive(Debug)]
pub struct Plain;

impl Plain {
    /// No failure.
    #[must_use]
    #[inline]
    pub const fn failure(&self) -> Failure {
        Failure::None
    }
}

/// Whether and how a run that returned has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Not at all.
    None,
    /// With an `Err` of the type of this name.
    Type(&'static str),
    /// `error_if` returned `true`.
    Predicate,
}

impl Failure {
    /// Calls `error_if`, unless there is a failure already.
    #[must_use]
    #[inline]
    pub fn or_if(self, predicate: impl FnOnce() -> bool) -> Self {
        match self {
            Self::None if predicate() => Self::Predicate,
            _ => self,
        }
    }
}
