//! The question of a backtest: the files of the folder, the judged time, the cost of a request, and the scenario.

use std::path::Path;

use super::BacktestArgs;
use crate::cli::error::CommandError;
use crate::cli::file_names::{IMPORTED_POLICY, TRAFFIC};
use crate::cli::files::hashed;
use crate::files::FileLoader;
use crate::results::InputFile;
use crate::results::backtest::{FoundUsage, JudgedRows, recorded_replicas};
use crate::results::export::Request;
use crate::scenario::judged::{JudgedQuantity, ScoreAssertion};
use crate::scenario::recorded::{
    JudgedRequest, JudgedSpan, RECORDED_CSV, RecordedDay, parse_recorded,
};
use crate::scenario::{
    Code, Diagnostic, Diagnostics, Engine, FileKind, LoadRequest, LoadedFile, Resolved, Scenario,
    Template, TraceClock, TraceMoment, read_file,
};
use crate::search::backtest::{backtest_engine, lead_in};
use crate::simulation::Extent;
use crate::units::{Replicas, SimTime};

/// The remedy where the recording is missing.
const RECORDED_HELP: &str = "`hpasim import -o FOLDER` writes it; docs/backtest.md lists its columns, for a file of your own";

/// Everything that a backtest needs, loaded and checked.
pub(super) struct BacktestQuestion {
    /// What is simulated: the fitted cost, and the replicas that were recorded at its start.
    pub(super) scenario: Scenario,
    pub(super) engine: Engine,
    pub(super) judged: JudgedRows,
    pub(super) span: JudgedSpan,
    /// The clock of the whole trace.
    pub(super) clock: Option<TraceClock>,
    pub(super) usage: FoundUsage,
    pub(super) assertions: Vec<ScoreAssertion>,
    pub(super) inputs: Vec<InputFile>,
    pub(super) warnings: Vec<Diagnostic>,
    request: Request,
    calibrate_from: Option<TraceMoment>,
    template: Template,
    replicas: Option<Replicas>,
}

impl BacktestQuestion {
    /// Reads everything, and says what is wrong with it, before anything is touched.
    pub(super) fn read(arguments: &BacktestArgs) -> Result<Self, CommandError> {
        let assertions = read_assertions(&arguments.assert).map_err(CommandError::Input)?;
        let (policy, trace) = (
            arguments.folder.join(IMPORTED_POLICY),
            arguments.folder.join(TRAFFIC),
        );
        let recorded = arguments.folder.join(RECORDED_CSV);
        let whole = LoadRequest {
            set: &arguments.set,
            zone: arguments.span.zone(),
            engine: arguments.engine,
            ..LoadRequest::new(&policy, &trace)
        };
        let choice = arguments.manifest.choice();
        let template = Template::load(whole, &choice, &mut FileLoader);
        let loaded = template.and_then(|template| template.loaded());
        let (loaded, (day, day_file)) =
            both(loaded, read_day(&recorded)).map_err(CommandError::Input)?;
        let clock = loaded.scenario.clock.clone();
        let asked = JudgedRequest {
            from: arguments.span.from(),
            to: arguments.span.to(),
            calibrate_from: arguments.calibrate_from,
        };
        let trace_end = loaded.scenario.trace.end();
        let traffic = (clock.as_ref(), trace_end);
        let span = JudgedSpan::of(asked, &day, traffic, lead_in(&loaded.scenario));
        let span = span.map_err(input_fault)?;
        let after = |time: SimTime| TraceMoment::After(time - SimTime::ZERO);
        let part = LoadRequest {
            from: (span.simulate_from > SimTime::ZERO).then(|| after(span.simulate_from)),
            to: (span.to < trace_end).then(|| after(span.to)),
            ..whole
        };
        let template = Template::load(part, &choice, &mut FileLoader);
        let template = template.map_err(CommandError::Input)?;
        let resolved = template.resolve(&[]).map_err(CommandError::Input)?;
        let judged = JudgedRows::of(&day, &span, resolved.scenario.deployment.cpu_request());
        refuse_unjudgeable(&resolved.scenario, &judged, &recorded).map_err(input_fault)?;
        let requests = Extent::of(&resolved.scenario, template.engine()).requests;
        let engine = arguments
            .engine
            .unwrap_or_else(|| backtest_engine(template.engine(), requests));
        let template = match engine {
            Engine::Fluid => template.preferring_fluid(),
            Engine::Request => template,
        };
        let mut inputs: Vec<InputFile> = template.inputs().iter().map(hashed).collect();
        inputs.push(hashed(&day_file));
        let mut question = Self {
            engine,
            usage: FoundUsage::of(&day, &span, &resolved.scenario),
            replicas: replicas_at(&day, &span),
            warnings: [resolved.warnings, day.warnings].concat(),
            scenario: resolved.scenario,
            calibrate_from: arguments.calibrate_from,
            request: request(arguments),
            judged,
            span,
            clock,
            assertions,
            inputs,
            template,
        };
        question.scenario = question.prepared(question.scenario.clone());
        Ok(question)
    }

    /// The scenario of a variant with the further settings `set`.
    pub(super) fn variant(&self, set: &[String]) -> Result<Resolved, Diagnostics> {
        let resolved = self.template.resolve(set)?;
        Ok(Resolved {
            scenario: self.prepared(resolved.scenario),
            ..resolved
        })
    }

    /// The scenario with the fitted cost and the recorded replicas, which it then no longer assumes.
    fn prepared(&self, mut scenario: Scenario) -> Scenario {
        self.usage.apply(&mut scenario);
        scenario
            .assumptions
            .retain(|it| !self.usage.replaces(&it.key));
        if let Some(replicas) = self.replicas {
            scenario.deployment.replicas = replicas;
        }
        scenario
    }

    /// What was asked, for the summary and the identity.
    pub(super) fn request_json(&self) -> serde_json::Result<serde_json::Value> {
        let mut request = serde_json::to_value(&self.request)?;
        if let (serde_json::Value::Object(map), Some(moment)) = (&mut request, self.calibrate_from)
        {
            map.insert("calibrate_from".to_owned(), moment.to_string().into());
        }
        Ok(request)
    }
}

fn request(arguments: &BacktestArgs) -> Request {
    let choice = arguments.manifest.choice();
    Request {
        set: arguments.set.clone(),
        from: arguments.span.from(),
        to: arguments.span.to(),
        timezone: arguments.span.zone().cloned(),
        hpa: choice.hpa,
        namespace: choice.namespace,
        ..Request::default()
    }
}

fn input_fault(fault: Diagnostic) -> CommandError {
    CommandError::Input(Diagnostics::one(fault))
}

/// Both results, or the faults of both.
fn both<A, B>(a: Result<A, Diagnostics>, b: Result<B, Diagnostics>) -> Result<(A, B), Diagnostics> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut faults), Err(further)) => {
            faults.absorb(further);
            Err(faults)
        }
        (Err(faults), Ok(_)) | (Ok(_), Err(faults)) => Err(faults),
    }
}

fn read_day(path: &Path) -> Result<(RecordedDay, LoadedFile), Diagnostics> {
    let read = read_file(&mut FileLoader, path, FileKind::Trace, None);
    let bytes = read.map_err(|mut fault| {
        if !path.exists() {
            RECORDED_HELP.clone_into(&mut fault.help);
        }
        Diagnostics::one(fault)
    })?;
    let day = parse_recorded(path, &bytes)?;
    let file = LoadedFile {
        path: path.to_owned(),
        bytes,
    };
    Ok((day, file))
}

fn read_assertions(arguments: &[String]) -> Result<Vec<ScoreAssertion>, Diagnostics> {
    let mut assertions = Vec::new();
    let mut faults = Diagnostics::default();
    for argument in arguments {
        match ScoreAssertion::parse_argument(argument) {
            Ok(assertion) => assertions.push(assertion),
            Err(fault) => faults.list.push(fault),
        }
    }
    if faults.list.is_empty() {
        Ok(assertions)
    } else {
        Err(faults)
    }
}

/// Refuses a policy without an autoscaler, and a recording without replicas.
fn refuse_unjudgeable(
    scenario: &Scenario,
    judged: &JudgedRows,
    recorded: &Path,
) -> Result<(), Diagnostic> {
    let fault = |message: String, help: &str| {
        Err(Diagnostic {
            code: Code::RecordedTimes,
            message,
            place: None,
            help: help.to_owned(),
        })
    };
    if scenario.hpa().is_none() {
        return fault(
            format!(
                "`{}` has no autoscaler, so there is nothing to judge",
                scenario.policy_name
            ),
            "add [hpa], or name the manifest of the autoscaler with `manifest`",
        );
    }
    if !judged.quantities().contains(&JudgedQuantity::Replicas) {
        return fault(
            format!(
                "no row of `{}` in the judged time has recorded replicas and no event",
                recorded.display()
            ),
            "fill in `desired_replicas` or `current_replicas`, or choose another time with --from and --to",
        );
    }
    Ok(())
}

/// The recorded replicas at the start of the simulation; before the first row that has some, those of that row.
fn replicas_at(day: &RecordedDay, span: &JudgedSpan) -> Option<Replicas> {
    let known = day.rows.iter().filter_map(|row| {
        let time = span.recorded_start + (row.time - SimTime::ZERO);
        Some((time, recorded_replicas(row)?))
    });
    let known: Vec<(SimTime, f64)> = known.collect();
    let started = known.partition_point(|(time, _)| *time <= span.simulate_from);
    let (_, replicas) = known.get(started.saturating_sub(1))?;
    Some(Replicas(replicas.round() as i32))
}
