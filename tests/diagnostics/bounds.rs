//! Names and numbers that would do harm: outside the output folder, to the memory, to the clock.

use super::*;

#[test]
fn a_name_that_cannot_name_a_folder() {
    let faulty = [
        "../escape",
        "/etc",
        "..",
        ".hidden",
        "",
        "a\\\\b",
        "two\\nlines",
    ];
    let text: String = faulty
        .iter()
        .map(|name| about_policy(&format!("name = \"{name}\"\n")) + "\n\n")
        .collect();
    insta::assert_snapshot!(text, @r#"
    error[E0021]: `name` holds a slash, and the folder of the results is called after it
     --> p.toml:1:8
      |
    1 | name = "../escape"
      |        ^^^^^^^^^^^
      |
      = help: write a plain word, as "prod", and choose another place with --output

    error[E0021]: `name` holds a slash, and the folder of the results is called after it
     --> p.toml:1:8
      |
    1 | name = "/etc"
      |        ^^^^^^
      |
      = help: write a plain word, as "prod", and choose another place with --output

    error[E0021]: `name` starts with a dot, and the folder of the results is called after it
     --> p.toml:1:8
      |
    1 | name = ".."
      |        ^^^^
      |
      = help: write a plain word, as "prod", and choose another place with --output

    error[E0021]: `name` starts with a dot, and the folder of the results is called after it
     --> p.toml:1:8
      |
    1 | name = ".hidden"
      |        ^^^^^^^^^
      |
      = help: write a plain word, as "prod", and choose another place with --output

    error[E0021]: `name` is empty, and the folder of the results is called after it
     --> p.toml:1:8
      |
    1 | name = ""
      |        ^^
      |
      = help: write a plain word, as "prod", and choose another place with --output

    error[E0021]: `name` holds a slash, and the folder of the results is called after it
     --> p.toml:1:8
      |
    1 | name = "a\\b"
      |        ^^^^^^
      |
      = help: write a plain word, as "prod", and choose another place with --output

    error[E0021]: `name` holds a control character, and the folder of the results is called after it
     --> p.toml:1:8
      |
    1 | name = "two\nlines"
      |        ^^^^^^^^^^^^
      |
      = help: write a plain word, as "prod", and choose another place with --output
    "#);
}
