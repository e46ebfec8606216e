//! Files that are not traces, and unusual ones: the whole text of their faults.

use std::path::Path;

use hpasim::scenario::{LoadError, unreadable};

use super::*;

#[test]
fn an_empty_file() {
    insta::assert_snapshot!(told(""), @"
    error[E0030]: `in` is empty
    help: a trace has a header, such as `time_s,rps`, and at least two rows
    ");
}

#[test]
fn a_trace_of_one_row() {
    insta::assert_snapshot!(codes_and_places(&told("time_s,rps\n0,4\n")), @"E0033 in:2:1");
}

#[test]
fn a_file_that_is_no_trace() {
    insta::assert_snapshot!(codes_and_places(&told("Dear diary,\ntoday nothing scaled.\n".repeat(5000))), @"E0042");
}

#[test]
fn a_hundred_megabytes_that_are_no_trace_are_not_read() {
    struct Endless {
        given_bytes: usize,
    }
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            assert!(self.given_bytes < 2 << 20, "it reads on and on");
            buffer.fill(b'x');
            for byte in buffer.iter_mut().step_by(80) {
                *byte = b'\n';
            }
            self.given_bytes += buffer.len();
            Ok(buffer.len())
        }
    }
    let diagnostics = read_recording(
        "huge.bin",
        Endless { given_bytes: 0 },
        &ReadOptions::default(),
    )
    .expect_err("no trace");
    insta::assert_snapshot!(codes_and_places(&render_diagnostics(&diagnostics, Colour::Plain)), @"E0042");
}

#[test]
fn a_binary_file() {
    insta::assert_snapshot!(told(b"\x7fELF\x02\x01\x01\x00\x00"), @"
    error[E0002]: `in` is not a text file: byte 8 is NUL
    help: use a plain UTF-8 text file (gzip is allowed for a trace)
    ");
}

#[test]
fn no_permission() {
    let fault = unreadable(Path::new("secret.csv"), &LoadError::Denied, None);
    insta::assert_snapshot!(render_diagnostics(&Diagnostics::one(fault), Colour::Plain), @"
    error[E0001]: cannot read `secret.csv`: permission denied
    help: give yourself permission to read the file
    ");
}

#[test]
fn the_page_about_traces_knows_every_format_and_every_warning() {
    let page = include_str!("../../docs/traces.md");
    let is_about_recordings = |code: &&Code| {
        let number: u32 = code.number()[1..].parse().expect("a number");
        matches!(
            (code.number().as_bytes()[0], number),
            (b'W', 30..=44) | (b'E', 42..=45)
        )
    };
    for code in Code::ALL.iter().filter(is_about_recordings) {
        assert!(page.contains(code.number()), "{code}");
    }
}

#[test]
fn crlf_and_a_byte_order_mark_are_accepted() {
    let plain = "time_s,rps\n0,4\n60,5\n";
    let windows = format!("\u{feff}{}", plain.replace('\n', "\r\n"));
    assert_eq!(told(&windows), told(plain));
    assert!(told(plain).ends_with("0,4\n60,5\n"));
}

#[test]
fn utf_16_is_named() {
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(
        "time_s,rps\n0,4\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes),
    );
    insta::assert_snapshot!(told(&bytes), @"
    error[E0002]: `in` is UTF-16, not UTF-8
    help: save it as UTF-8, or convert it with `iconv -f UTF-16 -t UTF-8`
    ");
}

#[test]
fn a_gzip_that_ends_early() {
    let mut text = "time_s,rps\n".to_owned();
    for row in 0..50_000 {
        text.push_str(&format!("{row},{}\n", row * 7919 % 1000));
    }
    let packed = packed(text.as_bytes());
    insta::assert_snapshot!(told(&packed[..packed.len() / 2]), @"
    error[E0038]: the gzip file `in` is damaged: incomplete deflate stream
    help: compress or download it again; `gzip -t` checks a file
    ");
    assert_eq!(told(&packed[..40]), told(&packed[..packed.len() / 2]));
}

#[test]
fn a_gzipped_log_that_ends_early_makes_no_trace_of_its_first_half() {
    let mut text = String::new();
    for line in 0..100_000 {
        text.push_str(&format!(
            "10.0.0.{} - - [01/Jul/1995:00:{:02}:{:02} -0400] \"GET /{line}\" 200 1\n",
            line % 251,
            line / 6000 % 60,
            line / 100 % 60
        ));
    }
    let packed = packed(text.as_bytes());
    insta::assert_snapshot!(codes_and_places(&told(&packed[..packed.len() / 2])), @"E0038");
}

#[test]
fn a_line_of_ten_megabytes() {
    let line = "1".repeat(10 << 20);
    insta::assert_snapshot!(shortened(&told(format!("time_s,rps\n0,{line}\n60,1\n"))), @"
    error[E0035]: ... is not a finite number
     --> in:2:3
      |
    2 | 0,11111...11111...
      |   ^^^^^...^^^^^
      |
      = help: write 0 for no load, or delete the row: a value holds until the next row
    ");
    insta::assert_snapshot!(codes_and_places(&told(&line)), @"E0031 in:1:1");
    let log = format!("h - - [01/Jul/1995:00:00:01 -0400] x\nh - - {line}\n");
    insta::assert_snapshot!(shortened(&told(log)), @"
    error[E0043]: line 2 is longer than 1 MiB
     --> in:2:1
      |
    2 | h - - 1111111...
      | ^
      |
      = help: check that this file is a trace or a recording; these have short lines
    ");
}

/// What is left when long rows of one letter are shortened.
fn shortened(text: &str) -> String {
    text.replace(&"1".repeat(20), "")
        .replace(&"^".repeat(20), "")
}

#[test]
fn cpu_is_called_censored_with_the_number_of_samples_at_the_ceiling() {
    use hpasim::scenario::formats::ceiling::warning;
    let about = |rows: &str, stated: Option<f64>| {
        let recording = read(format!("time_s,cpu_millicores\n{rows}"));
        let warning = warning(&recording.trace, stated, &recording.demand_place);
        let list = warning.into_iter().collect();
        render_diagnostics(
            &Diagnostics {
                list,
                ..Diagnostics::default()
            },
            Colour::Plain,
        )
    };
    let capped = "0,100\n15,3980\n30,4000\n45,3995\n60,200\n75,200\n";
    insta::assert_snapshot!(about(capped, None), @"
    warning[W0040]: used CPU is demand that the limits of that day may have capped: 3 of 5 samples are at 4000m and are only lower bounds
     --> in:1:8
      |
    1 | time_s,cpu_millicores
      |        ^^^^^^^^^^^^^^
      |
      = help: use requests (`rps`) if you have them; `hpasim trace info --ceiling` tests another ceiling, such as pods times limit
    ");
    // A gauge that is polled every 2 s repeats its reading.
    let polled = "0,100\n2,4000\n4,4000\n6,4000\n8,4000\n10,200\n";
    assert!(about(polled, None).contains("the samples show no ceiling"));
    insta::assert_snapshot!(about("0,100\n15,300\n30,4000\n45,200\n", None), @"
    warning[W0040]: used CPU is demand that the limits of that day may have capped: the samples show no ceiling
     --> in:1:8
      |
    1 | time_s,cpu_millicores
      |        ^^^^^^^^^^^^^^
      |
      = help: use requests (`rps`) if you have them; `hpasim trace info --ceiling` tests another ceiling, such as pods times limit
    ");
    insta::assert_snapshot!(about(capped, Some(200.0)), @"
    warning[W0040]: used CPU is demand that the limits of that day may have capped: 4 of 5 samples are at 200m and are only lower bounds
     --> in:1:8
      |
    1 | time_s,cpu_millicores
      |        ^^^^^^^^^^^^^^
      |
      = help: use requests (`rps`) if you have them; `hpasim trace info --ceiling` tests another ceiling, such as pods times limit
    ");
}
