//! The `error_type` label where a signature names it, so that it is shown before the first error.
//!
//! The static of a task is an item inside the function and cannot name the type parameters of an `impl` block around
//! it, which the attribute does not see. So a type is named there only if it cannot be a type parameter; a name that
//! could be either is taken as text.

use syn::{GenericArgument, GenericParam, Path, PathArguments, Type, TypeParamBound, TypePath};

use super::function::{Function, arguments};

pub(crate) enum ErrorLabel {
    /// The last name of the error type's path.
    Text(String),
    /// The return type, which the compiler is to name.
    Returned(Box<Type>),
}

impl ErrorLabel {
    /// `None` if the function cannot fail, or its error is known only once it occurs.
    pub(crate) fn of(function: &Function) -> Option<Self> {
        let returned = function.returned()?;
        let parameters: Vec<String> = function
            .signature
            .generics
            .params
            .iter()
            .filter_map(|param| match param {
                GenericParam::Type(param) => Some(param.ident.to_string()),
                _ => None,
            })
            .collect();
        let Type::Path(result) = &returned else {
            return None;
        };
        let last = result.path.segments.last()?;
        if last.ident == "Result"
            && let Some(error) = arguments(&result.path).nth(1)
        {
            if let Some(name) = plain_name(error) {
                return (!may_be_parameter(&name) && !parameters.contains(&name))
                    .then_some(Self::Text(name));
            }
            return nameable(error).then(|| {
                Self::Returned(Box::new(
                    syn::parse_quote!(::core::result::Result<(), #error>),
                ))
            });
        }
        nameable(&returned).then(|| Self::Returned(Box::new(returned)))
    }
}

/// `Refused` of `crate::store::Refused`; `None` for a type with arguments or without a path.
fn plain_name(ty: &Type) -> Option<String> {
    let Type::Path(TypePath {
        qself: None, path, ..
    }) = ty
    else {
        return None;
    };
    let last = path.segments.last()?;
    let is_plain = last.arguments.is_none()
        && last.ident != "Self"
        && (path.segments.len() == 1 || begins_in_a_module(path));
    is_plain.then(|| last.ident.to_string().trim_start_matches("r#").to_owned())
}

/// Type parameters have names of one capital letter by convention, those of an `impl` block too.
fn may_be_parameter(name: &str) -> bool {
    name.len() == 1
}

/// Whether a type consists of names that cannot be type parameters.
fn nameable(ty: &Type) -> bool {
    match ty {
        Type::Path(ty) if ty.qself.is_none() => nameable_path(&ty.path),
        Type::Tuple(ty) => ty.elems.iter().all(nameable),
        Type::Reference(ty) => {
            let borrowed = ty.lifetime.as_ref();
            borrowed.is_none_or(|lifetime| lifetime.ident == "static") && nameable(&ty.elem)
        }
        Type::Slice(ty) => nameable(&ty.elem),
        Type::Paren(ty) => nameable(&ty.elem),
        Type::Group(ty) => nameable(&ty.elem),
        Type::TraitObject(ty) => ty.bounds.iter().all(|bound| match bound {
            TypeParamBound::Trait(bound) => bound.path.segments.iter().all(nameable_arguments),
            TypeParamBound::Lifetime(lifetime) => lifetime.ident == "static",
            _ => false,
        }),
        _ => false,
    }
}

fn nameable_path(path: &Path) -> bool {
    const WELL_KNOWN: [&str; 18] = [
        "String", "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str",
        "u8", "u16", "u32", "u64", "u128", "usize",
    ];
    let Some(first) = path.segments.first() else {
        return false;
    };
    let name = first.ident.to_string();
    let is_known = begins_in_a_module(path)
        || !first.arguments.is_none()
        || WELL_KNOWN.contains(&name.as_str());
    is_known && path.segments.iter().all(nameable_arguments)
}

/// `store::Refused`, but neither `Refused` nor `T::Error`.
fn begins_in_a_module(path: &Path) -> bool {
    let Some(first) = path.segments.first() else {
        return false;
    };
    let is_module = first.ident.to_string().starts_with(char::is_lowercase);
    path.leading_colon.is_some() || path.segments.len() > 1 && is_module
}

fn nameable_arguments(segment: &syn::PathSegment) -> bool {
    match &segment.arguments {
        PathArguments::None => true,
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().all(|argument| match argument {
                GenericArgument::Type(ty) => nameable(ty),
                GenericArgument::AssocType(assoc) => nameable(&assoc.ty),
                GenericArgument::Lifetime(lifetime) => lifetime.ident == "static",
                _ => false,
            })
        }
        PathArguments::Parenthesized(_) => false,
    }
}
