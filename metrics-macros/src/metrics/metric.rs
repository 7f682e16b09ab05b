//! A metric: a function and its options together, found to be sound.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{ReturnType, Safety, Type};

use super::{
    args::{MetricArgs, ModuleArgs},
    buckets, help,
    kind::Kind,
    label::{self, Label},
    module::{Function, is_metric},
    name,
};
use crate::{args::Given, diag::Diagnostics};

/// Series a metric may have unless it asks for more.
const BUDGET: u32 = 100;

/// Buckets of a histogram of seconds that names none: those of `http_request_duration_seconds`.
const DEFAULT_BUCKETS: [f64; 6] = [0.05, 0.1, 0.3, 1.0, 3.0, 5.0];

pub(crate) struct Metric<'a> {
    pub(crate) function: &'a Function,
    pub(crate) kind: Kind,
    /// The type as it was written.
    pub(crate) ty: &'a Type,
    /// With the module's prefix.
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) unit: Option<&'static str>,
    pub(crate) labels: Vec<Label<'a>>,
    pub(crate) buckets: Vec<f64>,
    pub(crate) zero: bool,
    pub(crate) budget: u32,
}

impl<'a> Metric<'a> {
    /// Checks everything that can be wrong, so that expanding cannot fail; `None` if something is.
    pub(crate) fn validate(
        function: &'a Function,
        module: &ModuleArgs,
        names: &mut Names,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let mut own = Diagnostics::default();
        let metric = Self::read(function, module, names, &mut own);
        let is_sound = own.is_empty();
        diagnostics.append(own);
        metric.filter(|_| is_sound)
    }

    fn read(
        function: &'a Function,
        module: &ModuleArgs,
        names: &mut Names,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let signature = &function.signature;
        let ident = &signature.ident;
        check_signature(function, diagnostics);
        let typed = read_type(function, diagnostics);
        let kind = typed.map(|(kind, _)| kind);
        let plain = name::plain(ident);
        let joined = name::joined(module.prefix.as_deref(), &plain);
        let fault = name::fault(&plain, kind).or_else(|| names.clash(function, &plain));
        if let Some(fault) = fault {
            diagnostics.error(ident, fault);
        }
        let help = help::text(&function.attributes);
        if help.is_empty() {
            diagnostics.error(
                ident,
                format_args!("`{plain}` has no help text; write a doc comment above it"),
            );
        }
        let labels = label::check(&signature.inputs, kind, &module.labels, diagnostics);
        let options = options(function, diagnostics);
        let (kind, ty) = typed?;
        let metric = Self {
            function,
            kind,
            ty,
            unit: name::unit(&joined),
            name: joined,
            help,
            labels,
            buckets: check_buckets(ident, kind, &options, diagnostics),
            zero: options.zero.is_some(),
            budget: options.series.as_ref().map_or(BUDGET, |given| given.value),
        };
        check_options(kind, &options, diagnostics);
        Some(metric)
    }
}

fn check_signature(function: &Function, diagnostics: &mut Diagnostics) {
    let signature = &function.signature;
    let keywords = [
        signature.constness.map(ToTokens::into_token_stream),
        signature.asyncness.map(ToTokens::into_token_stream),
        match &signature.safety {
            Safety::Unsafe(token) => Some(token.into_token_stream()),
            _ => None,
        },
        signature.abi.as_ref().map(ToTokens::to_token_stream),
    ];
    if let Some(keyword) = keywords.into_iter().flatten().next() {
        diagnostics.error(
            keyword,
            "a metric is a plain function; write `fn name(label: Type) -> Counter;`",
        );
    }
    if !signature.generics.params.is_empty() {
        diagnostics.error(
            &signature.generics,
            "a metric is not generic; each label has one type",
        );
    } else if let Some(clause) = &signature.generics.where_clause {
        diagnostics.error(clause, "a metric is not generic; leave the bounds out");
    }
    if let Some(variadic) = &signature.variadic {
        diagnostics.error(variadic, "a metric has a fixed number of labels; name them");
    }
}

fn read_type<'a>(
    function: &'a Function,
    diagnostics: &mut Diagnostics,
) -> Option<(Kind, &'a Type)> {
    const TYPES: &str =
        "`Counter`, `FloatCounter`, `Gauge`, `UpDown`, `Histogram`, `Summary` or `Info`";
    let ReturnType::Type(_, ty) = &function.signature.output else {
        diagnostics.error(
            &function.signature.ident,
            format_args!("a metric returns its type; write `-> Counter`, or another of {TYPES}"),
        );
        return None;
    };
    let kind = Kind::from_type(ty);
    if kind.is_none() {
        diagnostics.error(
            ty,
            format_args!("this is no type of metric; return {TYPES}"),
        );
    }
    kind.map(|kind| (kind, &**ty))
}

fn options(function: &Function, diagnostics: &mut Diagnostics) -> MetricArgs {
    let mut attributes = function
        .attributes
        .iter()
        .filter(|attribute| is_metric(attribute));
    let options = attributes
        .next()
        .map(|attribute| MetricArgs::parse(attribute, diagnostics))
        .unwrap_or_default();
    for repeated in attributes {
        diagnostics.error(
            repeated.path(),
            "`#[metric]` is given twice; write all options in one",
        );
    }
    options
}

fn check_buckets(
    ident: &Ident,
    kind: Kind,
    options: &MetricArgs,
    diagnostics: &mut Diagnostics,
) -> Vec<f64> {
    match &options.buckets {
        Some(given) if kind == Kind::Histogram => buckets::check(given, diagnostics),
        None if kind == Kind::Histogram => {
            let name = name::plain(ident);
            let has_default = name.ends_with("_seconds") || name == "seconds";
            // A name or an option that is wrong may be the reason.
            if !has_default && diagnostics.is_empty() {
                diagnostics.error(
                    ident,
                    format_args!(
                        "`{name}` needs buckets, as only names in `_seconds` have defaults; write `#[metric(buckets = [..])]` above it"
                    ),
                );
            }
            DEFAULT_BUCKETS.to_vec()
        }
        _ => Vec::new(),
    }
}

fn check_options(kind: Kind, options: &MetricArgs, diagnostics: &mut Diagnostics) {
    if let Some(Given { name, .. }) = &options.buckets
        && kind != Kind::Histogram
    {
        diagnostics.error(name, "only a `Histogram` has buckets; leave `buckets` out");
    }
    if let Some(Given { name, .. }) = &options.zero
        && !kind.is_shown_once_used()
    {
        diagnostics.error(
            name,
            "`zero` is for a `Histogram` or a `Summary`; counters show at zero anyway, what is set shows once it is set",
        );
    }
    if let Some(Given { name, .. }) = &options.series
        && kind == Kind::Info
    {
        diagnostics.error(name, "an `Info` has one series; leave `series` out");
    }
}

/// The names in a module so far.
#[derive(Default)]
pub(crate) struct Names(Vec<(String, bool)>);

impl Names {
    /// Whether a function of this name is there already.
    pub(crate) fn has(&self, function: &Function) -> bool {
        let name = name::plain(&function.signature.ident);
        self.0.iter().any(|(known, _)| *known == name)
    }

    /// What is wrong with a further name, if anything.
    fn clash(&mut self, function: &Function, name: &str) -> Option<String> {
        // Of several with a `cfg`, one is built.
        let has_cfg = function
            .attributes
            .iter()
            .any(|attribute| attribute.path().is_ident("cfg"));
        let family = |name: &str| {
            let base = ["_total", "_info"]
                .iter()
                .find_map(|suffix| name.strip_suffix(suffix));
            base.unwrap_or(name).to_owned()
        };
        let fault = self
            .0
            .iter()
            .find(|(known, _)| family(known) == family(name))
            .filter(|(_, known_has_cfg)| !(has_cfg && *known_has_cfg))
            .map(|(known, _)| {
                if known == name {
                    format!("two metrics are called `{name}`; rename one")
                } else {
                    format!(
                        "`{name}` and `{known}` are one family to OpenMetrics, which leaves `_total` and `_info` out; rename one"
                    )
                }
            });
        self.0.push((name.to_owned(), has_cfg));
        fault
    }
}
