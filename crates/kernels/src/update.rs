//! One step of an optimiser on one array of parameters: one pass over the parameters, their gradient and their moments. The gradient may
//! be of another element type.
//!
//! Definitions and names are PyTorch's (`torch.optim` SGD, RMSprop, Adam, AdamW). η is the learning rate of this step, g the
//! gradient, λ the weight decay:
//!
//! ```text
//! every step    decoupled decay   w ← w - η λ w                    (Loshchilov and Hutter, ICLR 2019)
//!               L2                g ← grad_scale · g + λ w         grad_scale: from clipping, else 1
//! sgd           v ← μ v + g       w ← w - η v                      Nesterov: w ← w - η (g + μ v)
//! rmsprop       v ← α v + (1-α) g²                                 w ← w - η g / (√v + ε)
//! adam          m ← β₁ m + (1-β₁) g     v ← β₂ v + (1-β₂) g²       w ← w - η / (1-β₁ᵗ) · m / (√v / √(1-β₂ᵗ) + ε)
//! ```

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::real::Real;
use crate::rows::par_for_each_element;

/// The part of a step that all optimisers share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// t, the number of this step, from 1 on.
    pub t: usize,
    /// η.
    pub learning_rate: f64,
    /// The scale of the gradient, less than 1 if its norm is clipped.
    pub grad_scale: f64,
    /// λ, if the decay is added to the gradient (L2); else 0.
    pub l2: f64,
    /// η λ, if the decay is decoupled from the gradient; else 0. A factor 1 - η λ would lose most of a small λ to rounding.
    pub decay: f64,
}

impl Step {
    /// Makes the first step, without decay or clipping.
    pub fn new(learning_rate: f64) -> Self {
        Step { t: 1, learning_rate, grad_scale: 1.0, l2: 0.0, decay: 0.0 }
    }
}

/// Makes a step of gradient descent: w ← w - η (grad_scale g + λ w).
///
/// # Shapes
/// `w` and `g` the same.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
///
/// ```
/// use kernels::{Step, gradient_step};
/// use ndarray::array;
///
/// let mut w = array![[1.0, 2.0]];
/// gradient_step(Step::new(0.5), w.view_mut(), array![[1.0, -1.0]].view());
/// assert_eq!(w, array![[0.5, 2.5]]);
/// ```
#[track_caller]
pub fn gradient_step<R: Real, G: Real>(step: Step, w: ArrayViewMut2<R>, g: ArrayView2<G>) {
    assert!(w.dim() == g.dim(), "gradient_step: shapes differ: w {:?}, g {:?}", w.dim(), g.dim());
    let Step { t: _, learning_rate, grad_scale, l2, decay } = step;
    let [by_g, by_w] = [learning_rate * grad_scale, learning_rate * l2 + decay].map(R::from_f64);
    par_for_each_element!((w, g), |w, g| *w -= by_g * R::from_f64(g.as_f64()) + by_w * *w);
}

/// Makes a step with momentum μ; `v` is the velocity, zeros before the first step. Nesterov's momentum steps along g + μ v.
///
/// Sources: Polyak 1964; Sutskever et al., ICML 2013, in PyTorch's form.
///
/// # Shapes
/// `w`, `g` and `v` the same.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
///
/// ```
/// use kernels::{Step, momentum_step};
/// use ndarray::array;
///
/// let (mut w, mut v, g) = (array![[8.0]], array![[0.0]], array![[2.0]]);
/// for _ in 0..2 {
///     momentum_step(Step::new(0.25), 0.5, false, w.view_mut(), g.view(), v.view_mut());
/// }
/// assert_eq!((v, w), (array![[0.5 * 2.0 + 2.0]], array![[8.0 - 0.25 * 2.0 - 0.25 * 3.0]]));
/// ```
#[track_caller]
pub fn momentum_step<R: Real, G: Real>(
    step: Step,
    momentum: f64,
    nesterov: bool,
    w: ArrayViewMut2<R>,
    g: ArrayView2<G>,
    v: ArrayViewMut2<R>,
) {
    let shapes = [w.dim(), g.dim(), v.dim()];
    assert!(shapes.iter().all(|dim| *dim == shapes[0]), "momentum_step: shapes of w, g and v differ: {shapes:?}");
    let [learning_rate, grad_scale, l2, decay]: [R; 4] = step.rounded();
    let momentum = R::from_f64(momentum);
    // The step is along g + μ v, or along v.
    let (of_v, of_g) = if nesterov { (momentum, R::one()) } else { (R::one(), R::zero()) };
    par_for_each_element!((w, g, v), |w, g, v| {
        let g = grad_scale * R::from_f64(g.as_f64()) + l2 * *w;
        *v = momentum * *v + g;
        *w -= learning_rate * (of_g * g + of_v * *v) + decay * *w;
    });
}

/// Makes a step of RMSProp; `v` is the running mean of g², zeros before the first step.
///
/// Source: Tieleman and Hinton, Coursera lecture 6.5, 2012.
///
/// # Shapes
/// `w`, `g` and `v` the same.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
///
/// ```
/// use kernels::{Step, rmsprop_step};
/// use ndarray::array;
///
/// let (mut w, mut v, g) = (array![[1.0]], array![[0.0]], array![[2.0]]);
/// rmsprop_step(Step::new(0.5), 0.75, 1.0, w.view_mut(), g.view(), v.view_mut());
/// assert_eq!((v, w), (array![[0.25 * 4.0]], array![[1.0 - 0.5 * (2.0 / (1.0 + 1.0))]]));
/// ```
#[track_caller]
pub fn rmsprop_step<R: Real, G: Real>(
    step: Step,
    alpha: f64,
    eps: f64,
    w: ArrayViewMut2<R>,
    g: ArrayView2<G>,
    v: ArrayViewMut2<R>,
) {
    let shapes = [w.dim(), g.dim(), v.dim()];
    assert!(shapes.iter().all(|dim| *dim == shapes[0]), "rmsprop_step: shapes of w, g and v differ: {shapes:?}");
    let [learning_rate, grad_scale, l2, decay]: [R; 4] = step.rounded();
    let [alpha, one_minus_alpha, eps] = [alpha, 1.0 - alpha, eps].map(R::from_f64);
    par_for_each_element!((w, g, v), |w, g, v| {
        let g = grad_scale * R::from_f64(g.as_f64()) + l2 * *w;
        *v = alpha * *v + one_minus_alpha * (g * g);
        *w -= learning_rate * (g / (v.sqrt() + eps)) + decay * *w;
    });
}

/// Adam's hyperparameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// β₁, of the running mean of g.
    pub beta_1: f64,
    /// β₂, of the running mean of g².
    pub beta_2: f64,
    /// ε.
    pub eps: f64,
}

/// Makes a step of Adam; `m` and `v` are the running means of g and g², zeros before the first
/// step.
///
/// Source: Kingma and Ba, ICLR 2015.
///
/// # Shapes
/// `w`, `g`, `m` and `v` the same.
///
/// # Panics
/// If the shapes differ, the elements of a row aren't adjacent, or t is 0.
///
/// ```
/// use kernels::{Adam, Step, adam_step};
/// use ndarray::array;
///
/// let adam = Adam { beta_1: 0.9, beta_2: 0.999, eps: 0.0 };
/// let (mut w, mut m, mut v) = (array![[1.0, 2.0]], array![[0.0, 0.0]], array![[0.0, 0.0]]);
/// adam_step(Step::new(0.5), adam, w.view_mut(), array![[7.0, -0.01]].view(), [m.view_mut(), v.view_mut()]);
/// // The first step is along the gradient's signs.
/// assert!((w - array![[0.5, 2.5]]).iter().all(|off: &f64| off.abs() < 1e-14));
/// ```
#[track_caller]
pub fn adam_step<R: Real, G: Real>(
    step: Step,
    Adam { beta_1, beta_2, eps }: Adam,
    w: ArrayViewMut2<R>,
    g: ArrayView2<G>,
    [m, v]: [ArrayViewMut2<R>; 2],
) {
    let shapes = [w.dim(), g.dim(), m.dim(), v.dim()];
    assert!(shapes.iter().all(|dim| *dim == shapes[0]), "adam_step: shapes of w, g, m and v differ: {shapes:?}");
    assert!(step.t > 0, "adam_step: the first step is number 1");
    let t = i32::try_from(step.t).unwrap_or(i32::MAX);
    // The corrections of the bias, η m̂ = (η / (1-β₁ᵗ)) m and √v̂ = √v / √(1-β₂ᵗ), have one rounded coefficient each for all elements.
    let corrected_rate = R::from_f64(step.learning_rate / (1.0 - beta_1.powi(t)));
    let root_correction = R::from_f64(1.0 / (1.0 - beta_2.powi(t)).sqrt());
    let [_, grad_scale, l2, decay]: [R; 4] = step.rounded();
    let [beta_1, one_minus_beta_1, beta_2, one_minus_beta_2, eps] =
        [beta_1, 1.0 - beta_1, beta_2, 1.0 - beta_2, eps].map(R::from_f64);
    par_for_each_element!((w, g, m, v), |w, g, m, v| {
        let g = grad_scale * R::from_f64(g.as_f64()) + l2 * *w;
        *m = beta_1 * *m + one_minus_beta_1 * g;
        *v = beta_2 * *v + one_minus_beta_2 * (g * g);
        let root_v_hat = v.sqrt() * root_correction;
        *w -= corrected_rate * (*m / (root_v_hat + eps)) + decay * *w;
    });
}

impl Step {
    /// Rounds the learning rate, the scale of the gradient, λ and η λ in the element type of the parameters.
    fn rounded<R: Real>(self) -> [R; 4] {
        [self.learning_rate, self.grad_scale, self.l2, self.decay].map(R::from_f64)
    }
}

/// Makes a step of a gradient and adds it to the sum of all steps: dz ← factor · dz, sum ← sum + dz.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn scale_and_sum<R: Real>(factor: R, dz: ArrayViewMut2<R>, sum: ArrayViewMut2<f64>) {
    assert!(dz.dim() == sum.dim(), "scale_and_sum: shapes differ: dz {:?}, sum {:?}", dz.dim(), sum.dim());
    par_for_each_element!((dz, sum), |dz, sum| {
        *dz *= factor;
        *sum += dz.as_f64();
    });
}

/// Scales a gradient: dz ← factor · dz.
///
/// # Panics
/// If the elements of a row aren't adjacent.
#[track_caller]
pub fn scale<R: Real>(factor: R, dz: ArrayViewMut2<R>) {
    par_for_each_element!(dz, |dz| *dz *= factor);
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    /// Returns 1 after 20,000 steps along gradients that vary around 0, which decay by ηλ in all.
    fn decayed<R: Real>(step: impl Fn(ArrayViewMut2<R>, ArrayView2<R>)) -> f64 {
        let mut w = Array2::from_elem((1, 1), R::one());
        for t in 0..20_000_u32 {
            let g = f64::from(t.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24) - 0.5;
            step(w.view_mut(), Array2::from_elem((1, 1), R::from_f64(0.01 * g)).view());
        }
        w[[0, 0]].as_f64()
    }

    fn all_decayed<R: Real>(l2: f64, decay: f64) -> [f64; 4] {
        let zeros = || std::cell::RefCell::new([Array2::<R>::zeros((1, 1)), Array2::zeros((1, 1))]);
        let [velocity, square, means] = [zeros(), zeros(), zeros()];
        let step = Step { t: 100, l2, decay, ..Step::new(1.0) };
        [
            decayed::<R>(|w, g| gradient_step(step, w, g)),
            decayed::<R>(|w, g| momentum_step(step, 0.0, false, w, g, velocity.borrow_mut()[0].view_mut())),
            decayed::<R>(|w, g| rmsprop_step(step, 0.9, 1.0, w, g, square.borrow_mut()[0].view_mut())),
            decayed::<R>(|w, g| {
                let [m, v] = &mut *means.borrow_mut();
                adam_step(step, Adam { beta_1: 0.9, beta_2: 0.999, eps: 1.0 }, w, g, [m.view_mut(), v.view_mut()]);
            }),
        ]
    }

    #[test]
    fn a_small_decay_is_not_lost_in_single_precision() {
        for lambda in [1e-8, 1e-7, 3e-7] {
            for (l2, decay) in [(lambda, 0.0), (0.0, lambda)] {
                let (single, double, none) =
                    (all_decayed::<f32>(l2, decay), all_decayed::<f64>(l2, decay), all_decayed::<f64>(0.0, 0.0));
                for ((single, double), none) in single.into_iter().zip(double).zip(none) {
                    let of_decay = none - double;
                    assert!(of_decay > 19_000.0 * lambda, "{of_decay}");
                    assert!((single - double).abs() < 0.1 * of_decay, "{lambda}: {single} {double} {none}");
                }
            }
        }
    }
}
