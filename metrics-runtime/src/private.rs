//! All that generated code names. Not for users: it changes with the attribute, in any release.

pub use linkme;

pub use crate::{
    actix::{Captured, Instrumented, Start, Timed, signature::*},
    site::{Annotated, Route, SITES, Site},
};
