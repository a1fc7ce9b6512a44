//! A table, read through to check every cell and to collect the labels.

use std::path::{Path, PathBuf};

use ndarray::Array2;

use super::columns::Columns;
use super::header::Header;
use super::mixture::Mixture;
use super::row_numbers::RowNumbers;
use crate::contract::column_names::ColumnNames;
use crate::contract::problem::MOST_CLASSES;
use crate::import::cell::{has_decimal_comma, is_beyond_exact, is_missing, number};
use crate::import::encoding::{Encoding, shortened};
use crate::import::error::{Error, quoted};
use crate::import::label_encoder::LabelEncoder;
use crate::import::open::check_size;
use crate::import::request::{Categorical, Missing, Progress, Request};
use crate::import::rows::{Rows, sniffed};
use crate::import::source::{FeatureBuffer, Report, SourceTargets, Summary};
use crate::split::features::FeatureType;
use crate::text::count;

/// A table whose cells are all checked.
pub(super) struct Table<'r> {
    pub(super) path: PathBuf,
    pub(super) request: &'r Request,
    pub(super) delimiter: u8,
    /// The names of all columns, or their numbers if no header names them.
    pub(super) names: Vec<String>,
    pub(super) header: bool,
    /// The columns that are features.
    pub(super) features: Vec<usize>,
    /// The columns of the targets.
    pub(super) target_columns: Vec<usize>,
    /// For each feature, whether it holds texts.
    pub(super) textual: Vec<bool>,
    /// For each feature, its numbers and texts.
    pub(super) mixtures: Vec<Mixture>,
    /// For each feature, whether it numbers the rows.
    pub(super) row_numbers: Vec<RowNumbers>,
    /// The number of rows that are left out.
    pub(super) dropped: usize,
    /// The number of cells without a value in the other rows.
    pub(super) filled: usize,
    pub(super) encoding: Option<Encoding>,
    pub(super) summary: Summary,
}

impl<'r> Table<'r> {
    /// Checks every cell of the table at `path`, and collects its targets.
    pub(super) fn scan(path: &Path, request: &'r Request, report: &mut Report) -> Result<Self, Error> {
        let delimiter = match request.delimiter {
            Some(delimiter) => delimiter,
            None => sniffed(path)?,
        };
        let mut rows = Rows::open(path, delimiter)?;
        if !rows.advance()? {
            return Err(Error::file(path, "an empty table"));
        }
        let header = Header::find(path, delimiter, request, &rows.record)?;
        let not_utf8 = |&(_, cell): &(usize, &[u8])| header.is_there && std::str::from_utf8(cell).is_err();
        if let Some((column, cell)) = rows.record.iter().enumerate().find(not_utf8) {
            let found = cell.escape_ascii();
            let problem = format!("the name of column {} is \"{found}\", which is not UTF-8", column + 1);
            return Err(Error::line(path, rows.line(), problem));
        }
        let Columns { targets, features, texts } =
            Columns::find(request, &header, &rows.record).map_err(|problem| Error::line(path, 1, problem))?;
        let count = features.len();
        if header.is_doubtful {
            let remark = "the first line is taken for the names of the columns; --header no makes it an example";
            report(Progress::Found(format!("{}: {remark}", path.display())))?;
        }
        let header = header.is_there;
        let (shape, feature_type) = match request.size {
            Some((height, width)) => {
                let area = height.saturating_mul(width);
                if area == 0 || !count.is_multiple_of(area) {
                    let problem = format!(
                        "{count} columns are features; pictures of {height} x {width} need a multiple of {area}"
                    );
                    return Err(Error::line(path, 1, problem));
                }
                (vec![height, width, count / area], FeatureType::U8)
            }
            None => (vec![count], FeatureType::F64),
        };
        let name = |(column, cell): (usize, &[u8])| {
            let is_name = header && !cell.is_empty();
            if is_name { String::from_utf8_lossy(cell).into_owned() } else { format!("column {}", column + 1) }
        };
        let title = |column: usize| if header { &rows.record[column] } else { b"" };
        let mut table = Table {
            path: path.to_owned(),
            request,
            delimiter,
            names: rows.record.iter().enumerate().map(name).collect(),
            header,
            textual: features.iter().map(|column| texts.contains(column)).collect(),
            mixtures: vec![Mixture::default(); count],
            row_numbers: features.iter().map(|&column| RowNumbers::new(title(column))).collect(),
            features,
            target_columns: targets,
            dropped: 0,
            filled: 0,
            encoding: None,
            summary: Summary::new(shape, feature_type, SourceTargets::Values(Array2::zeros((0, 0)))),
        };
        table.summary.targets = table.read_targets(rows, report)?;
        table.summary.columns = table.column_names();
        Ok(table)
    }

    /// Returns the names that the header gives to features and values. Pixels need none: the shape of the picture says which is which.
    fn column_names(&self) -> ColumnNames {
        let named = |columns: &[usize]| match self.header && columns.len() <= MOST_CLASSES {
            true => {
                columns.iter().enumerate().map(|(number, &column)| shortened(&self.names[column], number)).collect()
            }
            false => Vec::new(),
        };
        let features = if self.request.size.is_none() { named(&self.features) } else { Vec::new() };
        let targets = if self.request.targets.is_empty() { Vec::new() } else { named(&self.target_columns) };
        ColumnNames { features, targets }
    }

    fn read_targets(&mut self, mut rows: Rows, report: &mut Report) -> Result<SourceTargets, Error> {
        let as_labels = self.request.targets.is_empty();
        let mut codes = Vec::new();
        let mut encoder = LabelEncoder::default();
        let mut values = Vec::new();
        let mut examples = 0;
        let mut more = !self.header || rows.advance()?;
        let columns = self.features.len().max(self.target_columns.len());
        while more {
            if self.is_kept(&rows)? {
                self.check_features(&rows)?;
                for &column in &self.target_columns {
                    let cell = &rows.record[column];
                    if as_labels {
                        let code = encoder.encode(cell);
                        codes.push(code.map_err(|problem| self.wrong(&rows, column, &problem))?);
                    } else {
                        self.check_exact(&rows, column)?;
                        values.push(number(cell).ok_or_else(|| self.not_a_number(&rows, column))?);
                    }
                }
                examples += 1;
            } else {
                self.dropped += 1;
            }
            if (examples + self.dropped).is_multiple_of(1024) {
                check_size(&self.path, &[examples, columns], self.request.max_bytes)?;
                report(Progress::Checked(examples))?;
            }
            more = rows.advance()?;
        }
        if examples == 0 {
            let problem = if self.dropped > 0 { "every row has a missing cell" } else { "a header without rows" };
            return Err(Error::file(&self.path, problem));
        }
        check_size(&self.path, &[examples, columns], self.request.max_bytes)?;
        if as_labels {
            let names = encoder.into_labels().map_err(|problem| Error::file(&self.path, problem))?;
            return Ok(SourceTargets::Labels { codes, names, may_be_numbers: true });
        }
        let values =
            Array2::from_shape_vec((examples, self.target_columns.len()), values).expect("a value for each column");
        Ok(SourceTargets::Values(values.reversed_axes().as_standard_layout().into_owned()))
    }

    /// Returns whether the row is an example: it has as many cells as the first, and no missing cell if such rows are left out.
    pub(super) fn is_kept(&self, rows: &Rows) -> Result<bool, Error> {
        if rows.record.len() != self.names.len() {
            let problem = format!("{}; the first line has {}", count(rows.record.len(), "column"), self.names.len());
            return Err(Error::line(&self.path, rows.line(), problem));
        }
        if self.request.missing != Missing::Drop {
            return Ok(true);
        }
        let lacks = |columns: &[usize]| columns.iter().any(|&column| is_missing(&rows.record[column]));
        Ok(!lacks(&self.features) && !lacks(&self.target_columns))
    }

    /// Checks the features of a row before the encoding is known, and marks the columns of texts.
    fn check_features(&mut self, rows: &Rows) -> Result<(), Error> {
        for (feature, &column) in self.features.iter().enumerate() {
            let cell = &rows.record[column];
            self.row_numbers[feature].add(number(cell));
            let takes_texts = match self.request.categorical {
                Categorical::OneHot => !has_decimal_comma(cell),
                _ => self.textual[feature],
            };
            match (is_missing(cell), number(cell).is_some()) {
                (true, _) if self.request.missing == Missing::Mean => self.filled += 1,
                (true, _) => return Err(self.not_a_number(rows, column)),
                (false, true) => {
                    if self.summary.feature_type == FeatureType::U8 {
                        self.byte(rows, column)?;
                    }
                    if !self.textual[feature] {
                        self.check_exact(rows, column)?;
                    }
                    self.mixtures[feature].add_number();
                }
                (false, false) if takes_texts => {
                    self.textual[feature] = true;
                    self.mixtures[feature].add_text(rows.line(), cell);
                }
                (false, false) => return Err(self.not_a_number(rows, column)),
            }
        }
        Ok(())
    }

    /// Refuses a whole number that f64 may not hold.
    fn check_exact(&self, rows: &Rows, column: usize) -> Result<(), Error> {
        let cell = &rows.record[column];
        if is_beyond_exact(cell) {
            let found = String::from_utf8_lossy(cell);
            return Err(self.wrong(rows, column, &format!("{found}; whole numbers must lie within ±2^53 to be exact")));
        }
        Ok(())
    }

    fn byte(&self, rows: &Rows, column: usize) -> Result<u8, Error> {
        let value = number(&rows.record[column]).ok_or_else(|| self.not_a_number(rows, column))?;
        if value.fract() == 0.0 && (0.0..=255.0).contains(&value) {
            return Ok(value as u8);
        }
        let problem = format!("{value}, but the pixels of a picture are whole numbers from 0 to 255");
        Err(self.wrong(rows, column, &problem))
    }

    /// Appends the features of a row, and returns the number of texts in it that no training row has.
    pub(super) fn features_of(&self, rows: &Rows, buffer: &mut FeatureBuffer) -> Result<usize, Error> {
        let mut unknown = 0;
        for (feature, &column) in self.features.iter().enumerate() {
            match (&mut *buffer, &self.encoding) {
                (FeatureBuffer::U8(bytes), _) => bytes.push(self.byte(rows, column)?),
                (FeatureBuffer::F64(numbers), Some(encoding)) => {
                    let known = encoding.columns[feature].append(&rows.record[column], numbers);
                    unknown += usize::from(!known.map_err(|()| self.not_a_number(rows, column))?);
                }
                (FeatureBuffer::F64(numbers), None) => {
                    numbers.push(number(&rows.record[column]).ok_or_else(|| self.not_a_number(rows, column))?);
                }
                (FeatureBuffer::F32(_), _) => unreachable!("a table is kept as bytes or in f64"),
            }
        }
        Ok(unknown)
    }

    /// Describes a column by its number from 1, and its name if a header names it.
    pub(super) fn described(&self, column: usize) -> String {
        let number = format!("column {}", column + 1);
        // A column without a name is called by its number.
        match &self.names[column] {
            name if *name == number => number,
            name => format!("{number} ({})", quoted(name)),
        }
    }

    fn not_a_number(&self, rows: &Rows, column: usize) -> Error {
        let cell = &rows.record[column];
        let found = quoted(&String::from_utf8_lossy(cell));
        let hint = match (is_missing(cell), self.features.contains(&column)) {
            (true, true) => "--missing drop leaves such rows out, --missing mean takes the column's mean",
            (true, false) => "--missing drop leaves such rows out",
            (false, _) if has_decimal_comma(cell) => {
                "it has a decimal comma, or one between thousands; write a decimal point, as in 1.5, or nothing, as in 1000"
            }
            (false, true) => match self.request.categorical {
                Categorical::Refuse => {
                    "--categorical one-hot makes a column of each text, --ignore leaves a column out"
                }
                Categorical::OneHot => "the training rows have numbers in it; --ignore leaves a column out",
                Categorical::Columns(_) => "--categorical doesn't name this column, --ignore leaves a column out",
            },
            (false, false) => "targets are numbers",
        };
        self.wrong(rows, column, &format!("{found}; a finite number is required ({hint})"))
    }

    pub(super) fn wrong(&self, rows: &Rows, column: usize, problem: &str) -> Error {
        self.wrong_at(rows.line(), column, problem)
    }

    pub(super) fn wrong_at(&self, line: u64, column: usize, problem: &str) -> Error {
        let name = if self.header { format!(", {},", quoted(&self.names[column])) } else { String::new() };
        Error::line(&self.path, line, format!("column {}{name} is {problem}", column + 1))
    }
}
