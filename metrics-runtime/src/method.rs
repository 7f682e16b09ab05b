//! The `method` label: nine values a client may choose from, and one for all the rest.

macro_rules! methods {
    ($($variant:ident $name:literal),+ $(,)?) => {
        /// An HTTP method as the label says it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Method { $($variant),+ }

        impl Method {
            #[cfg(test)]
            pub(crate) const ALL: [Self; Self::COUNT] = [$(Self::$variant),+];
            pub(crate) const COUNT: usize = [$($name),+].len();

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// `,method="GET"`
            pub(crate) fn label(self) -> &'static str {
                match self { $(Self::$variant => concat!(",method=\"", $name, "\"")),+ }
            }

            pub(crate) fn from_name(name: &str) -> Self {
                match name { $($name => Self::$variant,)+ _ => Self::Other }
            }
        }
    };
}

// In the order of the `http` crate: one is then turned into the other without a look at a table.
methods! {
    Options "OPTIONS",
    Get "GET",
    Post "POST",
    Put "PUT",
    Delete "DELETE",
    Head "HEAD",
    Trace "TRACE",
    Connect "CONNECT",
    Patch "PATCH",
    Other "other",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_invent_one() {
        for method in Method::ALL {
            assert_eq!(Method::from_name(method.name()), method);
        }
        for odd in ["FOO", "get", "", "GET\"", "QUERY"] {
            assert_eq!(Method::from_name(odd), Method::Other);
        }
    }
}
