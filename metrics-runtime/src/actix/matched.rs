//! Which template did actix match? Asked of every request to a handler without a literal label.

use actix_web::HttpRequest;

use crate::{http::Label, template::Template};

/// actix builds the template as a new `String`. But a template seen before can be checked against the request without
/// one.
impl Label for &HttpRequest {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one call less in every request")]
    fn is(&self, known: &Template) -> bool {
        let info = self.match_info();
        known.fits(info.as_str(), info.iter())
    }

    fn resolve(&mut self) -> Option<String> {
        self.match_pattern()
    }
}

/// A request to a site with labels of its own: the same, with the values of these.
pub(super) struct Labelled<'a> {
    pub(super) req: &'a HttpRequest,
    pub(super) combination: usize,
}

impl Label for Labelled<'_> {
    #[inline]
    fn is(&self, known: &Template) -> bool {
        self.req.is(known)
    }

    fn resolve(&mut self) -> Option<String> {
        self.req.resolve()
    }

    #[inline]
    fn combination(&self) -> usize {
        self.combination
    }
}
