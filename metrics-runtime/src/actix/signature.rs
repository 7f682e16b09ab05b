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

pub use actix_web::HttpRequest;
use actix_web::{Error, FromRequest, HttpResponse, Responder, body::MessageBody, dev::Payload};
use pin_project_lite::pin_project;

use crate::site::Site;

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

/// Ties a type, and through it a rewritten handler's signature, to its site.
pub trait Annotated: 'static {
    /// The site.
    fn site() -> &'static Site;

    /// Which combination of values a request has for the site's labels.
    #[must_use]
    fn combination(req: &HttpRequest) -> usize {
        let _ = req;
        0
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

    fn combination(req: &HttpRequest) -> usize {
        S::combination(req)
    }
}

impl<S: Annotated, R: Response> Returns<R> for Unchecked<S> {
    type Returned = R;
}

impl<S: Annotated> Takes<()> for S {
    type Extractors = ();

    fn arguments((): ()) {}
}

/// The site's handler takes these arguments; each associated type is the same type, and an extractor.
///
/// No macro writes these traits, for errors about a parameter show the line that asks for an extractor.
#[rustfmt::skip]
#[expect(missing_docs, reason = "said above, once")]
mod arities {
    use super::{Annotated, Extractor};

    pub trait Takes1<A>: Annotated { type A: Extractor + Into<A>; }
    pub trait Takes2<A, B>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; }
    pub trait Takes3<A, B, C>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; }
    pub trait Takes4<A, B, C, D>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; }
    pub trait Takes5<A, B, C, D, E>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; type E: Extractor + Into<E>; }
    pub trait Takes6<A, B, C, D, E, F>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; type E: Extractor + Into<E>; type F: Extractor + Into<F>; }
    pub trait Takes7<A, B, C, D, E, F, G>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; type E: Extractor + Into<E>; type F: Extractor + Into<F>; type G: Extractor + Into<G>; }
    pub trait Takes8<A, B, C, D, E, F, G, H>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; type E: Extractor + Into<E>; type F: Extractor + Into<F>; type G: Extractor + Into<G>; type H: Extractor + Into<H>; }
    pub trait Takes9<A, B, C, D, E, F, G, H, I>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; type E: Extractor + Into<E>; type F: Extractor + Into<F>; type G: Extractor + Into<G>; type H: Extractor + Into<H>; type I: Extractor + Into<I>; }
    pub trait Takes10<A, B, C, D, E, F, G, H, I, J>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; type E: Extractor + Into<E>; type F: Extractor + Into<F>; type G: Extractor + Into<G>; type H: Extractor + Into<H>; type I: Extractor + Into<I>; type J: Extractor + Into<J>; }
    pub trait Takes11<A, B, C, D, E, F, G, H, I, J, K>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; type E: Extractor + Into<E>; type F: Extractor + Into<F>; type G: Extractor + Into<G>; type H: Extractor + Into<H>; type I: Extractor + Into<I>; type J: Extractor + Into<J>; type K: Extractor + Into<K>; }
    pub trait Takes12<A, B, C, D, E, F, G, H, I, J, K, L>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; type E: Extractor + Into<E>; type F: Extractor + Into<F>; type G: Extractor + Into<G>; type H: Extractor + Into<H>; type I: Extractor + Into<I>; type J: Extractor + Into<J>; type K: Extractor + Into<K>; type L: Extractor + Into<L>; }
    pub trait Takes13<A, B, C, D, E, F, G, H, I, J, K, L, M>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; type E: Extractor + Into<E>; type F: Extractor + Into<F>; type G: Extractor + Into<G>; type H: Extractor + Into<H>; type I: Extractor + Into<I>; type J: Extractor + Into<J>; type K: Extractor + Into<K>; type L: Extractor + Into<L>; type M: Extractor + Into<M>; }
    pub trait Takes14<A, B, C, D, E, F, G, H, I, J, K, L, M, N>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; type E: Extractor + Into<E>; type F: Extractor + Into<F>; type G: Extractor + Into<G>; type H: Extractor + Into<H>; type I: Extractor + Into<I>; type J: Extractor + Into<J>; type K: Extractor + Into<K>; type L: Extractor + Into<L>; type M: Extractor + Into<M>; type N: Extractor + Into<N>; }
    pub trait Takes15<A, B, C, D, E, F, G, H, I, J, K, L, M, N, O>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; type E: Extractor + Into<E>; type F: Extractor + Into<F>; type G: Extractor + Into<G>; type H: Extractor + Into<H>; type I: Extractor + Into<I>; type J: Extractor + Into<J>; type K: Extractor + Into<K>; type L: Extractor + Into<L>; type M: Extractor + Into<M>; type N: Extractor + Into<N>; type O: Extractor + Into<O>; }
    pub trait Takes16<A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P>: Annotated { type A: Extractor + Into<A>; type B: Extractor + Into<B>; type C: Extractor + Into<C>; type D: Extractor + Into<D>; type E: Extractor + Into<E>; type F: Extractor + Into<F>; type G: Extractor + Into<G>; type H: Extractor + Into<H>; type I: Extractor + Into<I>; type J: Extractor + Into<J>; type K: Extractor + Into<K>; type L: Extractor + Into<L>; type M: Extractor + Into<M>; type N: Extractor + Into<N>; type O: Extractor + Into<O>; type P: Extractor + Into<P>; }
}

pub use arities::*;

// actix's tuple around one argument would only be copied.
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

macro_rules! takes {
    ($($name:ident($($argument:ident)*);)*) => {$(
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

takes! {
    Takes2(A B);
    Takes3(A B C);
    Takes4(A B C D);
    Takes5(A B C D E);
    Takes6(A B C D E F);
    Takes7(A B C D E F G);
    Takes8(A B C D E F G H);
    Takes9(A B C D E F G H I);
    Takes10(A B C D E F G H I J);
    Takes11(A B C D E F G H I J K);
    Takes12(A B C D E F G H I J K L);
    Takes13(A B C D E F G H I J K L M);
    Takes14(A B C D E F G H I J K L M N);
    Takes15(A B C D E F G H I J K L M N O);
    Takes16(A B C D E F G H I J K L M N O P);
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
