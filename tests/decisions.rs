//! Facts about single decisions that the recordings do not contain.

use hpasim::hpa::decision::{DecisionRecord, MetricVerdict, PodGroups};
use hpasim::hpa::observation::{
    Deletion, MetricObservation, Observation, PodColumns, PodPhase, PodSamples, PodState,
    ReadyCondition, Scale, ScaleSelector, StartTime,
};
use hpasim::hpa::requests::RequestFault;
use hpasim::hpa::rules::{ControllerSettings, Gate, Release, Rules};
use hpasim::hpa::spec::{
    DescribedObject, HpaSpec, LabelSelector, LabelValue, MetricIdentifier, MetricSource,
    MetricSpec, MetricTarget, ScaleTarget,
};
use hpasim::hpa::spec_input::{BehaviorInput, MetricInput, SpecInput, TargetType};
use hpasim::hpa::{HpaMemory, RescaleReason, reconcile};
use hpasim::units::{MilliValue, Replicas, SimSpan, SimTime};

fn spec(min: i32, max: i32, metric: MetricInput) -> HpaSpec {
    SpecInput {
        min_replicas: Some(min),
        max_replicas: Some(max),
        metrics: vec![metric],
        behavior: Some(BehaviorInput::default()),
    }
    .with_defaults(ScaleTarget {
        kind: "Deployment".to_owned(),
        namespace: "default".to_owned(),
        name: "web".to_owned(),
    })
    .expect("a spec")
}

fn external(average_value: Option<i64>, value: Option<i64>) -> MetricInput {
    MetricInput {
        source: MetricSource::External {
            metric: MetricIdentifier::new("backlog", None),
        },
        target_type: None,
        average_utilization: None,
        average_value: average_value.map(MilliValue),
        value: value.map(MilliValue),
    }
}

fn cpu(target: i32) -> MetricInput {
    MetricInput {
        source: MetricSource::Resource {
            resource: "cpu".to_owned(),
        },
        target_type: Some(TargetType::Utilization),
        average_utilization: Some(target),
        average_value: None,
        value: None,
    }
}

fn observation<'a>(
    replicas: i32,
    pods: PodColumns<'a>,
    metrics: &'a [MetricObservation<'a>],
) -> Observation<'a> {
    Observation {
        scale: Ok(Scale {
            spec_replicas: Replicas(replicas),
            status_replicas: Replicas(replicas),
            selector: ScaleSelector::Present,
        }),
        pods,
        metrics,
        scale_write: Ok(()),
    }
}

fn proposal_for(values: &[i64], metric: MetricInput, release: Release) -> i32 {
    let rules = Rules::new(release, ControllerSettings::default());
    let spec = spec(1, i32::MAX, metric);
    let values: Vec<MilliValue> = values.iter().copied().map(MilliValue).collect();
    let metrics = [MetricObservation::External(&values)];
    let state = [PodState::running_and_ready()];
    let times = [SimTime::DISTANT_PAST];
    let pods = PodColumns {
        state: &state,
        start_time: &times,
        ready_transition: &times,
    };
    let mut record = DecisionRecord::default();
    let seen = observation(1, pods, &metrics);
    reconcile(
        &rules,
        &spec,
        &mut HpaMemory::default(),
        &seen,
        SimTime::ZERO,
        &mut record,
    );
    record.metrics[0].proposal.expect("a proposal").0
}

#[test]
fn a_spec_without_metrics_decides_nothing_and_says_so() {
    let rules = Rules::new(Release::default(), ControllerSettings::default());
    let mut spec = spec(1, 9, cpu(50));
    spec.metrics.clear();
    let seen = observation(3, PodColumns::default(), &[]);
    let mut record = DecisionRecord::default();
    let mut memory = HpaMemory::default();
    let now = SimTime::ZERO;
    let outcome = reconcile(&rules, &spec, &mut memory, &seen, now, &mut record);
    assert_eq!((outcome.desired, outcome.rescaled), (Replicas(3), false));
    let error = outcome.error.expect("an error").to_string();
    assert_eq!(
        error,
        "failed to compute desired number of replicas based on listed metrics for Deployment/default/web: the autoscaler has no metrics"
    );
}

#[test]
fn external_sums_are_capped_as_each_target_has_it() {
    let whole = || external(None, Some(1));
    let per_pod = || external(Some(1), None);
    let (now, then) = (Release::V1_35, Release::V1_28);
    let cases = [
        ("a sum", vec![3, 4], whole(), now, 7),
        ("a sum per pod", vec![3, 4], per_pod(), now, 7),
        (
            "an overflow stops the sum",
            vec![i64::MAX, 9, -9],
            whole(),
            now,
            i32::MAX,
        ),
        (
            "an overflow per pod",
            vec![i64::MAX, 9],
            per_pod(),
            now,
            i32::MAX,
        ),
        (
            "below zero counts as overflow per pod",
            vec![-5, 10],
            per_pod(),
            now,
            i32::MAX,
        ),
        ("but not as a whole", vec![-5, 10], whole(), now, 5),
        ("nor in 1.28", vec![-5, 10], per_pod(), then, 5),
        (
            "1.34 caps the average",
            vec![i64::MAX, 9],
            per_pod(),
            Release::V1_34,
            i32::MAX,
        ),
        (
            "and not yet the whole",
            vec![i64::MAX, 9],
            whole(),
            Release::V1_34,
            i32::MIN,
        ),
        (
            "nor the average before",
            vec![i64::MAX, 9],
            per_pod(),
            Release::V1_33,
            i32::MIN,
        ),
        ("which wraps", vec![i64::MAX, 9], per_pod(), then, i32::MIN),
    ];
    for (name, values, metric, release, expected) in cases {
        assert_eq!(proposal_for(&values, metric, release), expected, "{name}");
    }
}

#[test]
fn a_minimum_raised_while_at_zero_is_kept() {
    let rules = Rules::new(
        Release::default(),
        ControllerSettings {
            scale_to_zero: Some(Gate::On),
            ..ControllerSettings::default()
        },
    );
    let values = [MilliValue(0)];
    let metrics = [MetricObservation::External(&values)];
    let mut memory = HpaMemory::default();
    let to_zero = spec(0, 5, external(Some(1000), None));
    let seen = observation(1, PodColumns::default(), &metrics);
    let zero = reconcile(&rules, &to_zero, &mut memory, &seen, SimTime::ZERO, &mut ());
    // The first recommendation is the initial scale. It holds the replicas for the default window
    // of 5 min.
    assert_eq!(zero.desired, Replicas(1));
    let later = SimTime::ZERO + SimSpan::from_secs(301);
    let zero = reconcile(&rules, &to_zero, &mut memory, &seen, later, &mut ());
    assert_eq!(zero.desired, Replicas(0));

    let raised = spec(2, 5, external(Some(1000), None));
    let seen = observation(0, PodColumns::default(), &metrics);
    let later = later + SimSpan::from_secs(15);
    let back = reconcile(&rules, &raised, &mut memory, &seen, later, &mut ());
    assert_eq!(back.desired, Replicas(2));
    assert_eq!(back.reason, RescaleReason::BelowMinimum);
}

#[test]
fn a_failed_metric_still_reports_its_groups_of_pods() {
    let rules = Rules::new(Release::default(), ControllerSettings::default());
    let spec = spec(1, 5, cpu(50));
    let not_ready = PodState::new(
        PodPhase::Running,
        ReadyCondition::False,
        Deletion::NotRequested,
        StartTime::Set,
    );
    let times = [SimTime::ZERO; 2];
    let one = PodSamples {
        sampled: &[true, false],
        value: &[MilliValue(70); 2],
        timestamp: &times,
        window: &[SimSpan::from_secs(15); 2],
        unmatched: &[],
        request: &[MilliValue(100); 2],
        request_fault: None,
    };
    let fault = RequestFault::MissingInContainer {
        container: "proxy",
        pod: "web-1",
    };
    let ready = PodState::running_and_ready();
    let cases = [
        (
            [not_ready, not_ready],
            one,
            PodGroups {
                unready: 1,
                missing: 1,
                ..PodGroups::default()
            },
            "failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)",
        ),
        (
            [ready, ready],
            PodSamples {
                sampled: &[true, true],
                request_fault: Some(fault),
                ..one
            },
            PodGroups {
                ready: 2,
                ..PodGroups::default()
            },
            "failed to get cpu utilization: missing request for cpu in container proxy of Pod web-1",
        ),
    ];
    for (state, samples, groups, text) in cases {
        let pods = PodColumns {
            state: &state,
            start_time: &times,
            ready_transition: &[SimTime::DISTANT_PAST; 2],
        };
        let metrics = [MetricObservation::Pods(samples)];
        let mut record = DecisionRecord::default();
        let seen = observation(2, pods, &metrics);
        let outcome = reconcile(
            &rules,
            &spec,
            &mut HpaMemory::default(),
            &seen,
            SimTime::ZERO,
            &mut record,
        );
        assert!(outcome.error.is_some());
        let metric = &record.metrics[0];
        assert_eq!(
            (metric.verdict, metric.groups),
            (MetricVerdict::Failed, groups)
        );
        assert_eq!(metric.error.as_deref(), Some(text));
    }
}

/// The average per pod that the status shows for an External metric where there are no pods.
fn average_over_no_pods(values: &[i64], release: Release) -> i64 {
    let rules = Rules::new(release, ControllerSettings::default());
    let spec = spec(1, 9, external(Some(1000), None));
    let values: Vec<MilliValue> = values.iter().copied().map(MilliValue).collect();
    let metrics = [MetricObservation::External(&values)];
    let mut seen = observation(1, PodColumns::default(), &metrics);
    seen.scale = Ok(Scale {
        spec_replicas: Replicas(1),
        status_replicas: Replicas(0),
        selector: ScaleSelector::Present,
    });
    let mut memory = HpaMemory::default();
    reconcile(&rules, &spec, &mut memory, &seen, SimTime::ZERO, &mut ());
    let metric = memory.status.current_metrics[0].expect("a value");
    metric.average_value.expect("an average").0
}

#[test]
fn an_average_over_no_pods_is_0_since_1_38_unless_the_sum_is_capped() {
    let cases = [
        ("a sum", vec![1, 2], Release::V1_37, i64::MIN),
        ("a sum", vec![1, 2], Release::V1_38Dev, 0),
        ("below zero", vec![1, -2, -2], Release::V1_33, i64::MIN),
        ("below zero", vec![1, -2, -2], Release::V1_34, i64::MAX),
        ("below zero", vec![1, -2, -2], Release::V1_38Dev, i64::MAX),
    ];
    for (name, values, release, expected) in cases {
        let average = average_over_no_pods(&values, release);
        assert_eq!(average, expected, "{name}, {release}");
    }
}

#[test]
fn an_object_average_is_named_with_its_own_selector() {
    let described = || DescribedObject {
        kind: "Service".to_owned(),
        name: "web".to_owned(),
    };
    let selector = LabelSelector {
        match_labels: vec![LabelValue {
            key: "queue".to_owned(),
            value: "work".to_owned(),
        }],
        match_expressions: Vec::new(),
    };
    let cases = [
        (None, "external metric hits(nil)"),
        (
            Some(LabelSelector::default()),
            "external metric hits(&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{},})",
        ),
        (
            Some(selector),
            "external metric hits(&LabelSelector{MatchLabels:map[string]string{queue: work,},MatchExpressions:[]LabelSelectorRequirement{},})",
        ),
    ];
    for (selector, expected) in cases {
        let source = MetricSource::Object {
            metric: MetricIdentifier::new("hits", selector),
            described: described(),
        };
        let target = MetricTarget::AverageValue(MilliValue(1000));
        let metric = MetricSpec::new(source, target);
        assert_eq!(&*metric.description, expected);
    }
}

#[test]
fn only_1_28_takes_the_message_of_a_failed_metric_for_a_format_string() {
    let message_in = |release| {
        let rules = Rules::new(release, ControllerSettings::default());
        let spec = spec(1, 9, external(Some(1000), None));
        let metrics = [MetricObservation::Failed("100% %s")];
        let seen = observation(1, PodColumns::default(), &metrics);
        let mut memory = HpaMemory::default();
        let mut record = DecisionRecord::default();
        reconcile(
            &rules,
            &spec,
            &mut memory,
            &seen,
            SimTime::ZERO,
            &mut record,
        );
        let conditions = memory.status.conditions.to_list();
        let active = conditions.into_iter().find(|it| it.kind == "ScalingActive");
        let event = record.events[0].message.clone();
        (active.expect("a condition").message, event)
    };
    let event = "unable to get external metric default/backlog/nil: 100% %s";
    let condition = |end: &str| {
        format!(
            "the HPA was unable to compute the replica count: unable to get external metric default/backlog/nil: {end}"
        )
    };
    let formatted = (condition("100%s"), event.to_owned());
    let as_it_is = (condition("100% %s"), event.to_owned());
    assert_eq!(message_in(Release::V1_28), formatted);
    assert_eq!(message_in(Release::V1_29), as_it_is);
    assert_eq!(message_in(Release::V1_37), as_it_is);
}
