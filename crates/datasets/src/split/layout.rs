//! The matrices that nets take: examples as columns or as rows, scaled, in their element type.

use std::ops::Range;

use kernels::Real;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

use crate::contract::targets::Targets;
use crate::split::Split;
use crate::split::features::Features;
use crate::split::scaling::Scaling;

/// The destination of scaled features.
enum Layout<'d, R> {
    /// features × examples.
    Columns(ArrayViewMut2<'d, R>),
    /// examples × features.
    Rows(ArrayViewMut2<'d, R>),
}

impl Split {
    /// Returns the input X = A\[0\] of a net: features × examples in C order, one example per column. See
    /// [`Self::write_columns`].
    pub fn columns<R: Real>(&self, scaling: &Scaling) -> Array2<R> {
        let (examples, features) = self.x.dim();
        let mut columns = Array2::zeros((features, examples));
        self.write_columns(scaling, columns.view_mut());
        columns
    }

    /// Writes the input X = A\[0\] of a net, features × examples, into `columns`: scaled in f64, and then rounded to `R`.
    ///
    /// # Panics
    /// If `columns` has another shape, or the elements of a row of it aren't adjacent, or `scaling` was fitted on other
    /// features.
    #[track_caller]
    pub fn write_columns<R: Real>(&self, scaling: &Scaling, columns: ArrayViewMut2<R>) {
        assert_eq!(columns.t().dim(), self.x.dim(), "one column for each example");
        self.write(scaling, Layout::Columns(columns));
    }

    /// Returns the transpose of [`Self::columns`], bit for bit: examples × features in C order, one example per row, so that
    /// a mini-batch can be gathered row by row.
    ///
    /// # Panics
    /// If `scaling` was fitted on other features.
    #[track_caller]
    pub fn rows<R: Real>(&self, scaling: &Scaling) -> Array2<R> {
        let mut rows = Array2::zeros(self.x.dim());
        self.write(scaling, Layout::Rows(rows.view_mut()));
        rows
    }

    /// Returns Y: the numbers of the classes, 1 × examples, or the values, outputs × examples; in C order.
    pub fn y<R: Real>(&self) -> Array2<R> {
        match &self.targets {
            Targets::Classes(labels) => {
                Array2::from_shape_fn((1, labels.len()), |(_, example)| R::from_f64(f64::from(labels[example])))
            }
            Targets::Values(values) => values.mapv(R::from_f64),
        }
    }

    #[track_caller]
    fn write<R: Real>(&self, scaling: &Scaling, to: Layout<R>) {
        self.x.write(0..self.x.dim().0, scaling, to);
    }
}

impl Features {
    /// Returns the columns of [`Split::columns`] that belong to these examples.
    ///
    /// # Panics
    /// If there are no such examples, or `scaling` was fitted on other features.
    #[track_caller]
    pub fn columns_of<R: Real>(&self, examples: Range<usize>, scaling: &Scaling) -> Array2<R> {
        let mut columns = Array2::zeros((self.dim().1, examples.len()));
        self.write(examples, scaling, Layout::Columns(columns.view_mut()));
        columns
    }

    #[track_caller]
    fn write<R: Real>(&self, examples: Range<usize>, scaling: &Scaling, to: Layout<R>) {
        match self {
            Features::U8(rows) => scale(rows.slice_axis(Axis(0), examples.into()), scaling, to),
            Features::F32(rows) => scale(rows.slice_axis(Axis(0), examples.into()), scaling, to),
            Features::F64(rows) => scale(rows.slice_axis(Axis(0), examples.into()), scaling, to),
        }
    }
}

#[track_caller]
fn scale<T: Copy + Into<f64>, R: Real>(rows: ArrayView2<T>, scaling: &Scaling, to: Layout<R>) {
    match scaling {
        Scaling::None => fill(rows, to, |_, value| R::from_f64(value.into())),
        Scaling::Divide255 => fill(rows, to, |_, value| R::from_f64(value.into() / 255.0)),
        Scaling::Standardize { mean, std } => {
            assert_eq!((mean.len(), std.len()), (rows.ncols(), rows.ncols()), "a mean and a std for each feature");
            fill(rows, to, |feature, value| R::from_f64((value.into() - mean[feature]) / std[feature]));
        }
    }
}

fn fill<T: Copy, R>(rows: ArrayView2<T>, to: Layout<R>, convert: impl Fn(usize, T) -> R) {
    match to {
        Layout::Columns(columns) => transpose(rows, columns, convert),
        Layout::Rows(mut scaled) => {
            for (mut scaled, row) in scaled.outer_iter_mut().zip(rows.outer_iter()) {
                let pairs = scaled.iter_mut().zip(row).enumerate();
                pairs.for_each(|(feature, (scaled, &value))| *scaled = convert(feature, value));
            }
        }
    }
}

/// Transposes a few features at a time, so that source and destination both stay in the cache.
fn transpose<T: Copy, R>(rows: ArrayView2<T>, mut columns: ArrayViewMut2<R>, convert: impl Fn(usize, T) -> R) {
    const FEATURES: usize = 16;
    let wide = rows.axis_chunks_iter(Axis(1), FEATURES);
    for (chunk, (rows, mut columns)) in wide.zip(columns.axis_chunks_iter_mut(Axis(0), FEATURES)).enumerate() {
        let columns = columns.rows_mut().into_iter().map(|row| row.into_slice().expect("adjacent elements"));
        let mut columns: Vec<&mut [R]> = columns.collect();
        for (example, row) in rows.rows().into_iter().enumerate() {
            for (feature, (column, &value)) in columns.iter_mut().zip(row).enumerate() {
                column[example] = convert(chunk * FEATURES + feature, value);
            }
        }
    }
}
