//! The chunks in which examples are evaluated.

/// The most examples that are evaluated at once, so that the memory for it doesn't grow with their number.
pub(crate) const CHUNK: usize = 2048;

/// Lists the different sizes of the chunks in which `examples` are evaluated: that of a whole chunk, and that of the last one.
pub fn chunk_sizes(examples: usize) -> impl Iterator<Item = usize> {
    [examples.min(CHUNK), examples % CHUNK].into_iter().filter(|&count| count > 0)
}
