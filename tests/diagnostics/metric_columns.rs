//! Metrics with one name, and the columns of the trace for them.

use super::*;

const POLICY: &str = r#"[hpa]
maxReplicas = 50
metrics = [
  { type = "External", external = { metric = { name = "queue", selector = { matchLabels = { topic = "orders" } } }, target = { type = "AverageValue", averageValue = 20 } } },
  { type = "External", external = { metric = { name = "queue", selector = { matchLabels = { topic = "mails" } } }, target = { type = "AverageValue", averageValue = 100 } } },
]
"#;

fn about_trace(trace: &str) -> String {
    let files = MemoryLoader::default()
        .with("p.toml", POLICY)
        .with("t.csv", trace);
    text_about(files, &[], None, None)
}

#[test]
fn two_metrics_with_one_name_are_two_columns() {
    insta::assert_snapshot!(about_trace("time_s,rps,queue\n0,1,100\n600,1,100\n"), @r#"
    error[E0020]: several metrics have the name `queue`, and the trace has no column `queue{topic=orders}` for this one
     --> p.toml:4:55
      |
    4 |   { type = "External", external = { metric = { name = "queue", selector = { matchLabels = { topic = "orders" } } }, target = { type =...
      |                                                       ^^^^^^^
      |
      = help: a metric is its name, its selector and its object: give the trace a column for each, with this name

    error[E0020]: several metrics have the name `queue`, and the trace has no column `queue{topic=mails}` for this one
     --> p.toml:5:55
      |
    5 |   { type = "External", external = { metric = { name = "queue", selector = { matchLabels = { topic = "mails" } } }, target = { type = ...
      |                                                       ^^^^^^^
      |
      = help: a metric is its name, its selector and its object: give the trace a column for each, with this name
    "#);
    let both = "time_s,rps,queue{topic=orders},queue{topic=mails}\n0,1,100,5\n600,1,100,5\n";
    assert!(!about_trace(both).contains("E0020"));
}
