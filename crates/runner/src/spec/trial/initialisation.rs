//! The initialisations by their names.

use net::{Initialisation, Scheme};

use super::draft::{Draft, Problem, numbers_differ, of_names};

const SCHEMES: [(&str, Scheme); 12] = [
    ("course", Scheme::Course),
    ("scaled-normal", Scheme::ScaledNormal { factor: 0.01 }),
    ("he", Scheme::HeNormal),
    ("he-uniform", Scheme::HeUniform),
    ("xavier", Scheme::XavierNormal),
    ("xavier-uniform", Scheme::XavierUniform),
    ("lecun", Scheme::LecunNormal),
    ("lecun-uniform", Scheme::LecunUniform),
    ("orthogonal", Scheme::Orthogonal { gain: 1.0 }),
    ("pytorch", Scheme::PyTorch),
    ("mup", Scheme::MuP { base_width: 64 }),
    ("zeros", Scheme::Zeros),
];

/// All of them.
pub(super) fn names() -> Vec<&'static str> {
    SCHEMES.iter().map(|(name, _)| *name).collect()
}

/// The name of `scheme`.
pub(super) fn name(scheme: Scheme) -> &'static str {
    let kind = std::mem::discriminant(&scheme);
    SCHEMES.iter().find(|(_, known)| std::mem::discriminant(known) == kind).map_or("", |(name, _)| name)
}

impl Draft {
    pub(super) fn init(&self) -> &str {
        self.text("model.init").unwrap_or("he")
    }
}

/// What the draft says of it, for a net of `layers` layers.
pub(super) fn of(draft: &Draft, layers: usize) -> Result<Initialisation, Problem> {
    let mut scheme = of_names(&SCHEMES, draft.init());
    match &mut scheme {
        Scheme::ScaledNormal { factor } => *factor = draft.number("model.init_factor").unwrap_or(*factor),
        Scheme::Orthogonal { gain } => *gain = draft.number("model.init_gain").unwrap_or(*gain),
        Scheme::MuP { base_width } => *base_width = draft.integer("model.base_width").unwrap_or(*base_width),
        _ => {}
    }
    let scales = draft.numbers("model.init_scale").unwrap_or_default();
    if draft.is_list("model.init_scale") && scales.len() != layers {
        return Err(("model.init_scale", numbers_differ(scales.len(), "number", layers, "layer")));
    }
    // One scale for all is one, however it was written.
    let scales = match scales.as_slice() {
        [first, others @ ..] if others.iter().all(|scale| scale == first) => vec![*first],
        _ => scales,
    };
    Ok(Initialisation { scheme, scales: if scales == [1.0] { Vec::new() } else { scales } })
}
