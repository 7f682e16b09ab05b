//! The types a metric can have: what its function returns.

use proc_macro2::Ident;
use syn::{PathArguments, Type};

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Counter,
    FloatCounter,
    Gauge,
    UpDown,
    Histogram,
    Summary,
    Info,
}

impl Kind {
    pub(crate) fn from_type(ty: &Type) -> Option<Self> {
        Some(match last_ident(ty)?.to_string().as_str() {
            "Counter" => Self::Counter,
            "FloatCounter" => Self::FloatCounter,
            "Gauge" => Self::Gauge,
            "UpDown" => Self::UpDown,
            "Histogram" => Self::Histogram,
            "Summary" => Self::Summary,
            "Info" => Self::Info,
            _ => return None,
        })
    }

    pub(crate) fn is_counter(self) -> bool {
        matches!(self, Self::Counter | Self::FloatCounter)
    }

    /// Whether series are shown only once something was recorded, unless `zero` asks for more.
    pub(crate) fn is_shown_once_used(self) -> bool {
        matches!(self, Self::Histogram | Self::Summary)
    }
}

/// `Counter` of `metrics_runtime::Counter`.
pub(crate) fn last_ident(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) if path.qself.is_none() => {
            let last = path.path.segments.last()?;
            matches!(last.arguments, PathArguments::None).then_some(&last.ident)
        }
        _ => None,
    }
}
