//! Which error type of a handler's return type an error is of.
//!
//! `Result<Result<String, A>, B>` answers with an `A` or a `B`, `Either<Result<String, A>, HttpResponse>` with an `A`. The
//! attribute sees only tokens, so it writes a [`Probe`] for each type that may be a `Result`. The compiler then picks the
//! method of the first trait that applies: a probe behind three references is a [`Known`] one, behind two [`Unknown`].

use std::{
    any::{Any, type_name},
    marker::PhantomData,
};

use actix_web::{Error, ResponseError};

use crate::site::{ErrorType, Site};

/// Asks whether `T` is a `Result`, and of which error.
pub struct Probe<T>(PhantomData<fn() -> T>);

impl<T> Probe<T> {
    /// The probe.
    pub const NEW: Self = Self(PhantomData);
}

/// A `Result` whose error actix keeps as it is.
pub trait Known {
    /// Its error.
    fn error_type(&self) -> Option<ErrorType>;
}

impl<T, E: ResponseError + 'static> Known for &&Probe<Result<T, E>> {
    fn error_type(&self) -> Option<ErrorType> {
        fn is<E: ResponseError + 'static>(error: &dyn Any) -> bool {
            let error = error.downcast_ref::<Error>();
            error.is_some_and(|error| error.as_error::<E>().is_some())
        }
        Some(ErrorType {
            result: type_name::<Result<(), E>>,
            is: Some(is::<E>),
        })
    }
}

/// A `Result` whose error is turned into another on its way to actix, or is actix's own.
pub trait Unknown {
    /// Its error.
    fn error_type(&self) -> Option<ErrorType>;
}

impl<T, E> Unknown for &Probe<Result<T, E>> {
    fn error_type(&self) -> Option<ErrorType> {
        Some(ErrorType {
            result: type_name::<Result<(), E>>,
            is: None,
        })
    }
}

/// Any other type.
pub trait NoResult {
    /// `None`
    fn error_type(&self) -> Option<ErrorType>;
}

impl<T> NoResult for Probe<T> {
    fn error_type(&self) -> Option<ErrorType> {
        None
    }
}

/// What the compiler calls a `Result` with the error that occurred, where the return type has several; else `None`.
#[cold]
pub(super) fn occurred(site: &Site, error: &Error) -> Option<&'static str> {
    let (mut known, mut unknown) = (None, None);
    site.for_each_error_type(|candidate| match candidate.is {
        Some(is) if is(error) => known = known.or(Some(candidate)),
        Some(_) => {}
        None => unknown = unknown.or(Some(candidate)),
    });
    known.or(unknown).map(|occurred| (occurred.result)())
}
