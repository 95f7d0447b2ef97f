"""`araxes release` and `araxes diff`: what people take, and what changed between two of them."""

import gzip
import hashlib
import json
import shutil
from pathlib import Path

import pyoxigraph
import pytest
from helpers import Copy, araxes, built, copy_of_tiny, request, serving
from pyoxigraph import RdfFormat

FORMS = {"ttl": RdfFormat.TURTLE, "trig": RdfFormat.TRIG, "nq": RdfFormat.N_QUADS, "jsonld": RdfFormat.JSON_LD}
POSITIONS = "data/sources/tiny-2024/positions.ttl"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("releases")
    return built(copy_of_tiny(folder / "project").root, folder / "built", "--without-reasoner")


@pytest.fixture(scope="module")
def taken(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("taken") / "first"
    return handed(releases, into)


def handed(releases: Path, into: Path) -> Path:
    """Hand a release on, and return its folder."""
    done = araxes("release", "--no-build", "--release", str(releases), str(into))
    assert done.returncode == 0, done.stderr
    folder = (into / "current").resolve()
    assert done.stdout.endswith(f"files in {folder}\n")
    return folder


def read(path: Path) -> pyoxigraph.Dataset:
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    form = FORMS[path.name.removesuffix(".gz").rpartition(".")[2]]
    found = pyoxigraph.Dataset(pyoxigraph.parse(body, form))
    found.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    return found


def changed(tmp_path: Path, **replaced: tuple[str, str]) -> Path:
    """Return the releases of a copy of the project in which texts were replaced, by file."""
    copy: Copy = copy_of_tiny(tmp_path / "project")
    for file, (old, new) in replaced.items():
        path = copy.root / file
        assert old in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    araxes("derive", "--project", str(copy.root))
    return built(copy.root, tmp_path / "built", "--without-reasoner")


def test_every_graph_and_their_union_are_there_in_every_syntax(taken: Path) -> None:
    whole = read(taken / "dataset.nq")
    names = {str(quad.graph_name)[1:-1] for quad in whole}
    assert len(names) > 3
    for graph in [*names, ""]:
        stem = graph.removeprefix("https://w3id.org/araxes/") or "graph/all"
        wanted = [quad for quad in whole if not graph or str(quad.graph_name)[1:-1] == graph]
        triples = {str(quad.triple) for quad in wanted}
        for suffix in FORMS:
            found = read(next(each for each in taken.glob(f"{stem}.{suffix}*")))
            assert len({str(quad.triple) for quad in found}) == len(triples), (stem, suffix)
            if suffix != "ttl":
                assert {str(quad.graph_name) for quad in found} == {str(quad.graph_name) for quad in wanted}


def test_the_manifest_has_the_hash_of_each_file_and_of_each_canonical_graph(taken: Path) -> None:
    manifest = json.loads((taken / "manifest.json").read_text("utf-8"))
    files = {path.relative_to(taken).as_posix() for path in taken.rglob("*") if path.is_file()} - {"manifest.json"}
    assert files == set(manifest["files"])
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((taken / name).read_bytes()).hexdigest() == digest
    assert len(manifest["graphs_sha256"]) > 3
    for graph, digest in manifest["graphs_sha256"].items():
        held = read(taken / f"{graph.removeprefix('https://w3id.org/araxes/')}.ttl")
        lines = "".join(sorted(f"{quad} .\n" for quad in held))
        assert hashlib.sha256(lines.encode()).hexdigest() == digest, graph
    assert "first release" in (taken / "CHANGES.md").read_text("utf-8")


def test_what_is_taken_is_the_same_each_time(releases: Path, taken: Path, tmp_path: Path) -> None:
    again = handed(releases, tmp_path / "again")
    assert again.name == taken.name
    assert (again / "manifest.json").read_bytes() == (taken / "manifest.json").read_bytes()
    assert handed(releases, tmp_path / "again") == again, "a release that is there is not its own successor"


def test_what_is_taken_can_be_served(taken: Path) -> None:
    with serving("--no-build", "--release", str(taken)) as served:
        told = request(f"{served}health").json()
    assert told["release"] == json.loads((taken / "manifest.json").read_text("utf-8"))["dataset_sha256"][:16]


def test_what_stands_in_the_folder_is_left_alone(releases: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine", "utf-8")
    handed(releases, tmp_path)
    assert (tmp_path / "kept").read_text("utf-8") == "mine"


def test_a_folder_that_cannot_be_written_is_said_to_be_one(releases: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    done = araxes("release", "--no-build", "--release", str(releases), str(tmp_path / "file" / "below"))
    assert done.returncode == 3
    assert "The release cannot be written" in done.stderr


def test_a_release_that_was_tampered_with_is_not_taken(releases: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    shutil.copytree((releases / "current").resolve(), bad)
    (bad / "dataset.nq").write_bytes((bad / "dataset.nq").read_bytes() + b"# more\n")
    for words in (("release", "--no-build", "--release", str(bad)), ("diff", str(releases))):
        target = tmp_path / words[0]
        done = araxes(*words, str(bad if words[0] == "diff" else target))
        assert done.returncode == 3, done.stdout
        assert "dataset.nq is not what was built" in done.stderr
        assert not target.exists()


def test_nothing_changed_is_said(releases: Path, taken: Path) -> None:
    for words in (("diff", str(taken), str(releases)), ("diff", "--all", str(releases), str(releases))):
        done = araxes(*words)
        assert done.returncode == 0
        assert "Nothing changed: the same terms, the same facts, the same answers." in done.stdout


def test_a_changed_stance_shows_in_facts_and_answers(releases: Path, tmp_path: Path) -> None:
    other = changed(tmp_path, **{POSITIONS: ("ax:hasStance stance:opposes", "ax:hasStance stance:supports")})
    told = araxes("diff", str(releases), str(other)).stdout
    answers, facts = told.partition("## Facts")[::2]
    assert "### pq01-who-holds-what" in answers
    assert "No term came, went or is said otherwise." in answers
    assert "- − `position:oland-bridge ax:hasStance stance:opposes`" in facts
    assert "- + `position:oland-bridge ax:hasStance stance:supports`" in facts
    back = araxes("diff", str(other), str(releases)).stdout
    assert "- + `position:oland-bridge ax:hasStance stance:opposes`" in back


def test_changed_terms_and_questions_are_named(releases: Path, tmp_path: Path) -> None:
    module = "ontology/modules/positions.ttl"
    other = changed(tmp_path, **{module: ('rdfs:label "Position"@en', 'rdfs:label "Stand"@en')})
    told = araxes("diff", str(releases), str(other)).stdout
    assert "Said otherwise: 1\n\n- ~ `ax:Position`" in told
    question = tmp_path / "project" / "queries" / "competency"
    (question / "pq01-who-holds-what.rq").rename(question / "pq02-who-holds-what.rq")
    built(tmp_path / "project", other, "--without-reasoner")
    told = araxes("diff", str(releases), str(other)).stdout
    assert "Questions that are gone: 1" in told
    assert "New questions: 1" in told
    assert "pq02-who-holds-what" in told


def test_a_blank_node_is_the_same_where_all_that_is_said_of_it_is(releases: Path, tmp_path: Path) -> None:
    more = 'rdfs:label "A tiny text"@en ;\n    rdfs:seeAlso [ rdfs:label "something new" ] ;'
    other = changed(tmp_path, **{"data/sources/tiny-2024/passages.ttl": ('rdfs:label "A tiny text"@en ;', more)})
    told = araxes("diff", "--all", str(releases), str(other)).stdout
    assert "Gone" not in told.partition("## Facts")[2]
    assert told.partition("## Facts")[2].count("- + ") == 2


def test_changes_stand_in_the_release_that_follows_and_no_release_is_removed(releases: Path, tmp_path: Path) -> None:
    first = handed(releases, tmp_path / "all")
    for number in range(6):
        stance = ("ax:hasStance stance:opposes", f"ax:hasStance stance:opposes ; rdfs:seeAlso 'x{number}'")
        handed(changed(tmp_path / str(number), **{POSITIONS: stance}), tmp_path / "all")
    folders = [each for each in (tmp_path / "all").iterdir() if not each.is_symlink()]
    assert len(folders) == 7
    assert first in folders
    last = (tmp_path / "all" / "current").resolve()
    manifest = json.loads((last / "manifest.json").read_text("utf-8"))
    assert manifest["previous"] in {each.name[:16] for each in folders if each != last}
    told = (last / "CHANGES.md").read_text("utf-8")
    assert '- − `position:oland-bridge rdfs:seeAlso "x4"`' in told
    assert '- + `position:oland-bridge rdfs:seeAlso "x5"`' in told


def test_long_lists_are_cut_and_said_to_be(releases: Path, tmp_path: Path) -> None:
    extra = "".join(f'\n\nposition:p{n} rdfs:seeAlso "x{n}" .' for n in range(40))
    other = changed(
        tmp_path, **{POSITIONS: ("tiny-2024:f001 a ax:Attestation", f"{extra}\n\ntiny-2024:f001 a ax:Attestation")}
    )
    short, whole = (araxes("diff", *more, str(releases), str(other)).stdout for more in ((), ("--all",)))
    assert "… and 20 more" in short
    assert "more" not in whole
    assert whole.count('rdfs:seeAlso "x') == 40


def test_a_change_of_a_question_alone_is_a_new_release_and_told(releases: Path, tmp_path: Path) -> None:
    first = handed(releases, tmp_path / "all")
    question = "queries/competency/pq01-who-holds-what.rq"
    other = changed(tmp_path, **{question: ("SELECT ", "SELECT DISTINCT ")})
    second = handed(other, tmp_path / "all")
    assert second != first
    (copy_text := tmp_path / "project" / question).rename(copy_text.with_name("pq03-who-holds-what.rq"))
    third = handed(built(tmp_path / "project", other, "--without-reasoner"), tmp_path / "all")
    assert "New questions: 1" in (third / "CHANGES.md").read_text("utf-8")


def test_a_spoilt_release_before_is_no_first_one(releases: Path, tmp_path: Path) -> None:
    folder = handed(releases, tmp_path / "all")
    (folder / "CHANGES.md").write_text("spoilt", "utf-8")
    done = araxes("release", "--no-build", "--release", str(releases), str(tmp_path / "all"))
    assert done.returncode == 3
    assert "CHANGES.md is not what was built" in done.stderr


def test_a_changed_truth_is_a_changed_answer(releases: Path, tmp_path: Path) -> None:
    copy = copy_of_tiny(tmp_path / "project")
    question = copy.root / "queries" / "competency" / "pq09-is-there-one.rq"
    told = []
    for number, pattern in enumerate(("?s ?p ?o", "?s ?p ?o FILTER ( 1 = 2 )")):
        question.write_text(f"#: title: Is there one?\n\nASK {{ {pattern} }}\n", "utf-8")
        told.append(built(copy.root, tmp_path / str(number), "--without-reasoner"))
    answers = araxes("diff", *map(str, told)).stdout.partition("## Facts")[0]
    assert "- − `true`" in answers
    assert "- + `false`" in answers
