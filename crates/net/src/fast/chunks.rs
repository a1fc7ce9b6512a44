//! The evaluation of many examples in parts.

/// Examples that are evaluated at once, so that the memory for it doesn't grow with their number.
pub(crate) const CHUNK: usize = 2048;

/// Returns how many of `examples` a net sees at once when it is evaluated: one or two numbers.
pub fn evaluated_at_once(examples: usize) -> impl Iterator<Item = usize> {
    [examples.min(CHUNK), examples % CHUNK].into_iter().filter(|&count| count > 0)
}
