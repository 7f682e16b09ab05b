//! Handlers that must compile, without a warning where the case denies them. All are modules of one program.

#![deny(future_incompatible)]
#![allow(
    clippy::all,
    clippy::pedantic,
    missing_docs,
    unreachable_pub,
    reason = "cases are written as users write, each with the lints it is about"
)]

mod arguments {
    mod every_count;
    mod none;
    mod patterns;
    mod sixteen;
}

mod attributes {
    mod cfg_attr;
    mod lints;
    mod tracing_above;
    mod tracing_below;
    mod utoipa_above;
    mod utoipa_below;
}

mod hygiene {
    mod macro_rules;
    mod names_of_ours;
    mod no_implicit_prelude;
    mod private_types;
    mod same_name_twice;
    mod shadowed;
}

mod lints {
    mod forbid_unsafe;
}

mod metrics {
    mod by_hand;
    mod cfg;
    mod crate_path;
    mod deprecated;
    mod derive;
    mod every_label;
    mod every_type;
    mod handles;
    mod help;
    mod in_a_function;
    mod keywords;
    mod lints;
    mod macro_rules;
    mod names_of_ours;
    mod no_implicit_prelude;
    mod options;
    mod other_items;
    mod prefix_and_labels;
    mod private_label;
    mod same_name_in_two_modules;
    mod shadowed;
    mod types_by_path;
    mod types_imported;
    mod types_of_others_in_scope;
    mod visibilities;
}

mod mount {
    mod below_get;
    mod between_others;
    mod by_hand;
    mod generic;
    mod guards_and_middleware;
    mod route_with_methods;
    mod routes_above;
    mod routes_below;
    mod scope_attribute;
}

mod options {
    mod all_together;
    mod buckets;
    mod crate_path;
    mod handler;
    mod handler_raw_string;
    mod handler_with_scopes;
    mod handler_without_pattern;
    mod keep_args;
    mod labels;
    mod labels_named_like_keywords;
    mod none;
    mod skip;
    mod skip_keeping_args;
    mod slo;
}

mod request_label {
    mod hygiene;
    mod shapes;
}

mod returns {
    mod every_responder;
    mod several_errors;
}

mod task {
    mod crate_path;
    mod extern_and_cfg;
    mod macro_rules;
    mod no_implicit_prelude;
}

#[test]
fn every_case_is_listed() {
    let listed = include_str!("main.rs");
    let folders = std::fs::read_dir("ui/pass").expect("this folder");
    for folder in folders.map(|entry| entry.expect("an entry").path()) {
        let Ok(cases) = std::fs::read_dir(&folder) else {
            continue;
        };
        for case in cases.map(|entry| entry.expect("an entry").path()) {
            let name = case
                .file_stem()
                .expect("a file")
                .to_string_lossy()
                .into_owned();
            assert!(
                listed.contains(&format!("    mod {name};\n")),
                "{}",
                case.display()
            );
        }
    }
}
