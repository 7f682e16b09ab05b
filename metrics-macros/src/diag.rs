//! Everything that is wrong with one handler, told together.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;

#[derive(Default)]
pub(crate) struct Diagnostics {
    errors: Option<Error>,
}

impl Diagnostics {
    /// Adds a message on the token it is about.
    pub(crate) fn error(&mut self, token: impl ToTokens, message: impl std::fmt::Display) {
        self.push(Error::new_spanned(token, message));
    }

    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            None => self.errors = Some(error),
        }
    }

    pub(crate) fn append(&mut self, other: Self) {
        if let Some(errors) = other.errors {
            self.push(errors);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_none()
    }

    /// The messages as `compile_error!` calls, if there are any.
    pub(crate) fn into_errors(self) -> Option<TokenStream> {
        self.errors.map(|errors| errors.to_compile_error())
    }
}
