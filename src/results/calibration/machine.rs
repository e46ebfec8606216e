//! How much the speed of the machines that serve may differ from that of the probe's machine.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

use super::Calibration;
use crate::results::statistics::CONFIDENCE;
use crate::workload::CostUncertainty;

/// A class of machines, where one probe cannot say how their speeds differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineClass {
    /// The very machines of the probe.
    Same,
    /// A machine type with one processor model.
    Fixed,
    /// A machine type that comes with several processor models.
    Mixed,
}

impl MachineClass {
    /// Every class with its word on the command line.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Same, "same"),
        (Self::Fixed, "fixed"),
        (Self::Mixed, "mixed"),
    ];

    /// The standard deviation of the logarithm of the speed, relative to the machine of the probe.
    ///
    /// `Fixed` is that of fixed deployments on Azure's Standard_D4as_v5, `Mixed` that of nine fixed deployments on Google's E2, in
    /// which a request took 0.62 to 1.04 times the CPU time of the probe. Schad, Dittrich and Quiané-Ruiz ("Runtime Measurements in
    /// the Cloud", VLDB 2010) found 24 % on EC2's small instances, which had two processor models.
    #[must_use]
    pub const fn deviation(self) -> f64 {
        match self {
            Self::Same => 0.0,
            Self::Fixed => 0.06,
            Self::Mixed => 0.24,
        }
    }

    /// What the value is known from, in words.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::Same => "the machines of the probe serve",
            Self::Fixed => {
                "machines of one type and one processor, as measured on Standard_D4as_v5"
            }
            Self::Mixed => "a type with several processors, as measured on GKE's E2",
        }
    }
}

/// What a policy says of the cost of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostEstimate {
    /// CPU time of one request, in milliseconds of one core.
    pub mean_ms: f64,
    /// Its standard error, in milliseconds.
    pub standard_error_ms: f64,
    /// The standard deviation of the logarithm of the machines' speed.
    pub machine_deviation: f64,
    /// Its interval of [`CONFIDENCE`](crate::results::statistics::CONFIDENCE); `None` if it was not measured.
    pub machine_interval: Option<(f64, f64)>,
    /// CPU without any request, in millicores a pod; 0 or more.
    pub idle_millicores: f64,
}

/// Why a cost is too uncertain for a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostDoubt {
    /// The standard error is more than half of the mean.
    Error,
    /// The probes differ more than machines do.
    Machines,
}

/// The greatest spread of machines that a policy accepts.
const DEVIATION_MAX: f64 = 1.0;

impl CostEstimate {
    /// The cost by one probe, on machines of a class.
    #[must_use]
    pub fn of_one(fit: &Calibration, class: MachineClass) -> Self {
        Self {
            mean_ms: fit.cpu_per_request_ms.value,
            standard_error_ms: fit.cpu_per_request_ms.standard_error,
            machine_deviation: class.deviation(),
            machine_interval: None,
            idle_millicores: fit.idle_cpu_millicores.value.max(0.0),
        }
    }

    /// The cost by several probes, each on a machine of its own.
    ///
    /// The mean is geometric. Of the variance of the logarithms, what the probes' standard errors do not explain is that of the
    /// machines (the method of moments, as DerSimonian and Laird 1986 for random effects). Its interval is that of a variance, by the
    /// chi-squared distribution. The standard error is that of the mean. One probe alone shows no difference between machines; there
    /// must be at least one.
    #[must_use]
    pub fn of_several(fits: &[Calibration]) -> Self {
        let count = fits.len() as f64;
        let freedom = (count - 1.0).max(1.0);
        let mean = |value: fn(&Calibration) -> f64| fits.iter().map(value).sum::<f64>() / count;
        let log_mean = mean(|fit| fit.cpu_per_request_ms.value.ln());
        let squares = fits
            .iter()
            .map(|fit| (fit.cpu_per_request_ms.value.ln() - log_mean).powi(2));
        let squares = squares.sum::<f64>();
        let of_probes = mean(|fit| {
            let cost = fit.cpu_per_request_ms;
            (cost.standard_error / cost.value).powi(2)
        });
        let of_machines = |variance: f64| (variance - of_probes).max(0.0);
        let beyond = (1.0 - CONFIDENCE) / 2.0;
        let end = |share: f64| of_machines(squares / chi_squared(freedom, share)).sqrt();
        let machines = of_machines(squares / freedom);
        let mean_ms = log_mean.exp();
        Self {
            mean_ms,
            standard_error_ms: mean_ms * ((machines + of_probes) / count).sqrt(),
            machine_deviation: machines.sqrt(),
            machine_interval: Some((end(1.0 - beyond), end(beyond))),
            idle_millicores: mean(|fit| fit.idle_cpu_millicores.value).max(0.0),
        }
    }

    /// Why no policy should state this cost; `None` if one may.
    #[must_use]
    pub fn doubt(&self) -> Option<CostDoubt> {
        if self.standard_error_ms > CostUncertainty::ERROR_BY_MEAN_MAX * self.mean_ms {
            return Some(CostDoubt::Error);
        }
        (self.machine_deviation > DEVIATION_MAX).then_some(CostDoubt::Machines)
    }
}

/// The quantile `share` of the chi-squared distribution.
///
/// With one degree of freedom it is the square of a normal number: the library's search fails there.
pub(super) fn chi_squared(freedom: f64, share: f64) -> f64 {
    if freedom < 1.5 {
        let normal = Normal::standard().inverse_cdf(f64::midpoint(1.0, share));
        return normal * normal;
    }
    ChiSquared::new(freedom)
        .expect("degrees of freedom above 0")
        .inverse_cdf(share)
}
