//! What is to be said of each code in general: the text of docs/diagnostics.md.
//!
//! Self-imposed limit: text. What is wrong in one case, in its numbers, is said where it is found.

use super::diagnostic::Code;

/// A code in general.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// What it stands for, in one line.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

const fn about(title: &'static str, why: &'static str, remedy: &'static str) -> About {
    About { title, why, remedy }
}

impl Code {
    /// What is to be said of it in general.
    #[must_use]
    pub const fn about(self) -> About {
        match self {
            Self::FileUnreadable => about(
                "A file is missing or cannot be read",
                "Without the file there is nothing to look at.",
                "Check the path and the permissions; a path within a file starts at that file's folder.",
            ),
            Self::FileNotText => about(
                "A file is not UTF-8 text",
                "What the bytes mean would be a guess.",
                "Save the file as UTF-8; UTF-16 is named as such.",
            ),
            Self::ExtendsLoop => about(
                "Policies extend each other in a circle",
                "No policy is at the bottom.",
                "Take `extends` out of one of them.",
            ),
            Self::TomlSyntax => about(
                "The text is not TOML",
                "A key that stands twice, a missing quote or bracket: the rest of the file is not read.",
                "Correct the line.",
            ),
            Self::OverrideMalformed => about(
                "A `--set` is not `path=value`",
                "The value is read as TOML, as in a file.",
                "Write `--set hpa.maxReplicas=80`; quote text within the quotes of the shell.",
            ),
            Self::PathNowhere => about(
                "A path of `--set` or `remove` leads nowhere",
                "A typing mistake would silently change nothing.",
                "Take the path that is suggested, or leave it out.",
            ),
            Self::UnknownKey => about(
                "A key that does not exist",
                "A key with a typing mistake would silently be the default.",
                "Take the key that is suggested; docs/policy.md has them all.",
            ),
            Self::WrongType => about(
                "A value of another type than the key takes",
                "A quoted number is text.",
                "Add or leave out the quotes, or write a table or a list.",
            ),
            Self::UnknownWord => about(
                "A word that the key does not know",
                "Each such key has a few words.",
                "Take one of those that are named.",
            ),
            Self::BadDuration => about(
                "Not a duration",
                "A number without a unit could be seconds or milliseconds.",
                "Write \"15s\", \"250ms\" or \"1h30m\".",
            ),
            Self::BadQuantity => about(
                "Not a Kubernetes quantity",
                "`100` CPUs and `100m` are a thousand times apart.",
                "Write \"100m\" or \"0.5\" of CPU, \"64Mi\" of memory.",
            ),
            Self::OutOfRange => about(
                "A number or a time outside its range",
                "Beyond the range there is no meaning, or a slip of the pen.",
                "Take a value of the range that is named.",
            ),
            Self::MissingKey => about(
                "A key that has to be there",
                "Nobody can guess it.",
                "Add the line that is shown.",
            ),
            Self::Conflict => about(
                "Two keys that exclude each other",
                "One of them would be left out silently.",
                "Keep one of the two.",
            ),
            Self::Unsupported => about(
                "Something that this version cannot simulate or read",
                "The result would look right and be wrong.",
                "Leave it out, or do as the help says.",
            ),
            Self::SpecRefused => about(
                "The API server would refuse the autoscaler",
                "`kubectl apply` would fail with the same fault.",
                "Correct the field that is named.",
            ),
            Self::NoRequest => about(
                "A utilization target on a resource that a container does not request",
                "Utilization is usage over request: without the request of every container the metric fails, and the autoscaler does not scale up.",
                "Add `resources.requests` to the container that is named.",
            ),
            Self::NoSuchContainer => about(
                "A metric of a container that the pod does not have",
                "The metric fails at every sync.",
                "Take the name of one of the containers.",
            ),
            Self::LimitBelowRequest => about(
                "A limit below the request",
                "The API server refuses the pod.",
                "Raise the limit.",
            ),
            Self::NoSuchMetric => about(
                "A custom metric that neither the plant nor the trace has",
                "Nobody says what its value is.",
                "Add a column of that name to the trace, or take a built-in metric.",
            ),
            Self::BadName => about(
                "A name that cannot name a folder",
                "The results' folder is called after it.",
                "Write a plain word.",
            ),
            Self::ManifestSyntax => about(
                "The text is neither YAML nor JSON",
                "A tab, a key that stands twice, a template that was not rendered: kubectl would refuse it as well, or take the last of two keys silently.",
                "Correct the line; render templates first.",
            ),
            Self::ManifestTooLarge => about(
                "A manifest that is too large, or becomes so by its aliases",
                "Aliases of aliases can stand for more than any memory holds.",
                "Keep the autoscaler and its target.",
            ),
            Self::ManifestChoice => about(
                "A manifest without the object that is asked for, or with several",
                "Which of them is meant is for you to say.",
                "Name the autoscaler by `--hpa` and the namespace by `--namespace`.",
            ),
            Self::NoScaleTarget => about(
                "The autoscaler's target is not in the files",
                "Without its target an autoscaler scales nothing.",
                "Correct `scaleTargetRef`, or add the object.",
            ),
            Self::TraceEmpty => about(
                "A trace without rows",
                "There is no traffic to simulate.",
                "Add rows below the header.",
            ),
            Self::TraceHeader => about(
                "A trace without a header or a time column",
                "Which column is which is known by the header alone.",
                "Begin with `time_s,rps`.",
            ),
            Self::TraceDemand => about(
                "A trace with no demand column, or with two",
                "One column says what is offered.",
                "Name one of them `rps`, `users` or `cpu_millicores`.",
            ),
            Self::TraceTooShort => about(
                "A trace of one row",
                "The last row only marks the end.",
                "Add a row where the trace ends.",
            ),
            Self::TraceValue => about(
                "A cell that is no number or no time",
                "What stands there cannot be offered.",
                "Correct the cell.",
            ),
            Self::TraceRange => about(
                "A number that is negative, infinite or absurdly large",
                "Nobody offers so much, or less than nothing.",
                "Correct the cell; check the unit.",
            ),
            Self::TraceTime => about(
                "Time that stands still or goes back",
                "Two rows would hold at one time.",
                "Sort the rows, and keep one of two with the same time.",
            ),
            Self::TraceFields => about(
                "A row of more or fewer fields than the header",
                "A missing comma moves every value into the next column.",
                "Give each row a field for each column.",
            ),
            Self::TraceGzip => about(
                "A compressed trace that is broken or ends early",
                "What is missing is not known.",
                "Fetch or compress it again.",
            ),
            Self::TraceTooLarge => about(
                "A trace that is larger than this program reads",
                "The rows are held in memory.",
                "Cut it, or make its step longer.",
            ),
            Self::TraceCut => about(
                "`--from` or `--to` outside the trace",
                "Nothing would be left.",
                "Take times within the span that is named.",
            ),
            Self::TraceEngine => about(
                "An engine that cannot follow what the trace offers",
                "Requests are not known from CPU, nor users from rates.",
                "Leave `--engine` out, or take the other one.",
            ),
            Self::TraceFormat => about(
                "Something known that is no recording of traffic over time",
                "It has no course of time, or not the numbers that a load is made of.",
                "Record or export what the message names; docs/traces.md lists the formats.",
            ),
            Self::TraceLine => about(
                "A line of a recording is longer than any that belongs there",
                "Such a file is something else, or damaged; it is not read to its end.",
                "Check that it is the file that you mean.",
            ),
            Self::TraceJson => about(
                "A recording in JSON is broken",
                "Half a document would be half of the traffic.",
                "Record or download it again.",
            ),
            Self::TraceSeries => about(
                "The series that were chosen are not there, or cannot be summed",
                "Series of different things make no sum.",
                "Choose among the series that the message names.",
            ),
            Self::ProbeHeader => about(
                "A capacity probe without the columns that it takes",
                "Which column is which is known by the header alone.",
                "Begin with the columns that are named.",
            ),
            Self::ProbeValue => about(
                "A cell of a capacity probe that is no number",
                "What stands there cannot be fitted.",
                "Correct the cell.",
            ),
            Self::ProbeRange => about(
                "A number of a capacity probe that is negative, infinite or absurdly large",
                "No server was ever measured so.",
                "Correct the cell; check the unit.",
            ),
            Self::ProbeFields => about(
                "A row of a capacity probe with more or fewer fields than the header",
                "A missing comma moves every value into the next column.",
                "Give each row a field for each column.",
            ),
            Self::ProbeTooShort => about(
                "A capacity probe with too few rows",
                "A line through two points has no interval.",
                "Measure at more loads.",
            ),
            Self::ProbeOneLoad => about(
                "A capacity probe of one load",
                "Cost per request and idle CPU cannot be told apart at one load.",
                "Measure at several loads.",
            ),
            Self::NoPolicyThere => about(
                "`extends` or `manifest` names a file that is neither a policy nor a manifest",
                "A policy can name any file that its reader may open, a file of passwords among them; no line of such a file is shown.",
                "Correct the path; `hpasim check FILE` shows the lines of a file that is named on the command line.",
            ),
            Self::FileOutside => about(
                "A file outside the folder that `check` keeps to",
                "`check` reads files that are not yet reviewed, so they must not choose which files of the machine are opened.",
                "Move the file below the folder or into the repository, or trust the policy with `--allow-outside`.",
            ),
            Self::FileTooLarge => about(
                "A file that is larger than this program reads",
                "The file is held in memory.",
                "Check that it is the file that was meant, and take out what the simulation does not need.",
            ),
            Self::ColumnIgnored => about(
                "A column of words",
                "A metric has numbers.",
                "Nothing, if no metric is meant by it.",
            ),
            Self::NoEffect => about(
                "A setting that has no effect here",
                "Who set it may think that it has.",
                "Delete it, or add what it takes.",
            ),
            Self::SimulatedAsDeployment => about(
                "A kind that is simulated as a Deployment",
                "Pods of a StatefulSet start one after the other.",
                "Read the results with that in mind.",
            ),
            Self::MemoryTooSmall => about(
                "A memory limit that does not hold what a pod needs",
                "Its containers are killed as soon as they work.",
                "Raise the limit.",
            ),
            Self::TargetElsewhere => about(
                "A target that is taken by its name alone",
                "In a cluster an autoscaler never scales what is of another kind or namespace.",
                "Give both the same namespace and kind; `hpasim check` has more.",
            ),
            Self::NoAutoscaler => about(
                "A manifest without an autoscaler",
                "Its number of pods is fixed.",
                "Add an autoscaler to simulate one.",
            ),
            Self::StartupProbeTooShort => about(
                "A startup probe that gives up too early",
                "The kubelet restarts the container before it can serve, again and again.",
                "Raise `failureThreshold` or `periodSeconds`.",
            ),
            Self::NotExported => about(
                "Something that a manifest cannot say, or that was made up for it",
                "What is exported is not all that the policy says.",
                "Fill in what is named.",
            ),
            Self::MetricFails => about(
                "A metric that fails in every cluster",
                "The autoscaler is simulated as it fails: it does not scale up.",
                "Correct it as the help says; `hpasim check` calls it an error.",
            ),
            Self::RecordingGap => about(
                "A recording has gaps",
                "What was not recorded is not known: samples hold over a gap, logs read it as no load.",
                "Record without a gap, or cut the recording with `--from` and `--to`.",
            ),
            Self::RecordingNotANumber => about(
                "Samples that are no usable numbers",
                "They are left out; the sample before them holds.",
                "Look at the exporter; a query that divides by zero gives NaN.",
            ),
            Self::RecordingDuplicate => about(
                "Samples that share a time",
                "The later one counts.",
                "Choose one series, or a coarser step.",
            ),
            Self::RecordingOrder => about(
                "Times that go back",
                "They are put in order; logs of several workers are often like this.",
                "Nothing, if the recording is of several writers.",
            ),
            Self::RecordingTimeZone => about(
                "Times with several offsets from UTC",
                "Each is taken at its own offset.",
                "Nothing, if clocks changed while it was recorded.",
            ),
            Self::RecordingReset => about(
                "A counter that started again from zero",
                "Its process was restarted; it goes on from there, and what was lost in between is not known.",
                "Nothing, or take a rate that the database reckons.",
            ),
            Self::RecordingEmptySeries => about(
                "A series without samples",
                "It adds nothing to the sum.",
                "Leave it out of the query.",
            ),
            Self::RecordingMixedTimes => about(
                "Times in several units",
                "Seconds, milliseconds and finer are told apart by their size.",
                "Write one unit.",
            ),
            Self::RecordingMixedSeries => about(
                "Series of several metrics are summed",
                "A sum of different things is rarely meant.",
                "Choose one metric with `--series`.",
            ),
            Self::RecordingUnreadable => about(
                "Lines that cannot be read",
                "They are left out and counted.",
                "Look at the first one that is named.",
            ),
            Self::CensoredDemand => about(
                "Demand that is known only as the CPU that was used",
                "Limits and the number of pods of the day cut it off: samples at the ceiling are only lower bounds.",
                "Replay it below its ceiling, or record requests.",
            ),
            Self::BadAssertion => about(
                "An assertion that cannot be read",
                "An assertion that nobody understands would hold for ever.",
                "Write a KPI, an operator and a number, as `slo_violation_seconds<=30`; docs/kpis.md has the names.",
            ),
            Self::ComparedUnlike => about(
                "Policies that answer different questions are compared",
                "Where demand, promise or prices differ, a difference says nothing about the autoscaler.",
                "Write what they share into a file that both extend.",
            ),
            Self::ScaleTargetElsewhere => about(
                "The autoscaler's target is of another namespace or kind",
                "`scaleTargetRef` has no namespace: the target is sought beside the autoscaler, and not found. It never scales.",
                "Give both the same namespace and kind.",
            ),
            Self::NeverScalesUp => about(
                "Limits keep the target out of reach",
                "A container is throttled or killed at its limit, so usage ends there. Where limit over target is within the tolerance (10%), the metric never asks for more pods.",
                "Lower the target, or raise the limits.",
            ),
            Self::TwoAutoscalers => about(
                "Two autoscalers of one target",
                "Since Kubernetes 1.27 both are stopped; before, they overwrite each other.",
                "Put all metrics into one autoscaler.",
            ),
            Self::ApiVersionGone => about(
                "An `apiVersion` that clusters no longer serve",
                "`kubectl apply` fails.",
                "Write the version that is named.",
            ),
            Self::ReferenceElsewhere => about(
                "A pod refers to an object of another namespace",
                "Pods see ConfigMaps, Secrets and claims of their own namespace alone, and do not start without them.",
                "Give the object the namespace of the pods.",
            ),
            Self::ServiceSelectsNothing => about(
                "A Service that selects no pod",
                "It has no endpoints: every connection is refused.",
                "Select labels of pods of its own namespace.",
            ),
            Self::IngressNoService => about(
                "An Ingress whose backend is no Service of its namespace",
                "Every request to it is answered with an error.",
                "Name a Service of its namespace.",
            ),
            Self::IngressNoPort => about(
                "An Ingress that asks for a port that the Service does not have",
                "Every request to it is answered with an error.",
                "Name a `port` of the Service, not its `targetPort`.",
            ),
            Self::SelectorMismatch => about(
                "A workload whose selector misses its own pods",
                "The API server refuses it.",
                "Give the selector and the pods the same labels.",
            ),
            Self::FixedReplicas => about(
                "`replicas` beside an autoscaler",
                "Every apply sets the number back, at full load as well.",
                "Delete the line from the manifest.",
            ),
            Self::MinIsMax => about(
                "`minReplicas` is `maxReplicas`",
                "The autoscaler has nothing to choose.",
                "Raise `maxReplicas`, or do without an autoscaler.",
            ),
            Self::RateLimitsTooSlow => about(
                "Rate limits that do not reach `maxReplicas` in time",
                "The load may be there at once; the pods are not.",
                "Raise the policies' values, or `minReplicas`.",
            ),
            Self::LimitSlowsGrowth => about(
                "Limits so near to the target that the way up is long",
                "Each sync multiplies the pods by limit over target at most.",
                "Lower the target, or raise the limits.",
            ),
            Self::PeriodBelowSync => about(
                "A policy's period shorter than the sync period",
                "The autoscaler looks once in 15 s: a change is allowed once a sync, not once a period.",
                "Write the change that one sync may make.",
            ),
            Self::WindowBelowSync => about(
                "A stabilization window that holds nothing back",
                "Within one sync period there is no earlier recommendation to hold.",
                "Write 0, or more than the sync period.",
            ),
            Self::WindowLongerThanTraffic => about(
                "A stabilization window longer than the traffic's period",
                "Each window holds a peak, so the pods stay at the peak's number. Takes `--trace`.",
                "Shorten the window, or keep the pods knowingly.",
            ),
            Self::HalvesWithinSeconds => about(
                "Half of the pods may go within a minute",
                "When the load comes back the pods have to start again.",
                "Keep the default window of 300 s, or let fewer pods go.",
            ),
            Self::PercentMovesLittle => about(
                "A percentage that moves a small count by one pod, or none",
                "Up it is rounded up to one pod; of no pods it is none, so that 0 is for ever.",
                "Add a policy of type Pods.",
            ),
            Self::DirectionDisabled => about(
                "A direction that is switched off",
                "Up: the load is never followed. Down: after one peak all pods stay.",
                "Slow the direction down instead.",
            ),
            Self::NoReadinessProbe => about(
                "No readiness probe",
                "A pod is sent requests that it cannot serve yet, and its start counts as load.",
                "Add a `readinessProbe`.",
            ),
            Self::ReadinessSlow => about(
                "A readiness probe that passes late",
                "A pod that could serve stands idle while others are overloaded.",
                "Shorten delay and period; let a `startupProbe` wait for slow starts.",
            ),
            Self::StartupCpuCounted => about(
                "The CPU of a start that counts as load",
                "A pod that is Ready while it still starts asks for more pods, which start as well.",
                "Let the readiness probe pass after the start.",
            ),
            Self::PreStopTakesGrace => about(
                "A preStop hook that uses up the grace period",
                "The program is killed 2 s after its SIGTERM.",
                "Raise `terminationGracePeriodSeconds`.",
            ),
            Self::ReferenceMissing => about(
                "A pod refers to an object that the files do not hold",
                "Unless the cluster has it, the pods never start.",
                "Add it, or correct the name.",
            ),
            Self::NamespacesMixed => about(
                "Some objects state their namespace, and some do not",
                "kubectl puts the others into `default`, away from what they belong to.",
                "State it everywhere, or nowhere and apply with `-n`.",
            ),
            Self::SecretInClearText => about(
                "A Secret in clear text in a file",
                "Whoever reads the file or its history has the values; base64 is no encryption. They are never shown here.",
                "Change the values, and keep them out of the file.",
            ),
            Self::StepsToMaximum => about(
                "How many syncs it takes from `minReplicas` to `maxReplicas`",
                "Usage ends at the limit, so one sync multiplies the pods by limit over target at most.",
                "Nothing; a lower target makes the steps larger.",
            ),
            Self::DependsOnRelease => about(
                "Something that not every release does",
                "An older API server drops the field silently, or has it behind a feature gate.",
                "Check `kubectl version`.",
            ),
            Self::NoPreStop => about(
                "No preStop hook",
                "A pod gets its SIGTERM at once, and requests until the proxies know.",
                "Add a preStop `sleep` of some seconds.",
            ),
            Self::SecretNotInFiles => about(
                "A Secret that the files do not hold",
                "That is how it should be, if somebody has made it.",
                "Look whether the cluster has it.",
            ),
            Self::TargetNotInFiles => about(
                "An autoscaler alone",
                "What hangs on its containers was not checked.",
                "Name the file of its target as well.",
            ),
            Self::NotScaled => about(
                "A workload that no autoscaler scales",
                "Its number of pods is fixed, whatever the load.",
                "Add an autoscaler, or name its file as well.",
            ),
        }
    }
}
