//! The reading of a table whose cells are all checked: its encoding is fitted to the training rows, and its features are read.

use super::row_numbers::RowNumbers;
use super::table::Table;
use crate::contract::problem::MOST_CLASSES;
use crate::import::encoding::{ColumnFit, Encoding};
use crate::import::error::{Error, quoted};
use crate::import::open::check_size;
use crate::import::request::{Categorical, Missing};
use crate::import::rows::Rows;
use crate::import::source::{ExampleReader, FeatureBuffer, Source, Summary};
use crate::text::count;

impl Source for Table<'_> {
    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn fit(&mut self, is_training: &dyn Fn(usize) -> bool) -> Result<(), Error> {
        if self.request.missing != Missing::Mean && !self.textual.contains(&true) {
            return Ok(());
        }
        if self.request.categorical == Categorical::OneHot {
            for (mixture, &column) in self.mixtures.iter().zip(&self.features) {
                if let Some((line, problem)) = mixture.stray_text() {
                    return Err(self.wrong_at(line, column, &problem));
                }
            }
        }
        let mut fits: Vec<ColumnFit> = self.textual.iter().map(|&textual| ColumnFit::new(textual)).collect();
        let mut examples = self.examples()?;
        for example in 0.. {
            if !examples.advance()? {
                break;
            }
            if is_training(example) {
                for (fit, &column) in fits.iter_mut().zip(&self.features) {
                    let updated = fit.update(&examples.rows.record[column]);
                    updated.map_err(|problem| self.wrong(&examples.rows, column, &problem))?;
                }
            }
        }
        let finish = |(fit, &column): (ColumnFit, &usize)| {
            let name = quoted(&self.names[column]);
            fit.finish()
                .map_err(|problem| Error::file(&self.path, format!("column {} ({name}): {problem}", column + 1)))
        };
        let columns = fits.into_iter().zip(&self.features).map(finish).collect::<Result<_, _>>()?;
        self.encode(Encoding { columns })
    }

    fn encoding(&self) -> Option<&Encoding> {
        self.encoding.as_ref()
    }

    fn use_encoding(&mut self, encoding: &Encoding) -> Result<(), Error> {
        if encoding.columns.len() != self.features.len() {
            let (found, expected) = (self.features.len(), encoding.columns.len());
            return Err(Error::file(
                &self.path,
                format!("{found} columns are features; the training table has {expected}"),
            ));
        }
        self.encode(encoding.clone())
    }

    fn names(&self) -> Option<Vec<&str>> {
        self.header.then(|| self.features.iter().map(|&column| &*self.names[column]).collect())
    }

    fn target_names(&self) -> Option<Vec<&str>> {
        self.header.then(|| self.target_columns.iter().map(|&column| &*self.names[column]).collect())
    }

    fn read(&self) -> Result<Box<dyn ExampleReader + '_>, Error> {
        Ok(Box::new(self.examples()?))
    }

    fn remark(&self) -> Option<String> {
        let mut words = Vec::new();
        if self.dropped > 0 {
            words.push(format!("{} with a missing cell left out", count(self.dropped, "row")));
        }
        if self.filled > 0 {
            words.push(format!("{} filled with the mean of the training rows", count(self.filled, "missing cell")));
        }
        if let Some(encoding) = self.encoding.as_ref().filter(|encoding| encoding.with_levels() > 0) {
            let columns = encoding.with_levels();
            let (from, to) = (count(columns, "column"), encoding.width() + columns - encoding.columns.len());
            words.push(format!("{from} of texts became {to}, one for each text"));
        }
        if let Some(feature) = self.row_numbers.iter().position(RowNumbers::number_rows) {
            let column = self.features[feature];
            words.push(format!("{} numbers the rows; --ignore {} leaves it out", self.described(column), column + 1));
        }
        (!words.is_empty()).then(|| words.join("; "))
    }
}

/// The reader of a table's features.
struct TableReader<'t> {
    table: &'t Table<'t>,
    rows: Rows,
    /// The number of texts that no training row has.
    unknown: usize,
}

impl TableReader<'_> {
    /// Returns the error that the table is not as it was when it was checked.
    fn changed(&self) -> Error {
        Error::file(&self.table.path, "the file changed while it was being read; try again when nothing writes to it")
    }

    /// Goes to the next example, and returns whether there is one.
    fn advance(&mut self) -> Result<bool, Error> {
        while self.rows.advance()? {
            if self.table.is_kept(&self.rows)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl ExampleReader for TableReader<'_> {
    fn next(&mut self, buffer: &mut FeatureBuffer) -> Result<(), Error> {
        if !self.advance()? {
            return Err(self.changed());
        }
        self.unknown += self.table.features_of(&self.rows, buffer)?;
        Ok(())
    }

    fn end(&mut self) -> Result<Option<String>, Error> {
        if self.advance()? {
            return Err(self.changed());
        }
        let unknown = self.unknown;
        Ok((unknown > 0)
            .then(|| format!("{} that no training row has: 0 in each column made of theirs", count(unknown, "text"))))
    }
}

impl Table<'_> {
    /// Begins to read the examples after the header.
    fn examples(&self) -> Result<TableReader<'_>, Error> {
        let mut rows = Rows::open(&self.path, self.delimiter)?;
        if self.header {
            rows.advance()?;
        }
        Ok(TableReader { table: self, rows, unknown: 0 })
    }

    /// Sets the encoding of the columns.
    fn encode(&mut self, encoding: Encoding) -> Result<(), Error> {
        let width = encoding.width();
        check_size(&self.path, &[self.summary.targets.examples(), width], self.request.max_bytes)?;
        if width > MOST_CLASSES {
            let problem = format!("its columns become {width}; at most {MOST_CLASSES} (--ignore leaves columns out)");
            return Err(Error::file(&self.path, problem));
        }
        self.summary.shape = vec![width];
        let names: Vec<String> = self.features.iter().map(|&column| self.names[column].clone()).collect();
        self.summary.columns.features = encoding.names(&names);
        if self.request.missing == Missing::Mean {
            self.summary.fillings = encoding.fillings();
        }
        self.encoding = Some(encoding);
        Ok(())
    }
}
