//! `hpasim compare`.

use super::{Cores, Sandbox, codes_and_places, hpasim_on, without_numbers, without_results};

/// A short trace, so that ten seeds of single requests take no time.
pub(crate) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("short.csv", "time_s,rps\n0,20\n60,120\n240,20\n300,20\n");
    sandbox
}

#[test]
fn two_policies_stand_side_by_side_and_leave_five_files() {
    let sandbox = sandbox();
    let compared =
        sandbox.done("compare policies/prod.toml policies/fast.toml short.csv --seeds 4");
    assert_eq!(compared.stderr, "");
    insta::assert_snapshot!(compared.stdout, @r#"
    prod, fast under short, 5m 0s
    request engine, 4 seeds (1 to 4): means, and differences to prod ± 95 %
    interval, seed by seed
    * the interval excludes zero; less is better in every row

                                   prod  fast      to prod
     harm
       SLO broken, s               78.8  66.2     -12 ± 10  *
       error budget used, %         246  85.3    -160 ± 78  *
       failed requests, %          5.01  1.61       -3 ± 7
       latency p95, ms             1876   384  -1492 ± 987  *
       latency p99, ms             3870  1259  -2612 ± 786  *
       pods missing, % of needed   7.36  5.14       -2 ± 2  *
       CPU throttled, %            29.3  22.2       -7 ± 2  *
     cost
       pod hours                   1.37  2.27   +0.9 ± 0.3  *
       replicas, mean              16.3  27.2      +11 ± 3  *
       replicas, most                27  37.8      +11 ± 3  *
       pods to spare, % of needed   261   522    +261 ± 68  *
     stability
       rescales                    9.25  5.25       -4 ± 5
       reversals                    2.5     0       -2 ± 3
       pods started                27.8  36.8       +9 ± 5  *
       instability, %              55.3  39.5     -16 ± 25
     speed
       first decision, s           7.61  7.61        0 ± 0
       enough pods, s                12    12        0 ± 0
       recovery, s                   20    20        0 ± 0

    Over 4 seeds, fast takes 1.7 ± 0.2 times the pod hours of prod and saves 12 ± 10
    SLO-breaking seconds.

    assumed: cluster = kubeadm (CPU measured every 15 s),
             pod.image_pull = 0s, slo.latency = p95 within 500 ms,
             workload.io_per_request = 0s, workload.concurrency = 32,
             workload.queue = 4096, workload.after_timeout = continue,
             workload.retries = 0, slo.error_rate = 0.01,
             workload.idle_cpu = 1m, workload.arrivals = poisson,
             workload.balancer = random,
             pod.schedule = { dist = "lognormal", median = "50ms",
             p99 = "500ms" }, pod.endpoint_lag = 1s

    written  output/compare-prod-fast-short-4-seeds/plot.png
             output/compare-prod-fast-short-4-seeds/plot.svg
             output/compare-prod-fast-short-4-seeds/comparison.csv
             output/compare-prod-fast-short-4-seeds/comparison.json
             output/compare-prod-fast-short-4-seeds/summary.json
    "#);
    assert_eq!(
        sandbox.names("output/compare-prod-fast-short-4-seeds"),
        [
            "comparison.csv",
            "comparison.json",
            "plot.png",
            "plot.svg",
            "summary.json"
        ]
    );
}

#[test]
fn baselines_need_no_file_and_traces_are_known_by_their_content() {
    let sandbox = sandbox();
    sandbox.write("renamed.txt", sandbox.read("policies/prod.toml"));
    let compared = sandbox.done("compare renamed.txt @default @oracle:130 @fixed:3 short.csv traces/steps.csv --seeds 2 --engine fluid --plot svg");
    let page = without_results(&compared.stdout);
    let (table, rest) = page.split_once("\nOver ").expect("a sentence");
    assert!(table.contains("renamed"), "{page}");
    let (sentence, rest) = rest.split_once("\n\n").expect("a paragraph");
    // The line breaks depend on the digits.
    let sentence = sentence.replace('\n', " ").replace("  ", "");
    // Whether a difference exceeds the noise is chance.
    let parts: Vec<&str> = sentence.split("; ").collect();
    assert_eq!(parts.len(), 3, "{sentence}");
    for (part, policy) in parts.iter().zip(["@default", "@oracle:130", "@fixed:3"]) {
        assert!(part.contains(policy), "{part}");
        assert!(part.contains("the pod hours of renamed"), "{part}");
        assert!(part.contains("SLO-breaking seconds"), "{part}");
    }
    insta::assert_snapshot!(rest, @r#"
    assumed: cluster = kubeadm (CPU measured every 15 s) (of renamed,
             @default),
             pod.image_pull = 0s (of renamed, @default, @oracle:130),
             slo.latency = p95 within 500 ms, workload.io_per_request = 0s,
             slo.error_rate = 0.01,
             workload.idle_cpu = 1m (of renamed, @default),
             workload.arrivals = poisson, workload.balancer = random,
             pod.schedule = { dist = "lognormal", median = "50ms",
             p99 = "500ms" } (of renamed, @default, @oracle:130),
             pod.endpoint_lag = 1s (of renamed, @default, @oracle:130)

    written  output/compare-renamed-default-oracle-130-fixed-3-short-steps-fluid-2-seeds/plot-short.svg
             output/compare-renamed-default-oracle-130-fixed-3-short-steps-fluid-2-seeds/plot-steps.svg
             output/compare-renamed-default-oracle-130-fixed-3-short-steps-fluid-2-seeds/comparison.csv
             output/compare-renamed-default-oracle-130-fixed-3-short-steps-fluid-2-seeds/comparison.json
             output/compare-renamed-default-oracle-130-fixed-3-short-steps-fluid-2-seeds/summary.json
    "#);
}

#[test]
fn two_processes_print_and_leave_the_same_bytes_whatever_the_threads() {
    let sandbox = sandbox();
    let run = |cores: Cores, folder: &str| {
        let output = hpasim_on(cores)
            .current_dir(sandbox.folder.path())
            .args(["compare", "policies/prod.toml", "@oracle", "short.csv"])
            .args(["--seeds", "3", "--format", "json", "-o", folder])
            .output()
            .expect("a process");
        String::from_utf8(output.stdout).expect("text")
    };
    let printed = run(Cores::One, "one");
    assert_eq!(printed, run(Cores::All, "two"));
    assert_eq!(printed.as_bytes(), sandbox.read("one/comparison.json"));
    for file in sandbox.names("one") {
        let read = |folder: &str| sandbox.read(&format!("{folder}/{file}"));
        assert!(read("one") == read("two"), "{file} differs");
    }
}

#[test]
fn a_policy_in_a_comparison_is_the_policy_in_a_run() {
    let sandbox = sandbox();
    let compared = sandbox.hpasim(
        "compare policies/fast.toml policies/prod.toml short.csv --seeds 1 --seed 7 --format csv",
    );
    let run = sandbox.hpasim("run policies/prod.toml short.csv --seed 7 --plot none --format json");
    let summary = run.json();
    let kpis = summary["kpis"].as_object().expect("KPIs");
    let mut reader = csv::Reader::from_reader(compared.stdout.as_bytes());
    let mut seen = 0;
    for record in reader.records() {
        let record = record.expect("a row");
        if &record[3] != "prod" {
            continue;
        }
        seen += 1;
        let in_run = &kpis[&record[1]];
        assert_eq!(record[5].parse::<f64>().ok(), in_run.as_f64(), "{record:?}");
    }
    assert_eq!(seen, kpis.len());
}

#[test]
fn all_policies_see_the_same_arrivals() {
    let sandbox = sandbox();
    let compared = sandbox.hpasim("compare policies/prod.toml policies/fast.toml @fixed:1 @oracle short.csv --seeds 3 --format csv --plot none");
    let offered: Vec<&str> = compared
        .stdout
        .lines()
        .filter(|line| line.contains(",requests_offered,"))
        .map(|line| line.split_once(",load,").expect("a group").1)
        .map(|line| line.split_once(',').expect("a policy").1)
        .collect();
    assert_eq!(offered.len(), 4);
    // Mean, median, p10 and p90, whatever became of the requests.
    let counts = |line: &str| {
        line.split(',')
            .take(5)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert!(
        offered
            .iter()
            .all(|line| counts(line) == counts(offered[0])),
        "{offered:?}"
    );
}

#[test]
fn two_policies_meet_the_same_requests_interval_by_interval() {
    let sandbox = sandbox();
    let offered = |policy: &str| {
        let folder = format!("run-{}", policy.len());
        sandbox.done(&format!(
            "run {policy} short.csv --seed 5 --plot none -o {folder}"
        ));
        let timeline = sandbox.read(&format!("{folder}/timeline.csv"));
        let mut reader = csv::Reader::from_reader(&timeline[..]);
        let rows = reader.records().map(|row| {
            let row = row.expect("a row");
            (row[0].to_owned(), row[1].to_owned())
        });
        rows.collect::<Vec<_>>()
    };
    let prod = offered("policies/prod.toml");
    assert_eq!(prod.len(), 60);
    assert_eq!(prod, offered("policies/conservative.toml"));
}

#[test]
fn what_is_nothing_to_compare_is_a_usage_error_with_a_remedy() {
    let sandbox = sandbox();
    let refused = |arguments: &[&str]| {
        let refused = sandbox.hpasim(&[&["compare"], arguments].concat());
        assert_eq!(refused.code, Some(2), "{refused:?}");
        refused.stderr
    };
    insta::assert_snapshot!(refused(&["policies/prod.toml", "policies/fast.toml"]), @"error: no argument is a trace: by their content, policies/prod.toml and policies/fast.toml are policies; add a trace, as traces/spike.csv, or name one with --trace");
    insta::assert_snapshot!(refused(&["policies/prod.toml", "short.csv"]), @"error: a comparison needs two policies, and policies/prod.toml is the only one; add one, or a baseline such as @default");
    insta::assert_snapshot!(refused(&["short.csv"]), @"error: a comparison needs two policies, and there is no policy; add one, or a baseline such as @default");
    insta::assert_snapshot!(refused(&["@oracle", "@fixed:3", "short.csv"]), @"error: a baseline needs a policy to copy its pods and workload from; add one, as policies/prod.toml");
    insta::assert_snapshot!(refused(&["policies/prod.toml", "policies/prod.toml", "short.csv"]), @"error: policies/prod.toml is named twice; name it once");
    insta::assert_snapshot!(refused(&["policies/prod.toml", "@orcale", "short.csv"]), @"error: there is no baseline `@orcale`; the baselines are @default, @static-peak, @static-mean, @oracle, @oracle-instant, @fixed:N");
}

#[test]
fn faults_of_all_files_are_reported_once() {
    let sandbox = sandbox();
    sandbox.write("bad.toml", "[hpa]\nmaxReplica = 3\n");
    let faulty = sandbox.hpasim("compare bad.toml policies/prod.toml short.csv missing.csv");
    assert_eq!(faulty.code, Some(3));
    insta::assert_snapshot!(codes_and_places(&faulty.stderr), @"
    E0016 bad.toml:1:1
    E0007 bad.toml:2:1
    E0001
    ");
}

#[test]
fn a_set_that_breaks_two_policies_has_a_fault_for_each() {
    let sandbox = sandbox();
    sandbox.write("one.toml", "[hpa]\nmaxReplicas = 10\n");
    sandbox.write("two.toml", "[hpa]\n# The same limit.\nmaxReplicas = 10\n");
    let faulty = sandbox.hpasim("compare one.toml two.toml short.csv --set hpa.minReplicas=20");
    assert_eq!(faulty.code, Some(3));
    insta::assert_snapshot!(faulty.stderr, @"
    error[E0016]: hpa.maxReplicas: maxReplicas (10) must not be below minReplicas (20), with `maxReplicas` at one.toml:2
     --> --set:1:1
      |
    1 | hpa.minReplicas=20
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: write 20 or more, or lower minReplicas

    error[E0016]: hpa.maxReplicas: maxReplicas (10) must not be below minReplicas (20), with `maxReplicas` at two.toml:3
     --> --set:1:1
      |
    1 | hpa.minReplicas=20
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: write 20 or more, or lower minReplicas
    ");
}

#[test]
fn policies_that_answer_different_questions_are_told_apart() {
    let sandbox = sandbox();
    sandbox.write(
        "dear.toml",
        "extends = \"policies/prod.toml\"\n[cost]\nper_pod_hour = 2\n[workload]\ntimeout = \"9s\"\n",
    );
    let compared = sandbox.done(
        "compare policies/prod.toml dear.toml short.csv --engine fluid --seeds 1 --plot none",
    );
    insta::assert_snapshot!(compared.stderr, @"
    warning[W0010]: `prod` and `dear` differ in [workload]: they serve different demand
    help: write [workload] into a file that both extend, or set it for both with --set

    warning[W0010]: `prod` and `dear` differ in [cost]: each has its own prices
    help: write [cost] into a file that both extend, or set it for both with --set
    ");
}

#[test]
fn costs_have_the_currency_of_their_prices_and_two_currencies_are_refused() {
    let sandbox = sandbox();
    let priced = |file: &str, currency: &str| {
        let text = format!(
            "extends = \"policies/prod.toml\"\n[cost]\nper_pod_hour = 1\ncurrency = \"{currency}\"\n"
        );
        sandbox.write(file, &text);
    };
    priced("one.toml", "EUR");
    priced("two.toml", "USD");
    let compare = "compare one.toml two.toml short.csv --engine fluid --seeds 2 --plot none";
    let refused = sandbox.hpasim(compare);
    assert_eq!(refused.code, Some(2));
    insta::assert_snapshot!(refused.stderr, @"error: the prices of one are in EUR and those of two in USD, and hpasim converts no money; write both in one currency");
    priced("two.toml", "EUR|");
    priced("one.toml", "EUR|");
    let row = |format: &str| {
        let command = format!("{compare} --format {format} --force");
        let page = sandbox.done(command.as_str()).stdout;
        let row = page.lines().find(|line| line.contains("cost, "));
        without_numbers(row.unwrap_or_else(|| panic!("{page}")).trim())
    };
    insta::assert_snapshot!(row("table"), @"cost, EUR| N N 0 ± 0");
    insta::assert_snapshot!(row("markdown"), @r"| cost, EUR\| | N | N | 0 ± 0 | |");
    let swept = "sweep one.toml short.csv --set hpa.maxReplicas=10,20 --plot none -o swept";
    let page = sandbox.done(swept).stdout;
    assert!(page.contains("  cost, EUR|  "), "{page}");
}

#[test]
fn variants_of_one_file_differ_on_purpose() {
    let sandbox = sandbox();
    sandbox.write("same.toml", "extends = \"policies/prod.toml\"\n");
    let compared = sandbox.done(
        "compare policies/prod.toml policies/prod.toml@workload.timeout=9s \
         same.toml@workload.timeout=9s short.csv --engine fluid --seeds 1 --plot none",
    );
    insta::assert_snapshot!(compared.stderr, @"
    warning[W0010]: `prod` and `same@workload.timeout=9s` differ in [workload]: they serve different demand
    help: write [workload] into a file that both extend, or set it for both with --set
    ");
}

#[test]
fn demand_known_as_cpu_is_compared_without_requests() {
    let sandbox = sandbox();
    sandbox.write(
        "cpu.csv",
        "time_s,cpu_millicores\n0,100\n120,900\n600,900\n",
    );
    let compared = sandbox.done("compare policies/prod.toml @fixed:12 cpu.csv --seeds 3");
    insta::assert_snapshot!(without_results(&compared.stdout), @r#"
    prod, @fixed:12 under cpu, 10m 0s
    fluid engine, 3 seeds (1 to 3): means, and differences to prod ± 95 % interval,
    seed by seed
    * the interval excludes zero; less is better in every row

                         prod @fixed:12 to prod
     harm
       CPU throttled, % N 0 N ± N *
     cost
       pod hours N N N ± N *
       replicas, mean N N N ± N *
       replicas, most N N N ± N *
     stability
       rescales N 0 N ± 0 *
       reversals 0 0 0 ± 0
       pods started N 0 N ± N *

    Over N seeds, @fixed:12 takes N ± N times the pod hours of prod.

    assumed: cluster = kubeadm (CPU measured every 15 s) (of prod),
             pod.image_pull = 0s (of prod),
             pod.schedule = { dist = "lognormal", median = "50ms",
             p99 = "500ms" } (of prod), pod.endpoint_lag = 1s (of prod)

    written  output/compare-prod-fixed-12-cpu-3-seeds/plot.png
             output/compare-prod-fixed-12-cpu-3-seeds/plot.svg
             output/compare-prod-fixed-12-cpu-3-seeds/comparison.csv
             output/compare-prod-fixed-12-cpu-3-seeds/comparison.json
             output/compare-prod-fixed-12-cpu-3-seeds/summary.json
    "#);
}

#[test]
fn namesakes_are_told_apart_and_results_of_others_are_kept() {
    let sandbox = sandbox();
    sandbox.write("prod.toml", "extends = \"policies/prod.toml\"\n");
    sandbox.write("spike.csv", "time_s,rps\n0,20\n60,20\n");
    let arguments = [
        "compare",
        "prod.toml",
        "policies/prod.toml",
        "spike.csv",
        "short.csv",
        "--engine",
        "fluid",
        "--seeds",
        "2",
        "-o",
        "out",
    ];
    let compared = sandbox.done(&arguments);
    assert!(
        compared
            .stdout
            .starts_with("prod.toml, policies/prod.toml under spike")
    );
    let files = sandbox.names("out");
    assert!(files.contains(&"plot-short.svg".to_owned()), "{files:?}");
    let other = sandbox.hpasim("run prod.toml short.csv -o out");
    assert_eq!(other.code, Some(1), "{other:?}");
    sandbox.done("run prod.toml short.csv -o out --force --engine fluid --plot none");
    let files = sandbox.names("out");
    assert_eq!(files, ["decisions.jsonl", "summary.json", "timeline.csv"]);
}

#[test]
fn a_variant_of_a_policy_needs_no_file() {
    let sandbox = sandbox();
    let compared = sandbox.done(
        "compare policies/prod.toml policies/prod.toml@controller.kubernetes=1.30 policies/prod.toml@hpa.maxReplicas=9,pod.init=2s short.csv --seeds 1 --engine fluid --format csv",
    );
    assert_eq!(compared.stderr, "");
    let head = compared.stdout.lines().next().expect("a header");
    insta::assert_snapshot!(head, @"trace,kpi,group,policy,seeds,mean,median,p10,p90,difference,difference_half_width,difference_pairs,difference_excludes_zero");
    let folders = sandbox.names("output");
    insta::assert_snapshot!(folders.join("\n"), @"compare-prod-prod-controller.kubernetes-1.30-prod-hpa.maxReplicas-9-pod.init-2s-short-fluid-1-seed");
    // The fourth field is the policy, the sixth the mean.
    let means = |text: &str, policy: &str| {
        let rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let rows = rows.filter(|fields| fields[3] == policy);
        rows.map(|fields| fields[5].to_owned()).collect::<Vec<_>>()
    };
    let shared = "short.csv --seeds 1 --engine fluid --format csv";
    let variant = sandbox.done(&format!(
        "compare policies/prod.toml policies/prod.toml@hpa.maxReplicas=9 {shared}"
    ));
    let set = sandbox.done(&format!(
        "compare policies/prod.toml @default {shared} --set hpa.maxReplicas=9"
    ));
    let of_variant = means(&variant.stdout, "prod@hpa.maxReplicas=9");
    assert_eq!(of_variant, means(&set.stdout, "prod"));
    assert_ne!(of_variant, means(&variant.stdout, "prod"));
}

#[test]
fn settings_of_different_keys_go_to_different_folders() {
    let sandbox = sandbox();
    for path in ["scaleUp", "scaleDown"] {
        sandbox.done(&format!(
            "compare policies/prod.toml @default short.csv --seeds 1 --engine fluid --plot none --set hpa.behavior.{path}.policies.0.value=4"
        ));
    }
    insta::assert_snapshot!(sandbox.names("output").join("\n"), @"
    compare-prod-default-short-fluid-scaleDown.policies.0.value-4-1-seed
    compare-prod-default-short-fluid-scaleUp.policies.0.value-4-1-seed
    ");
}

#[test]
fn what_is_wrong_with_a_variant_is_told_as_for_set() {
    let sandbox = sandbox();
    let faults = |variant: &str| {
        let failed = sandbox.hpasim(&format!("compare policies/prod.toml {variant} short.csv"));
        failed.stderr
    };
    insta::assert_snapshot!(faults("policies/prod.toml@hpa.maxReplica=5"), @"
    error[E0007]: unknown key `maxReplica` in `hpa`
     --> policies/prod.toml@hpa.maxReplica=5:1:5
      |
    1 | hpa.maxReplica=5
      |     ^^^^^^^^^^
      |
      = help: did you mean `maxReplicas`?
    ");
    insta::assert_snapshot!(faults("policies/prod.toml@controller.kubernetes=1.25"), @r#"
    error[E0009]: `controller.kubernetes` does not accept "1.25"
     --> policies/prod.toml@controller.kubernetes=1.25:1:23
      |
    1 | controller.kubernetes=1.25
      |                       ^^^^
      |
      = help: did you mean "1.28"?
    "#);
    insta::assert_snapshot!(faults("policies/prod.toml@pod.init"), @"error: policies/prod.toml@pod.init is no file, and no variant of one: a variant is policies/prod.toml@path=value[,path=value]");
    insta::assert_snapshot!(faults("nowhere.toml@pod.init=2s"), @"
    error[E0001]: cannot read `nowhere.toml`: there is no such file
    help: check the path
    ");
}
