//! The annotated function or method. Its body stays a token tree.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{
    Attribute, GenericArgument, Path, PathArguments, ReturnType, Signature, Token, Type, TypeArray,
    TypeGroup, TypeParamBound, TypeParen, TypeReference, Visibility,
    parse::{Parse, ParseStream, Parser},
    parse_quote,
    punctuated::Punctuated,
};

pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) inner_attributes: Vec<Attribute>,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    /// Runs while the function is called or, in an `async fn`, while it is polled.
    Plain(Group),
    /// Ends in `async { .. }` or `Box::pin(async { .. })`, as what `#[async_trait]` makes of an `async fn`.
    EndsInAsync(Group),
    /// Returns a future made elsewhere.
    ForeignFuture(Group),
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let not_a_function = |error: syn::Error| {
            syn::Error::new(
                error.span(),
                "not a task; `#[instrument_task]` goes on a function or a method",
            )
        };
        let visibility = input.parse().map_err(not_a_function)?;
        let signature: Signature = input.parse().map_err(not_a_function)?;
        match input.parse::<TokenTree>()? {
            TokenTree::Group(group) => {
                let (inner_attributes, group) = split(&braces(group))?;
                Ok(Self {
                    attributes,
                    visibility,
                    inner_attributes,
                    body: Body::new(&signature, group),
                    signature,
                })
            }
            other => Err(syn::Error::new(
                other.span(),
                "a function without a body has nothing to time; write `#[instrument_task]` where the body is",
            )),
        }
    }
}

/// The group in braces, which is inside an invisible one where a `macro_rules` gives the body as `$body:block`.
fn braces(group: Group) -> Group {
    let mut inner = group.stream().into_iter();
    match (group.delimiter(), inner.next()) {
        (Delimiter::None, Some(TokenTree::Group(inner))) => braces(inner),
        _ => group,
    }
}

/// A body's inner attributes, and the body without them.
fn split(group: &Group) -> syn::Result<(Vec<Attribute>, Group)> {
    let split = |input: ParseStream<'_>| {
        Ok((
            input.call(Attribute::parse_inner)?,
            input.parse::<TokenStream>()?,
        ))
    };
    let (attributes, tokens) = split.parse2(group.stream())?;
    Ok((attributes, with_stream(group, tokens)))
}

/// The delimiters of one group around other tokens.
pub(crate) fn with_stream(group: &Group, tokens: TokenStream) -> Group {
    let mut new = Group::new(group.delimiter(), tokens);
    new.set_span(group.span());
    new
}

impl Body {
    fn new(signature: &Signature, group: Group) -> Self {
        if signature.asyncness.is_some() {
            Self::Plain(group)
        } else if rewrite_async_block(&group, Group::clone).is_some() {
            Self::EndsInAsync(group)
        } else if matches!(&signature.output, ReturnType::Type(_, ty) if is_future(ty)) {
            Self::ForeignFuture(group)
        } else {
            Self::Plain(group)
        }
    }
}

/// Replaces the block of the `async` expression a body ends in, by itself or in a `Box::pin`; `None` if it ends in
/// something else.
pub(crate) fn rewrite_async_block(
    body: &Group,
    rewrite: impl FnOnce(&Group) -> Group,
) -> Option<Group> {
    let mut tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let TokenTree::Group(last) = tokens.pop()? else {
        return None;
    };
    let before: Vec<String> = tokens
        .iter()
        .rev()
        .take(4)
        .map(ToString::to_string)
        .collect();
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let new = match (last.delimiter(), &before[..]) {
        (Delimiter::Brace, ["async", ..] | ["move", "async", ..]) => rewrite(&last),
        (Delimiter::Parenthesis, ["pin", ":", ":", "Box"]) => rewrite_async_block(&last, rewrite)?,
        _ => return None,
    };
    tokens.push(TokenTree::Group(new));
    Some(with_stream(body, tokens.into_iter().collect()))
}

type Bounds = Punctuated<TypeParamBound, Token![+]>;

/// Whether a type is `impl Future`, `Pin<Box<dyn Future>>` or one of the names `futures` has for the latter.
fn is_future(ty: &Type) -> bool {
    let any = |bounds: &Bounds| {
        bounds.iter().any(|bound| {
            matches!(bound, TypeParamBound::Trait(bound) if last_name(&bound.path) == "Future")
        })
    };
    match ty {
        Type::ImplTrait(ty) => any(&ty.bounds),
        Type::TraitObject(ty) => any(&ty.bounds),
        Type::Paren(ty) => is_future(&ty.elem),
        Type::Group(ty) => is_future(&ty.elem),
        Type::Path(ty) => match last_name(&ty.path).as_str() {
            "BoxFuture" | "LocalBoxFuture" => true,
            "Pin" | "Box" => arguments(&ty.path).any(is_future),
            _ => false,
        },
        _ => false,
    }
}

fn last_name(path: &Path) -> String {
    let last = path.segments.last();
    last.map_or_else(String::new, |segment| segment.ident.to_string())
}

/// The generic types of a path's last segment.
pub(crate) fn arguments(path: &Path) -> impl Iterator<Item = &Type> {
    let arguments = match path.segments.last().map(|segment| &segment.arguments) {
        Some(PathArguments::AngleBracketed(arguments)) => Some(arguments.args.iter()),
        _ => None,
    };
    arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}

impl Function {
    /// What a run returns: of a function that returns a future, the future's output; `None` if unknown.
    pub(crate) fn returned(&self) -> Option<Type> {
        match (&self.signature.output, &self.body) {
            (ReturnType::Default, Body::Plain(_)) => Some(parse_quote!(())),
            (ReturnType::Type(_, ty), Body::Plain(_)) => Some((**ty).clone()),
            (ReturnType::Type(_, ty), _) => future_output(ty),
            (ReturnType::Default, _) => None,
        }
    }
}

/// `T` of `dyn Future<Output = T>`, wherever it stands in a type.
fn future_output(ty: &Type) -> Option<Type> {
    let of_bounds = |bounds: &Bounds| {
        bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => output_argument(&bound.path),
            _ => None,
        })
    };
    match ty {
        Type::ImplTrait(ty) => of_bounds(&ty.bounds),
        Type::TraitObject(ty) => of_bounds(&ty.bounds),
        Type::Paren(ty) => future_output(&ty.elem),
        Type::Group(ty) => future_output(&ty.elem),
        Type::Path(ty) if last_name(&ty.path).ends_with("BoxFuture") => {
            arguments(&ty.path).next().cloned()
        }
        Type::Path(ty) => arguments(&ty.path).find_map(future_output),
        _ => None,
    }
}

fn output_argument(path: &Path) -> Option<Type> {
    let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(assoc.ty.clone()),
        _ => None,
    })
}

/// `_` for `impl Trait`, which cannot be written in a body.
pub(crate) fn erase_impl_trait(mut ty: Type) -> Type {
    match &mut ty {
        Type::ImplTrait(_) => return parse_quote!(_),
        Type::Path(ty) => {
            for segment in &mut ty.path.segments {
                if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                    for argument in &mut arguments.args {
                        if let GenericArgument::Type(ty) = argument {
                            *ty = erase_impl_trait(ty.clone());
                        }
                    }
                }
            }
        }
        Type::Tuple(tuple) => {
            for ty in &mut tuple.elems {
                *ty = erase_impl_trait(ty.clone());
            }
        }
        Type::Array(TypeArray { elem, .. })
        | Type::Group(TypeGroup { elem, .. })
        | Type::Paren(TypeParen { elem, .. })
        | Type::Reference(TypeReference { elem, .. }) => {
            **elem = erase_impl_trait((**elem).clone());
        }
        _ => {}
    }
    ty
}
