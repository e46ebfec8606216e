//! CSV of series, as Grafana exports them.

use hpasim::scenario::formats::SeriesChoice;

use super::*;

/// The rows of a load of 2 and then 10 per second.
const ROWS: &str = "time_s,rps\n0,2\n60,10\n120,10\n";

fn assert_rows(text: &str) -> Vec<Code> {
    let recording = read(text);
    assert_eq!(recording.format.word(), "series-csv", "{text}");
    let csv = with_seconds(&recording);
    assert!(
        csv.contains("2026-03-02T09:00:00Z") && csv.ends_with(ROWS),
        "{csv}{text}"
    );
    recording
        .warnings
        .iter()
        .map(|warning| warning.code)
        .collect()
}

#[test]
fn times_and_layouts_of_grafana_are_read() {
    for text in [
        "\"Time\",\"web\"\n\"2026-03-02 09:00:00\",\"2\"\n\"2026-03-02 09:01:00\",\"10\"\n",
        "Time,web\n1772442000000,2\n1772442060000,10\n",
        "Time,web\n1772442000,2\n1772442060,10\n",
        "\"Time\",\"web\"\n2026-03-02T10:00:00+01:00,2\n2026-03-02T10:01:00+01:00,10\n",
        "sep=;\n\"Time\";\"web\"\n2026-03-02 09:00;2,0\n2026-03-02 09:01;10,0\n",
        "\"Series\";\"Time\";\"Value\"\n\"web\";\"2026-03-02T09:00:00+00:00\";2\n\"web\";\"2026-03-02T09:01:00+00:00\";10\n",
        "\u{feff}Time\tweb\r\n02.03.2026 09:00:00\t2\r\n02.03.2026 09:01:00\t10\r\n",
        "Time,a,b\n1772442000000,1,1\n1772442060000,5,5\n",
    ] {
        assert_eq!(assert_rows(text), vec![Code::RecordingMeaning]);
    }
    for text in [
        "\"Time\",\"web\"\n2026-03-02 09:00:00,2 req/s\n2026-03-02 09:01:00,10 req/s\n",
        "\"Time\",\"web\"\n2026-03-02 09:00:00,120 req/m\n2026-03-02 09:01:00,0.6K req/m\n",
        "Time,web (req/s)\n2026-03-02 09:00:00,2\n2026-03-02 09:01:00,10\n",
        "Time,instance,rps\n2026-03-02 09:00:00,a,2\n2026-03-02 09:01:00,a,10\n",
    ] {
        assert_eq!(assert_rows(text), vec![]);
    }
}

#[test]
fn numbers_without_a_meaning_are_called_that() {
    insta::assert_snapshot!(told("\"Time\",\"web\"\n2026-03-02 09:00:00,2\n2026-03-02 09:01:00,10\n"), @r#"
    # hpasim trace convert, from: CSV of series (Grafana); time_s 0 is 2026-03-02T09:00:00Z
    time_s,rps
    0,2
    60,10
    120,10
    warning[W0042]: `in` does not say what its numbers are; hpasim reads `web` as requests per second
     --> in:1:1
      |
    1 | "Time","web"
      | ^^^^^^^^^^^^
      |
      = help: state it: --what requests, users, cpu-cores or cpu-millicores; --series chooses one series
    "#);
}

#[test]
fn units_that_are_no_load_are_refused_and_kinds_are_not_mixed() {
    let percent = told("Time,web\n2026-03-02 09:00:00,40%\n");
    assert!(percent.contains("E0059"), "{percent}");
    let text =
        "Time,web,lat\n2026-03-02 09:00:00,2 req/s,3 ms\n2026-03-02 09:01:00,10 req/s,3 ms\n";
    let mixed = told(text);
    assert!(
        mixed.contains("E0059") && mixed.contains("--series: 1 web; 2 lat"),
        "{mixed}"
    );
    let options = ReadOptions {
        series: Some(SeriesChoice::Name("web".to_owned())),
        ..ReadOptions::default()
    };
    assert!(told_with(text, &options, &Shaping::default()).ends_with(ROWS));
}

#[test]
fn dates_for_people_are_read_where_the_column_tells_day_from_month() {
    let table = |dates: [&str; 3]| {
        let rows = dates.iter().map(|date| format!("\"{date}\",2 req/s\n"));
        told(format!("\"Time\",\"web\"\n{}", rows.collect::<String>()))
    };
    for (dates, start) in [
        (
            [
                "11/28/2026, 02:00:00 PM",
                "11/28/2026, 02:01:00 PM",
                "11/28/2026, 02:02:00 PM",
            ],
            "2026-11-28T14:00:00Z",
        ),
        (
            [
                "28/11/2026 14:00:00",
                "28/11/2026 14:01:00",
                "28/11/2026 14:02:00",
            ],
            "2026-11-28T14:00:00Z",
        ),
        (
            [
                "28.11.2026, 14:00:00",
                "28.11.2026, 14:01:00",
                "28.11.2026, 14:02:00",
            ],
            "2026-11-28T14:00:00Z",
        ),
        // The third date tells.
        (
            ["11/12/2026 0:00", "12/12/2026 0:00", "13/12/2026 0:00"],
            "2026-12-11T00:00:00Z",
        ),
        // Only one order goes from day to day, or forward.
        (
            ["3/4/2026 0:00", "4/4/2026 0:00", "5/4/2026 0:00"],
            "2026-04-03T00:00:00Z",
        ),
        (
            ["4/11/2026 23:00", "4/12/2026 0:00", "4/12/2026 1:00"],
            "2026-04-11T23:00:00Z",
        ),
        // Both orders are one.
        (
            ["5/5/2026 1:00", "5/5/2026 2:00", "5/5/2026 3:00"],
            "2026-05-05T01:00:00Z",
        ),
    ] {
        let told = table(dates);
        assert!(told.contains(start) && !told.contains("warning"), "{told}");
    }
    insta::assert_snapshot!(table(["03/04/2026, 9:00:00 PM", "03/04/2026, 9:01:00 PM", "03/04/2026, 9:02:00 PM"]), @r#"
    error[E0034]: `03/04/2026, 9:00:00 PM` is 4 March 2026 or 3 April 2026, and no date in `in` tells which
     --> in:2:1
      |
    2 | "03/04/2026, 9:00:00 PM",2 req/s
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write the dates with the year first, such as 2026-11-28 14:00:00, or export epoch numbers (Grafana: without "Formatted data")
    "#);
}

#[test]
fn the_other_numbers_tell_whether_a_point_separates_thousands() {
    let table = |cells: [&str; 2], separator: char| {
        let [first, last] = cells.map(|cell| format!("\"{cell}\""));
        told(format!(
            "Time{separator}rps\n1772442000{separator}{first}\n1772442060{separator}{last}\n"
        ))
    };
    for (cells, separator, rows) in [
        (["1.100", "1.100,5"], ';', "0,1100\n60,1100.5\n"),
        (["1.100", "2,5"], ';', "0,1100\n60,2.5\n"),
        (["1.100", "2.5"], ';', "0,1.1\n60,2.5\n"),
        (["1.100", "0.123"], ';', "0,1.1\n60,0.123\n"),
        (["1,100", "2.5"], ';', "0,1100\n60,2.5\n"),
        (["1,100", "7"], ';', "0,1.1\n60,7\n"),
        (["1.100", "7"], ',', "0,1.1\n60,7\n"),
        (["1,100", "7"], ',', "0,1100\n60,7\n"),
        (["1.100", "2,5"], '\t', "0,1100\n60,2.5\n"),
    ] {
        let told = table(cells, separator);
        assert!(told.contains(rows), "{cells:?} {told}");
    }
    insta::assert_snapshot!(table(["1.100", "7"], ';'), @r#"
    error[E0059]: `1.100` has a point before thousands or before decimals, and no other number in `in` tells which
     --> in:2:1
      |
    2 | 1772442000;"1.100"
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: write the numbers without separators of thousands, and with another number of decimals (1100, or 1.1)
    "#);
}

#[test]
fn a_blank_cell_is_no_sample() {
    let text = "Time,a,b\n1772442000,1,1\n1772442060,,1\n1772442120,null,1\n1772442180,2,1\n";
    let told_series = told(text);
    assert!(
        told_series.contains("0,2\n60,2\n120,2\n180,3\n"),
        "{told_series}"
    );
    let own = "time_s,rps,queue\n0,4,\n15,5,3\n30,5,\n45,5,9\n";
    let recording = read(own);
    assert_eq!(recording.trace.columns[0].values, [3.0, 3.0, 3.0, 9.0]);
    assert_eq!(recording.warnings[0].code, Code::RecordingNotANumber);
}

#[test]
fn a_trace_keeps_the_offset_of_its_first_date() {
    let offset = |text: &str| read(text).utc_offset_seconds;
    assert_eq!(
        offset("timestamp,rps\n2026-03-02T09:00:00+02:00,1\n2026-03-02T09:01:00+02:00,1\n"),
        Some(7200)
    );
    assert_eq!(
        offset("timestamp,rps\n1772442000,1\n1772442060,1\n"),
        Some(0)
    );
    assert_eq!(offset("time_s,rps\n0,1\n60,1\n"), None);
    assert_eq!(
        offset("Time,rps\n2026-03-02 09:00:00,1\n2026-03-02 09:01:00,1\n"),
        None
    );
    assert_eq!(
        offset("h - - [01/Jul/1995:00:00:01 -0400] \"GET /\" 200\n"),
        Some(-14_400)
    );
    assert_eq!(
        offset("{\"time\":\"2026-03-02T09:00:00-05:00\",\"status\":1}\n"),
        Some(-18_000)
    );
}
