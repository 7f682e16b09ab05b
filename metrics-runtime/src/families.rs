//! Every family's name, help text, type and unit. The names are a contract with dashboards and alerts.

use crate::config::Config;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Summary,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
        }
    }
}

/// A family's head. A counter's name ends in `_total`.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) help: &'static str,
    /// The unit the name ends in, where it does.
    pub(crate) unit: Option<&'static str>,
    pub(crate) labels: &'static [&'static str],
}

/// The families of one configuration, in the order they are shown.
#[derive(Debug, Clone)]
pub(crate) struct Families {
    pub(crate) requests: Family,
    pub(crate) duration: Family,
    pub(crate) request_size: Family,
    pub(crate) response_size: Family,
    pub(crate) inprogress: Family,
    pub(crate) exceptions: Family,
    pub(crate) high_resolution: Option<Family>,
}

impl Families {
    pub(crate) fn new(config: &Config) -> Self {
        let family = |name: &str, kind, unit, labels, help| Family {
            name: format!("{}{name}", config.prefix),
            kind,
            help,
            unit,
            labels,
        };
        Self {
            requests: family(
                "http_requests_total",
                Kind::Counter,
                None,
                &["handler", "method", "status"],
                "Requests that reached a handler, by the status their client saw.",
            ),
            duration: family(
                "http_request_duration_seconds",
                Kind::Histogram,
                Some("seconds"),
                &["handler", "method"],
                "Time from the start of extraction to the end of the response.",
            ),
            request_size: family(
                "http_request_size_bytes",
                Kind::Summary,
                Some("bytes"),
                &["handler"],
                "Size of request bodies.",
            ),
            response_size: family(
                "http_response_size_bytes",
                Kind::Summary,
                Some("bytes"),
                &["handler"],
                "Size of response bodies as produced.",
            ),
            inprogress: family(
                config
                    .inprogress_name
                    .as_deref()
                    .unwrap_or("http_requests_inprogress"),
                Kind::Gauge,
                None,
                &["handler", "method"],
                "Requests begun and not yet answered to the last byte.",
            ),
            exceptions: family(
                "http_exceptions_total",
                Kind::Counter,
                None,
                &["handler", "exception_type"],
                "Handlers that returned an error, by its type, or panicked.",
            ),
            high_resolution: config.high_resolution_latency.then(|| {
                family(
                    "http_request_duration_highr_seconds",
                    Kind::Histogram,
                    Some("seconds"),
                    &[],
                    "Time of all requests, in many buckets and without labels.",
                )
            }),
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Family> {
        [
            &self.requests,
            &self.duration,
            &self.request_size,
            &self.response_size,
            &self.inprogress,
            &self.exceptions,
        ]
        .into_iter()
        .chain(&self.high_resolution)
    }
}
