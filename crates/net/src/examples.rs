//! Training and test examples in the form in which one engine trains on them: made once, shared by all fleets.

use std::sync::Arc;

use kernels::{Real, WrongSum};
use ndarray::{Array2, ArrayView2, Axis, concatenate};

use crate::first_layer::{Direct, Dual, FirstLayers, Reduced};
use crate::{Engine, Span};

/// Inputs and labels for nets of element type `R`.
pub struct Examples<R> {
    inputs: Inputs<R>,
    pub(crate) y: Array2<R>,
    pub(crate) y_test: Array2<R>,
}

/// Where a first layer starts, as the engine of its examples takes it: `W[1]`(0) itself, or its products
/// `W[1]`(0) \[X X_t\]. Nets that start with the same first layer share it.
#[derive(Debug)]
pub struct Origin(Array2<f64>);

impl Origin {
    /// n\[1\].
    pub fn rows(&self) -> usize {
        self.0.nrows()
    }

    /// What it takes of memory.
    pub fn bytes(&self) -> usize {
        size_of::<f64>() * self.0.len()
    }
}

/// What the first layers multiply by.
enum Inputs<R> {
    Direct { x: Array2<R>, x_test: Array2<R> },
    Reduced { span: Arc<Span>, r: Array2<R> },
    Dual { span: Arc<Span>, gram: Array2<R> },
}

impl<R: Real> Examples<R> {
    /// For the direct engine.
    ///
    /// # Shapes
    /// `x` `n[0]` × m and `y` 1 × m with values 0 and 1; `x_test` and `y_test` the same with another m.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn direct(x: Array2<R>, y: Array2<R>, x_test: Array2<R>, y_test: Array2<R>) -> Self {
        assert_eq!(x.nrows(), x_test.nrows(), "training and test examples have the same features");
        check_labels((x.ncols(), x_test.ncols()), &y, &y_test);
        Examples { inputs: Inputs::Direct { x, x_test }, y, y_test }
    }

    /// For any engine, from examples in f64.
    ///
    /// # Shapes
    /// `y` 1 × m and `y_test` 1 × m_t, with values 0 and 1.
    ///
    /// # Errors
    /// If OpenBLAS computes XᵀX wrongly.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn of(engine: Engine, span: &Arc<Span>, y: Array2<R>, y_test: Array2<R>) -> Result<Self, WrongSum> {
        check_labels((span.x().ncols(), span.x_test().ncols()), &y, &y_test);
        let round = |matrix: ArrayView2<f64>| matrix.mapv(R::from_f64);
        let inputs = match engine {
            Engine::Direct => Inputs::Direct { x: round(span.x()), x_test: round(span.x_test()) },
            Engine::Reduced => Inputs::Reduced { span: Arc::clone(span), r: round(span.factors()?.r.view()) },
            Engine::Dual => Inputs::Dual { span: Arc::clone(span), gram: round(span.gram()?) },
        };
        Ok(Examples { inputs, y, y_test })
    }

    /// `n[0]`.
    pub fn features(&self) -> usize {
        match &self.inputs {
            Inputs::Direct { x, .. } => x.nrows(),
            Inputs::Reduced { span, .. } | Inputs::Dual { span, .. } => span.x().nrows(),
        }
    }

    /// m.
    pub fn training(&self) -> usize {
        self.y.ncols()
    }

    /// m_t.
    pub fn test(&self) -> usize {
        self.y_test.ncols()
    }

    /// Where a first layer with the initial weights `w_0`, n\[1\] × `n[0]`, starts.
    ///
    /// # Errors
    /// If OpenBLAS computes W(0) X wrongly.
    ///
    /// # Panics
    /// If the shape doesn't fit.
    #[track_caller]
    pub fn origin(&self, w_0: Array2<f64>) -> Result<Origin, WrongSum> {
        assert_eq!(w_0.ncols(), self.features(), "W[1] has one column a feature");
        match &self.inputs {
            Inputs::Direct { .. } => Ok(Origin(w_0)),
            Inputs::Reduced { span, .. } | Inputs::Dual { span, .. } => span.outputs(w_0.view()).map(Origin),
        }
    }

    /// The stacked first layers of nets that start at `origins`.
    pub(crate) fn first_layers(&self, origins: &[&Origin]) -> Box<dyn FirstLayers<R> + '_> {
        let origins = stacked(&origins.iter().map(|origin| origin.0.view()).collect::<Vec<_>>());
        let products = || origins.view().split_at(Axis(1), self.training());
        let round = |matrix: ArrayView2<f64>| matrix.mapv(R::from_f64).as_standard_layout().into_owned();
        match &self.inputs {
            Inputs::Direct { x, x_test } => {
                Box::new(Direct { x: x.view(), x_test: x_test.view(), w: round(origins.view()) })
            }
            Inputs::Reduced { span, r } => {
                let ((outputs_0, test), r) = (products(), r.view());
                let d = Array2::zeros((origins.nrows(), r.nrows()));
                Box::new(Reduced { span, r, outputs_0: round(outputs_0), outputs_0_on_test: test.to_owned(), d })
            }
            Inputs::Dual { span, gram } => {
                let ((outputs_0, test), gram) = (products(), gram.view());
                let (p, t) = (round(outputs_0), Array2::zeros(outputs_0.dim()));
                let (outputs_0, outputs_0_on_test) = (outputs_0.to_owned(), test.to_owned());
                Box::new(Dual { span, gram, p, outputs_0, outputs_0_on_test, t })
            }
        }
    }
}

fn stacked<T: Clone>(blocks: &[ArrayView2<T>]) -> Array2<T> {
    concatenate(Axis(0), blocks).expect("first layers have as many columns as there are features")
}

#[track_caller]
fn check_labels<R>((examples, test): (usize, usize), y: &Array2<R>, y_test: &Array2<R>) {
    assert_eq!((y.dim(), y_test.dim()), ((1, examples), (1, test)), "one label an example");
}
