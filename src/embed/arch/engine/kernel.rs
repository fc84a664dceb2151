//! Which instructions the engine computes with, and what this processor has of them.
//!
//! A [`Kernel`] exists only for instructions that were found, so that calling what needs them is sound.

use std::sync::OnceLock;

/// Instructions that multiply narrow numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    /// Tiles of Intel's AMX, int8 and bf16, beside AVX-512.
    Amx,
    /// `vpdpbusd` of AVX-512 VNNI.
    Vnni,
    /// `vpdpbusd` of AVX-VNNI, beside AVX2 with FMA.
    AvxVnni,
    /// AVX2 with FMA.
    Avx2,
    /// `sdot` of Arm's dot product extension.
    DotProduct,
    /// What every processor has.
    Portable,
}

impl Instructions {
    /// All of them, the fastest first.
    pub const ALL: [Self; 6] =
        [Self::Amx, Self::Vnni, Self::AvxVnni, Self::Avx2, Self::DotProduct, Self::Portable];

    /// Whether this processor has them and the system lets this process use them.
    fn are_usable(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        return match self {
            Self::Amx => Self::Vnni.are_usable() && super::amx::are_usable(),
            Self::Vnni => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vnni")
            }
            Self::AvxVnni => Self::Avx2.are_usable() && is_x86_feature_detected!("avxvnni"),
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            Self::DotProduct => false,
            Self::Portable => true,
        };
        #[cfg(target_arch = "aarch64")]
        return match self {
            Self::DotProduct => std::arch::is_aarch64_feature_detected!("dotprod"),
            Self::Portable => true,
            _ => false,
        };
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        return self == Self::Portable;
    }
}

/// Instructions that this process can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernel(Instructions);

impl Kernel {
    /// The fastest.
    pub fn best() -> Self {
        static BEST: OnceLock<Kernel> = OnceLock::new();
        *BEST.get_or_init(|| {
            let usable = Instructions::ALL.into_iter().find_map(Self::of);
            usable.unwrap_or(Self(Instructions::Portable))
        })
    }

    /// That of certain instructions, where this process can use them.
    pub fn of(instructions: Instructions) -> Option<Self> {
        instructions.are_usable().then_some(Self(instructions))
    }

    /// Into how many steps the range of a row of activations is divided in int8.
    pub fn steps(self) -> f32 {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => super::avx2::STEPS,
            _ => 254.0,
        }
    }

    /// Its instructions.
    pub fn instructions(self) -> Instructions {
        self.0
    }
}
