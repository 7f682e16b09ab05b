//! What a user, an operator and a client can see of the whole, over real connections.

#![expect(
    clippy::float_cmp,
    reason = "every value of a scrape that is compared here is a whole number"
)]
#![allow(clippy::unused_async, reason = "actix wants it, await or not")]

mod acceptance;
mod catch_all;
mod claims;
mod common;
mod disabled;
mod error_types;
mod exemplars;
mod exemplars_under_load;
mod exposition;
mod http2;
mod last_word;
mod layers;
mod lifecycle;
mod names;
mod on_request_with;
mod options;
mod quickstart;
mod registries;
mod request_labels;
mod shapes;
mod zero;
