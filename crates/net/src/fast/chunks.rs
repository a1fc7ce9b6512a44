//! The chunks in which examples are evaluated.

/// The most examples that are evaluated at once, so that the memory for it doesn't grow with their number.
pub(crate) const CHUNK: usize = 2048;

/// Lists the different sizes of the chunks in which `examples` are evaluated: that of a whole chunk, and that of the last one.
pub fn chunk_sizes(examples: usize) -> impl Iterator<Item = usize> {
    let (whole, rest) = (examples.min(CHUNK), examples % CHUNK);
    [whole, if rest == whole { 0 } else { rest }].into_iter().filter(|&count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_size_of_a_chunk_is_listed_once() {
        let sizes = |examples| chunk_sizes(examples).collect::<Vec<_>>();
        assert_eq!([0, 100, CHUNK, 2 * CHUNK].map(sizes), [vec![], vec![100], vec![CHUNK], vec![CHUNK]]);
        assert_eq!(sizes(2 * CHUNK + 3), [CHUNK, 3]);
    }
}
