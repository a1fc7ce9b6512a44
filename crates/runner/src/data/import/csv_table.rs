//! Tables of comma-separated values: a row an example, with a column of labels or columns of values among its features.
//!
//! A table is read twice: to check every cell and to collect the labels, and then for the features. Neither needs more
//! memory for more rows, but for the labels.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder};
use ndarray::Array2;

use super::columns::{Column, position, sniffed};
use super::error::{At, Error, one_line, quoted};
use super::open::{checked_size, open};
use super::source::{Answers, Cells, Examples, Kept, Source, Survey};
use super::words::{Words, number};
use crate::data::targets::Targets;

/// A longer row is no row of a table.
const LONGEST_ROW: usize = 1 << 26;

/// How a table is read.
#[derive(Clone, Debug)]
pub(super) struct Format {
    pub(super) label: Column,
    /// Columns of values, instead of the label.
    pub(super) targets: Vec<Column>,
    /// Whether the first line names the columns; `None`: if one of its features is no number.
    pub(super) header: Option<bool>,
    /// `None`: the most frequent in the first line of comma, semicolon and tab.
    pub(super) delimiter: Option<u8>,
    /// `(height, width)`, where the features are the bytes of pictures, row by row and channels last.
    pub(super) picture: Option<(usize, usize)>,
}

/// A table whose cells are all checked.
pub(super) struct Table {
    path: PathBuf,
    delimiter: u8,
    header: bool,
    width: usize,
    /// By column: whether it is a feature.
    features: Vec<bool>,
    survey: Survey,
}

impl Table {
    /// Reads through the table at `path`; `on_row` may stop it.
    pub(super) fn survey(
        path: &Path,
        format: &Format,
        limit: u64,
        on_row: &mut dyn FnMut(usize) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let delimiter = match format.delimiter {
            Some(delimiter) => delimiter,
            None => sniffed(path)?,
        };
        let mut rows = Rows::open(path, delimiter)?;
        if !rows.advance()? {
            return Err(Error::file(path, "an empty table"));
        }
        let width = rows.record.len();
        let named = format.targets.iter().chain([&format.label]).any(|column| matches!(column, Column::Named(_)));
        let asked: &[Column] =
            if format.targets.is_empty() { std::slice::from_ref(&format.label) } else { &format.targets };
        let find = |column: &Column| {
            position(column, &rows.record, format.header != Some(false))
                .map_err(|problem| Error::at(path, At::Line(1), problem))
        };
        let answers: Vec<usize> = asked.iter().map(find).collect::<Result<_, _>>()?;
        let features: Vec<bool> = (0..width).map(|column| !answers.contains(&column)).collect();
        let count = features.iter().filter(|&&feature| feature).count();
        if count == 0 {
            return Err(Error::at(
                path,
                At::Line(1),
                format!("{width} columns, and none of them is a feature (--delimiter?)"),
            ));
        }
        let is_number = |column: usize| number(&rows.record[column]).is_some();
        let header = format.header.unwrap_or(named || (0..width).any(|column| features[column] && !is_number(column)));
        let (shape, kept) = match format.picture {
            Some((height, width)) => {
                let area = height.saturating_mul(width);
                if area == 0 || count % area != 0 {
                    let problem = format!(
                        "{count} columns are features; pictures of {height} x {width} need a multiple of {area}"
                    );
                    return Err(Error::at(path, At::Line(1), problem));
                }
                (vec![height, width, count / area], Kept::U8)
            }
            None => (vec![count], Kept::F64),
        };
        let none = Answers::Known(Targets::Classes(Vec::new()));
        let survey = Survey { shape, kept, answers: none };
        let mut table = Table { path: path.to_owned(), delimiter, header, width, features, survey };
        table.survey.answers = table.read_answers(rows, &answers, format.targets.is_empty(), limit, on_row)?;
        Ok(table)
    }

    fn read_answers(
        &self,
        mut rows: Rows,
        columns: &[usize],
        as_labels: bool,
        limit: u64,
        on_row: &mut dyn FnMut(usize) -> Result<(), Error>,
    ) -> Result<Answers, Error> {
        let mut labels = Vec::new();
        let mut words = Words::default();
        let mut values = Vec::new();
        let mut examples = 0;
        let mut more = !self.header || rows.advance()?;
        let mut cells = Cells::new(self.survey.kept);
        while more {
            cells.clear();
            self.features_of(&rows, &mut cells)?;
            if as_labels {
                let label = words.index(&rows.record[columns[0]]);
                labels.push(label.map_err(|problem| self.wrong(&rows, columns[0], &problem))?);
            } else {
                for &column in columns {
                    let value = number(&rows.record[column]).ok_or_else(|| self.not_a_number(&rows, column))?;
                    values.push(value);
                }
            }
            examples += 1;
            if examples % 1024 == 0 {
                checked_size(&self.path, &[examples, cells.len().max(columns.len())], 8, limit)?;
                on_row(examples)?;
            }
            more = rows.advance()?;
        }
        if examples == 0 {
            return Err(Error::file(&self.path, "a header without rows"));
        }
        checked_size(&self.path, &[examples, cells.len().max(columns.len())], 8, limit)?;
        if as_labels {
            let words = words.finish().map_err(|problem| Error::file(&self.path, problem))?;
            return Ok(Answers::Words { labels, words });
        }
        let values =
            Array2::from_shape_vec((examples, columns.len()), values).expect("a value for each column of a row");
        Ok(Answers::Known(Targets::Values(values.reversed_axes().as_standard_layout().into_owned())))
    }

    fn features_of(&self, rows: &Rows, cells: &mut Cells) -> Result<(), Error> {
        if rows.record.len() != self.width {
            let problem = format!("{} columns; the first line has {}", rows.record.len(), self.width);
            return Err(Error::at(&self.path, At::Line(rows.line()), problem));
        }
        for (column, cell) in rows.record.iter().enumerate() {
            if !self.features[column] {
                continue;
            }
            let value = number(cell).ok_or_else(|| self.not_a_number(rows, column))?;
            match cells {
                Cells::U8(bytes) if value.fract() == 0.0 && (0.0..=255.0).contains(&value) => bytes.push(value as u8),
                Cells::U8(_) => {
                    let problem = format!("{value}, but the pixels of a picture are whole numbers from 0 to 255");
                    return Err(self.wrong(rows, column, &problem));
                }
                Cells::F32(values) => values.push(value as f32),
                Cells::F64(values) => values.push(value),
            }
        }
        Ok(())
    }

    fn not_a_number(&self, rows: &Rows, column: usize) -> Error {
        let found = quoted(&String::from_utf8_lossy(&rows.record[column]));
        self.wrong(rows, column, &format!("{found}; a finite number is required"))
    }

    fn wrong(&self, rows: &Rows, column: usize, problem: &str) -> Error {
        Error::at(&self.path, At::Line(rows.line()), format!("column {} is {problem}", column + 1))
    }
}

impl Source for Table {
    fn survey(&self) -> &Survey {
        &self.survey
    }

    fn read(&self) -> Result<Box<dyn Examples + '_>, Error> {
        let mut rows = Rows::open(&self.path, self.delimiter)?;
        if self.header {
            rows.advance()?;
        }
        Ok(Box::new(Again { table: self, rows }))
    }
}

/// The second reading.
struct Again<'t> {
    table: &'t Table,
    rows: Rows,
}

impl Again<'_> {
    fn changed(&self) -> Error {
        Error::file(&self.table.path, "the file changed while it was being read; try again when nothing writes to it")
    }
}

impl Examples for Again<'_> {
    fn next(&mut self, cells: &mut Cells) -> Result<(), Error> {
        if !self.rows.advance()? {
            return Err(self.changed());
        }
        self.table.features_of(&self.rows, cells)
    }

    fn end(&mut self) -> Result<(), Error> {
        if self.rows.advance()? { Err(self.changed()) } else { Ok(()) }
    }
}

/// The rows of a table, one at a time.
struct Rows {
    path: PathBuf,
    reader: csv::Reader<ShortRows<Box<dyn Read>>>,
    record: ByteRecord,
}

impl Rows {
    fn open(path: &Path, delimiter: u8) -> Result<Self, Error> {
        let rows = ShortRows { reader: open(path)?, length: 0 };
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(rows);
        Ok(Rows { path: path.to_owned(), reader, record: ByteRecord::new() })
    }

    /// Goes to the next row, the first at first; false behind the last.
    fn advance(&mut self) -> Result<bool, Error> {
        let read = self.reader.read_byte_record(&mut self.record);
        let line = self.reader.position().line();
        self.reader.get_mut().length = 0;
        let more = read.map_err(|error| Error::at(&self.path, At::Line(line), one_line(&error.to_string())))?;
        if more {
            self.record.trim();
        }
        Ok(more)
    }

    fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }
}

/// A reader that refuses a row that would fill the memory.
struct ShortRows<R> {
    reader: R,
    /// Bytes since the last row.
    length: usize,
}

impl<R: Read> Read for ShortRows<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.length += count;
        if self.length > LONGEST_ROW {
            let limit = LONGEST_ROW >> 20;
            return Err(io::Error::other(format!("a row of more than {limit} MiB (a quote without its second?)")));
        }
        Ok(count)
    }
}
