"""`araxes check` on bad input: every problem, with its place, what to do, and an exit code that says so."""

import json
import subprocess
import sys

import pytest
from helpers import Copy, araxes

POSITIONS = "data/sources/tiny-2024/positions.ttl"
FAST = "--without-reasoner"


def steps(copy: Copy) -> dict[str, dict[str, object]]:
    done = copy.araxes("check", "--json", FAST)
    document = json.loads(done.stdout)
    assert done.returncode == (0 if document["passed"] else 1)
    return {step["step"]: step for step in document["steps"]}


def test_a_good_project_passes(copy: Copy) -> None:
    done = copy.araxes("check")
    assert done.returncode == 0, done.stdout + done.stderr
    names = [line.partition(":")[0] for line in done.stdout.splitlines()]
    assert names == ["turtle", "queries", "prefixes", "quality", "lint", "shapes", "logic", "rules", "comparisons"]
    assert all("looked at, 0 findings" in line for line in done.stdout.splitlines())


def test_malformed_turtle_in_several_files_is_all_reported(copy: Copy) -> None:
    copy.change("data/entities/things.ttl", '"Åland"@en .', '"Åland"@en')
    copy.change(POSITIONS, "ax:hasStance stance:supports ;", "ax:hasStance stanse:supports ;")
    copy.add("data/links/codes.ttl", "\nstate:oland ax:code <a b> .\n")
    done = copy.araxes("check", FAST)
    assert done.returncode == 1
    for place in ("data/entities/things.ttl:12:1:", f"{POSITIONS}:14:18:", "data/links/codes.ttl:8:21:"):
        assert place in done.stdout
    assert "    ax:hasStance stanse:supports ;\n" in done.stdout
    assert " ^\n" in done.stdout
    assert "prefixes: not run: waits for turtle" in done.stdout
    assert "shapes: not run: waits for lint" in done.stdout


def test_several_kinds_of_problem_are_reported_in_one_run(copy: Copy) -> None:
    copy.change(
        POSITIONS,
        "stance:opposes ;\n    ax:isAttestedBy tiny-2024:f002",
        "stance:dislikes ;\n    ax:isAtestedBy tiny-2024:f002",
    )
    copy.change("data/sources/tiny-2024/passages.ttl", "oa:end 35", "oa:end 3500")
    copy.change("data/links/codes.ttl", '"Åland"@en', '"Aland"@en')
    copy.change("ontology/shapes/positions.shapes.ttl", "sh:pattern", "sh:patern")
    found = steps(copy)
    assert len(found["quality"]["findings"]) == 3  # type: ignore[arg-type]
    assert len(found["lint"]["findings"]) == 1  # type: ignore[arg-type]
    copy.change("ontology/shapes/positions.shapes.ttl", "sh:patern", "sh:pattern")
    found = steps(copy)
    assert len(found["shapes"]["findings"]) == 3  # type: ignore[arg-type]
    assert found["logic"]["state"] == found["rules"]["state"] == found["comparisons"]["state"] == "not run"


def test_each_finding_of_a_script_has_file_line_column_and_hint(copy: Copy) -> None:
    copy.change(POSITIONS, "stance:opposes", "stance:dislikes")
    (found,) = steps(copy)["shapes"]["findings"]  # type: ignore[misc]
    assert (found["file"], found["line"], found["column"], found["severity"]) == (POSITIONS, 21, 18, "error")
    assert "Øland opposes the bridge" in found["message"]
    assert found["hint"] == "A position has exactly one stance from the scheme. Give one ax:hasStance."


def test_a_stale_inference_is_reported_and_derive_mends_it(copy: Copy) -> None:
    copy.change(POSITIONS, "stance:opposes", "stance:supports")
    assert steps(copy)["rules"]["passed"] is False
    done = copy.araxes("derive")
    assert (done.returncode, done.stdout) == (0, "data/inferred/is-at-odds-with.ttl\n")
    assert copy.araxes("derive").stdout == "Nothing changed.\n"
    assert all(step["passed"] for step in steps(copy).values())


def test_derive_writes_nothing_where_a_file_cannot_be_read(copy: Copy) -> None:
    before = (copy.root / "data/inferred/is-at-odds-with.ttl").read_text("utf-8")
    copy.add("data/entities/things.ttl", "broken")
    done = copy.araxes("derive")
    assert done.returncode == 1
    assert "data/entities/things.ttl" in done.stdout
    assert (copy.root / "data/inferred/is-at-odds-with.ttl").read_text("utf-8") == before


@pytest.mark.parametrize(
    ("folder", "step"), [("queries/quality", "quality"), ("ontology/shapes", "lint"), ("queries", "queries")]
)
def test_a_step_with_nothing_to_look_at_fails(copy: Copy, folder: str, step: str) -> None:
    for path in (copy.root / folder).rglob("*.*"):
        path.unlink()
    assert steps(copy)[step]["passed"] is False


def test_a_contradiction_is_reported_by_the_reasoner(copy: Copy) -> None:
    copy.add("data/context/years.ttl", "\ndocument:tiny-2024 a ax:State .\n")
    done = copy.araxes("check")
    assert done.returncode == 1
    assert "Not all that is said of A tiny text (document:tiny-2024) can be true" in done.stdout
    assert "\n    document:tiny-2024 Type ax:State\n" in done.stdout
    assert "DisjointClasses: ax:Actor" in done.stdout


def test_the_reasoner_is_left_out_loudly(copy: Copy) -> None:
    done = copy.araxes("check", FAST)
    assert done.returncode == 0
    assert "logic: skipped: left out on request: NOT checked for contradictions" in done.stdout


def test_a_folder_without_a_project_could_not_run(copy: Copy) -> None:
    done = araxes("check", "--project", str(copy.root / "queries"))
    assert done.returncode == 3
    assert "has no ontology/prefixes.ttl" in done.stderr
    assert "--project" in done.stderr


def test_an_unknown_option_was_not_understood() -> None:
    assert araxes("check", "--fast").returncode == 2


@pytest.mark.parametrize("file", ["queries/competency/a.rq", "queries/quality/a.rq", "queries/rules/a.rq"])
def test_a_query_that_is_not_utf_8_is_a_finding(copy: Copy, file: str) -> None:
    (copy.root / file).write_bytes(b"ASK {} # \xff")
    found = steps(copy)
    assert [each["file"] for each in found["queries"]["findings"]] == [file]  # type: ignore[attr-defined]
    assert found["prefixes"]["passed"] and found["quality"]["state"] == "not run"


def test_a_source_that_cannot_be_called_so_is_one_finding(copy: Copy) -> None:
    for key in ("my source", 'a"b<c>', "ax"):
        copy.write(f"data/sources/{key}/a.ttl", "@prefix x: <urn:x> .\nx:a x:b x:c .\n")
    done = copy.araxes("check", FAST)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count("A source cannot be called") == done.stdout.count("error:") == 3


def test_an_undeclared_term_of_a_query_stops_the_rules_and_derive(copy: Copy) -> None:
    file = "queries/rules/is-at-odds-with.rq"
    before = (copy.root / "data/inferred/is-at-odds-with.ttl").read_text("utf-8")
    copy.change(file, "ax:hasStance stance:opposes", "ax:hasStanze stance:opposes")
    found = steps(copy)
    (fault,) = found["queries"]["findings"]  # type: ignore[misc]
    assert (fault["file"], fault["line"], fault["column"]) == (file, 8, 60)
    assert found["rules"]["state"] == "not run"
    done = copy.araxes("derive")
    assert done.returncode == 1 and "ax:hasStanze, which nothing declares" in done.stdout
    assert (copy.root / "data/inferred/is-at-odds-with.ttl").read_text("utf-8") == before


def test_rules_that_cannot_be_run_are_findings_of_check_and_derive(copy: Copy) -> None:
    copy.write("queries/rules/a.rq", "SELECT * { ?s ?p ?o }")
    copy.write("queries/rules/b.rq", "CONSTRUCT { [] ?p ?o } WHERE { ?s ?p ?o }")
    for words in (("check", FAST), ("derive",)):
        done = copy.araxes(*words)
        assert done.returncode == 1
        assert "queries/rules/a.rq:1: error: The rule a is not a CONSTRUCT query." in done.stdout
        assert "queries/rules/b.rq:1: error: The rule b makes a blank node." in done.stdout


def test_what_the_rules_make_is_checked(copy: Copy) -> None:
    copy.add(
        "ontology/shapes/positions.shapes.ttl",
        "\nshape:Odds a sh:PropertyShape ;\n    sh:targetSubjectsOf ax:isAtOddsWith ;\n"
        '    sh:path ax:isAtOddsWith ;\n    sh:maxCount 0 ;\n    sh:message "Nobody should be at odds."@en .\n',
    )
    found = steps(copy)
    assert found["shapes"]["passed"] and found["rules"]["passed"]
    assert len(found["comparisons"]["findings"]) == 2  # type: ignore[arg-type]


def test_an_empty_project_fails(copy: Copy) -> None:
    for path in (copy.root / "data").rglob("*.ttl"):
        path.unlink()
    done = copy.araxes("build", FAST)
    assert done.returncode == 1
    assert "No release was made." in done.stderr


def test_whatever_goes_wrong_is_one_line(copy: Copy) -> None:
    (copy.root / "data/entities/things.ttl").unlink()
    code = "import araxes.cli as c, araxes.knowledge.pipeline as p; p.check = lambda *_, **__: 1 / 0; c.main()"
    command = [sys.executable, "-c", code, "check", "--project", str(copy.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        3,
        "error: the command could not run: ZeroDivisionError: division by zero\n",
    )
