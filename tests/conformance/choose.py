#!/usr/bin/env python3
"""Selects from recordings of several releases what decides: see FORMAT.md, "Which scenarios are here".

    tests/conformance/choose.py ../shared/conformance target/release/hpasim
"""

import gzip
import json
import pathlib
import subprocess
import sys

SHARED, HPASIM = pathlib.Path(sys.argv[1]), sys.argv[2]
HERE = pathlib.Path(__file__).parent
FILES = ["decision", "timeline", "edits"]
# The first set, without a folder, is 1.38-dev, and is here whole.
FOLDERS = ["1.29", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37", ""]
SAMPLE_EVERY = {"decision": 20, "timeline": 60, "edits": 20}


def scenarios(path):
    with gzip.open(path, "rt") as lines:
        return {json.loads(line)["id"]: line for line in lines}


def decided(line):
    return [step["expect"] for step in json.loads(line)["steps"]]


def differing_from_1_28(path):
    """The scenarios in which the rules of 1.28 decide otherwise (the report keeps the first 100 fields)."""
    command = [HPASIM, "replay", path, "--kubernetes", "1.28", "--format", "json"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    return {found["id"] for found in report["files"][0]["disagreements"]}


for name in FILES:
    recorded = [scenarios(SHARED / folder / f"{name}.jsonl.gz") for folder in FOLDERS]
    kept = [set(list(lines)[:: SAMPLE_EVERY[name]]) for lines in recorded]
    kept[0] |= differing_from_1_28(SHARED / "1.29" / f"{name}.jsonl.gz")
    for index in range(1, len(FOLDERS)):
        before, after = recorded[index - 1], recorded[index]
        differing = {key for key in after if decided(before[key]) != decided(after[key])}
        kept[index - 1] |= differing
        kept[index] |= differing
    for folder, lines, keys in list(zip(FOLDERS, recorded, kept))[:-1]:
        (HERE / folder).mkdir(exist_ok=True)
        text = "".join(line for key, line in lines.items() if key in keys)
        packed = gzip.compress(text.encode(), 9, mtime=0)
        (HERE / folder / f"{name}.jsonl.gz").write_bytes(packed)
