//! A metric's labels: the parameters of its function.

use proc_macro2::Ident;
use syn::{FnArg, LitStr, Pat, Type};

use super::{kind::Kind, name};
use crate::{diag::Diagnostics, label};

/// `Info` holds the values themselves, so there is a limit.
const MOST_INFO_LABELS: usize = 8;

pub(crate) struct Label<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) name: String,
    pub(crate) ty: &'a Type,
}

pub(crate) fn check<'a>(
    inputs: impl IntoIterator<Item = &'a FnArg>,
    kind: Option<Kind>,
    constant: &[(String, LitStr)],
    diagnostics: &mut Diagnostics,
) -> Vec<Label<'a>> {
    let mut labels: Vec<Label<'a>> = Vec::new();
    for (at, input) in inputs.into_iter().enumerate() {
        let Some(label) = read(input, diagnostics) else {
            continue;
        };
        let name = &label.name;
        if let Some(fault) = name_fault(name) {
            diagnostics.error(label.ident, fault);
        } else if labels.iter().any(|known| known.name == *name) {
            // The compiler reports two parameters of one name.
        } else if constant.iter().any(|(known, _)| known == name) {
            diagnostics.error(
                label.ident,
                format_args!("label `{name}` is a constant one of the module; rename one"),
            );
        }
        if let Some(fault) = type_fault(label.ty, kind) {
            diagnostics.error(label.ty, fault);
        }
        if kind == Some(Kind::Info) && at == MOST_INFO_LABELS {
            diagnostics.error(label.ident, "an `Info` has up to 8 labels; make two of it");
        }
        labels.push(label);
    }
    labels
}

fn read<'a>(input: &'a FnArg, diagnostics: &mut Diagnostics) -> Option<Label<'a>> {
    let typed = match input {
        FnArg::Receiver(receiver) => {
            diagnostics.error(
                receiver,
                "a metric takes no `self`; its parameters are its labels",
            );
            return None;
        }
        FnArg::Typed(typed) => typed,
    };
    if let Some(attribute) = typed.attrs.first() {
        diagnostics.error(
            attribute,
            "a label takes no attributes; write a metric for each case",
        );
    }
    match &*typed.pat {
        Pat::Ident(pattern)
            if pattern.by_ref.is_none()
                && pattern.mutability.is_none()
                && pattern.subpat.is_none() =>
        {
            Some(Label {
                ident: &pattern.ident,
                name: name::plain(&pattern.ident),
                ty: &typed.ty,
            })
        }
        pattern => {
            diagnostics.error(
                pattern,
                "a parameter is a label; write its name alone, like `channel: Channel`",
            );
            None
        }
    }
}

/// What is wrong with a label's name, if anything.
pub(crate) fn name_fault(name: &str) -> Option<String> {
    label::name_fault(name).or_else(|| {
        name.contains(char::is_uppercase).then(|| {
            format!("`{name}` is not snake_case; a label's name has lowercase letters only")
        })
    })
}

/// What is wrong with a label's type, if anything, as far as the tokens tell.
pub(crate) fn type_fault(ty: &Type, kind: Option<Kind>) -> Option<&'static str> {
    let is_static_text = matches!(
        ty,
        Type::Reference(reference)
            if reference.mutability.is_none()
                && reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static")
                && matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("str"))
    );
    match (kind, ty) {
        (Some(Kind::Info), _) => (!is_static_text)
            .then_some("an `Info`'s label is text that is known at start; write `&'static str`"),
        (_, Type::Reference(_)) => Some(
            "a text per event would make a series per event; derive `LabelValue` on an enum of the values, name them at start-up with `label_values!`, or take a `bool`",
        ),
        (_, Type::ImplTrait(_)) => Some("a label has one type, which is `LabelValue`; name it"),
        _ => None,
    }
}
