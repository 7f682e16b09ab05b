//! The id of a trace.

use std::fmt;

/// The id of a trace: 16 bytes, printed as 32 lowercase hexadecimal digits, as W3C Trace Context and OpenTelemetry print
/// it.
///
/// A tracer with shorter ids fills the front with zeros. An id that is all zeros names no trace and is never shown.
///
/// ```
/// use metrics_runtime::exemplars::TraceId;
///
/// let id = TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
/// assert_eq!(id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert_eq!(id, TraceId::from_bytes(id.to_bytes()));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(pub(crate) u128);

impl TraceId {
    /// The id that these bytes are, the most significant first.
    ///
    /// ```
    /// use metrics_runtime::exemplars::TraceId;
    ///
    /// let id = TraceId::from_bytes(7_u128.to_be_bytes());
    /// assert_eq!(id.to_string(), "00000000000000000000000000000007");
    /// ```
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// The bytes of the id, the most significant first.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The id that 32 hexadecimal digits in either case are; `None` if the text is anything else.
    ///
    /// ```
    /// use metrics_runtime::exemplars::TraceId;
    ///
    /// assert!(TraceId::from_hex("4BF92F3577B34DA6A3CE929D0E0E4736").is_some());
    /// assert!(TraceId::from_hex("4bf92f35").is_none());
    /// ```
    #[must_use]
    pub fn from_hex(digits: &str) -> Option<Self> {
        // `from_str_radix` alone takes a sign.
        let is_hex = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hex.then(|| u128::from_str_radix(digits, 16).ok().map(Self))?
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}
