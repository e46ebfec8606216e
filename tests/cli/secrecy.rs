//! No command prints or writes a confidential value of a manifest, whatever it is given as.

use super::Sandbox;

#[path = "../fixtures/confidential.rs"]
mod confidential;

use confidential::{MARKERS, damaged, manifests, secrets_like_recordings, shows, toml_texts};

/// The commands that can be given the file `NAME`, each with its arguments.
const COMMANDS: [&str; 30] = [
    "run NAME traces/flap.csv --engine fluid --plot none --force -o out",
    "run policies/prod.toml NAME --force -o out",
    "run extends.toml traces/flap.csv --engine fluid --plot none --force -o out",
    "run manifest.toml traces/flap.csv --engine fluid --plot none --force -o out",
    "compare NAME policies/prod.toml traces/flap.csv --engine fluid --seeds 2 --force -o out",
    "sweep NAME traces/flap.csv --set hpa.maxReplicas=5,6 --engine fluid --force -o out",
    "tune NAME traces/flap.csv --engine fluid --budget 5 --force -o out",
    "tune policies/prod.toml traces/flap.csv --holdout NAME --engine fluid --budget 5 --force -o out",
    "check NAME",
    "check NAME --format json",
    "check NAME --format github",
    "check extends.toml",
    "export NAME",
    "export --patch policies/prod.toml NAME",
    "trace info NAME",
    "trace info NAME --format json",
    "trace info --input-format csv NAME",
    "trace info --input-format k6-csv NAME",
    "trace info --input-format k6-json NAME",
    "trace info --input-format k6-options NAME",
    "trace info --input-format prometheus NAME",
    "trace info --input-format locust NAME",
    "trace info --input-format access-log NAME",
    "trace convert NAME",
    "trace convert --input-format access-log NAME -o out.csv",
    "calibrate NAME",
    "calibrate NAME --format json",
    "replay NAME",
    "merge NAME -o out.csv --force",
    "run policies/prod.toml traces/flap.csv --set manifest=\"NAME\" --engine fluid --plot none --force -o out",
];

fn assert_silent(sandbox: &Sandbox, manifest: &str, marker: &str, names: &[&str]) {
    for name in names {
        sandbox.write(name, manifest);
        sandbox.write("extends.toml", format!("extends = \"{name}\"\n"));
        sandbox.write("manifest.toml", format!("manifest = \"{name}\"\n"));
        for command in COMMANDS {
            let command = command.replace("NAME", name);
            let arguments: Vec<&str> = command.split(' ').collect();
            let finished = sandbox.hpasim(&arguments);
            assert_ne!(
                finished.code,
                Some(2),
                "no such command: {command}: {finished:?}"
            );
            let said = format!("{}{}", finished.stdout, finished.stderr);
            assert!(
                !shows(&said, marker),
                "hpasim {command}\n{said}\nof\n{manifest}"
            );
            assert_no_output_has_the_marker(sandbox, &command, marker, names);
        }
        std::fs::remove_file(sandbox.path(name)).expect("the manifest");
    }
}

fn assert_no_output_has_the_marker(
    sandbox: &Sandbox,
    command: &str,
    marker: &str,
    inputs: &[&str],
) {
    let mut folders = vec![sandbox.path("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            if path.is_dir() {
                folders.push(path);
            } else if !inputs.contains(&name.unwrap_or_default().as_str()) {
                let bytes = std::fs::read(&path).expect("a file");
                let text = String::from_utf8_lossy(&bytes);
                assert!(
                    !shows(&text, marker),
                    "hpasim {command} wrote {}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn no_command_shows_a_confidential_value() {
    let sandbox = Sandbox::new();
    let all = MARKERS.map(manifests);
    let count = all[0].len();
    let with_each_marker = |index: usize| {
        let at = index % MARKERS.len();
        (all[at][index].as_str(), MARKERS[at])
    };
    for index in [
        0,
        3,
        5,
        9,
        23,
        25,
        33,
        40,
        count - 1,
        count - 11,
        count - 21,
        count - 28,
        count - 30,
    ]
    .into_iter()
    {
        let (manifest, marker) = with_each_marker(index);
        assert_silent(&sandbox, manifest, marker, &["secret.yaml"]);
    }
    for index in [1, 18, 24, 30] {
        let (manifest, marker) = with_each_marker(index);
        let names = ["secret.toml", "secret.csv", "secret"];
        assert_silent(&sandbox, manifest, marker, &names);
        let text = damaged(manifest, marker, 2, 0.5);
        assert_silent(&sandbox, &text, marker, &["secret.yaml"]);
    }
    for marker in MARKERS {
        for recording in secrets_like_recordings(marker) {
            assert_silent(&sandbox, &recording, marker, &["secret.json"]);
        }
    }
    for text in toml_texts(MARKERS[0]) {
        assert_silent(&sandbox, &text, MARKERS[0], &["secret.toml"]);
    }
}
