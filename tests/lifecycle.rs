//! The life of a request: whatever becomes of it, it is counted once, as its client saw it.

mod bodies;
mod disconnects;
mod extraction;
mod http1;
mod mounts;
mod panics;
mod responses;
