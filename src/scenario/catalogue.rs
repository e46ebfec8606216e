//! The one table of diagnostic codes: number, name, title, why it matters, remedy.
//!
//! Self-imposed limit: what is said of a code in general, which docs/diagnostics.md prints.
//! What is wrong in one case, in its numbers, is said where it is found.

use std::fmt;

/// What is to be said of a code in general.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// What it stands for, in one line.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub remedy: &'static str,
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

/// Makes [`Code`] of the table: a variant, its place in [`Code::ALL`], its number and its text come from one row.
///
/// A row is `NUMBER Name: "title", "why it matters", "remedy";`.
macro_rules! codes {
    ($($number:ident $name:ident: $title:literal, $why:literal, $remedy:literal;)*) => {
        /// The kinds of faults, each with a number that never changes its meaning.
        ///
        /// `E0001` to `E0029` are about policies, from `E0030` on about traces, `W` are warnings.
        /// From 101 on they are what `hpasim check` finds; `I` is good to know.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", stringify!($number), "`: ", $title, ".")] $name,)*
        }

        impl Code {
            /// All kinds, in the order of the table.
            pub const ALL: [Self; [$(Self::$name),*].len()] = [$(Self::$name),*];

            /// The stable number: `E` for errors, `W` for warnings, `I` for what is good to know.
            #[must_use]
            pub const fn number(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($number),)*
                }
            }

            /// What is to be said of it in general.
            #[must_use]
            pub const fn about(self) -> About {
                match self {
                    $(Self::$name => About { title: $title, why: $why, remedy: $remedy },)*
                }
            }
        }
    };
}

codes! {
    E0001 FileUnreadable:
        "A file is missing or cannot be read",
        "Without the file there is nothing to look at.",
        "Check the path and the permissions; a path within a file starts at that file's folder.";
    E0002 FileNotText:
        "A file is not UTF-8 text",
        "What the bytes mean would be a guess.",
        "Save the file as UTF-8; UTF-16 is named as such.";
    E0003 ExtendsLoop:
        "Policies extend each other in a circle",
        "No policy is at the bottom.",
        "Take `extends` out of one of them.";
    E0004 TomlSyntax:
        "The text is not TOML",
        "A key that stands twice, a missing quote or bracket: the rest of the file is not read.",
        "Correct the line.";
    E0005 OverrideMalformed:
        "A `--set` is not `path=value`",
        "The value is read as TOML, as in a file.",
        "Write `--set hpa.maxReplicas=80`; quote text within the quotes of the shell.";
    E0006 PathNowhere:
        "A path of `--set` or `remove` leads nowhere",
        "A typing mistake would silently change nothing.",
        "Take the path that is suggested, or leave it out.";
    E0007 UnknownKey:
        "A key that does not exist",
        "A key with a typing mistake would silently be the default.",
        "Take the key that the message suggests.";
    E0008 WrongType:
        "A value of another type than the key takes",
        "A quoted number is text.",
        "Add or leave out the quotes, or write a table or a list.";
    E0009 UnknownWord:
        "A word that the key does not know",
        "Each such key has a few words.",
        "Take one of those that are named.";
    E0010 BadDuration:
        "Not a duration",
        "A number without a unit could be seconds or milliseconds.",
        "Write \"15s\", \"250ms\" or \"1h30m\".";
    E0011 BadQuantity:
        "Not a Kubernetes quantity",
        "`100` CPUs and `100m` are a thousand times apart.",
        "Write \"100m\" or \"0.5\" of CPU, \"64Mi\" of memory.";
    E0012 OutOfRange:
        "A number or a time outside its range",
        "Beyond the range there is no meaning, or a slip of the pen.",
        "Take a value of the range that is named.";
    E0013 MissingKey:
        "A key that has to be there",
        "Nobody can guess it.",
        "Add the line that is shown.";
    E0014 Conflict:
        "Two keys that exclude each other",
        "One of them would be left out silently.",
        "Keep one of the two.";
    E0015 Unsupported:
        "Something that this version cannot simulate or read",
        "The result would look right and be wrong.",
        "Leave it out, or do as the help says.";
    E0016 SpecRefused:
        "The API server would refuse the autoscaler",
        "`kubectl apply` would fail with the same fault.",
        "Correct the field that is named.";
    E0017 NoRequest:
        "A utilization target on a resource that a container does not request",
        "Utilization is usage over request: without the request of every container the metric fails, and the autoscaler does not scale up.",
        "Add `resources.requests` to the container that is named.";
    E0018 NoSuchContainer:
        "A metric of a container that the pod does not have",
        "The metric fails at every sync.",
        "Take the name of one of the containers.";
    E0019 LimitBelowRequest:
        "A limit below the request",
        "The API server refuses the pod.",
        "Raise the limit.";
    E0020 NoSuchMetric:
        "A custom metric that neither the plant nor the trace has",
        "Nobody says what its value is.",
        "Add a column of that name to the trace, or take a built-in metric.";
    E0021 BadName:
        "A name that cannot name a folder",
        "The results' folder is called after it.",
        "Write a plain word.";
    E0022 ManifestSyntax:
        "The text is neither YAML nor JSON",
        "A tab, a key that stands twice, a template that was not rendered: kubectl would refuse it as well, or take the last of two keys silently.",
        "Correct the line; render templates first.";
    E0023 ManifestTooLarge:
        "A manifest that is too large, or becomes so by its aliases",
        "Aliases of aliases can stand for more than any memory holds.",
        "Keep the autoscaler and its target.";
    E0024 ManifestChoice:
        "A manifest without the object that is asked for, or with several",
        "Which of them is meant is for you to say.",
        "Name the autoscaler by `--hpa` and the namespace by `--namespace`.";
    E0025 NoScaleTarget:
        "The autoscaler's target is not in the files",
        "Without its target an autoscaler scales nothing.",
        "Correct `scaleTargetRef`, or add the object.";
    E0026 BadAssertion:
        "An assertion that cannot be read",
        "An assertion that nobody understands would hold for ever.",
        "Write a KPI, an operator and a number, as `slo_violation_seconds<=30`; `hpasim run POLICY TRACE --format json` prints every KPI.";
    E0030 TraceEmpty:
        "A trace without rows",
        "There is no traffic to simulate.",
        "Add rows below the header.";
    E0031 TraceHeader:
        "A trace without a header or a time column",
        "Which column is which is known by the header alone.",
        "Begin with `time_s,rps`.";
    E0032 TraceDemand:
        "A trace with no demand column, or with two",
        "One column says what is offered.",
        "Name one of them `rps`, `users` or `cpu_millicores`.";
    E0033 TraceTooShort:
        "A trace of one row",
        "The last row only marks the end.",
        "Add a row where the trace ends.";
    E0034 TraceValue:
        "A cell that is no number or no time",
        "What stands there cannot be offered.",
        "Correct the cell.";
    E0035 TraceRange:
        "A number that is negative, infinite or absurdly large",
        "Nobody offers so much, or less than nothing.",
        "Correct the cell; check the unit.";
    E0036 TraceTime:
        "Time that stands still or goes back",
        "Two rows would hold at one time.",
        "Sort the rows, and keep one of two with the same time.";
    E0037 TraceFields:
        "A row of more or fewer fields than the header",
        "A missing comma moves every value into the next column.",
        "Give each row a field for each column.";
    E0038 TraceGzip:
        "A compressed trace that is broken or ends early",
        "What is missing is not known.",
        "Fetch or compress it again.";
    E0039 TraceTooLarge:
        "A trace that is larger than this program reads",
        "The rows are held in memory.",
        "Cut it, or make its step longer.";
    E0040 TraceCut:
        "`--from` or `--to` outside the trace",
        "Nothing would be left.",
        "Take times within the span that is named.";
    E0041 TraceEngine:
        "An engine that cannot follow what the trace offers",
        "Requests are not known from CPU, nor users from rates.",
        "Leave `--engine` out, or take the other one.";
    E0042 TraceFormat:
        "Something known that is no recording of traffic over time",
        "It has no course of time, or not the numbers that a load is made of.",
        "Record or export what the message names; `hpasim trace info --help` lists the formats.";
    E0043 TraceLine:
        "A line of a recording is longer than any that belongs there",
        "Such a file is something else, or damaged; it is not read to its end.",
        "Check that it is the file that you mean.";
    E0044 TraceJson:
        "A recording in JSON is broken",
        "Half a document would be half of the traffic.",
        "Record or download it again.";
    E0045 TraceSeries:
        "The series that were chosen are not there, or cannot be summed",
        "Series of different things make no sum.",
        "Choose among the series that the message names.";
    E0050 ProbeHeader:
        "A capacity probe without the columns that it takes",
        "Which column is which is known by the header alone.",
        "Begin with the columns that are named.";
    E0051 ProbeValue:
        "A cell of a capacity probe that is no number",
        "What stands there cannot be fitted.",
        "Correct the cell.";
    E0052 ProbeRange:
        "A number of a capacity probe that is negative, infinite or absurdly large",
        "No server was ever measured so.",
        "Correct the cell; check the unit.";
    E0053 ProbeFields:
        "A row of a capacity probe with more or fewer fields than the header",
        "A missing comma moves every value into the next column.",
        "Give each row a field for each column.";
    E0054 ProbeTooShort:
        "A capacity probe with too few rows",
        "A line through two points has no interval.",
        "Measure at more loads.";
    E0055 ProbeOneLoad:
        "A capacity probe of one load",
        "Cost per request and idle CPU cannot be told apart at one load.",
        "Measure at several loads.";
    E0056 NoPolicyThere:
        "`extends` or `manifest` names a file that is neither a policy nor a manifest",
        "A policy can name any file that its reader may open, a file of passwords among them; no line of such a file is shown.",
        "Correct the path; `hpasim check FILE` shows the lines of a file that is named on the command line.";
    E0057 FileOutside:
        "A file outside the folder that `check` keeps to",
        "`check` reads files that are not yet reviewed, so they must not choose which files of the machine are opened.",
        "Move the file below the folder or into the repository, or trust the policy with `--allow-outside`.";
    E0058 FileTooLarge:
        "A file that is larger than this program reads",
        "The file is held in memory.",
        "Check that it is the file that was meant, and take out what the simulation does not need.";
    W0001 ColumnIgnored:
        "A column of words",
        "A metric has numbers.",
        "Nothing, if no metric is meant by it.";
    W0002 NoEffect:
        "A setting that has no effect here",
        "Who set it may think that it has.",
        "Delete it, or add what it takes.";
    W0003 SimulatedAsDeployment:
        "A kind that is simulated as a Deployment",
        "Pods of a StatefulSet start one after the other.",
        "Read the results with that in mind.";
    W0004 MemoryTooSmall:
        "A memory limit that does not hold what a pod needs",
        "Its containers are killed as soon as they work.",
        "Raise the limit.";
    W0005 TargetElsewhere:
        "A target that is taken by its name alone",
        "In a cluster an autoscaler never scales what is of another kind or namespace.",
        "Give both the same namespace and kind; `hpasim check` has more.";
    W0006 NoAutoscaler:
        "A manifest without an autoscaler",
        "Its number of pods is fixed.",
        "Add an autoscaler to simulate one.";
    W0007 StartupProbeTooShort:
        "A startup probe that gives up too early",
        "The kubelet restarts the container before it can serve, again and again.",
        "Raise `failureThreshold` or `periodSeconds`.";
    W0008 NotExported:
        "Something that a manifest cannot say, or that was made up for it",
        "What is exported is not all that the policy says.",
        "Fill in what is named.";
    W0009 MetricFails:
        "A metric that fails in every cluster",
        "The autoscaler is simulated as it fails: it does not scale up.",
        "Correct it as the help says; `hpasim check` calls it an error.";
    W0010 ComparedUnlike:
        "Policies that answer different questions are compared",
        "Where demand, promise or prices differ, a difference says nothing about the autoscaler.",
        "Write what they share into a file that both extend.";
    W0030 RecordingGap:
        "A recording has gaps",
        "What was not recorded is not known: samples hold over a gap, logs read it as no load.",
        "Record without a gap, or cut the recording with `--from` and `--to`.";
    W0031 RecordingNotANumber:
        "Samples that are no usable numbers",
        "They are left out; the sample before them holds.",
        "Look at the exporter; a query that divides by zero gives NaN.";
    W0032 RecordingDuplicate:
        "Samples that share a time",
        "The later one counts.",
        "Choose one series, or a coarser step.";
    W0033 RecordingOrder:
        "Times that go back",
        "They are put in order; logs of several workers are often like this.",
        "Nothing, if the recording is of several writers.";
    W0034 RecordingTimeZone:
        "Times with several offsets from UTC",
        "Each is taken at its own offset.",
        "Nothing, if clocks changed while it was recorded.";
    W0035 RecordingReset:
        "A counter that started again from zero",
        "Its process was restarted; it goes on from there, and what was lost in between is not known.",
        "Nothing, or take a rate that the database reckons.";
    W0036 RecordingEmptySeries:
        "A series without samples",
        "It adds nothing to the sum.",
        "Leave it out of the query.";
    W0037 RecordingMixedTimes:
        "Times in several units",
        "Seconds, milliseconds and finer are told apart by their size.",
        "Write one unit.";
    W0038 RecordingMixedSeries:
        "Series of several metrics are summed",
        "A sum of different things is rarely meant.",
        "Choose one metric with `--series`.";
    W0039 RecordingUnreadable:
        "Lines that cannot be read",
        "They are left out and counted.",
        "Look at the first one that is named.";
    W0040 CensoredDemand:
        "Demand that is known only as the CPU that was used",
        "Limits and the number of pods of the day cut it off: samples at the ceiling are only lower bounds.",
        "Replay it below its ceiling, or record requests.";
    E0101 ScaleTargetElsewhere:
        "The autoscaler's target is of another namespace or kind",
        "`scaleTargetRef` has no namespace: the target is sought beside the autoscaler, and not found. It never scales.",
        "Give both the same namespace and kind.";
    E0102 NeverScalesUp:
        "Limits keep the target out of reach",
        "A container is throttled or killed at its limit, so usage ends there. Where limit over target is within the tolerance (10%), the metric never asks for more pods.",
        "Lower the target, or raise the limits.";
    E0103 TwoAutoscalers:
        "Two autoscalers of one target",
        "Since Kubernetes 1.27 both are stopped; before, they overwrite each other.",
        "Put all metrics into one autoscaler.";
    E0104 ApiVersionGone:
        "An `apiVersion` that clusters no longer serve",
        "`kubectl apply` fails.",
        "Write the version that is named.";
    E0105 ReferenceElsewhere:
        "A pod refers to an object of another namespace",
        "Pods see ConfigMaps, Secrets and claims of their own namespace alone, and do not start without them.",
        "Give the object the namespace of the pods.";
    E0106 ServiceSelectsNothing:
        "A Service that selects no pod",
        "It has no endpoints: every connection is refused.",
        "Select labels of pods of its own namespace.";
    E0107 IngressNoService:
        "An Ingress whose backend is no Service of its namespace",
        "Every request to it is answered with an error.",
        "Name a Service of its namespace.";
    E0108 IngressNoPort:
        "An Ingress that asks for a port that the Service does not have",
        "Every request to it is answered with an error.",
        "Name a `port` of the Service, not its `targetPort`.";
    E0109 SelectorMismatch:
        "A workload whose selector misses its own pods",
        "The API server refuses it.",
        "Give the selector and the pods the same labels.";
    W0101 FixedReplicas:
        "`replicas` beside an autoscaler",
        "Every apply sets the number back, at full load as well.",
        "Delete the line from the manifest.";
    W0102 MinIsMax:
        "`minReplicas` is `maxReplicas`",
        "The autoscaler has nothing to choose.",
        "Raise `maxReplicas`, or do without an autoscaler.";
    W0103 RateLimitsTooSlow:
        "Rate limits that do not reach `maxReplicas` in time",
        "The load may be there at once; the pods are not.",
        "Raise the policies' values, or `minReplicas`.";
    W0104 LimitSlowsGrowth:
        "Limits so near to the target that the way up is long",
        "Each sync multiplies the pods by limit over target at most.",
        "Lower the target, or raise the limits.";
    W0105 PeriodBelowSync:
        "A policy's period shorter than the sync period",
        "The autoscaler looks once in 15 s: a change is allowed once a sync, not once a period.",
        "Write the change that one sync may make.";
    W0106 WindowBelowSync:
        "A stabilization window that holds nothing back",
        "Within one sync period there is no earlier recommendation to hold.",
        "Write 0, or more than the sync period.";
    W0107 WindowLongerThanTraffic:
        "A stabilization window longer than the traffic's period",
        "Each window holds a peak, so the pods stay at the peak's number. Takes `--trace`.",
        "Shorten the window, or keep the pods knowingly.";
    W0108 HalvesWithinSeconds:
        "Half of the pods may go within a minute",
        "When the load comes back the pods have to start again.",
        "Keep the default window of 300 s, or let fewer pods go.";
    W0109 PercentMovesLittle:
        "A percentage that moves a small count by one pod, or none",
        "Up it is rounded up to one pod; of no pods it is none, so that 0 is for ever.",
        "Add a policy of type Pods.";
    W0110 DirectionDisabled:
        "A direction that is switched off",
        "Up: the load is never followed. Down: after one peak all pods stay.",
        "Slow the direction down instead.";
    W0111 NoReadinessProbe:
        "No readiness probe",
        "A pod is sent requests that it cannot serve yet, and its start counts as load.",
        "Add a `readinessProbe`.";
    W0112 ReadinessSlow:
        "A readiness probe that passes late",
        "A pod that could serve stands idle while others are overloaded.",
        "Shorten delay and period; let a `startupProbe` wait for slow starts.";
    W0113 StartupCpuCounted:
        "The CPU of a start that counts as load",
        "A pod that is Ready while it still starts asks for more pods, which start as well.",
        "Let the readiness probe pass after the start.";
    W0114 PreStopTakesGrace:
        "A preStop hook that uses up the grace period",
        "The program is killed 2 s after its SIGTERM.",
        "Raise `terminationGracePeriodSeconds`.";
    W0115 ReferenceMissing:
        "A pod refers to an object that the files do not hold",
        "Unless the cluster has it, the pods never start.",
        "Add it, or correct the name.";
    W0116 NamespacesMixed:
        "Some objects state their namespace, and some do not",
        "kubectl puts the others into `default`, away from what they belong to.",
        "State it everywhere, or nowhere and apply with `-n`.";
    W0117 SecretInClearText:
        "A Secret in clear text in a file",
        "Whoever reads the file or its history has the values; base64 is no encryption. They are never shown here.",
        "Change the values, and keep them out of the file.";
    I0101 StepsToMaximum:
        "How many syncs it takes from `minReplicas` to `maxReplicas`",
        "Usage ends at the limit, so one sync multiplies the pods by limit over target at most.",
        "Nothing; a lower target makes the steps larger.";
    I0102 DependsOnRelease:
        "Something that not every release does",
        "An older API server drops the field silently, or has it behind a feature gate.",
        "Check `kubectl version`.";
    I0103 NoPreStop:
        "No preStop hook",
        "A pod gets its SIGTERM at once, and requests until the proxies know.",
        "Add a preStop `sleep` of some seconds.";
    I0104 SecretNotInFiles:
        "A Secret that the files do not hold",
        "That is how it should be, if somebody has made it.",
        "Look whether the cluster has it.";
    I0105 TargetNotInFiles:
        "An autoscaler alone",
        "What hangs on its containers was not checked.",
        "Name the file of its target as well.";
    I0106 NotScaled:
        "A workload that no autoscaler scales",
        "Its number of pods is fixed, whatever the load.",
        "Add an autoscaler, or name its file as well.";
}

impl Code {
    /// How bad it is: the letter of its number says so.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_a_number_of_its_own_with_the_letter_of_its_severity() {
        for (index, code) in Code::ALL.iter().enumerate() {
            let number = code.number();
            let is_taken = |earlier: &Code| earlier.number() == number;
            assert!(!Code::ALL[..index].iter().any(is_taken), "{code}");
            let (letter, digits) = number.split_at(1);
            assert!(["E", "W", "I"].contains(&letter), "{code}");
            assert!(digits.len() == 4 && digits.parse::<u16>().is_ok(), "{code}");
        }
    }

    #[test]
    fn codes_of_one_letter_stand_in_the_order_of_their_numbers() {
        for letter in ["E", "W", "I"] {
            let numbers = Code::ALL.iter().map(|code| code.number());
            assert!(
                numbers
                    .filter(|number| number.starts_with(letter))
                    .is_sorted()
            );
        }
    }
}
