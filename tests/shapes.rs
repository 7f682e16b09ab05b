//! The shapes handlers have in actix's own examples: each compiles with the attribute, answers as without, and counts.

mod arguments;
mod io;
mod mounting;
mod state;
