//! The flags all benchmarks share.

/// Whether `--quick` was given: fewer rounds, for a first impression.
pub fn quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}

/// The number after `--name`, if it was given.
///
/// # Panics
/// If what follows is not a number.
pub fn number(name: &str) -> Option<usize> {
    let mut arguments = std::env::args()
        .skip_while(|argument| argument != name)
        .skip(1);
    let value = arguments.next()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} takes a number, not `{value}`")),
    )
}
