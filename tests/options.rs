//! What can be asked of `/metrics`, and what configuration changes.

mod endpoint;
mod families;
mod hooks;
