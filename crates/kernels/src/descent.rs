//! One step of an optimiser on one array of parameters: a pass over it, its gradient and what the optimiser remembers.
//!
//! Definitions and names are PyTorch's (`torch.optim` SGD, RMSprop, Adam, AdamW). η is the rate of this step, g the gradient,
//! λ the weight decay:
//!
//! ```text
//! every step    decoupled decay   w ← (1 - η λ) w                  (Loshchilov and Hutter, ICLR 2019)
//!               L2                g ← factor · g + λ w             factor: from clipping, else 1
//! sgd           v ← μ v + g       w ← w - η v                      Nesterov: w ← w - η (g + μ v)
//! rmsprop       v ← α v + (1-α) g²                                 w ← w - η g / (√v + ε)
//! adam          m ← β₁ m + (1-β₁) g     v ← β₂ v + (1-β₂) g²       w ← w - η / (1-β₁ᵗ) · m / (√v / √(1-β₂ᵗ) + ε)
//! ```

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::Real;
use crate::elementwise::{adjacent, adjacent_mut};
use crate::share::by_rows;
use crate::widest::widest;

/// What is the same for every optimiser in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// η.
    pub rate: f64,
    /// What the gradient is multiplied by before anything else: less than 1 where its norm is clipped.
    pub factor: f64,
    /// λ of a decay that is added to the gradient.
    pub l2: f64,
    /// 1 - η λ of a decay of the parameters themselves, else 1.
    pub keep: f64,
}

impl Step {
    /// Without decay or clipping.
    pub fn of_rate(rate: f64) -> Self {
        Step { rate, factor: 1.0, l2: 0.0, keep: 1.0 }
    }
}

/// w ← keep w - η (factor g + λ w): gradient descent. The gradient may be of another element type than the parameters.
///
/// # Shapes
/// `w` and `g` the same.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn gradient_step<R: Real, G: Real>(step: Step, w: ArrayViewMut2<R>, g: ArrayView2<G>) {
    assert!(w.dim() == g.dim(), "gradient_step: shapes differ: w {:?}, g {:?}", w.dim(), g.dim());
    let [by_gradient, by_w] = [-step.rate * step.factor, step.keep - step.rate * step.l2].map(R::from_f64);
    by_rows(w.len(), (w, g), |(mut w, g)| {
        for (mut w, g) in w.rows_mut().into_iter().zip(g.rows()) {
            let (w, g) = (adjacent_mut(&mut w), adjacent(&g));
            widest(
                #[inline(always)]
                move || {
                    for (w, &g) in w.iter_mut().zip(g) {
                        *w = *w * by_w + by_gradient * R::from_f64(g.as_f64());
                    }
                },
            );
        }
    });
}

/// [`gradient_step`] with momentum μ: `v` remembers, from zeros on; Nesterov's looks ahead by one more step of it.
///
/// Sources: Polyak 1964; Sutskever et al., ICML 2013, in PyTorch's form.
///
/// # Shapes
/// `w`, `g` and `v` the same.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn momentum_step<R: Real, G: Real>(
    step: Step,
    momentum: f64,
    nesterov: bool,
    w: ArrayViewMut2<R>,
    g: ArrayView2<G>,
    v: ArrayViewMut2<R>,
) {
    let shapes = (w.dim(), g.dim(), v.dim());
    assert!(shapes.0 == shapes.1 && shapes.0 == shapes.2, "momentum_step: shapes of w, g and v differ: {shapes:?}");
    let [rate, factor, l2, keep] = [step.rate, step.factor, step.l2, step.keep].map(R::from_f64);
    let momentum = R::from_f64(momentum);
    // The step is along g + μ v, or along v itself.
    let (of_v, of_g) = if nesterov { (momentum, R::one()) } else { (R::one(), R::zero()) };
    by_rows(w.len(), (w, g, v), |(mut w, g, mut v)| {
        for ((mut w, g), mut v) in w.rows_mut().into_iter().zip(g.rows()).zip(v.rows_mut()) {
            let (w, g, v) = (adjacent_mut(&mut w), adjacent(&g), adjacent_mut(&mut v));
            widest(
                #[inline(always)]
                move || {
                    for ((w, &g), v) in w.iter_mut().zip(g).zip(v) {
                        let g = factor * R::from_f64(g.as_f64()) + l2 * *w;
                        *v = momentum * *v + g;
                        *w = *w * keep - rate * (of_g * g + of_v * *v);
                    }
                },
            );
        }
    });
}

/// One step of RMSProp; `v` is the running mean of g², from zeros on.
///
/// Source: Tieleman and Hinton, Coursera lecture 6.5, 2012.
///
/// # Shapes
/// `w`, `g` and `v` the same.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn rmsprop_step<R: Real>(
    step: Step,
    alpha: f64,
    eps: f64,
    w: ArrayViewMut2<R>,
    g: ArrayView2<R>,
    v: ArrayViewMut2<R>,
) {
    let shapes = (w.dim(), g.dim(), v.dim());
    assert!(shapes.0 == shapes.1 && shapes.0 == shapes.2, "rmsprop_step: shapes of w, g and v differ: {shapes:?}");
    let [rate, factor, l2, keep] = [step.rate, step.factor, step.l2, step.keep].map(R::from_f64);
    let [alpha, rest, eps] = [alpha, 1.0 - alpha, eps].map(R::from_f64);
    by_rows(w.len(), (w, g, v), |(mut w, g, mut v)| {
        for ((mut w, g), mut v) in w.rows_mut().into_iter().zip(g.rows()).zip(v.rows_mut()) {
            let (w, g, v) = (adjacent_mut(&mut w), adjacent(&g), adjacent_mut(&mut v));
            widest(
                #[inline(always)]
                move || {
                    for ((w, &g), v) in w.iter_mut().zip(g).zip(v) {
                        let g = factor * g + l2 * *w;
                        *v = alpha * *v + rest * (g * g);
                        *w = *w * keep - rate * (g / (v.sqrt() + eps));
                    }
                },
            );
        }
    });
}

/// What Adam is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// β₁, of the running mean of g.
    pub beta_1: f64,
    /// β₂, of the running mean of g².
    pub beta_2: f64,
    /// ε.
    pub eps: f64,
}

/// Step `t` (the first is 1) of Adam; `m` and `v` are the running means of g and g², from zeros on.
///
/// Source: Kingma and Ba, ICLR 2015.
///
/// # Shapes
/// `w`, `g`, `m` and `v` the same.
///
/// # Panics
/// If the shapes differ, the elements of a row aren't adjacent, or `t` is 0.
#[track_caller]
pub fn adam_step<R: Real>(
    step: Step,
    Adam { beta_1, beta_2, eps }: Adam,
    t: usize,
    w: ArrayViewMut2<R>,
    g: ArrayView2<R>,
    [m, v]: [ArrayViewMut2<R>; 2],
) {
    let shapes = [w.dim(), g.dim(), m.dim(), v.dim()];
    assert!(shapes.iter().all(|dim| *dim == shapes[0]), "adam_step: shapes of w, g, m and v differ: {shapes:?}");
    assert!(t > 0, "adam_step: the first step is number 1");
    let t = i32::try_from(t).unwrap_or(i32::MAX);
    let unbiased = step.rate / (1.0 - beta_1.powi(t));
    let root = 1.0 / (1.0 - beta_2.powi(t)).sqrt();
    let [unbiased, root, factor, l2, keep] = [unbiased, root, step.factor, step.l2, step.keep].map(R::from_f64);
    let [beta_1, rest_1, beta_2, rest_2, eps] = [beta_1, 1.0 - beta_1, beta_2, 1.0 - beta_2, eps].map(R::from_f64);
    by_rows(w.len(), (w, g, m, v), |(mut w, g, mut m, mut v)| {
        let rows = w.rows_mut().into_iter().zip(g.rows()).zip(m.rows_mut().into_iter().zip(v.rows_mut()));
        for ((mut w, g), (mut m, mut v)) in rows {
            let (w, g) = (adjacent_mut(&mut w), adjacent(&g));
            let (m, v) = (adjacent_mut(&mut m), adjacent_mut(&mut v));
            widest(
                #[inline(always)]
                move || {
                    for ((w, &g), (m, v)) in w.iter_mut().zip(g).zip(m.iter_mut().zip(v)) {
                        let g = factor * g + l2 * *w;
                        *m = beta_1 * *m + rest_1 * g;
                        *v = beta_2 * *v + rest_2 * (g * g);
                        *w = *w * keep - unbiased * (*m / (v.sqrt() * root + eps));
                    }
                },
            );
        }
    });
}

/// The sum of the squares of all elements, in f64 and in a fixed order.
///
/// # Panics
/// If the elements of a row aren't adjacent.
#[track_caller]
pub fn square_sum<R: Real>(matrix: ArrayView2<R>) -> f64 {
    let of_row = |row: ndarray::ArrayView1<R>| {
        let row = adjacent(&row);
        widest(
            #[inline(always)]
            || {
                crate::reductions::sum_over(
                    row,
                    row,
                    #[inline(always)]
                    |value, _| value.as_f64() * value.as_f64(),
                )
            },
        )
    };
    matrix.rows().into_iter().map(of_row).sum()
}
