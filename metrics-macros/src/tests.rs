//! Expansions as files, to be reviewed, and the promise that every message is seen by a UI case.

use std::{
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::quote;

/// `UPDATE_SNAPSHOTS=1 cargo test -p metrics-macros` writes them again.
fn snapshot(name: &str, args: TokenStream, item: TokenStream) -> usize {
    snapshot_in(name, false, args, item)
}

fn snapshot_in(name: &str, is_in_impl: bool, args: TokenStream, item: TokenStream) -> usize {
    let expand =
        |args: TokenStream, item: &TokenStream| crate::instrument(args, item, || is_in_impl);
    snapshot_of("instrument_handler", expand, name, args, item)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "reads better where it is called"
)]
pub(crate) fn snapshot_of(
    attribute: &str,
    expand: impl Fn(TokenStream, &TokenStream) -> TokenStream,
    name: &str,
    args: TokenStream,
    item: TokenStream,
) -> usize {
    let file = syn::parse2(expand(args.clone(), &item)).expect("an expansion is items");
    let args = if args.is_empty() {
        String::new()
    } else {
        format!("({args})")
    };
    let found = format!(
        "// #[{attribute}{args}]\n// {}\n\n{}",
        item.to_string().replace('\n', "\n// "),
        prettyplease::unparse(&file)
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/snapshots")
        .join(format!("{name}.rs.snap"));
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &found).expect("the folder of snapshots can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        found, expected,
        "{name}: update the snapshot, and review it"
    );
    expected.lines().count()
}

#[test]
fn smallest_fits_one_screen() {
    let lines = snapshot(
        "smallest",
        quote!(),
        quote!(
            async fn hello() -> String {
                String::new()
            }
        ),
    );
    assert!(lines <= 50, "{lines} lines");
}

#[test]
fn expansions() {
    snapshot(
        "arguments",
        quote!(),
        quote! {
            pub async fn create(web::Path(id): web::Path<u32>, mut body: String) -> impl Responder { body }
        },
    );
    snapshot(
        "options",
        quote!(
            handler = "/api/hello",
            labels(team = "greeters", type = "read"),
            buckets = [0.1, 1]
        ),
        quote! {
            /// Greets.
            #[allow(unused)]
            #[inline]
            pub(crate) async fn hello(name: Json<Name>) -> Result<String, Refused> { Ok(name.0) }
        },
    );
    snapshot(
        "request_labels",
        quote!(label(tenant: Tenant = finding::tenant, r#type: bool = secure)),
        quote!(
            async fn hello() -> String {
                String::new()
            }
        ),
    );
}

#[test]
fn further_expansions() {
    snapshot(
        "generic",
        quote!(),
        quote! {
            async fn create<P: Pool, const N: usize>(pool: Data<P>) -> Result<impl Responder, Refused>
            where
                P: 'static,
            {
                Ok(pool.get::<N>())
            }
        },
    );
    snapshot(
        "several_errors",
        quote!(),
        quote!(
            async fn find()
            -> Either<ApiResult<String>, Result<Result<impl Responder, Gone>, Refused>>
            {
                Either::Left(Ok(String::new()))
            }
        ),
    );
    snapshot(
        "keep_args",
        quote!(keep_args),
        quote!(
            async fn double(number: Path<u32>) -> String {
                (*number * 2).to_string()
            }
        ),
    );
    snapshot(
        "skip",
        quote!(skip),
        quote!(
            async fn health() -> &'static str {
                "up"
            }
        ),
    );
    snapshot(
        "skip_keeping_args",
        quote!(skip, keep_args),
        quote!(
            async fn health(of: Path<u32>) -> &'static str {
                "up"
            }
        ),
    );
    snapshot(
        "renamed",
        quote!(crate = shop::metrics),
        quote!(
            async fn hello() -> String {
                String::new()
            }
        ),
    );
    snapshot(
        "slo",
        quote!(slo(availability = 99.9, latency = (0.3, 99))),
        quote!(
            async fn hello() -> String {
                String::new()
            }
        ),
    );
    snapshot(
        "raw_name",
        quote!(),
        quote!(
            async fn r#type(kind: Path<String>) -> String {
                kind.into_inner()
            }
        ),
    );
}

#[test]
fn behind_other_attributes() {
    let item = quote! {
        /// Greets.
        #[routes]
        #[get("/hello")]
        #[route("/hi", method = "GET", method = "HEAD")]
        #[tracing::instrument]
        async fn hello() -> String { String::new() }
    };
    snapshot("deferred", quote!(labels(team = "greeters")), item);
    snapshot(
        "deferred_names",
        quote!(),
        quote!(
            #[actix_web::get("hello", name = "greet", wrap = "Logger")]
            async fn hello() -> String {
                String::new()
            }
        ),
    );
    snapshot(
        "deferred_names_last",
        quote!(__deferred("hello" = "greet" "GET", "" "POST")),
        quote!(
            async fn r#hello() -> String {
                String::new()
            }
        ),
    );
    snapshot(
        "deferred_last",
        quote!(__deferred("/hello" "GET", "/hi" "GET" "HEAD"), labels(team = "greeters")),
        quote!(
            async fn hello() -> String {
                String::new()
            }
        ),
    );
}

#[test]
fn fallbacks() {
    snapshot(
        "fallback_attribute",
        quote!(colour = "red"),
        quote!(
            #[get("/hello")]
            async fn hello() -> String {
                String::new()
            }
        ),
    );
    snapshot(
        "fallback_function",
        quote!(),
        quote!(
            #[get("/hello")]
            fn hello(name: &str) {}
        ),
    );
    snapshot(
        "fallback_helper",
        quote!(),
        quote!(
            fn hello(name: &str) -> String {
                name.to_owned()
            }
        ),
    );
    snapshot(
        "fallback_twice",
        quote!(),
        quote!(
            #[metrics_runtime::instrument_handler]
            async fn hello() -> String {
                String::new()
            }
        ),
    );
    snapshot_in(
        "fallback_method",
        true,
        quote!(),
        quote!(
            /// Greets.
            #[get("/hello")]
            pub async fn hello() -> String {
                String::new()
            }
        ),
    );
}

/// Every literal of the sources that is a sentence is told by some UI case.
#[test]
fn every_message_has_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut told = String::new();
    read_all(&root.join("../tests/ui/fail"), "stderr", &mut told);
    let runtime = root.join("../metrics-runtime/src");
    let mut sources = vec![
        runtime.join("actix/signature.rs"),
        runtime.join("metric/business/description.rs"),
        runtime.join("label_value.rs"),
        runtime.join("site.rs"),
    ];
    list_all(&root.join("src"), &mut sources);
    let mut untold = String::new();
    for source in sources {
        if source.extension().is_none_or(|extension| extension != "rs")
            || source.ends_with("tests.rs")
        {
            continue;
        }
        let text = fs::read_to_string(&source).expect("a listed file can be read");
        let tokens: TokenStream = text.parse().expect("our sources are Rust");
        for message in messages(tokens) {
            // What stands between the values that are filled in.
            let mut parts = message.split(['{', '}']).step_by(2);
            if !told.contains(&message) && !parts.all(|part| told.contains(part)) {
                writeln!(untold, "{}: {message}", source.display()).expect("a String takes all");
            }
        }
    }
    assert!(untold.is_empty(), "no UI case tells\n{untold}");
}

fn read_all(folder: &Path, extension: &str, text: &mut String) {
    let mut files = Vec::new();
    list_all(folder, &mut files);
    for file in files {
        if file.extension().is_some_and(|known| known == extension) {
            text.push_str(&fs::read_to_string(file).expect("a listed file can be read"));
        }
    }
}

fn list_all(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            list_all(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// String literals with spaces, outside attributes but `diagnostic`'s, and outside tests, panics and reasons.
fn messages(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                tokens.next_if(|next| next.to_string() == "!");
                let Some(TokenTree::Group(group)) =
                    tokens.next_if(|next| matches!(next, TokenTree::Group(_)))
                else {
                    continue;
                };
                let text = group.stream().to_string();
                if text.starts_with("diagnostic") {
                    found.extend(messages(group.stream()));
                } else if text.starts_with("cfg") {
                    // A module of tests.
                    tokens.find(|token| {
                        matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
                    });
                }
            }
            TokenTree::Ident(ident) if is_panic(&ident) => {
                tokens.next();
            }
            TokenTree::Group(group) => found.extend(messages(group.stream())),
            TokenTree::Literal(literal) => {
                if let Ok(literal) = syn::parse_str::<syn::LitStr>(&literal.to_string())
                    && literal.value().contains(' ')
                {
                    found.push(literal.value());
                }
            }
            _ => {}
        }
    }
    found
}

fn is_panic(ident: &Ident) -> bool {
    ident == "expect"
}
