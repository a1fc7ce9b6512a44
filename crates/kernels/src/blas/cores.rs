//! The names that libraries give the cores they have kernels for, and the vectors of those kernels.

use crate::simd::Vectors;

/// The environment variable that tells OpenBLAS which core's kernels to use.
pub(super) const CORETYPE: &str = "OPENBLAS_CORETYPE";

/// The names that OpenBLAS takes from [`CORETYPE`] on x86-64, in any case. A build that lacks the kernels of a core takes those of an older
/// one; an older release ignores the name of a newer core.
const OF_OPENBLAS: [(Vectors, &str); 4] = [
    (
        Vectors::Sse,
        "Katmai Coppermine Northwood Prescott Banias Atom Core2 Penryn Dunnington Nehalem \
         Athlon Opteron Opteron_SSE3 Barcelona Nano Bobcat",
    ),
    (Vectors::Avx, "Sandybridge Bulldozer Piledriver Steamroller"),
    (Vectors::Avx2, "Excavator Haswell Zen"),
    (Vectors::Avx512, "SkylakeX Cooperlake SapphireRapids"),
];

/// The cores whose kernels use FMA4, which no later processor has.
const WITH_FMA4: &str = "Bulldozer Piledriver Steamroller Excavator";

/// The names that BLIS gives its kernels where OpenBLAS has none of this name.
const OF_BLIS: [(Vectors, &str); 3] =
    [(Vectors::Sse, "generic"), (Vectors::Avx2, "zen2 zen3"), (Vectors::Avx512, "skx knl zen4 zen5")];

/// Looks up the vectors of a core of OpenBLAS, in any case; `None` if OpenBLAS has no such core.
pub(super) fn of_openblas(core: &str) -> Option<Vectors> {
    find(&OF_OPENBLAS, core)
}

/// Looks up the vectors of a library's core, in any case; `None` if it is unknown.
pub(super) fn vectors(core: &str) -> Option<Vectors> {
    of_openblas(core).or_else(|| find(&OF_BLIS, core))
}

/// Returns whether the kernels of a library's core use FMA4.
pub(super) fn use_fma4(core: &str) -> bool {
    has(WITH_FMA4, core)
}

fn find(cores: &[(Vectors, &str)], core: &str) -> Option<Vectors> {
    cores.iter().find(|(_, names)| has(names, core)).map(|(vectors, _)| *vectors)
}

fn has(names: &str, core: &str) -> bool {
    names.split_whitespace().any(|name| name.eq_ignore_ascii_case(core))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_known_by_any_case_and_ordered_by_width() {
        assert_eq!(
            [vectors("Prescott"), vectors("Haswell"), vectors("SkylakeX")].map(Option::unwrap),
            [Vectors::Sse, Vectors::Avx2, Vectors::Avx512]
        );
        assert!(vectors("Nehalem") < vectors("Sandybridge") && vectors("Sandybridge") < vectors("ZEN"));
        assert!(vectors("zen3") < vectors("zen4") && vectors("opteron_sse3") == Some(Vectors::Sse));
        assert_eq!(["Piledriver", "Excavator"].map(|core| vectors(core).unwrap()), [Vectors::Avx, Vectors::Avx2]);
        assert_eq!(["bulldozer", "Haswell", "Zen"].map(use_fma4), [true, false, false]);
        assert_eq!([vectors("a core of the future"), vectors(""), of_openblas("zen3")], [None; 3]);
    }
}
