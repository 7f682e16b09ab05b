//! What a family is, and how its series are walked: [`Collect`] is what has families, [`Encoder`] is what takes them.

pub(crate) mod business;
mod descriptor;
mod encoder;
mod objective;

pub(crate) use self::{
    business::{Business, disable as disable_business},
    descriptor::{Descriptor, Kind},
    encoder::{Collect, Encoder, Exemplar, Sum, Value},
    objective::{Objective, ObjectiveFamilies, ObjectiveSums},
};
