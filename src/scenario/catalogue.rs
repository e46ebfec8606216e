//! The one table of diagnostic codes: number, name, title, why it matters, remedy.
//!
//! `docs/diagnostics.md` prints these texts. The rule or the reader that finds a fault writes the message of that one case.

use std::fmt;

/// The general texts of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The fault, in one line.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// How bad a diagnostic is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can be simulated.
    Error,
    /// The simulation runs, and its result may differ from what the user expects.
    Warning,
    /// A hint.
    Info,
}

/// Builds [`Code`] from the table. One row gives the variant, its place in [`Code::ALL`], its number and its texts.
///
/// A row is `NUMBER Name: "title", "why it matters", "remedy";`.
macro_rules! codes {
    ($($number:ident $name:ident: $title:literal, $why:literal, $remedy:literal;)*) => {
        /// The kinds of faults, each with a number that never changes its meaning.
        ///
        /// `E` is an error, `W` a warning, `I` a hint. `E0001` to `E0029` concern policies, those from `E0030` on traces.
        /// Only `hpasim check` reports the numbers from 101 on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", stringify!($number), "`: ", $title, ".")] $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: [Self; [$(Self::$name),*].len()] = [$(Self::$name),*];

            /// The stable number, such as `E0001`.
            #[must_use]
            pub const fn number(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($number),)*
                }
            }

            /// Its title, why it matters, and the remedy.
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
    E0001 FileUnreadable: "A file is missing or cannot be read",
        "Without the file there is nothing to simulate or check.",
        "Check the path and the permissions. A path inside a file is relative to the folder of that file.";
    E0002 FileNotText: "A file is not UTF-8 text",
        "Another encoding would have to be guessed.",
        "Save the file as UTF-8. The message says when the file is UTF-16.";
    E0003 ExtendsLoop: "Policies extend each other in a circle",
        "A chain of `extends` must end at a policy without `extends`.",
        "Remove `extends` from one of them.";
    E0004 TomlSyntax: "The text is not valid TOML",
        "The rest of the file is not read. Usual causes are a repeated key, a missing quote and a missing bracket.",
        "Correct the line.";
    E0005 OverrideMalformed: "A `--set` is not `path=value`",
        "The value is read as TOML, as in a file.",
        "Write `--set hpa.maxReplicas=80`; quote text within the quotes of the shell.";
    E0006 PathNowhere: "A path of `--set` or `remove` does not exist",
        "A mistyped path would silently change nothing.",
        "Use the suggested path, or delete it.";
    E0007 UnknownKey: "A key that does not exist",
        "A mistyped key would silently leave the default in place.",
        "Use the suggested key, or one of the keys that the message lists.";
    E0008 WrongType: "A value of the wrong type",
        "A number in quotes is text.",
        "Add or remove the quotes, or write a table or a list.";
    E0009 UnknownWord: "A word that the key does not accept",
        "The key accepts only a few words.",
        "Use one of the words that the message lists.";
    E0010 BadDuration: "Not a duration",
        "A number without a unit could mean seconds or milliseconds.",
        "Write \"15s\", \"250ms\" or \"1h30m\".";
    E0011 BadQuantity: "Not a Kubernetes quantity",
        "`100` CPUs are a thousand times `100m`.",
        "Write CPU as \"100m\" or \"0.5\", and memory as \"64Mi\".";
    E0012 OutOfRange: "A number or a duration outside its range",
        "A value outside the range has no meaning, or is a typing mistake.",
        "Write a value inside the range that the help states.";
    E0013 MissingKey: "A required key is missing",
        "The key has no default.",
        "Add the line that the help shows.";
    E0014 Conflict: "Two keys that exclude each other",
        "One of them would be ignored silently.",
        "Keep one of the two.";
    E0015 Unsupported: "Something that this version cannot simulate or read",
        "The result would look right and be wrong.",
        "Delete it, or do what the help says.";
    E0016 SpecRefused: "The API server would refuse the autoscaler",
        "`kubectl apply` would fail with the same error.",
        "Correct the field that the message names.";
    E0017 NoRequest: "A utilization target on a resource that a container does not request",
        "Utilization is usage divided by request. Without a request for every container the metric fails, and the autoscaler does not scale up.",
        "Add `resources.requests` to the container that the message names.";
    E0018 NoSuchContainer: "A metric of a container that the pod does not have",
        "The metric fails at every sync.",
        "Use the name of one of the containers.";
    E0019 LimitBelowRequest: "A limit below the request",
        "The API server refuses the pod.",
        "Raise the limit to the request or above.";
    E0020 NoSuchMetric: "A custom metric that neither the simulator nor the trace provides",
        "The metric would have no value.",
        "Add a column with that name to the trace, or use a built-in metric.";
    E0021 BadName: "A name that cannot stand in a folder's name or behind a number",
        "The output folder has the policy's name, and every cost has the name of its currency.",
        "Write a plain word.";
    E0022 ManifestSyntax: "The text is neither YAML nor JSON",
        "kubectl would refuse the text too, or silently use the last of two equal keys. Usual causes are a tab, a repeated key and a template that was not rendered.",
        "Correct the line. Render templates first.";
    E0023 ManifestTooLarge: "A manifest that is too large, or becomes too large when its aliases are expanded",
        "Nested aliases can expand to more values than fit in memory.",
        "Keep only the autoscaler and its target.";
    E0024 ManifestChoice: "A manifest that lacks the requested object, or holds several",
        "Only you know which object you mean.",
        "Name the autoscaler with `--hpa` and the namespace with `--namespace`.";
    E0025 NoScaleTarget: "The autoscaler's target is not in the files",
        "An autoscaler without its target scales nothing.",
        "Correct `scaleTargetRef`, or add the object.";
    E0026 BadAssertion: "An assertion that cannot be checked",
        "A text that is not an assertion could never fail. Without prices, every cost is 0.",
        "Write a KPI, an operator and a number, such as `slo_violation_seconds<=30`. `hpasim run POLICY TRACE --format json` prints every KPI.";
    E0030 TraceEmpty: "A trace without rows",
        "There is no traffic to simulate.",
        "Add rows below the header.";
    E0031 TraceHeader: "A trace without a header or a time column",
        "Only the header says what each column is.",
        "Begin with `time_s,rps`.";
    E0032 TraceDemand: "A trace with no demand column, or with several",
        "Exactly one column states the load.",
        "Name one column `rps`, `users` or `cpu_millicores`.";
    E0033 TraceTooShort: "A trace with one row",
        "The last row only marks the end.",
        "Add a row at the time at which the load ends.";
    E0034 TraceValue: "A cell that is not a number or not a time",
        "The simulation cannot use the value.",
        "Correct the cell.";
    E0035 TraceRange: "A number that is negative, infinite or far too large",
        "No load is negative or that large.",
        "Correct the cell, and check the unit.";
    E0036 TraceTime: "A time that repeats or goes back",
        "Two rows would apply at the same time.",
        "Sort the rows by time, and keep one row for each time.";
    E0037 TraceFields: "A row with more or fewer fields than the header",
        "A missing comma moves every value into the next column.",
        "Write one field for each column in each row.";
    E0038 TraceGzip: "A compressed trace that is damaged or incomplete",
        "The missing part is unknown.",
        "Download or compress it again.";
    E0039 TraceTooLarge: "A trace that is larger than hpasim reads",
        "hpasim holds the rows in memory.",
        "Shorten the trace, or use a longer step.";
    E0040 TraceCut: "`--from`, `--to` or `--warm-up` outside the trace",
        "No part of the trace would be left.",
        "Use times inside the span that the help states.";
    E0041 TraceEngine: "An engine that cannot simulate this kind of load",
        "A CPU trace has no requests, which the request engine needs. Users wait for answers, which the fluid engine does not simulate.",
        "Omit `--engine`, or use the other engine.";
    E0042 TraceFormat: "A known format that is not a recording of traffic over time",
        "The file has no times, or no numbers that state a load.",
        "Record or export the data that the message names. `hpasim trace info --help` lists the formats.";
    E0043 TraceLine: "A line of a recording that is too long",
        "A file with such a line is damaged, or is not a recording. hpasim does not read the rest.",
        "Check that this is the intended file.";
    E0044 TraceJson: "A recording in JSON that cannot be parsed",
        "Half a document would hold half of the traffic.",
        "Record or download it again.";
    E0045 TraceSeries: "The chosen series do not exist, or cannot be summed",
        "A sum of different quantities has no meaning.",
        "Choose among the series that the message lists.";
    E0046 RecordedHeader: "A recorded day without a column for the time, or with a column twice",
        "Without a time, no row can be compared with the simulation.",
        "Write the columns that `hpasim import` writes.";
    E0047 RecordedCell: "A cell of a recorded day that cannot be used",
        "A wrong value would be judged as if it had happened.",
        "Correct the cell, or leave it empty.";
    E0048 RecordedRows: "A recorded day whose rows do not fit its header or its order of time",
        "A missing comma moves every value into the next column, and a repeated time has two values.",
        "Write one row for each time, with a field for each column.";
    E0049 RecordedTimes: "A recorded day that does not meet the traffic or the judged time",
        "Only a time that has both traffic and a recording can be judged.",
        "Choose a time that both files cover.";
    E0050 ProbeHeader: "A capacity probe without the required columns",
        "Only the header says what each column is.",
        "Begin with the columns that the help names.";
    E0051 ProbeValue: "A cell of a capacity probe that is not a number",
        "The value cannot be used in the fit.",
        "Correct the cell.";
    E0052 ProbeRange: "A number of a capacity probe that is negative, infinite or far too large",
        "No server can produce such a measurement.",
        "Correct the cell, and check the unit.";
    E0053 ProbeFields: "A row of a capacity probe with more or fewer fields than the header",
        "A missing comma moves every value into the next column.",
        "Write one field for each column in each row.";
    E0054 ProbeTooShort: "A capacity probe with too few rows",
        "A line through two points has no confidence interval.",
        "Measure at more loads.";
    E0055 ProbeOneLoad: "A capacity probe with only one load",
        "One load cannot separate the cost per request from the idle CPU.",
        "Measure at several loads.";
    E0056 NoPolicyThere: "`extends` or `manifest` names a file that is neither a policy nor a manifest",
        "A policy can name any file that its reader may open, such as a file of passwords. hpasim therefore prints no line of such a file.",
        "Correct the path. `hpasim check FILE` prints the lines of a file that the command line names.";
    E0057 FileOutside: "A file outside the folder that `check` may read",
        "`check` often reads a file before its review. Such a file must not choose which other files of the machine are opened.",
        "Move the file into the folder or the repository, or allow it with `--allow-outside`.";
    E0058 FileTooLarge: "A file that is larger than hpasim reads",
        "hpasim holds the file in memory.",
        "Check that this is the intended file, and remove what the simulation does not need.";
    E0059 MeaningUnknown: "A recording that does not say what its numbers are, or says that they are no load",
        "CPU that is read as requests gives a load that never was.",
        "State the meaning with `--what`, or choose one series with `--series`.";
    W0001 ColumnIgnored: "A column that is ignored",
        "The column holds no numbers, has empty cells, or is not a column of this kind of file.",
        "Nothing, unless you need the column.";
    W0002 NoEffect: "A setting that has no effect here",
        "The setting looks as if it had an effect.",
        "Delete it, or add what the help names.";
    W0003 SimulatedAsDeployment: "A workload that is simulated as a Deployment",
        "A StatefulSet starts its pods one after another. A Deployment does not.",
        "Consider the difference when you read the results.";
    W0004 MemoryTooSmall: "A memory limit below the memory that a pod needs",
        "The kernel kills the containers (OOM) at their start or at the first request.",
        "Raise the limit.";
    W0005 TargetElsewhere: "A target that matches by name only",
        "In a cluster, an autoscaler never scales an object of another kind or namespace.",
        "Give both the same namespace and kind. `hpasim check` says more.";
    W0006 NoAutoscaler: "A policy or a manifest without an autoscaler",
        "The number of pods is fixed.",
        "Add an autoscaler to simulate one.";
    W0007 StartupProbeTooShort: "A startup probe that gives up too early",
        "The kubelet restarts the container again and again, before it can serve.",
        "Raise `failureThreshold` or `periodSeconds`.";
    W0008 NotExported: "A value that a manifest cannot express, or that the export had to invent",
        "The exported manifest differs from the policy.",
        "Replace the values that the message names.";
    W0009 MetricFails: "A metric that fails in every cluster",
        "The simulation repeats the failure: the autoscaler does not scale up.",
        "Do what the help says. `hpasim check` reports this as an error.";
    W0010 ComparedUnlike: "Compared policies that differ in demand, SLO or prices",
        "Such a difference says nothing about the autoscaler.",
        "Write the common sections into a file that both policies extend.";
    W0011 NoSuchGate: "A feature gate that the release does not have",
        "The release decides alone: it has no such feature yet, or the feature is always on.",
        "Delete the line, or choose another release with `controller.kubernetes`.";
    W0012 StandInRelease: "A release that is simulated by the rules of another",
        "The rules of 1.26 and 1.27 are those of 1.28, except for texts and one rare number.",
        "Nothing, or write `kubernetes = \"1.28\"`.";
    W0013 MemoryUnstated: "A memory metric without a stated memory",
        "The autoscaler scales on the memory of a pod, and this memory is a default.",
        "State `workload.memory_base` and `workload.memory_per_request`. A manifest with the autoscaler's status states the first.";
    W0014 ZeroReplicas: "An autoscaler of a target with 0 replicas",
        "Kubernetes disables such an autoscaler (ScalingDisabled), because 0 replicas switch a workload off.",
        "Write the number of pods that run.";
    W0015 ApplicationGuessed: "The manifest does not say which container is the application",
        "Several containers may be the application, or the annotation names no container of the pod. hpasim takes the first that is no known proxy or agent. The application serves the requests, and has their CPU and memory. The other containers are sidecars.",
        "Name the application in the annotation `kubectl.kubernetes.io/default-container` of the pod template.";
    W0030 RecordingGap: "A recording with gaps",
        "The load during a gap is unknown. A sample stays in effect across a gap. A gap in a log counts as no load.",
        "Record again without a gap, or cut the recording with `--from` and `--to`.";
    W0031 RecordingNotANumber: "Samples that are not usable numbers",
        "hpasim ignores them. The sample before them stays in effect.",
        "Check the exporter. A query that divides by zero returns NaN.";
    W0032 RecordingDuplicate: "Samples with the same time",
        "The later one counts.",
        "Choose one series, or use a longer step.";
    W0033 RecordingOrder: "Times that go back",
        "hpasim sorts them. Logs of several workers often go back in time.",
        "Nothing, if several processes wrote the recording.";
    W0034 RecordingTimeZone: "Times with several offsets from UTC",
        "hpasim reads each time with its own offset.",
        "Nothing, if the clock changed during the recording.";
    W0035 RecordingReset: "A counter that restarted from zero",
        "The process restarted. What it counted between its last sample and the restart is unknown.",
        "Nothing, or record a rate that the database computes.";
    W0036 RecordingEmptySeries: "A series without samples",
        "It adds nothing to the sum.",
        "Remove it from the query.";
    W0037 RecordingMixedTimes: "Times in several units",
        "The size of a number decides whether it means seconds, milliseconds or a smaller unit.",
        "Write all times in one unit.";
    W0038 RecordingMixedSeries: "Series of several metrics are summed",
        "A sum of different metrics is rarely intended.",
        "Choose one metric with `--series`.";
    W0039 RecordingUnreadable: "Lines that cannot be parsed",
        "hpasim ignores and counts them.",
        "Check the line that the message shows.";
    W0040 CensoredDemand: "Demand that is known only as used CPU",
        "The limits and the pod count of that day capped the usage. Samples at the ceiling are lower bounds of the demand.",
        "Replay the part below the ceiling, or record requests.";
    W0041 RecordingRatio: "Utilization that looks like a ratio, not like percent",
        "hpasim reads utilization in percent of the request, as `kubectl get hpa` prints it. Read as percent, a ratio gives a hundredth of the CPU.",
        "Add `--scale 100` if 1 means the whole request.";
    W0042 RecordingMeaning: "Numbers whose meaning hpasim assumes",
        "A recording that does not say what its numbers are may hold anything. Read as another quantity, they give a load that never was.",
        "State the meaning with `--what`, or record a quantity that says it.";
    W0043 RecordingRemark: "A remark of Prometheus about its answer",
        "Prometheus found something unusual in the query or the data, such as a part that it could not read.",
        "Correct the query, or record again.";
    W0044 RecordingTwice: "Series that hold the same load a second time",
        "cAdvisor reports each pod as a whole beside its containers. The sum of both is twice the load.",
        "Nothing, or choose the containers in the query: `container!=\"\", container!=\"POD\"`.";
    E0101 ScaleTargetElsewhere: "The autoscaler's target has another namespace or kind",
        "`scaleTargetRef` has no namespace. Kubernetes looks for the target in the autoscaler's namespace and does not find it, so the autoscaler never scales.",
        "Give both the same namespace and kind.";
    E0102 NeverScalesUp: "Limits keep the target out of reach",
        "A container is throttled or killed at its limit, so usage cannot exceed the limit. If limit divided by target is within the tolerance (10%), the metric never asks for more pods.",
        "Lower the target, or raise the limits.";
    E0103 TwoAutoscalers: "Two autoscalers with the same target",
        "Since Kubernetes 1.26 neither of them scales. Before 1.26 they overwrite each other.",
        "Put all metrics into one autoscaler.";
    E0104 ApiVersionGone: "An `apiVersion` that current clusters do not serve",
        "`kubectl apply` fails.",
        "Write the version that the help names.";
    E0105 ReferenceElsewhere: "A pod that refers to an object in another namespace",
        "A pod can use only ConfigMaps, Secrets and volume claims of its own namespace. It does not start without them.",
        "Move the object to the namespace of the pods.";
    E0106 ServiceSelectsNothing: "A Service that selects no pod",
        "The Service has no endpoints, so every connection is refused.",
        "Select labels of pods in the namespace of the Service.";
    E0107 IngressNoService: "An Ingress whose backend is not a Service in its namespace",
        "Every request to this backend gets an error.",
        "Name a Service in the namespace of the Ingress.";
    E0108 IngressNoPort: "An Ingress that uses a port that the Service does not have",
        "Every request to this backend gets an error.",
        "Name a `port` of the Service, not its `targetPort`.";
    E0109 SelectorMismatch: "A workload whose selector does not match its own pods",
        "The API server refuses the object.",
        "Give the selector and the pods the same labels.";
    E0110 TargetWithoutGroup: "A `scaleTargetRef` without the API group of its target",
        "The group is part of an object's identity, and every sync fails with FailedGetScale. Since Kubernetes 1.34 the API server refuses a reference without a group.",
        "Write the `apiVersion` of the target, such as `apps/v1`.";
    E0111 TargetNotScalable: "A target of a kind that cannot be scaled",
        "The kind has no subresource `scale`, so every sync fails with FailedGetScale.",
        "Scale a Deployment or a StatefulSet.";
    E0112 PodsOfOthers: "The selector of an autoscaler's target also selects pods of another workload",
        "The controller reads the metrics and the requests of every selected pod, whatever its owner. One pod without a request fails the metric.",
        "Give the selector and the template a label that only the target's pods have.";
    E0113 SelectorsAmbiguous: "Two autoscalers whose targets select the same pods",
        "Since Kubernetes 1.26 both fail with AmbiguousSelector and never scale.",
        "Give each target a label that only its pods have.";
    W0101 FixedReplicas: "`replicas` beside an autoscaler",
        "Every apply sets the number back, at full load as well.",
        "Delete the line from the manifest.";
    W0102 MinIsMax: "`minReplicas` equals `maxReplicas`",
        "The autoscaler can never change the number of pods.",
        "Raise `maxReplicas`, or delete the autoscaler.";
    W0103 RateLimitsTooSlow: "Rate limits that reach `maxReplicas` too late",
        "The load can rise at once. The pods cannot.",
        "Raise the values of the policies, or `minReplicas`.";
    W0104 LimitSlowsGrowth: "Limits so close to the target that scaling up takes many syncs",
        "One sync multiplies the pods by at most limit divided by target.",
        "Lower the target, or raise the limits.";
    W0105 PeriodBelowSync: "A policy's period shorter than the sync period",
        "The autoscaler acts once in 15 s. It can use the change once per sync, not once per period.",
        "Write the change that one sync may make.";
    W0106 WindowBelowSync: "A stabilization window that has no effect",
        "Within one sync period there is no earlier recommendation.",
        "Write 0, or more than the sync period.";
    W0107 WindowLongerThanTraffic: "A stabilization window longer than the traffic's period",
        "Every window contains a peak, so the number of pods stays at the peak. This rule needs `--trace`.",
        "Shorten the window, or keep it if the pods shall stay.";
    W0108 HalvesWithinSeconds: "Half of the pods can go within a minute",
        "When the load returns, new pods have to start first.",
        "Keep the default window of 300 s, or remove fewer pods at a time.";
    W0109 PercentMovesLittle: "A percentage that changes a small number of pods by at most one",
        "Scaling up rounds the percentage up to one pod. A percentage of 0 pods is 0, so the workload stays at 0.",
        "Add a policy of type Pods.";
    W0110 DirectionDisabled: "A direction that is disabled",
        "Without scaling up, the pods never follow the load. Without scaling down, all pods of a peak stay.",
        "Slow the direction down instead.";
    W0111 NoReadinessProbe: "No readiness probe",
        "A pod receives requests before it can serve, and the CPU of its startup counts as load.",
        "Add a `readinessProbe`.";
    W0112 ReadinessSlow: "A readiness probe that passes late",
        "A pod that can serve stays idle while others are overloaded.",
        "Shorten the delay and the period. Use a `startupProbe` for slow starts.";
    W0113 StartupCpuCounted: "Startup CPU that counts as load",
        "A pod that is Ready before its startup ends makes the autoscaler add pods. These have a startup too.",
        "Let the readiness probe pass after the startup.";
    W0114 PreStopTakesGrace: "A preStop hook that uses up the grace period",
        "The kubelet kills the program 2 s after its SIGTERM.",
        "Raise `terminationGracePeriodSeconds`.";
    W0115 ReferenceMissing: "A pod that refers to an object that is not in the files",
        "If the cluster does not have the object, the pods never start.",
        "Add it, or correct the name.";
    W0116 NamespacesMixed: "Some objects state a namespace, and some do not",
        "kubectl puts the objects without a namespace into `default`, apart from the others.",
        "State the namespace in all objects, or in none and apply with `-n`.";
    W0117 SecretInClearText: "A Secret in clear text in a file",
        "Anyone who can read the file or its history can read the values. Base64 is not encryption. hpasim never prints them.",
        "Change the values, and keep them out of the file.";
    W0118 TargetVersionGone: "A `scaleTargetRef` with a version that no cluster serves",
        "The controller looks at the group alone, so the autoscaler scales. Other programs may not find the target.",
        "Write the version that the help names.";
    W0119 PodsOfOthersForATime: "The selector of an autoscaler's target also selects the pods of a Job or a single Pod",
        "The autoscaler counts these pods as its own while they exist.",
        "Give the selector and the template a label that only the target's pods have.";
    W0120 InjectedRequestUnknown: "An injected sidecar whose request is unknown",
        "The request of an injected sidecar counts for the utilization of the pod. Without a request every utilization metric fails.",
        "State the request in the annotation that the message names.";
    W0121 NothingChecked: "An object that no cluster runs as it is, such as the input of a tool or of an operator",
        "hpasim reads the objects of Kubernetes. It checked nothing of what this object stands for.",
        "Correct the kind, or let the tool write the objects, and pipe them into `hpasim check -`.";
    W0122 VerticalOnSameResource: "A VerticalPodAutoscaler on the resource that an autoscaler measures",
        "Both answer the same load. The vertical one changes the requests by which the horizontal one measures.",
        "Let one of them use another resource or metric.";
    W0123 BudgetBlocksDrain: "A PodDisruptionBudget that allows no eviction at `minReplicas`",
        "A drain of a node waits forever at low load.",
        "Write `maxUnavailable: 1`, or raise `minReplicas`.";
    I0101 StepsToMaximum: "How many syncs it takes from `minReplicas` to `maxReplicas`",
        "Usage cannot exceed the limit, so one sync multiplies the pods by at most limit divided by target.",
        "Nothing. A lower target makes the steps larger.";
    I0102 DependsOnRelease: "A feature that older releases lack",
        "An older API server silently drops the field, or needs a feature gate for it.",
        "Check `kubectl version`.";
    I0103 NoPreStop: "No preStop hook",
        "A pod gets SIGTERM at once. The proxies send it requests for a moment longer.",
        "Add a preStop `sleep` of a few seconds.";
    I0104 SecretNotInFiles: "A Secret that is not in the files",
        "This is good practice, if the Secret exists in the cluster.",
        "Check that the cluster has it.";
    I0105 TargetNotInFiles: "An autoscaler without its target in the files",
        "hpasim did not check the rules that depend on the target's containers.",
        "Name the file of the target too.";
    I0106 NotScaled: "A workload that no autoscaler scales",
        "The number of pods is fixed, whatever the load.",
        "Add an autoscaler, or name its file too.";
    I0107 InjectedSidecar: "An injected sidecar that counts for the utilization",
        "The request of the sidecar is part of the request of the pod, by which usage is divided.",
        "Nothing. A metric of type ContainerResource measures the application alone.";
    I0108 KindsUnknown: "Objects of kinds that hpasim does not know",
        "hpasim did not check them.",
        "Nothing, unless one of them scales or changes the pods.";
    I0109 ScaledByKeda: "A workload that KEDA scales",
        "A ScaledObject is an autoscaler. hpasim does not know the triggers.",
        "Check the autoscaler that KEDA makes.";
}

impl Code {
    /// The severity, from the letter of the number.
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
