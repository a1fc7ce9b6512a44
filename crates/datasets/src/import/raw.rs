//! Arrays of numbers as IDX and NPY files have them: a header, and then the elements one after another.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use ndarray::Array2;

use super::elements::StoredType;
use super::error::Error;
use super::label_encoder::LabelEncoder;
use super::open::{open, read_up_to};
use super::request::Request;
use super::source::{ExampleReader, FeatureBuffer, Source, SourceTargets, Summary};
use crate::contract::problem::{MOST_CLASSES, Problem};
use crate::contract::target_matrix::TargetMatrix;
use crate::contract::targets::{TargetKind, Targets};
use crate::split::features::FeatureType;

/// An array in a file, known by its header.
#[derive(Debug)]
pub(super) struct RawArray {
    /// The name in messages: a file, or a file and an array in it.
    pub(super) path: PathBuf,
    /// The file without a name that it was unpacked into from an archive; `None` if it is at `path`, plain or gzipped.
    pub(super) unpacked: Option<File>,
    /// The byte at which the elements begin.
    pub(super) start: u64,
    pub(super) stored: StoredType,
    pub(super) shape: Vec<usize>,
    /// True if the first index is the fastest.
    pub(super) fortran: bool,
}

/// Opens the file at `path`, or what was unpacked from it.
pub(super) fn open_array(path: &Path, unpacked: Option<&File>) -> Result<Box<dyn Read>, Error> {
    let Some(file) = unpacked else { return open(path) };
    let again = || {
        let mut file = file.try_clone()?;
        file.rewind().map(|()| file)
    };
    let file = again().map_err(|reason| Error::read(path, &reason))?;
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

impl RawArray {
    fn examples(&self) -> usize {
        self.shape[0]
    }

    fn features(&self) -> usize {
        self.shape[1..].iter().product()
    }

    fn rows(&self) -> Result<Rows<'_>, Error> {
        let mut reader = open_array(&self.path, self.unpacked.as_ref())?;
        let row = read_up_to(&mut reader, self.start).map_err(|reason| Error::read(&self.path, &reason))?;
        let row_bytes = self.features() as u64 * self.stored.element.size() as u64;
        let mut rows = Rows { array: self, reader, row, row_bytes, next: 0, columns: None };
        if self.fortran {
            let all = row_bytes * self.examples() as u64;
            let mut columns = Vec::new();
            rows.take(all, &mut columns)?;
            rows.columns = Some(columns);
        }
        Ok(rows)
    }

    /// Reads all elements as f64, row by row.
    fn values(&self) -> Result<Vec<f64>, Error> {
        let mut rows = self.rows()?;
        let mut buffer = FeatureBuffer::new(self.stored.feature_type());
        (0..self.examples()).try_for_each(|_| rows.next(&mut buffer))?;
        rows.end()?;
        Ok(match buffer {
            FeatureBuffer::U8(values) => values.into_iter().map(f64::from).collect(),
            FeatureBuffer::F32(values) => values.into_iter().map(f64::from).collect(),
            FeatureBuffer::F64(values) => values,
        })
    }

    /// Reads the array as targets of `examples` examples, of the kind that `request` declares or else the kind that they look like, as in
    /// a data file. Class numbers are labels like any others: those that don't count from 0 become names.
    pub(super) fn targets(&self, examples: usize, request: &Request) -> Result<SourceTargets, Error> {
        // [1, m] is the shape of the course's labels; [m, 1] has a column.
        let (count, outputs) = match self.shape[..] {
            [m] if m > 0 => (m, 1),
            [1, m] if m > 0 && examples != 1 => (m, 1),
            [m, n] if m > 0 && n > 0 => (m, n),
            _ => {
                return Err(Error::file(
                    &self.path,
                    format!("its shape is {:?}; labels are [m], values [m, outputs]", self.shape),
                ));
            }
        };
        if count != examples {
            return Err(Error::file(&self.path, format!("has {count} labels, but there are {examples} examples")));
        }
        let rows = Array2::from_shape_vec((examples, outputs), self.values()?).expect("as many as the rows have");
        let numbers = TargetMatrix { rows, is_float: self.stored.element.is_float(), marked: false };
        let refused = |problem: Problem| Error::file(&self.path, problem.to_string());
        match numbers.target_kind(request.declared_targets(outputs)) {
            TargetKind::Classes if outputs == 1 => self.labels(numbers.rows.iter().copied()),
            kind => match numbers.targets(kind).map_err(refused)? {
                Targets::Classes(codes) if outputs <= MOST_CLASSES => {
                    // The class is the column of the 1: a column without an example is a class too.
                    let names = (0..outputs).map(|class| class.to_string()).collect();
                    Ok(SourceTargets::Labels { codes, names, may_be_numbers: true })
                }
                Targets::Classes(_) => Err(Error::file(
                    &self.path,
                    format!("one-hot rows of {outputs} columns; at most {MOST_CLASSES} classes"),
                )),
                Targets::Values(values) => Ok(SourceTargets::Values(values)),
            },
        }
    }

    fn labels(&self, labels: impl Iterator<Item = f64>) -> Result<SourceTargets, Error> {
        let mut encoder = LabelEncoder::default();
        let code = |(row, label): (usize, f64)| {
            let code = encoder.encode(label.to_string().as_bytes());
            code.map_err(|problem| Error::value(&self.path, row, 0, format!("is {problem}")))
        };
        let codes = labels.enumerate().map(code).collect::<Result<_, _>>()?;
        let names = encoder.into_labels().map_err(|problem| Error::file(&self.path, problem))?;
        Ok(SourceTargets::Labels { codes, names, may_be_numbers: true })
    }
}

/// A reader of the rows of an array.
struct Rows<'a> {
    array: &'a RawArray,
    reader: Box<dyn Read>,
    row: Vec<u8>,
    row_bytes: u64,
    next: usize,
    /// All bytes of an array in Fortran order, whose rows lie scattered.
    columns: Option<Vec<u8>>,
}

impl Rows<'_> {
    fn take(&mut self, count: u64, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let RawArray { path, start, .. } = self.array;
        let at = start + self.next as u64 * self.row_bytes;
        bytes.clear();
        let read = self.reader.by_ref().take(count).read_to_end(bytes);
        let broken = |problem: String| Error::byte(path, at + bytes.len() as u64, problem);
        read.map_err(|reason| broken(format!("cannot read on: {}", super::error::one_line(&reason.to_string()))))?;
        if (bytes.len() as u64) < count {
            let all = start + self.row_bytes * self.array.examples() as u64;
            return Err(broken(format!("it ends here; its header declares {all} bytes")));
        }
        Ok(())
    }
}

impl ExampleReader for Rows<'_> {
    fn next(&mut self, buffer: &mut FeatureBuffer) -> Result<(), Error> {
        let RawArray { path, stored, .. } = self.array;
        let mut row = std::mem::take(&mut self.row);
        if let Some(columns) = &self.columns {
            row.clear();
            let size = stored.element.size();
            let columns = columns.chunks_exact(self.array.examples() * size);
            // The features themselves are in Fortran's order too, the first of them the fastest.
            let mut scattered: Vec<&[u8]> = columns.map(|column| &column[self.next * size..][..size]).collect();
            in_c_order(&mut scattered, &self.array.shape[1..]);
            scattered.iter().for_each(|element| row.extend_from_slice(element));
        } else {
            self.take(self.row_bytes, &mut row)?;
        }
        stored.append(&row, buffer).map_err(|(column, problem)| Error::value(path, self.next, column, problem))?;
        self.row = row;
        self.next += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<Option<String>, Error> {
        let RawArray { path, start, .. } = self.array;
        if read_up_to(&mut self.reader, 1).map_err(|reason| Error::read(path, &reason))?.is_empty() {
            return Ok(None);
        }
        let end = start + self.row_bytes * self.array.examples() as u64;
        Err(Error::byte(path, end, "more bytes follow than its header declares"))
    }
}

/// Reorders the elements of an array of this shape from Fortran order to C order.
fn in_c_order<T: Copy>(elements: &mut [T], shape: &[usize]) {
    if shape.len() < 2 {
        return;
    }
    let reversed: Vec<usize> = shape.iter().rev().copied().collect();
    let sorted: Vec<T> = ndarray::ArrayViewD::from_shape(reversed, elements)
        .expect("one element for each index")
        .reversed_axes()
        .iter()
        .copied()
        .collect();
    elements.copy_from_slice(&sorted);
}

/// A source of two arrays, examples and targets.
pub(super) struct Arrays {
    x: RawArray,
    summary: Summary,
}

impl Arrays {
    /// Makes a source of `x`, `[m, features]` or pictures `[m, h, w]` or `[m, h, w, c]`, and `y`. Pictures of another type than u8
    /// become features.
    pub(super) fn new(x: RawArray, y: &RawArray, request: &Request) -> Result<Self, Error> {
        let feature_type = x.stored.feature_type();
        if !matches!(x.shape.len(), 2..=4) || x.shape.contains(&0) {
            let problem = format!(
                "its shape is {:?}; examples are [m, features], [m, h, w] or [m, h, w, c], each at least 1",
                x.shape
            );
            return Err(Error::file(&x.path, problem));
        }
        let shape = match (&x.shape[1..], feature_type) {
            (&[height, width], FeatureType::U8) => vec![height, width, 1],
            (&[height, width, channels], FeatureType::U8) => vec![height, width, channels],
            _ => vec![x.features()],
        };
        let targets = y.targets(x.examples(), request)?;
        Ok(Arrays { x, summary: Summary::new(shape, feature_type, targets) })
    }
}

impl Source for Arrays {
    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn read(&self) -> Result<Box<dyn ExampleReader + '_>, Error> {
        Ok(Box::new(self.x.rows()?))
    }
}
