//! What is wrong with a policy, a trace or a `--set`, where, and what to write instead.
//!
//! Self-imposed limit: data only; `render` makes text of it. A diagnostic
//! carries its own line, so that whoever shows it needs no source at hand.

use std::fmt;

pub use super::place::{LineStart, Place};

/// The kinds of faults, each with a number that never changes its meaning.
///
/// `E0001` to `E0029` are about policies, from `E0030` on about traces, `W` are warnings.
/// From 101 on they are what `hpasim check` finds; `I` is good to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// `E0001`: a file is missing or cannot be read.
    FileUnreadable,
    /// `E0002`: a file holds something other than UTF-8 text.
    FileNotText,
    /// `E0003`: policies extend each other in a circle.
    ExtendsLoop,
    /// `E0004`: the text is not TOML; duplicate keys belong here.
    TomlSyntax,
    /// `E0005`: a `--set` is not `path=value` with a TOML value.
    OverrideMalformed,
    /// `E0006`: a path (of `--set` or `remove`) leads nowhere.
    PathNowhere,
    /// `E0007`: a key that does not exist.
    UnknownKey,
    /// `E0008`: a value of another type than the key takes.
    WrongType,
    /// `E0009`: a word that is none of those that the key takes.
    UnknownWord,
    /// `E0010`: not a duration.
    BadDuration,
    /// `E0011`: not a Kubernetes quantity.
    BadQuantity,
    /// `E0012`: a number or a length of time outside its range.
    OutOfRange,
    /// `E0013`: a key that has to be there is not.
    MissingKey,
    /// `E0014`: two keys that exclude each other.
    Conflict,
    /// `E0015`: something that this version cannot simulate or read.
    Unsupported,
    /// `E0016`: the API server would refuse the autoscaler.
    SpecRefused,
    /// `E0017`: a utilization target on a resource that a container does not request.
    NoRequest,
    /// `E0018`: a metric of a container that the pod does not have.
    NoSuchContainer,
    /// `E0019`: a limit below the request.
    LimitBelowRequest,
    /// `E0020`: a custom metric that neither the plant nor the trace has.
    NoSuchMetric,
    /// `E0021`: a name that cannot name a folder.
    BadName,
    /// `E0022`: the text is no YAML and no JSON; duplicate keys belong here.
    ManifestSyntax,
    /// `E0023`: a manifest is larger, or its aliases make it larger, than this program reads.
    ManifestTooLarge,
    /// `E0024`: a manifest that holds no object, or not the one that was asked for, or several to choose from.
    ManifestChoice,
    /// `E0025`: the autoscaler's target is not in the manifest.
    NoScaleTarget,
    /// `E0026`: not an assertion about a KPI.
    BadAssertion,
    /// `E0030`: the trace has no rows.
    TraceEmpty,
    /// `E0031`: the trace has no header, or the header no time column.
    TraceHeader,
    /// `E0032`: the trace has no demand column, or more than one.
    TraceDemand,
    /// `E0033`: one row is no trace, for the last row only marks the end.
    TraceTooShort,
    /// `E0034`: a cell of the trace is no number or no time.
    TraceValue,
    /// `E0035`: a number of the trace is negative, not finite or absurdly large.
    TraceRange,
    /// `E0036`: time stands still or goes back.
    TraceTime,
    /// `E0037`: a row has more or fewer fields than the header.
    TraceFields,
    /// `E0038`: the compressed trace is broken or ends early.
    TraceGzip,
    /// `E0039`: the trace is larger than this program reads.
    TraceTooLarge,
    /// `E0040`: `--from` or `--to` lie outside the trace.
    TraceCut,
    /// `E0041`: the engine that was asked for cannot follow what the trace offers.
    TraceEngine,
    /// `E0042`: something known that is no recording, or no course of time.
    TraceFormat,
    /// `E0043`: a line of a recording is longer than any that belongs there.
    TraceLine,
    /// `E0044`: a recording in JSON is broken.
    TraceJson,
    /// `E0045`: the series that were chosen are not there, or cannot be summed.
    TraceSeries,
    /// `E0050`: the capacity probe has no header, or the header not the columns.
    ProbeHeader,
    /// `E0051`: a cell of the capacity probe is no number.
    ProbeValue,
    /// `E0052`: a number of the capacity probe is negative, not finite or absurdly large.
    ProbeRange,
    /// `E0053`: a row of the capacity probe has more or fewer fields than the header.
    ProbeFields,
    /// `E0054`: the capacity probe has too few rows for a line with an interval.
    ProbeTooShort,
    /// `E0055`: the capacity probe knows one load only.
    ProbeOneLoad,
    /// `W0001`: a column of the trace holds words and is left out.
    ColumnIgnored,
    /// `W0002`: a setting that has no effect here.
    NoEffect,
    /// `W0003`: a kind of object that is simulated as a Deployment.
    SimulatedAsDeployment,
    /// `W0004`: a pod's memory limit does not hold what the pod needs to work at all.
    MemoryTooSmall,
    /// `W0005`: the autoscaler's target is taken by its name alone, for it is of another kind or namespace.
    TargetElsewhere,
    /// `W0006`: a manifest without an autoscaler: its Deployment is fixed.
    NoAutoscaler,
    /// `W0007`: a startup probe that gives up before the container is initialised.
    StartupProbeTooShort,
    /// `W0009`: a metric of a manifest that fails in every cluster; the autoscaler is simulated as it fails.
    MetricFails,
    /// `W0008`: something that a manifest cannot say, or that was made up for it.
    NotExported,
    /// `W0010`: policies that are compared and do not answer the same question.
    ComparedUnlike,
    /// `W0030`: a recording has gaps.
    RecordingGap,
    /// `W0031`: samples of a recording that are no usable numbers are left out.
    RecordingNotANumber,
    /// `W0032`: samples of a recording share a time.
    RecordingDuplicate,
    /// `W0033`: times of a recording go back.
    RecordingOrder,
    /// `W0034`: times of a recording have another offset from UTC than its first, or none.
    RecordingTimeZone,
    /// `W0035`: a counter of a recording started again from zero.
    RecordingReset,
    /// `W0036`: a series of a recording has no samples.
    RecordingEmptySeries,
    /// `W0037`: times of a recording are in several units.
    RecordingMixedTimes,
    /// `W0038`: series of several metrics are summed.
    RecordingMixedSeries,
    /// `W0039`: lines of a recording cannot be read and are left out.
    RecordingUnreadable,
    /// `W0040`: demand is known only as the CPU that was used under the limits of the day.
    CensoredDemand,
    /// `E0101`: the autoscaler's target is of another namespace or kind.
    ScaleTargetElsewhere,
    /// `E0102`: a target that the containers' limits keep out of reach.
    NeverScalesUp,
    /// `E0103`: two autoscalers of one target.
    TwoAutoscalers,
    /// `E0104`: an `apiVersion` that clusters no longer serve.
    ApiVersionGone,
    /// `E0105`: a pod refers to an object that is in another namespace.
    ReferenceElsewhere,
    /// `E0106`: a Service that selects no pod.
    ServiceSelectsNothing,
    /// `E0107`: an Ingress whose backend is no Service of its namespace.
    IngressNoService,
    /// `E0108`: an Ingress that asks for a port that the Service does not have.
    IngressNoPort,
    /// `E0109`: a workload whose selector is not what its pods are labelled with.
    SelectorMismatch,
    /// `W0101`: `replicas` beside an autoscaler: every apply resets it.
    FixedReplicas,
    /// `W0102`: an autoscaler that can choose one number alone.
    MinIsMax,
    /// `W0103`: `maxReplicas` that the rate limits do not reach in time.
    RateLimitsTooSlow,
    /// `W0104`: limits so near to the target that the way up is long.
    LimitSlowsGrowth,
    /// `W0105`: a policy's period that is shorter than the time between two looks.
    PeriodBelowSync,
    /// `W0106`: a stabilization window that holds nothing back.
    WindowBelowSync,
    /// `W0107`: a stabilization window that is longer than the traffic's period.
    WindowLongerThanTraffic,
    /// `W0108`: half of the pods may go within a minute.
    HalvesWithinSeconds,
    /// `W0109`: a percentage that moves a small count by one pod, or none.
    PercentMovesLittle,
    /// `W0110`: a direction that is switched off.
    DirectionDisabled,
    /// `W0111`: a pod that is sent requests before it can serve.
    NoReadinessProbe,
    /// `W0112`: a readiness probe that passes long after the pod could serve.
    ReadinessSlow,
    /// `W0113`: the CPU of a start that counts as load.
    StartupCpuCounted,
    /// `W0114`: a preStop hook that leaves no time to end.
    PreStopTakesGrace,
    /// `W0115`: a pod refers to an object that the files do not hold.
    ReferenceMissing,
    /// `W0116`: some objects say their namespace, and some do not.
    NamespacesMixed,
    /// `W0117`: a Secret in clear text in a file.
    SecretInClearText,
    /// `I0101`: how many looks it takes from `minReplicas` to `maxReplicas`.
    StepsToMaximum,
    /// `I0102`: something that not every release of Kubernetes does.
    DependsOnRelease,
    /// `I0103`: nothing delays a pod's end until requests stay away.
    NoPreStop,
    /// `I0104`: a Secret that the files do not hold.
    SecretNotInFiles,
    /// `I0105`: an autoscaler alone, without what it scales.
    TargetNotInFiles,
    /// `I0106`: a workload that no autoscaler scales.
    NotScaled,
}

impl Code {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 101] = [
        Self::FileUnreadable,
        Self::FileNotText,
        Self::ExtendsLoop,
        Self::TomlSyntax,
        Self::OverrideMalformed,
        Self::PathNowhere,
        Self::UnknownKey,
        Self::WrongType,
        Self::UnknownWord,
        Self::BadDuration,
        Self::BadQuantity,
        Self::OutOfRange,
        Self::MissingKey,
        Self::Conflict,
        Self::Unsupported,
        Self::SpecRefused,
        Self::NoRequest,
        Self::NoSuchContainer,
        Self::LimitBelowRequest,
        Self::NoSuchMetric,
        Self::BadName,
        Self::ManifestSyntax,
        Self::ManifestTooLarge,
        Self::ManifestChoice,
        Self::NoScaleTarget,
        Self::BadAssertion,
        Self::TraceEmpty,
        Self::TraceHeader,
        Self::TraceDemand,
        Self::TraceTooShort,
        Self::TraceValue,
        Self::TraceRange,
        Self::TraceTime,
        Self::TraceFields,
        Self::TraceGzip,
        Self::TraceTooLarge,
        Self::TraceCut,
        Self::TraceEngine,
        Self::TraceFormat,
        Self::TraceLine,
        Self::TraceJson,
        Self::TraceSeries,
        Self::ProbeHeader,
        Self::ProbeValue,
        Self::ProbeRange,
        Self::ProbeFields,
        Self::ProbeTooShort,
        Self::ProbeOneLoad,
        Self::ColumnIgnored,
        Self::NoEffect,
        Self::SimulatedAsDeployment,
        Self::MemoryTooSmall,
        Self::TargetElsewhere,
        Self::NoAutoscaler,
        Self::StartupProbeTooShort,
        Self::NotExported,
        Self::MetricFails,
        Self::ComparedUnlike,
        Self::RecordingGap,
        Self::RecordingNotANumber,
        Self::RecordingDuplicate,
        Self::RecordingOrder,
        Self::RecordingTimeZone,
        Self::RecordingReset,
        Self::RecordingEmptySeries,
        Self::RecordingMixedTimes,
        Self::RecordingMixedSeries,
        Self::RecordingUnreadable,
        Self::CensoredDemand,
        Self::ScaleTargetElsewhere,
        Self::NeverScalesUp,
        Self::TwoAutoscalers,
        Self::ApiVersionGone,
        Self::ReferenceElsewhere,
        Self::ServiceSelectsNothing,
        Self::IngressNoService,
        Self::IngressNoPort,
        Self::SelectorMismatch,
        Self::FixedReplicas,
        Self::MinIsMax,
        Self::RateLimitsTooSlow,
        Self::LimitSlowsGrowth,
        Self::PeriodBelowSync,
        Self::WindowBelowSync,
        Self::WindowLongerThanTraffic,
        Self::HalvesWithinSeconds,
        Self::PercentMovesLittle,
        Self::DirectionDisabled,
        Self::NoReadinessProbe,
        Self::ReadinessSlow,
        Self::StartupCpuCounted,
        Self::PreStopTakesGrace,
        Self::ReferenceMissing,
        Self::NamespacesMixed,
        Self::SecretInClearText,
        Self::StepsToMaximum,
        Self::DependsOnRelease,
        Self::NoPreStop,
        Self::SecretNotInFiles,
        Self::TargetNotInFiles,
        Self::NotScaled,
    ];

    /// The stable number: `E` for errors, `W` for warnings, `I` for what is good to know.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::FileUnreadable => "E0001",
            Self::FileNotText => "E0002",
            Self::ExtendsLoop => "E0003",
            Self::TomlSyntax => "E0004",
            Self::OverrideMalformed => "E0005",
            Self::PathNowhere => "E0006",
            Self::UnknownKey => "E0007",
            Self::WrongType => "E0008",
            Self::UnknownWord => "E0009",
            Self::BadDuration => "E0010",
            Self::BadQuantity => "E0011",
            Self::OutOfRange => "E0012",
            Self::MissingKey => "E0013",
            Self::Conflict => "E0014",
            Self::Unsupported => "E0015",
            Self::SpecRefused => "E0016",
            Self::NoRequest => "E0017",
            Self::NoSuchContainer => "E0018",
            Self::LimitBelowRequest => "E0019",
            Self::NoSuchMetric => "E0020",
            Self::BadName => "E0021",
            Self::ManifestSyntax => "E0022",
            Self::ManifestTooLarge => "E0023",
            Self::ManifestChoice => "E0024",
            Self::NoScaleTarget => "E0025",
            Self::BadAssertion => "E0026",
            Self::TraceEmpty => "E0030",
            Self::TraceHeader => "E0031",
            Self::TraceDemand => "E0032",
            Self::TraceTooShort => "E0033",
            Self::TraceValue => "E0034",
            Self::TraceRange => "E0035",
            Self::TraceTime => "E0036",
            Self::TraceFields => "E0037",
            Self::TraceGzip => "E0038",
            Self::TraceTooLarge => "E0039",
            Self::TraceCut => "E0040",
            Self::TraceEngine => "E0041",
            Self::TraceFormat => "E0042",
            Self::TraceLine => "E0043",
            Self::TraceJson => "E0044",
            Self::TraceSeries => "E0045",
            Self::ProbeHeader => "E0050",
            Self::ProbeValue => "E0051",
            Self::ProbeRange => "E0052",
            Self::ProbeFields => "E0053",
            Self::ProbeTooShort => "E0054",
            Self::ProbeOneLoad => "E0055",
            Self::ColumnIgnored => "W0001",
            Self::NoEffect => "W0002",
            Self::SimulatedAsDeployment => "W0003",
            Self::MemoryTooSmall => "W0004",
            Self::TargetElsewhere => "W0005",
            Self::NoAutoscaler => "W0006",
            Self::StartupProbeTooShort => "W0007",
            Self::NotExported => "W0008",
            Self::MetricFails => "W0009",
            Self::ComparedUnlike => "W0010",
            Self::RecordingGap => "W0030",
            Self::RecordingNotANumber => "W0031",
            Self::RecordingDuplicate => "W0032",
            Self::RecordingOrder => "W0033",
            Self::RecordingTimeZone => "W0034",
            Self::RecordingReset => "W0035",
            Self::RecordingEmptySeries => "W0036",
            Self::RecordingMixedTimes => "W0037",
            Self::RecordingMixedSeries => "W0038",
            Self::RecordingUnreadable => "W0039",
            Self::CensoredDemand => "W0040",
            Self::ScaleTargetElsewhere => "E0101",
            Self::NeverScalesUp => "E0102",
            Self::TwoAutoscalers => "E0103",
            Self::ApiVersionGone => "E0104",
            Self::ReferenceElsewhere => "E0105",
            Self::ServiceSelectsNothing => "E0106",
            Self::IngressNoService => "E0107",
            Self::IngressNoPort => "E0108",
            Self::SelectorMismatch => "E0109",
            Self::FixedReplicas => "W0101",
            Self::MinIsMax => "W0102",
            Self::RateLimitsTooSlow => "W0103",
            Self::LimitSlowsGrowth => "W0104",
            Self::PeriodBelowSync => "W0105",
            Self::WindowBelowSync => "W0106",
            Self::WindowLongerThanTraffic => "W0107",
            Self::HalvesWithinSeconds => "W0108",
            Self::PercentMovesLittle => "W0109",
            Self::DirectionDisabled => "W0110",
            Self::NoReadinessProbe => "W0111",
            Self::ReadinessSlow => "W0112",
            Self::StartupCpuCounted => "W0113",
            Self::PreStopTakesGrace => "W0114",
            Self::ReferenceMissing => "W0115",
            Self::NamespacesMixed => "W0116",
            Self::SecretInClearText => "W0117",
            Self::StepsToMaximum => "I0101",
            Self::DependsOnRelease => "I0102",
            Self::NoPreStop => "I0103",
            Self::SecretNotInFiles => "I0104",
            Self::TargetNotInFiles => "I0105",
            Self::NotScaled => "I0106",
        }
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self.number().as_bytes()[0] {
            b'W' => Severity::Warning,
            b'I' => Severity::Info,
            _ => Severity::Error,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing can be simulated.
    Error,
    /// The simulation runs, but not quite as somebody may think; or a trap.
    Warning,
    /// Good to know.
    Info,
}

/// One fault: what, where, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// What is wrong, in one line.
    pub message: String,
    /// Where; `None` when no line of a text is at fault.
    pub place: Option<Box<Place>>,
    /// What to write or do instead.
    pub help: String,
}

impl Diagnostic {
    /// Whether it is an error or a warning.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.code.severity()
    }
}

impl fmt::Display for Diagnostic {
    /// One line: `E0007: unknown key ... (policy.toml:3:1)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if let Some(place) = &self.place {
            write!(f, " ({}:{}:{})", place.source, place.line, place.column)?;
        }
        Ok(())
    }
}

/// Everything that is wrong with an input, in the order of files and lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// The faults, errors and warnings; at least one error where this stands for a failure.
    pub list: Vec<Diagnostic>,
    /// How many more of a long row of like faults were left out.
    pub omitted: usize,
}

impl Diagnostics {
    /// A single fault.
    #[must_use]
    pub fn one(diagnostic: Diagnostic) -> Self {
        Self {
            list: vec![diagnostic],
            omitted: 0,
        }
    }

    /// Takes over what is wrong elsewhere.
    pub fn absorb(&mut self, others: Self) {
        self.list.extend(others.list);
        self.omitted += others.omitted;
    }
}

impl fmt::Display for Diagnostics {
    /// One line a fault.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        if self.omitted > 0 {
            write!(f, "\nand {} more", self.omitted)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_a_number_of_its_own_that_says_how_bad_it_is() {
        for (index, code) in Code::ALL.iter().enumerate() {
            let earlier = Code::ALL[..index].iter().map(|code| code.number());
            assert!(!earlier.into_iter().any(|number| number == code.number()));
            let letter = match code.severity() {
                Severity::Error => 'E',
                Severity::Warning => 'W',
                Severity::Info => 'I',
            };
            assert!(code.number().starts_with(letter), "{code}");
        }
    }
}
