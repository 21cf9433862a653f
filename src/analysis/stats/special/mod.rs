//! Special functions: what intervals and tests are made of.
//!
//! Every function is a pure map of numbers, bounded in time and accurate at shapes up to 1e9: counts of a large rollout
//! become shapes. Libraries were tried and lose digits, or do not return, at shapes above 1e4 (statrs 0.19, its issues
//! 434 and 435). Arguments outside of a function's domain give NaN, as with `f64::ln`; the methods beside this folder
//! keep theirs inside.
//!
//! | file | what |
//! |---|---|
//! | `logspace` | sums of numbers that are kept as logarithms |
//! | `gamma` | Stirling's remainder, ln of the binomial kernel, the incomplete gamma function |
//! | `beta` | ln B, the incomplete beta function |
//! | `beta_inv` | quantiles of the beta distribution |
//! | `normal`, `student`, `chi2` | distributions |
//! | `tail` | the quadrature that the incomplete functions share at large shapes |

mod beta;
mod beta_inv;
mod chi2;
mod gamma;
mod logspace;
mod normal;
mod student;
mod tail;

pub use beta::{betainc, lbeta, ln_beta_kernel, ln_beta_scale};
pub use beta_inv::betaincinv;
pub use chi2::chi2_sf;
pub use gamma::{deviance, gammp, gammq, ln_binomial_at_mean, ln_poisson, lpoch, stirling_error};
pub use logspace::{logaddexp, logsumexp};
pub use normal::{norm_cdf, norm_ppf, norm_sf, two_sided_z};
pub use student::{t_ppf, t_sf};
