//! One application, built once per way of measuring it, and the tools that compare the ways.

pub mod apps;
pub mod args;
pub mod harness;
pub mod manual;
pub mod stats;
