//! What a family is, and how its series are walked: [`Collect`] is what has families, [`Encoder`] is what takes them.

mod descriptor;
mod encoder;

pub(crate) use self::{
    descriptor::{Descriptor, Kind},
    encoder::{Collect, Encoder, Sum, Value},
};
