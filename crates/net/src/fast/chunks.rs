//! The evaluation of many examples in parts.

/// Examples that are evaluated at once, so that the memory for it doesn't grow with their number.
pub(crate) const CHUNK: usize = 2048;

/// Returns the sizes of the parts in which `examples` are evaluated.
pub fn evaluated_at_once(examples: usize) -> impl Iterator<Item = usize> {
    [examples.min(CHUNK), examples % CHUNK].into_iter().filter(|&count| count > 0)
}
