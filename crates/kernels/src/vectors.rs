//! Vector instructions: which ones this processor has, and which ones a library's kernels are written in.

use std::fmt;

/// A generation of vector instructions, from the narrowest to the widest. Each makes twice the multiply-adds a cycle of the
/// one before it on a processor that has full-width units for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vectors {
    /// 128 bits, a multiplication and an addition apart (NEON, which fuses them, counts as this too).
    Sse,
    /// 256 bits, a multiplication and an addition apart.
    Avx,
    /// 256 bits, fused multiply-add.
    Avx2,
    /// 512 bits, fused multiply-add.
    Avx512,
}

impl Vectors {
    /// Detects the widest vectors that this processor and its system offer.
    pub fn here() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let fused = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if fused && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
                return Vectors::Avx512;
            }
            if fused {
                return Vectors::Avx2;
            }
            if is_x86_feature_detected!("avx") {
                return Vectors::Avx;
            }
        }
        Vectors::Sse
    }

    /// Looks up the vectors of a library's `core`, as OpenBLAS and BLIS name their kernels; `None` for names that are not known.
    pub(crate) fn of_core(core: &str) -> Option<Self> {
        let core = core.to_ascii_lowercase();
        Some(match core.as_str() {
            "katmai" | "coppermine" | "northwood" | "prescott" | "banias" | "atom" | "core2" | "penryn"
            | "dunnington" | "nehalem" | "athlon" | "opteron" | "opteron_sse3" | "barcelona" | "bobcat" | "nano"
            | "generic" => Vectors::Sse,
            "sandybridge" => Vectors::Avx,
            "bulldozer" | "piledriver" | "steamroller" | "excavator" | "haswell" | "zen" | "zen2" | "zen3" => {
                Vectors::Avx2
            }
            "skylakex" | "cooperlake" | "sapphirerapids" | "skx" | "knl" | "zen4" | "zen5" => Vectors::Avx512,
            _ => return None,
        })
    }
}

impl fmt::Display for Vectors {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Vectors::Sse if cfg!(target_arch = "x86_64") => "SSE",
            Vectors::Sse => "128-bit",
            Vectors::Avx => "AVX",
            Vectors::Avx2 => "AVX2",
            Vectors::Avx512 => "AVX-512",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_known_by_any_case_and_ordered_by_width() {
        let of = Vectors::of_core;
        assert_eq!(
            [of("Prescott"), of("Haswell"), of("SkylakeX")].map(Option::unwrap),
            [Vectors::Sse, Vectors::Avx2, Vectors::Avx512]
        );
        assert!(of("Nehalem") < of("Sandybridge") && of("Sandybridge") < of("ZEN") && of("zen3") < of("zen4"));
        assert_eq!(of("a core of the future"), None);
    }
}
