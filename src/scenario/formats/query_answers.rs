//! The series of answers that hpasim itself asked for: their values at the steps of the query.

use super::prometheus_answer::{AnswerText, read_answers};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::trace_text::NANOS_PER_SECOND;

/// A series of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuerySeries {
    /// Its labels and their values, in the order of their names.
    pub labels: Vec<(String, String)>,
    /// Seconds since 1970 UTC and the value there; a value that is no finite number is left out.
    pub values: Vec<(i64, f64)>,
}

impl QuerySeries {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(label, _)| label == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The series of all answers to one query, and what the server says about the query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryAnswers {
    /// The series; parts of one series are joined.
    pub series: Vec<QuerySeries>,
    /// Warnings and infos, each once.
    pub remarks: Vec<String>,
}

/// Reads answers, one behind the other in a text.
///
/// # Errors
/// The text is not JSON, or an answer is an error or no matrix.
pub fn read_query_answers(name: &str, text: &str) -> Result<QueryAnswers, Diagnostic> {
    let document = AnswerText { name, text };
    let answers = read_answers(&document)?;
    let series = answers.series.iter().map(|series| {
        let samples = series.parts.iter().flatten();
        let samples = samples.filter_map(|part| document.sample(part));
        let mut values: Vec<(i64, f64)> = samples
            .filter(|(_, value)| value.is_finite())
            .map(|(stamp, value)| (stamp.nanos.div_euclid(NANOS_PER_SECOND), value))
            .collect();
        values.sort_by_key(|(time, _)| *time);
        values.dedup_by_key(|(time, _)| *time);
        QuerySeries {
            labels: series.labels.clone().into_iter().collect(),
            values,
        }
    });
    Ok(QueryAnswers {
        series: series.collect(),
        remarks: answers.remarks.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_one_series_are_joined_and_values_that_are_no_numbers_are_left_out() {
        let piece = |values: &str| {
            format!(
                r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{"container":"web"}},"values":[{values}]}}]}},"warnings":["one store is away"]}}"#
            )
        };
        let text = format!(
            "{}\n{}",
            piece(r#"[15,"1"],[30,"NaN"]"#),
            piece(r#"[45,"2.5"]"#)
        );
        let answers = read_query_answers("cpu", &text).expect("answers");
        assert_eq!(answers.remarks, ["one store is away"]);
        assert_eq!(answers.series.len(), 1);
        assert_eq!(answers.series[0].label("container"), Some("web"));
        assert_eq!(answers.series[0].values, [(15, 1.0), (45, 2.5)]);
    }
}
