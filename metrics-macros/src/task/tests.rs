//! Expansions as files, to be reviewed.

use proc_macro2::TokenStream;
use quote::quote;

use crate::tests::snapshot_of;

fn snapshot(name: &str, args: TokenStream, item: TokenStream) {
    let name = format!("task_{name}");
    snapshot_of("instrument_task", super::instrument, &name, args, item);
}

#[test]
fn expansions() {
    snapshot(
        "smallest",
        quote!(),
        quote!(
            async fn nightly() {}
        ),
    );
    snapshot(
        "options",
        quote!(
            task = "nightly",
            labels(team = "billing", type = "batch"),
            buckets = [1, 60.0],
            every = 86400,
            error_if = Report::is_partial,
            slo(availability = 99, duration = (60.0, 95))
        ),
        quote! {
            /// Closes the books.
            #[allow(unused)]
            #[tracing::instrument]
            pub(crate) fn nightly(&mut self, day: &str) -> Result<Report, store::Refused> {
                #![allow(dead_code)]
                self.close(day)
            }
        },
    );
    snapshot(
        "generic",
        quote!(crate = shop::metrics),
        quote! {
            async fn r#move<T: Load, const N: usize>(from: impl Source<T>) -> Result<impl Iterator<Item = T>, T::Error>
            where
                T: 'static,
            {
                Ok(from.load::<N>().await?.into_iter())
            }
        },
    );
    snapshot(
        "alias",
        quote!(),
        quote!(
            fn load(path: &Path) -> io::Result<String> {
                fs::read_to_string(path)
            }
        ),
    );
    snapshot(
        "async_trait",
        quote!(),
        quote! {
            fn work<'life0, 'async_trait>(&'life0 self) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Result<(), Refused>> + Send + 'async_trait>>
            where
                'life0: 'async_trait,
            {
                Box::pin(async move {
                    let __self = self;
                    __self.queue.drain().await
                })
            }
        },
    );
    snapshot(
        "never",
        quote!(),
        quote!(
            async fn serve() -> ! {
                loop {}
            }
        ),
    );
}

#[test]
fn a_fallback_is_the_function_as_it_was() {
    snapshot(
        "fallback",
        quote!(every = "hour"),
        quote!(
            async fn nightly() {}
        ),
    );
}
