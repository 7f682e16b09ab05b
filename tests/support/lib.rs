//! What the black-box tests share: a server, a client that can misbehave, and a strict parser of what `/metrics` returns.

mod client;
mod exposition;
mod metrics;
mod scrape;
mod server;
mod wait;

pub use client::{Client, Reply, request};
pub use exposition::{Document, Exemplar, Family, Labels, Sample};
pub use metrics::{metrics, metrics_with, settled};
pub use scrape::Scrape;
pub use server::{Options, Server};
pub use wait::{DEADLINE, eventually, eventually_within};
