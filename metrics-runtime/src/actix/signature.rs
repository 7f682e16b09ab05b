//! What a handler's signature must keep to, checked where it is written and not where the handler is mounted.
//!
//! The attribute implements [`Takes1`] and its like and [`Returns`] for the site. Were a parameter no extractor, that
//! `impl` alone would fail, on the parameter: actix sees through it only that there is one.

use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    Error, FromRequest, HttpRequest, HttpResponse, Responder, body::MessageBody, dev::Payload,
};
use pin_project_lite::pin_project;

use crate::site::{Annotated, Site};

/// [`FromRequest`] under a name of our own, for the sake of its message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an extractor; a handler's parameters implement `FromRequest`",
    label = "no request can be turned into this",
    note = "`web::Path<T>`, `web::Query<T>`, `web::Json<T>` and `web::Form<T>` are extractors if `T` implements `serde::Deserialize`, `web::Data<T>` is one always"
)]
pub trait Extractor: Sized + 'static {
    /// [`FromRequest::Error`]
    type Error: Into<Error>;
    /// [`FromRequest::Future`]
    type Future: Future<Output = Result<Self, Self::Error>>;

    /// [`FromRequest::from_request`]
    fn extract(req: &HttpRequest, payload: &mut Payload) -> Self::Future;
}

#[diagnostic::do_not_recommend]
impl<T: FromRequest + 'static> Extractor for T {
    type Error = T::Error;
    type Future = T::Future;

    #[inline]
    fn extract(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        T::from_request(req, payload)
    }
}

/// [`Responder`] under a name of our own, for the sake of its message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a response; a handler returns a `Responder`",
    label = "this cannot be turned into a response",
    note = "`Result<R, E>` is a `Responder` if `R` is one and `E` implements `actix_web::ResponseError`, `web::Json<T>` is one if `T` implements `serde::Serialize`"
)]
pub trait Response {
    /// [`Responder::Body`]
    type Body: MessageBody + 'static;

    /// [`Responder::respond_to`]
    fn respond(self, req: &HttpRequest) -> HttpResponse<Self::Body>;
}

#[diagnostic::do_not_recommend]
impl<T: Responder> Response for T {
    type Body = T::Body;

    #[inline]
    fn respond(self, req: &HttpRequest) -> HttpResponse<Self::Body> {
        self.respond_to(req)
    }
}

/// The site's handler returns `R`.
pub trait Returns<R>: Annotated {
    /// The same type, and a `Responder`.
    type Returned: Response + From<R>;
}

/// The site's handler takes the arguments `A`, a tuple.
pub trait Takes<A>: Annotated {
    /// What extracts them.
    type Extractors: FromRequest;

    /// What was extracted, as the handler takes it.
    fn arguments(extracted: Self::Extractors) -> A;
}

/// A site whose handler's types are known only where it is mounted, because it is generic: checked there.
pub struct Unchecked<S>(PhantomData<fn() -> S>);

impl<S: Annotated> Annotated for Unchecked<S> {
    fn site() -> &'static Site {
        S::site()
    }
}

impl<S: Annotated, R: Response> Returns<R> for Unchecked<S> {
    type Returned = R;
}

impl<S: Annotated> Takes<()> for S {
    type Extractors = ();

    fn arguments((): ()) {}
}

/// The site's handler takes one argument: actix's tuple around it would only be copied.
pub trait Takes1<A>: Annotated {
    /// The same type, and an extractor.
    type A: Extractor + Into<A>;
}

impl<S: Takes1<A>, A> Takes<(A,)> for S {
    type Extractors = Extracted<S::A>;

    #[inline]
    fn arguments(extracted: Self::Extractors) -> (A,) {
        (extracted.0.into(),)
    }
}

impl<S: Annotated, A: Extractor> Takes1<A> for Unchecked<S> {
    type A = A;
}

// The bounds come from the invocation, so that an error points at them and not into a macro.
macro_rules! takes {
    ($($name:ident($($argument:ident: $extractor:ident),*);)*) => {$(
        /// The site's handler takes these arguments.
        pub trait $name<$($argument),*>: Annotated {
            $(
                /// The same type, and an extractor.
                type $argument: $extractor + Into<$argument>;
            )*
        }

        impl<S: $name<$($argument),*>, $($argument),*> Takes<($($argument,)*)> for S {
            type Extractors = ($(Extracted<S::$argument>,)*);

            #[inline]
            #[expect(non_snake_case, reason = "a variable for each type")]
            fn arguments(($($argument,)*): Self::Extractors) -> ($($argument,)*) {
                ($($argument.0.into(),)*)
            }
        }

        impl<S: Annotated, $($argument: Extractor),*> $name<$($argument),*> for Unchecked<S> {
            $(type $argument = $argument;)*
        }
    )*};
}

#[rustfmt::skip]
takes! {
    Takes2(A: Extractor, B: Extractor);
    Takes3(A: Extractor, B: Extractor, C: Extractor);
    Takes4(A: Extractor, B: Extractor, C: Extractor, D: Extractor);
    Takes5(A: Extractor, B: Extractor, C: Extractor, D: Extractor, E: Extractor);
    Takes6(A: Extractor, B: Extractor, C: Extractor, D: Extractor, E: Extractor, F: Extractor);
    Takes7(A: Extractor, B: Extractor, C: Extractor, D: Extractor, E: Extractor, F: Extractor, G: Extractor);
    Takes8(A: Extractor, B: Extractor, C: Extractor, D: Extractor, E: Extractor, F: Extractor, G: Extractor, H: Extractor);
    Takes9(A: Extractor, B: Extractor, C: Extractor, D: Extractor, E: Extractor, F: Extractor, G: Extractor, H: Extractor, I: Extractor);
    Takes10(A: Extractor, B: Extractor, C: Extractor, D: Extractor, E: Extractor, F: Extractor, G: Extractor, H: Extractor, I: Extractor, J: Extractor);
    Takes11(A: Extractor, B: Extractor, C: Extractor, D: Extractor, E: Extractor, F: Extractor, G: Extractor, H: Extractor, I: Extractor, J: Extractor, K: Extractor);
    Takes12(A: Extractor, B: Extractor, C: Extractor, D: Extractor, E: Extractor, F: Extractor, G: Extractor, H: Extractor, I: Extractor, J: Extractor, K: Extractor, L: Extractor);
    Takes13(A: Extractor, B: Extractor, C: Extractor, D: Extractor, E: Extractor, F: Extractor, G: Extractor, H: Extractor, I: Extractor, J: Extractor, K: Extractor, L: Extractor, M: Extractor);
    Takes14(A: Extractor, B: Extractor, C: Extractor, D: Extractor, E: Extractor, F: Extractor, G: Extractor, H: Extractor, I: Extractor, J: Extractor, K: Extractor, L: Extractor, M: Extractor, N: Extractor);
    Takes15(A: Extractor, B: Extractor, C: Extractor, D: Extractor, E: Extractor, F: Extractor, G: Extractor, H: Extractor, I: Extractor, J: Extractor, K: Extractor, L: Extractor, M: Extractor, N: Extractor, O: Extractor);
    Takes16(A: Extractor, B: Extractor, C: Extractor, D: Extractor, E: Extractor, F: Extractor, G: Extractor, H: Extractor, I: Extractor, J: Extractor, K: Extractor, L: Extractor, M: Extractor, N: Extractor, O: Extractor, P: Extractor);
}

/// An extractor as actix's tuples want it.
pub struct Extracted<T>(T);

impl<T: Extractor> FromRequest for Extracted<T> {
    type Error = T::Error;
    type Future = Extraction<T>;

    #[inline]
    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Extraction {
            extraction: T::extract(req, payload),
        }
    }
}

pin_project! {
    /// The future of [`Extracted`].
    pub struct Extraction<T: Extractor> {
        #[pin]
        extraction: T::Future,
    }
}

impl<T: Extractor> Future for Extraction<T> {
    type Output = Result<Extracted<T>, T::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(self.project().extraction.poll(cx)).map(Extracted))
    }
}
