//! The keys of the initialisation.

use net::{Initialisation, Scheme};

use super::model::for_each_layer;
use crate::spec::key::{Canonical, Key, Problem, RawTrial, keys};
use crate::spec::kind::{Integer, POSITIVE, Real, WIDTH};
use crate::spec::lists::{Layers, PerLayer};
use crate::spec::names::OneOf;

/// Every scheme with its name. The numbers in them are placeholders: each is a key of its own.
const SCHEMES: [(&str, Scheme); 12] = [
    ("course", Scheme::Course),
    ("scaled-normal", Scheme::ScaledNormal { factor: 1.0 }),
    ("he", Scheme::HeNormal),
    ("he-uniform", Scheme::HeUniform),
    ("xavier", Scheme::XavierNormal),
    ("xavier-uniform", Scheme::XavierUniform),
    ("lecun", Scheme::LecunNormal),
    ("lecun-uniform", Scheme::LecunUniform),
    ("orthogonal", Scheme::Orthogonal { gain: 1.0 }),
    ("pytorch", Scheme::PyTorch),
    ("mup", Scheme::MuP { base_width: 1 }),
    ("zeros", Scheme::Zeros),
];

keys! {
    pub(super) KEYS;

    /// How weights and biases are drawn.
    INIT: OneOf<Scheme> = Key::new("model.init", OneOf(&SCHEMES)).or(|| Scheme::HeNormal);
    /// The factor of scaled-normal.
    INIT_FACTOR: Real = Key::new("model.init_factor", POSITIVE).or(|| 0.01)
        .only_with("init = \"scaled-normal\"", |raw| matches!(raw.value(&INIT), Scheme::ScaledNormal { .. }));
    /// The gain of orthogonal.
    INIT_GAIN: Real = Key::new("model.init_gain", POSITIVE).or(|| 1.0)
        .only_with("init = \"orthogonal\"", |raw| matches!(raw.value(&INIT), Scheme::Orthogonal { .. }));
    /// The width at which mup equals he.
    BASE_WIDTH: Integer = Key::new("model.base_width", WIDTH).or(|| 64)
        .only_with("init = \"mup\"", |raw| matches!(raw.value(&INIT), Scheme::MuP { .. }));
    /// A factor on the weights of a layer after they are drawn, one or a list with one for each layer.
    INIT_SCALE: PerLayer<Real> = Key::new("model.init_scale", PerLayer(POSITIVE)).or(|| Layers::Same(1.0));
}

/// Reads the initialisation of a net of `layers` layers.
pub(super) fn read(raw: &RawTrial, layers: usize) -> Result<Initialisation, Problem> {
    let mut scheme = raw.value(&INIT);
    match &mut scheme {
        Scheme::ScaledNormal { factor } => *factor = raw.value(&INIT_FACTOR),
        Scheme::Orthogonal { gain } => *gain = raw.value(&INIT_GAIN),
        Scheme::MuP { base_width } => *base_width = raw.value(&BASE_WIDTH),
        _ => {}
    }
    let scales = for_each_layer(raw, &INIT_SCALE, "number", layers, "layer")?;
    // Equal scales are one, however they were written, so that such trials have one id.
    let scales = if scales.iter().all(|scale| *scale == scales[0]) { scales[..1].to_vec() } else { scales };
    Ok(Initialisation { scheme, scales: if scales == [1.0] { Vec::new() } else { scales } })
}

/// Returns the number that a scheme multiplies by, with its key.
pub(super) fn multiplier(scheme: Scheme) -> Option<(&'static Key<Real>, f64)> {
    match scheme {
        Scheme::ScaledNormal { factor } => Some((&INIT_FACTOR, factor)),
        Scheme::Orthogonal { gain } => Some((&INIT_GAIN, gain)),
        _ => None,
    }
}

pub(super) fn write(initialisation: &Initialisation, canonical: &mut Canonical) {
    let Initialisation { scheme, scales } = initialisation;
    let kind = std::mem::discriminant(scheme);
    let known = SCHEMES.iter().find(|(_, known)| std::mem::discriminant(known) == kind);
    known.into_iter().for_each(|(_, known)| canonical.always(&INIT, known));
    // Ids of the first release include a factor for every scheme.
    canonical.0.insert(INIT_FACTOR.name().to_owned(), serde_json::Value::Null);
    match scheme {
        Scheme::ScaledNormal { factor } => canonical.always(&INIT_FACTOR, factor),
        Scheme::Orthogonal { gain } => canonical.put(&INIT_GAIN, gain),
        Scheme::MuP { base_width } => canonical.always(&BASE_WIDTH, base_width),
        _ => {}
    }
    canonical.put_some(&INIT_SCALE, (!scales.is_empty()).then(|| Layers::Each(scales.clone())).as_ref());
}
