"""The matrix: every position is one mark in its place, what is not stated is counted, and a pair is compared by rule."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from html.parser import HTMLParser
from itertools import permutations
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from helpers import Reply, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.site.pages import BASE, BROWSER, inside

Select = Callable[[str], list[dict[str, str]]]
PREFIXES = f"PREFIX ax: <{BASE}ns/> PREFIX mode: <{BASE}scheme/mode/> "
VOID = {"meta", "link", "input", "br"}
STANCES = "supports does-not-oppose neutral mixed declines opposes"
SILENT, COVERED = "·", "–"


class Cell:
    """A cell of the matrix: its links with what they show, and the marks of each slot from left to right."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.tag, self.attributes = name, attributes
        self.links: list[tuple[dict[str, str], str]] = []
        self.slots: list[list[dict[str, str]] | str] = []
        self.text = ""
        self.unseen = ""
        self.hidden = 0


class Matrix(HTMLParser):
    """The matrix as a reader meets it: rows of cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[Cell]] = []
        self.stack: list[tuple[str, dict[str, str]]] = []
        self.chosen: dict[str, str] = {}
        self.offered: dict[str, list[str]] = {}
        self.listed: list[str] = []
        self.said: dict[str, str] = {}
        self.feed(text)

    def within(self, **wanted: str) -> bool:
        return any(
            all(value in (each.get(key) or "").split() for key, value in wanted.items()) for _, each in self.stack
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        if tag not in VOID:
            self.stack.append((tag, found))
        if tag == "option":
            self._offer(found)
        elif tag == "tr" and found.get("id", "").startswith("row-"):
            self.listed.append(found["id"])
        if self.within(**{"class": "matrix"}):
            self._in_matrix(tag, found)

    def _offer(self, found: dict[str, str]) -> None:
        name = next(each["name"] for kind, each in reversed(self.stack) if kind == "select")
        self.offered.setdefault(name, []).append(found["value"])
        if "selected" in found:
            self.chosen[name] = found["value"]

    def _in_matrix(self, tag: str, found: dict[str, str]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append(Cell(tag, found))
        elif self.rows and self.rows[-1] and self.within(**{"class": "slots"}):
            self._in_slots(tag, found)
        if tag == "a":
            self.rows[-1][-1].links.append((found, ""))

    def _in_slots(self, tag: str, found: dict[str, str]) -> None:
        cell = self.rows[-1][-1]
        if tag == "i":
            cell.slots.append(found.get("class", ""))
            cell.hidden += found.get("aria-hidden") == "true"
        elif tag == "span" and "class" not in found:
            cell.slots.append([])
        elif tag == "a" and isinstance(cell.slots[-1], list):
            cell.slots[-1].append(found)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, each in self.stack:
            if "id" in each:
                self.said[each["id"]] = self.said.get(each["id"], "") + data
        if self.rows and self.rows[-1] and self.within(**{"class": "matrix"}):
            cell = self.rows[-1][-1]
            cell.text += data
            if self.stack[-1][1].get("class") == "unseen":
                cell.unseen += data
            if self.stack[-1][0] == "a":
                cell.links[-1] = (cell.links[-1][0], cell.links[-1][1] + data)

    @property
    def actors(self) -> list[str]:
        """Return the paths of the actors in the order of their columns."""
        return [cell.links[0][0]["href"] for cell in self.rows[0] if cell.links]

    def columns(self) -> Iterator[tuple[str, str, Cell]]:
        """Yield proposition, actor and cell of all where an actor can stand towards a proposition."""
        for row in self.rows[1:]:
            cells = [cell for cell in row if cell.attributes.get("class") == "cell"]
            assert len(cells) in {0, len(self.actors)}
            put = next((found["href"] for found, _ in row[0].links if found["class"] == "put"), "")
            yield from ((put, actor, cell) for actor, cell in zip(self.actors, cells, strict=False))

    @property
    def marks(self) -> list[tuple[str, str, int, dict[str, str]]]:
        """Return proposition, actor, slot and link of each mark."""
        found = []
        for put, actor, cell in self.columns():
            for slot, here in enumerate(cell.slots):
                found += [(put, actor, slot, each) for each in here if not isinstance(each, str)]
        return found

    def slots_of(self, kind: str) -> list[tuple[str, str, int]]:
        """Return proposition, actor and slot of each place of a kind: silent or covered."""
        cells = ((put, actor, enumerate(cell.slots)) for put, actor, cell in self.columns())
        return [(put, actor, slot) for put, actor, slots in cells for slot, here in slots if here == kind]

    def links(self, kind: str) -> list[str]:
        """Return where the links in the cells of a class lead."""
        cells = (cell for row in self.rows for cell in row if cell.attributes.get("class") == kind)
        return [found["href"] for cell in cells for found, _ in cell.links]


def path(iri: str) -> str:
    return "/" + iri.removeprefix(BASE) + ".html"


def short(iri: str) -> str:
    return iri.removeprefix(f"{BASE}id/").replace("/", ":", 1)


def page(server: str, suffix: str = "", **given: str) -> Reply:
    reply = request(f"{server}matrix{suffix}?{urlencode(given)}", accept=BROWSER if not suffix else "*/*")
    assert reply.status == 200, reply.text
    return reply


@pytest.fixture(scope="module")
def whole(server: str) -> Matrix:
    return Matrix(page(server).text)


@pytest.fixture(scope="module")
def positions(select: Select) -> list[dict[str, str]]:
    found = select(
        PREFIXES + "SELECT ?position ?actor ?proposition ?phase ?stance WHERE { ?position a ax:Position ; "
        "ax:isHeldBy ?actor ; ax:isTowards ?proposition ; ax:holdsDuring ?phase ; ax:hasStance ?stance }"
    )
    assert len(found) > 30
    return found


@pytest.fixture(scope="module")
def phases(positions: list[dict[str, str]], whole: Matrix, server: str) -> list[str]:
    """Return the phases in the order in which the page names them."""
    named = re.findall(r'<li><span class="slot" dir="ltr">\d+</span> <a href="([^"]+)"', page(server).text)
    assert {path(row["phase"]) for row in positions} == set(named)
    return named


def names_of(select: Select, iris: set[str]) -> dict[str, str]:
    values = " ".join(f"<{each}>" for each in sorted(iris))
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    rows = select(
        f"SELECT ?it ?name WHERE {{ VALUES ?it {{ {values} }} ?it {label} ?name FILTER(LANG(?name) = 'en') }}"
    )
    return {path(row["it"]): row["name"] for row in rows}


def compared(select: Select, one: str, other: str) -> set[str]:
    rows = select(
        PREFIXES + f"SELECT DISTINCT ?comparison WHERE {{ ?comparison a ax:Comparison ; ax:compares ?a , ?b . "
        f"?a ax:isHeldBy <{one}> . ?b ax:isHeldBy <{other}> FILTER(?a != ?b) }}"
    )
    return {path(row["comparison"]) for row in rows}


def test_every_position_is_one_mark_in_its_place(
    whole: Matrix, positions: list[dict[str, str]], phases: list[str]
) -> None:
    drawn = sorted((put, actor, phases[slot], each["href"]) for put, actor, slot, each in whole.marks)
    assert drawn == sorted(
        (path(row["proposition"]), path(row["actor"]), path(row["phase"]), path(row["position"])) for row in positions
    )


def test_a_mark_says_in_words_what_it_means(
    whole: Matrix, select: Select, positions: list[dict[str, str]], phases: list[str]
) -> None:
    rows = select(
        PREFIXES
        + "SELECT ?position ?label WHERE { ?position a ax:Position ; rdfs:label ?label "
        "FILTER(LANG(?label) = 'en') }".replace("rdfs:label", "<http://www.w3.org/2000/01/rdf-schema#label>")
    )
    labels = {path(row["position"]): row["label"] for row in rows}
    assert len(labels) > 30
    named = names_of(select, {row["phase"] for row in positions})
    for *_, slot, each in whole.marks:
        assert each["title"] == each["aria-label"]
        assert each["title"].startswith(labels[each["href"]])
        assert each["title"].endswith(f"; phase: {named[phases[slot]]}")


def test_each_stance_has_its_own_mark_and_silence_another(whole: Matrix, positions: list[dict[str, str]]) -> None:
    stances = {path(row["position"]): row["stance"].rpartition("/")[2] for row in positions}
    shown: dict[str, set[str]] = {}
    for row in whole.rows[1:]:
        for found, text in (link for cell in row for link in cell.links if "data-row" in link[0]):
            shown.setdefault(stances[found["href"]], set()).add(text)
            assert stances[found["href"]] in found["class"].split()
    assert set(shown) == set(STANCES.split())
    symbols = [symbol for found in shown.values() for symbol in found]
    assert len(symbols) == len(set(symbols)) == len(shown)
    assert not {SILENT, COVERED} & set(symbols)


def test_the_legend_has_every_stance_and_outcome_and_silence(server: str, select: Select) -> None:
    text = page(server).text
    legend = text[text.index('<dl class="legend">') :]
    rows = select(PREFIXES + "SELECT ?it WHERE { VALUES ?kind { ax:Stance ax:Outcome } ?it a ?kind }")
    assert len(rows) > 8
    assert [row["it"] for row in rows if f'href="{path(row["it"])}"' not in legend] == []
    assert "not stated</dt>" in legend
    assert "not said outright</dt>" in legend


def test_what_is_not_stated_is_counted(
    whole: Matrix, positions: list[dict[str, str]], phases: list[str], select: Select
) -> None:
    held: dict[tuple[str, str], set[str]] = {}
    for row in positions:
        held.setdefault((path(row["proposition"]), path(row["actor"])), set()).add(path(row["phase"]))
    wider: dict[str, set[str]] = {}
    for row in select(PREFIXES + "SELECT ?phase ?wider WHERE { ?phase ax:isWithin+ ?wider }"):
        wider.setdefault(path(row["phase"]), set()).add(path(row["wider"]))
    propositions = [path(row["it"]) for row in select(PREFIXES + "SELECT ?it WHERE { ?it a ax:Proposition }")]
    places = {(put, actor, slot) for put in propositions for actor in whole.actors for slot in range(len(phases))}
    marked = {(put, actor, slot) for put, actor, slot, _ in whole.marks}
    covered = {
        (put, actor, slot)
        for put, actor, slot in places - marked
        if wider.get(phases[slot], set()) & held.get((put, actor), set())
    }
    assert covered
    assert set(whole.slots_of("covered")) == covered
    assert set(whole.slots_of("silent")) == places - marked - covered
    numbers = [int(each) for each in re.findall(r"\d+", whole.said["places"])]
    assert numbers == [
        len(positions), len(whole.actors), len(propositions),
        len(places), len(marked), len(covered), len(places - marked - covered),
    ]  # fmt: skip


def test_an_empty_cell_says_so_to_who_cannot_see_it(whole: Matrix) -> None:
    empty = [cell for *_, cell in whole.columns() if set(map(str, cell.slots)) == {"silent"}]
    assert len(empty) > 20
    assert all(cell.unseen == "not stated" for cell in empty)


def test_a_cell_says_in_a_sentence_what_is_covered_and_what_is_not_stated(
    whole: Matrix, select: Select, positions: list[dict[str, str]], phases: list[str]
) -> None:
    named = names_of(select, {row["phase"] for row in positions})
    seen = set()
    for *_, cell in whole.columns():
        kinds = [each if isinstance(each, str) else "mark" for each in cell.slots]
        parts = cell.unseen.split("; ") if cell.unseen else []
        covered = [named[phases[slot]] for slot, kind in enumerate(kinds) if kind == "covered"]
        assert [each.partition(": covered by ")[0] for each in parts if "covered by" in each] == covered
        assert all(each.partition(": covered by ")[2] in named.values() for each in parts if "covered by" in each)
        rest = "not stated" if set(kinds) == {"silent"} else "the rest not stated"
        assert [each for each in parts if "covered by" not in each] == ([rest] if "silent" in kinds else [])
        assert cell.hidden == kinds.count("silent") + kinds.count("covered")
        seen.add((bool(covered), rest))
    assert seen >= {(True, "the rest not stated"), (False, "not stated"), (False, "the rest not stated")}


def test_what_is_weakly_worded_is_marked(server: str, whole: Matrix, select: Select) -> None:
    strengths: dict[str, set[str]] = {}
    for row in select(
        PREFIXES + "SELECT ?position ?strength WHERE { ?position a ax:Position ; ax:isAttestedBy ?attestation "
        "OPTIONAL { ?attestation ax:hasStrength ?strength } }"
    ):
        strengths.setdefault(path(row["position"]), set()).add(row.get("strength", "").rpartition("/")[2])
    weak = {position for position, found in strengths.items() if found == {"weak"}}
    marked = [each for *_, each in whole.marks if "weak" in each["class"].split()]
    assert weak
    assert {each["href"] for each in marked} == weak
    assert all("weakly worded" in each["title"] for each in marked)
    drawn = [
        each
        for each in ET.fromstring(inside(page(server, ".svg").text)).iter()
        if "weak" in each.get("class", "").split()
    ]
    assert sorted(each.get("href", "") for each in drawn) == sorted(each["href"] for each in marked)


def test_what_no_passage_says_outright_is_marked(whole: Matrix, select: Select) -> None:
    rows = select(
        PREFIXES + "SELECT DISTINCT ?position WHERE { ?position a ax:Position FILTER NOT EXISTS { "
        "?position ax:isAttestedBy/ax:hasMode ?mode FILTER(?mode NOT IN (mode:derived, mode:possible)) } }"
    )
    marked = [each for *_, each in whole.marks if "concluded" in each["class"].split()]
    assert rows
    assert {each["href"] for each in marked} == {path(row["position"]) for row in rows}
    assert all("not said outright" in each["title"] for each in marked)


def test_every_issue_is_there_with_its_propositions_together(whole: Matrix, select: Select) -> None:
    rows = select(
        PREFIXES
        + "SELECT ?issue ?it WHERE { ?issue a ax:Issue OPTIONAL { ?it ax:isOnIssue ?issue ; a ax:Proposition } }"
    )
    wanted: dict[str, set[str]] = {}
    for row in rows:
        wanted.setdefault(path(row["issue"]), set()).update([path(row["it"])] if "it" in row else [])
    shown: dict[str, set[str]] = {}
    issue = ""
    for row in whole.rows[1:]:
        for found, _ in row[0].links:
            issue = found["href"] if found["class"] == "issue" else issue
            shown.setdefault(issue, set()).update([found["href"]] if found["class"] == "put" else [])
    assert len(wanted) > 15
    assert shown == wanted


def test_the_pair_is_offered_asked_for_and_put_first(
    server: str, positions: list[dict[str, str]], select: Select
) -> None:
    holders = sorted({row["actor"] for row in positions})
    actors = sorted(short(row["it"]) for row in select(PREFIXES + "SELECT DISTINCT ?it WHERE { ?it a ax:Actor }"))
    assert len(actors) > len(holders) > 2
    seen = 0
    for one, other in permutations(holders, 2):
        found = Matrix(page(server, one=short(one), other=short(other)).text)
        assert sorted(found.offered["one"]) == sorted(found.offered["other"]) == actors
        assert (found.chosen["one"], found.chosen["other"]) == (short(one), short(other))
        assert found.actors[:2] == [path(one), path(other)]
        assert sorted(found.actors) == sorted(map(path, holders))
        links = found.links("made")
        assert len(links) == len(set(links))
        assert set(links) == compared(select, one, other)
        assert len(found.marks) == len(positions)
        seen += len(links)
    assert seen > 20


def test_a_pair_is_the_same_in_either_order(server: str) -> None:
    one = Matrix(page(server, one="state:iran", other="state:azerbaijan").text)
    other = Matrix(page(server, one="state:azerbaijan", other="state:iran").text)
    assert one.links("made")
    assert one.links("made") == other.links("made")
    assert one.links("claimed") == other.links("claimed")


def test_iran_and_russia_are_compared_where_nothing_is_asked(server: str, whole: Matrix) -> None:
    assert (whole.chosen["one"], whole.chosen["other"]) == ("state:iran", "state:russia")
    asked = Matrix(page(server, one="state:iran", other="state:russia").text)
    assert whole.links("made") == asked.links("made")
    assert Matrix(page(server, one="state:russia").text).chosen["other"] == "state:iran"


def test_what_is_seen_is_counted(server: str, whole: Matrix, select: Select) -> None:
    rows = select(
        PREFIXES
        + f"""SELECT ?outcome (COUNT(DISTINCT ?comparison) AS ?n) WHERE {{ ?comparison ax:hasOutcome ?kind ;
        ax:compares/ax:isHeldBy <{BASE}id/state/iran> , <{BASE}id/state/russia> .
        ?kind <http://www.w3.org/2000/01/rdf-schema#label> ?outcome FILTER(LANG(?outcome) = "en") }} GROUP BY ?outcome"""
    )
    assert len(rows) > 1
    for row in rows:
        assert f"{row['n']} {row['outcome']}" in whole.said["seen"]
    assert f"{len(whole.links('made'))} comparisons" in whole.said["seen"]
    assert "Computed by a rule from the positions; what an author claims stands apart" in page(server).text


def test_claims_are_kept_apart_from_what_is_computed(server: str, whole: Matrix, select: Select) -> None:
    rows = select(
        PREFIXES
        + f"""SELECT DISTINCT ?claim ?issue WHERE {{ VALUES ?kind {{ ax:DivergenceClaim ax:ConvergenceClaim }}
        ?claim a ?kind ; ax:involves <{BASE}id/state/iran> , <{BASE}id/state/russia> OPTIONAL {{ ?claim ax:isOnIssue ?issue }} }}"""
    )
    on, off = (
        {path(row["claim"]) for row in rows if "issue" in row},
        {path(row["claim"]) for row in rows if "issue" not in row},
    )
    assert on
    assert off
    assert set(whole.links("claimed")) == on
    assert not [link for link in whole.links("made") if "/claim/" in link]
    below = page(server).text.partition('<section class="panel" id="claims">')[2].partition("</section>")[0]
    assert [link for link in on | off if f'href="{link}"' not in below] == []


def test_one_actor_is_not_compared_with_itself(server: str) -> None:
    found = Matrix(page(server, one="state:iran", other="state:iran").text)
    assert "not compared with itself" in found.said["seen"]
    assert found.links("made") == []
    assert len(found.actors) == len(set(found.actors))


@pytest.mark.parametrize(("one", "other"), [("state:turkey", "state:iran"), ("state:israel", "state:turkey")])
def test_an_actor_without_positions_has_a_column_in_which_nothing_is_filled_in(
    server: str, one: str, other: str, positions: list[dict[str, str]]
) -> None:
    reply = page(server, one=one, other=other)
    found = Matrix(reply.text)
    mute = [each for each in (one, other) if path(f"{BASE}id/{each.replace(':', '/')}") not in path_holders(positions)]
    assert reply.text.count("holds no position that is recorded here") == len(mute) > 0
    assert found.actors[:2] == [path(f"{BASE}id/{each.replace(':', '/')}") for each in (one, other)]
    assert found.links("made") == []
    assert "no comparison on any" in found.said["seen"]
    for each in mute:
        cells = [cell for _, actor, cell in found.columns() if actor == path(f"{BASE}id/{each.replace(':', '/')}")]
        assert len(cells) > 10
        assert all(set(map(str, cell.slots)) <= {"silent", "covered"} for cell in cells)


def path_holders(positions: list[dict[str, str]]) -> set[str]:
    return {path(row["actor"]) for row in positions}


def test_who_is_no_actor_is_said_on_the_page(server: str) -> None:
    reply = page(server, one="phase:recent", other="state:armenia")
    assert "There is no actor <strong>phase:recent</strong> here" in reply.text
    found = Matrix(reply.text)
    assert found.chosen["other"] == "state:armenia"
    asked = {each for each in re.findall(r'href="/sparql\?([^"]+)"', reply.text) if "recent" in each}
    assert asked == set()


@pytest.mark.parametrize("suffix", ["", ".svg", ".csv", ".json"])
@pytest.mark.parametrize("name", ["one", "other", "phase"])
def test_what_the_graph_does_not_know_is_not_found(server: str, suffix: str, name: str) -> None:
    asked = {"one": "state:iran", "other": "state:russia"} | {name: "state:nowhere"}
    reply = request(f"{server}matrix{suffix}?{urlencode(asked)}")
    assert reply.status == 404
    assert reply.json()["detail"].endswith(f"/id/state/nowhere, which is given as {name}")


def test_an_issue_without_a_proposition_leads_to_who_takes_part(server: str, whole: Matrix, select: Select) -> None:
    rows = select(
        PREFIXES + "SELECT ?issue ?about WHERE { ?issue a ax:Issue ; ax:isAbout ?about "
        "FILTER NOT EXISTS { ?any ax:isOnIssue ?issue ; a ax:Proposition } }"
    )
    assert rows
    shown = [row for row in whole.rows if any("No proposition is put" in cell.text for cell in row)]
    assert [path(row["about"]) for row in rows] == [found["href"] for row in shown for found, _ in row[1].links]
    for row in rows:
        assert "Turkey" in request(server.rstrip("/") + path(row["about"]), accept=BROWSER).text


@pytest.mark.parametrize("name", ["one", "other", "phase"])
@pytest.mark.parametrize("value", ["not a name", '"><script>alert(1)</script>', "\x00", "ü" * 500])
@pytest.mark.parametrize("suffix", ["", ".svg"])
def test_what_is_no_name_is_refused(server: str, name: str, value: str, suffix: str) -> None:
    reply = request(f"{server}matrix{suffix}?{urlencode({name: value})}", accept=BROWSER)
    assert reply.status == 400
    assert "<script>alert" not in reply.text


@pytest.mark.parametrize("suffix", ["", ".svg", ".csv", ".json"])
def test_what_is_no_phase_is_refused(server: str, suffix: str) -> None:
    assert request(f"{server}matrix{suffix}?phase=not%20a%20phase", accept="*/*").status == 400


def test_each_phase_can_be_had_alone(server: str, positions: list[dict[str, str]]) -> None:
    for phase in sorted({row["phase"] for row in positions}):
        wanted = sorted(path(row["position"]) for row in positions if row["phase"] == phase)
        found = Matrix(page(server, phase=short(phase)).text)
        assert sorted(each["href"] for *_, each in found.marks) == wanted
        assert found.chosen["phase"] == short(phase)
        assert {slot for _, _, slot, _ in found.marks} == {0}
    nothing = page(server, phase="phase:since-invasion").text
    assert "No position is held during that phase" in nothing


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_page_list_drawing_and_data_are_one(server: str, positions: list[dict[str, str]], data: Any) -> None:
    actors, times = (sorted({short(row[name]) for row in positions}) for name in ("actor", "phase"))
    choice = {"one": st.sampled_from(actors), "other": st.sampled_from(actors), "phase": st.sampled_from(times)}
    asked = data.draw(st.fixed_dictionaries({}, optional=choice))
    found = Matrix(page(server, **asked).text)
    table = data_of(server, "position", **asked)
    rows = page(server, ".json", **asked).json()["results"]["bindings"]
    svg = [each for each in ET.fromstring(inside(page(server, ".svg", **asked).text)).iter() if each.get("data-row")]
    numbered = {int(each["data-row"]): each["href"] for *_, each in found.marks}
    assert table
    assert once(path(row["thing"]) for row in table) == [numbered[n] for n in sorted(numbered)]
    assert [row["thing"]["value"] for row in rows] == [row["thing"] for row in data_of(server, **asked)]
    made = data_of(server, "comparison", **asked)
    assert sorted(path(row["thing"]) for row in made) == sorted(found.links("made"))
    assert {int(str(each.get("data-row"))): each.get("href") for each in svg} == numbered
    assert found.listed == [f"row-{n}" for n in sorted(numbered)]


def data_of(server: str, kind: str = "", **asked: str) -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(page(server, ".csv", **asked).text))
    return [row for row in rows if kind in {"", row["row"]}]


def once(some: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(some))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"one": "state:russia"},
        {"other": "state:iran"},
        {"one": "state:armenia", "other": "state:azerbaijan", "phase": "phase:recent"},
        {"one": "state:iran", "other": "state:azerbaijan", "phase": "phase:post-2kw"},
        {"one": "state:iran", "other": "state:iran"},
        {"one": "phase:recent", "other": "state:iran"},
        {"one": "state:israel", "other": "state:turkey"},
    ],
    ids=lambda asked: " ".join(asked.values()) or "default",
)
def test_the_file_has_what_the_page_has(server: str, asked: dict[str, str]) -> None:
    text = page(server, **asked).text
    found = Matrix(text)
    assert once(row["row"] for row in data_of(server, **asked)) == sorted(
        {row["row"] for row in data_of(server, **asked)}, reverse=True
    )
    marks = sorted(each["href"] for *_, each in found.marks)
    assert sorted(once(path(row["thing"]) for row in data_of(server, "position", **asked))) == marks
    made = data_of(server, "comparison", **asked)
    assert sorted(path(row["thing"]) for row in made) == sorted(found.links("made"))
    below = text.partition('<section class="panel" id="claims">')[2].partition("</section>")[0]
    claims = {path(row["thing"]) for row in data_of(server, "claim", **asked)}
    assert claims == set(re.findall(r'href="(/id/claim/[^"]+)"', below))
    link = re.search(r'href="/matrix\.csv(\?[^"]+)">CSV', text)
    assert link
    assert request(f"{server}matrix.csv{unescape(link[1])}", accept="*/*").text == page(server, ".csv", **asked).text


def test_the_file_says_who_says_so(server: str, select: Select) -> None:
    rows = data_of(server)
    assert {row["row"] for row in rows} == {"position", "comparison", "claim"}
    told = {
        (row["it"], row.get("who", ""), row.get("mode", ""), row.get("strength", ""), row.get("passage", ""))
        for row in select(
            PREFIXES
            + "SELECT * WHERE { ?it a ax:Position ; ax:isAttestedBy ?by . OPTIONAL { ?by ax:accordingTo ?who } "
            "OPTIONAL { ?by ax:hasMode ?mode } OPTIONAL { ?by ax:hasStrength ?strength } OPTIONAL { ?by ax:hasPassage ?passage } }"
        )
    }
    evidence = ("thing", "according", "mode", "strength", "passage")
    assert {tuple(row[name] for name in evidence) for row in rows if row["row"] == "position"} == told
    for row in rows:
        assert bool(row["rule"]) == (row["row"] == "comparison") == (not row["passage"]), row
        assert bool(row["with"]) == (row["row"] != "position")


def test_every_mark_and_comparison_leads_to_a_page(server: str, whole: Matrix) -> None:
    to = {each["href"] for *_, each in whole.marks} | set(whole.links("made")) | set(whole.links("claimed"))
    assert len(to) > 50
    assert [link for link in sorted(to) if request(server.rstrip("/") + link, accept=BROWSER).status != 200] == []


def test_the_first_page_shows_every_comparison_of_iran_and_russia(server: str, select: Select) -> None:
    for query in ("", "?one=state:armenia&other=state:azerbaijan&phase=phase:recent"):
        text = request(f"{server}{query}", accept=BROWSER).text
        text = text[text.index('<table class="essence">') :]
        text = text[: text.index("</table>")]
        shown = re.findall(r'href="(/id/comparison/[^"]+)"', text)
        assert set(shown) == compared(select, f"{BASE}id/state/iran", f"{BASE}id/state/russia")
        assert len(shown) == len(set(shown)) == text.count('class="both"')
        assert 1 < text.count("<tr>") - 1 <= 8


def test_the_first_column_stays_on_a_phone(visit: Any) -> None:
    page = visit("/matrix", width=390, height=844)
    region = page.get_by_role("region", name="The matrix")
    region.focus()
    region.evaluate("region => { region.scrollLeft = region.scrollWidth }")
    moved = region.evaluate("region => region.scrollLeft")
    left = region.evaluate("region => region.getBoundingClientRect().left")
    boxes = page.eval_on_selector_all(
        ".matrix tbody th", "heads => heads.map(head => head.getBoundingClientRect().left)"
    )
    assert moved > 200
    assert len(boxes) > 15
    assert max(abs(each - left) for each in boxes) < 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_phone_shows_what_is_computed_under_the_proposition(visit: Any) -> None:
    shown = "all => all.filter(each => each.checkVisibility()).map(each => each.textContent.replace(/:.*/, ''))"
    page = visit("/matrix", width=390, height=844)
    brief = page.eval_on_selector_all(".matrix th .brief", shown)
    made = page.eval_on_selector_all(".matrix .made bdi", shown)
    assert len(made) > 10
    assert [" ".join(each.split()) for each in brief] == [" ".join(each.split()) for each in made]
    page.get_by_role("link", name="What the marks mean").click()
    page.wait_for_url("**/matrix#legend")
    assert visit("/matrix").eval_on_selector_all(".matrix th .brief", shown) == []


@pytest.mark.parametrize("view", ["matrix.svg", "timeline", "causes", "network"])
def test_a_drawing_is_printed_in_light_colours_whatever_the_scheme(visit: Any, view: str) -> None:
    page = visit(f"/{view}", scheme="dark")
    names = ["--ink", "--soft", "--accent", "--field", "--for", "--against", "--fill"]
    colours = "names => names.map(name => getComputedStyle(document.querySelector('.drawn')).getPropertyValue(name))"
    dark = page.evaluate(colours, names)
    page.emulate_media(media="print", color_scheme="dark")
    printed = page.evaluate(colours, names)
    page.emulate_media(media="print", color_scheme="light")
    assert printed == page.evaluate(colours, names)
    assert printed != dark


def test_the_pair_is_chosen_without_scripts(visit: Any) -> None:
    page = visit("/matrix", javascript=False)
    page.get_by_label("Compare").select_option("state:azerbaijan")
    page.get_by_label("with", exact=True).select_option("state:armenia")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/matrix?one=state%3Aazerbaijan&other=state%3Aarmenia&phase=")
    assert page.locator(".matrix thead th").nth(1).inner_text().startswith("Azerbaijan")
