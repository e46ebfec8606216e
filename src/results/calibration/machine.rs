//! How much the speed of the machines that serve may differ from that of the probe's machine.

use super::Calibration;

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

    /// The standard deviation of the logarithm of the speed.
    ///
    /// `Fixed` is that of fixed deployments on Azure's Standard_D4as_v5, `Mixed` that of nine fixed deployments on Google's E2
    /// (0.62 to 1.04 times the probe's speed). Schad, Dittrich and Quiané-Ruiz ("Runtime Measurements in the Cloud", VLDB 2010)
    /// found 24 % on EC2's small instances, which had two processor models.
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
    pub machine: f64,
    /// CPU without any request, in millicores a pod; 0 or more.
    pub idle_millicores: f64,
}

impl CostEstimate {
    /// The cost by one probe, on machines of a class.
    #[must_use]
    pub fn of_one(fit: &Calibration, class: MachineClass) -> Self {
        Self {
            mean_ms: fit.cpu_per_request_ms.value,
            standard_error_ms: fit.cpu_per_request_ms.standard_error,
            machine: class.deviation(),
            idle_millicores: fit.idle_cpu_millicores.value.max(0.0),
        }
    }

    /// The cost by several probes, each on a machine of its own.
    ///
    /// The mean is geometric. Of the variance of the logarithms, what the probes' standard errors do not explain is that of the
    /// machines (the method of moments, as DerSimonian and Laird 1986 for random effects). The standard error is that of the mean.
    /// One probe alone shows no difference between machines; there must be at least one.
    #[must_use]
    pub fn of_several(fits: &[Calibration]) -> Self {
        let count = fits.len() as f64;
        let mean = |value: fn(&Calibration) -> f64| fits.iter().map(value).sum::<f64>() / count;
        let log_mean = mean(|fit| fit.cpu_per_request_ms.value.ln());
        let squares = fits
            .iter()
            .map(|fit| (fit.cpu_per_request_ms.value.ln() - log_mean).powi(2));
        let variance = squares.sum::<f64>() / (count - 1.0).max(1.0);
        let of_probes = mean(|fit| {
            let cost = fit.cpu_per_request_ms;
            (cost.standard_error / cost.value).powi(2)
        });
        let of_machines = (variance - of_probes).max(0.0);
        let mean_ms = log_mean.exp();
        Self {
            mean_ms,
            standard_error_ms: mean_ms * ((of_machines + of_probes) / count).sqrt(),
            machine: of_machines.sqrt(),
            idle_millicores: mean(|fit| fit.idle_cpu_millicores.value).max(0.0),
        }
    }
}
