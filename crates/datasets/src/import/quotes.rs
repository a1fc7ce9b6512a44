//! The quotes of a table.

/// Where in the quotes of a table its reader is. A quote opens at the beginning of a cell only; two within quotes are one of the text.
pub(super) struct Quotes<D> {
    delimiters: D,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    CellStart,
    Unquoted,
    Quoted,
    /// After a quote within quotes, which closes them unless another one follows.
    Closing,
}

impl<D: AsRef<[u8]>> Quotes<D> {
    /// Begins at the first cell of a table with these delimiters.
    pub(super) fn new(delimiters: D) -> Self {
        Quotes { delimiters, place: Place::CellStart }
    }

    /// Goes over the next byte.
    pub(super) fn pass(&mut self, byte: u8) {
        self.place = match (self.place, byte) {
            (Place::CellStart | Place::Closing, b'"') => Place::Quoted,
            (Place::Quoted, b'"') => Place::Closing,
            (Place::Quoted, _) => Place::Quoted,
            // The byte order mark that UTF-8 may begin with is no part of a cell.
            (Place::CellStart, 0xef | 0xbb | 0xbf) => Place::CellStart,
            _ if matches!(byte, b'\n' | b'\r') || self.delimiters.as_ref().contains(&byte) => Place::CellStart,
            _ => Place::Unquoted,
        };
    }

    /// Returns whether the next byte lies within quotes.
    pub(super) fn are_open(&self) -> bool {
        matches!(self.place, Place::Quoted)
    }
}

#[cfg(test)]
mod tests {
    use super::Quotes;

    #[test]
    fn quotes_open_at_the_beginning_of_a_cell_and_close_at_a_single_quote() {
        for (text, open) in [
            ("a,\"b", true),
            ("a,\"b\n1,2\n", true),
            ("a,\"b\"", false),
            ("a,\"b \"\" c", true),
            ("a,\"b \"\"\"", false),
            ("a,6\" wide", false),
            ("\"a\"\r\n\"b", true),
            ("a;\"b", false),
            ("\u{feff}\"a", true),
            ("", false),
        ] {
            let mut quotes = Quotes::new(b",");
            text.bytes().for_each(|byte| quotes.pass(byte));
            assert_eq!(quotes.are_open(), open, "{text:?}");
        }
    }
}
