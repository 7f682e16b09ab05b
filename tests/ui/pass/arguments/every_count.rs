// one to sixteen arguments, each count
#![deny(warnings)]
use actix_web::{App, web};
use metrics_runtime::instrument_handler;

macro_rules! counts {
    ($($name:ident($($argument:ident)*);)*) => {
        $(
            #[instrument_handler]
            async fn $name($($argument: String),*) -> String {
                [$($argument),*].concat()
            }
        )*

        #[test]
        fn compiles() {
            let _ = App::new()$(.route(stringify!($name), web::post().to($name)))*;
        }
    };
}

counts! {
    one(a);
    two(a b);
    three(a b c);
    four(a b c d);
    five(a b c d e);
    six(a b c d e f);
    seven(a b c d e f g);
    eight(a b c d e f g h);
    nine(a b c d e f g h i);
    ten(a b c d e f g h i j);
    eleven(a b c d e f g h i j k);
    twelve(a b c d e f g h i j k l);
    thirteen(a b c d e f g h i j k l m);
    fourteen(a b c d e f g h i j k l m n);
    fifteen(a b c d e f g h i j k l m n o);
    sixteen(a b c d e f g h i j k l m n o p);
}
