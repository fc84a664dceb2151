//! Products in int8 with `vpdpbusd` of AVX-VNNI, which processors without AVX-512 have.

use std::arch::x86_64::{_mm256_dpbusd_avx_epi32, _mm256_set1_epi32, _mm256_setzero_si256};

use super::{
    by_line::{self, OUTPUTS},
    packed::{GROUP_LINES, Line, PANEL, STRIP, Sums},
    prefetch::prefetch,
    product::Block,
};

by_line::multiply!("avx2,avxvnni", _mm256_dpbusd_avx_epi32);
