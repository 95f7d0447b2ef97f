"""The network: all ties of a thing are drawn or counted and listed, and no text covers another."""

import csv
import io
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from araxes.web.site import Term
from helpers import request
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.site.drawings import HOSTILE, MEET, SVG, THING, Page, clashes, drawn, every, filled, iri, marks, texts
from tests.site.drawings import text as literal
from tests.site.pages import inside

Row = dict[str, Term]
MODE = "https://w3id.org/araxes/scheme/mode/"


def row(node: str, *, tie: str = "ax:involves", out: bool = True, **more: str) -> Row:
    """Return a row of the query, as the graph would give it."""
    flags = {"concluded": "false", "weak": "false", "computed": "false", "outward": str(out).lower()}
    flags |= {key: value for key, value in more.items() if key in flags}
    things = {key: iri(value) for key, value in more.items() if key not in flags}
    return {"node": iri(node), "tie": iri(tie), **{key: literal(value) for key, value in flags.items()}, **things}


def network(rows: Iterable[Row], *, known: bool = True, names: dict[str, str] | None = None) -> Page:
    about = {"thing": iri("focus")} | ({"class": iri("ax:Event")} if known else {})
    answers = {"network": list(rows), "network-thing": [about], "network-things": []}
    return Page(answers, {THING + name: label for name, label in (names or {}).items()})


def listed(html: str) -> tuple[int, int]:
    """Return how many rows the tables of a page have: those that are drawn, and those that are not."""
    return len(re.findall(r'<tr id="row-\d+"', html)), len(re.findall(r'<tr role="row"><th scope="row"', html))


def test_a_thing_with_no_tie_stands_alone() -> None:
    page = network([])
    drawing = drawn("network", page)
    assert marks(drawing) == {}
    assert [box.text for box in texts(drawing) if box.text == "focus"] == ["focus"]
    assert "ties it to nothing else" in filled("network.html", page)


def test_a_thing_that_is_not_known_is_said_to_be_so() -> None:
    html = filled("network.html", network([], known=False))
    assert "The graph says nothing of" in html
    assert 'class="drawn network"' not in html


def test_of_many_ties_some_are_drawn_and_all_are_listed() -> None:
    rows = [row(f"n{n}", tie=f"ax:tie{n % 3}", out=n % 2 == 0) for n in range(200)]
    page = network(rows)
    drawing, html = drawn("network", page), filled("network.html", page)
    assert 36 <= len(marks(drawing)) <= 46
    assert listed(html) == (len(marks(drawing)), 200 - len(marks(drawing)))
    counted = [int(found[1]) for box in texts(drawing) if (found := re.match(r"(\d+) more in the list", box.text))]
    assert sum(counted) == 200 - len(marks(drawing))
    assert f"{sum(counted)} more are in the list" in html
    assert {name for n in range(200) if f"{THING}n{n}".rpartition("/")[2] in html for name in [n]} == set(range(200))


def test_positions_come_before_other_ties() -> None:
    others = [row(f"n{n}", tie=f"ax:tie{n % 12}", out=False) for n in range(100)]
    held = [row(f"p{n}", tie=f"ax:stance{n % 3}", through=f"position{n}", phase="war") for n in range(20)]
    drawing = drawn("network", network([*others, *held]))
    drawn_there = {each.get("href", "") for each in marks(drawing).values()}
    assert {f"/id/event/p{n}.html" for n in range(20)} <= drawn_there
    assert len(drawn_there) > 30


def test_what_is_concluded_or_computed_is_marked() -> None:
    rows = [
        row("plain"),
        row("short", through="position", concluded="true"),
        row("made", tie="ax:isAtOddsWith", computed="true"),
        row("weak", weak="true", mode=MODE + "stated"),
        row("read", mode=MODE + "interpreted"),
    ]
    drawing = drawn("network", network(rows))
    said = {each.get("href", "").rpartition("/")[2]: "".join(each.itertext()) for each in marks(drawing).values()}
    assert "not said outright" in said["short.html"]
    assert "computed" in said["made.html"]
    assert "weakly worded" in said["weak.html"]
    assert "interpreted" in said["read.html"]
    assert not {"not", "computed", "weakly", "interpreted"} & set(said["plain.html"].split())
    assert "stated" not in said["weak.html"]
    assert len(every(drawing, "nw-short")) == 1


def test_a_tie_on_several_passages_is_one() -> None:
    more = [{"according": f"who{n % 2}", "mode": MODE + "interpreted", "passage": f"passage{n}"} for n in range(3)]
    page = network([row("a", through="position", **each) for each in more] + [row("b")])
    html = filled("network.html", page)
    assert len(marks(drawn("network", page))) == 2
    assert listed(html) == (2, 0)
    assert [html.count(f"/id/event/{each}.html") for each in ("who0", "who1", "passage0", "passage1", "passage2")] == [
        1
    ] * 5


def test_the_direction_can_be_seen() -> None:
    drawing = drawn("network", network([row("to", out=True), row("from", out=False)]))
    where = {each.get("href", ""): next(each.iter(f"{SVG}text")) for each in marks(drawing).values()}
    middle = float(drawing.get("width", 0)) / 2
    assert float(where["/id/event/to.html"].get("x", 0)) > middle > float(where["/id/event/from.html"].get("x", 0))
    assert len(every(drawing, "nw-arrow")) == 2


def test_a_node_without_a_page_is_no_link() -> None:
    bad = {**row("x"), "node": Term("javascript:alert(1)", "uri")}
    drawing = drawn("network", network([bad, row("b")]))
    assert [each.get("href") for each in marks(drawing).values()] == [None, "/id/event/b.html"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_label_stays_a_text(name: str) -> None:
    rows = [row("a"), row("b", out=False), row("a", tie="ax:other", phase="b"), row("c", tie="ax:other")]
    page = network(rows, names=dict.fromkeys(("a", "b", "focus"), HOSTILE[name]))
    drawing = drawn("network", page)
    assert not list(drawing.iter(f"{SVG}script"))
    title = marks(drawing)[1].find(f"{SVG}title")
    assert title is not None
    kept = "".join(c for c in HOSTILE[name] if c >= " " and c != "\ufffe")
    assert (title.text or "").startswith(kept)
    assert all(len(box.text) < 70 for box in texts(drawing))
    assert "<script>alert" not in filled("network.html", page)
    assert clashes(texts(drawing)) == []


many = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.booleans(),
        st.text(st.sampled_from("aeinorst lmdW"), min_size=1, max_size=120).filter(str.strip),
        st.sampled_from(["", "phase", "a phase with a rather long name of its own"]),
        st.booleans(),
    ),
    max_size=90,
)


@given(many)
@settings(max_examples=60, deadline=None)
def test_whatever_it_is_tied_to_nothing_covers_anything_else(some: list[tuple[int, bool, str, str, bool]]) -> None:
    rows = [
        row(
            f"n{n}",
            tie=f"ax:tie{tie}",
            out=out,
            **({"phase": "p" + phase} if phase else {}),
            **({"through": "t"} if full else {}),
        )
        for n, (tie, out, _, phase, full) in enumerate(some)
    ]
    drawing = drawn("network", network(rows, names={f"n{n}": label for n, (_, _, label, _, _) in enumerate(some)}))
    assert sorted(marks(drawing)) == list(range(1, len(marks(drawing)) + 1))
    assert clashes(texts(drawing)) == []
    wide, high = float(drawing.get("width", 0)), float(drawing.get("height", 0))
    assert all(box.left >= 0 and box.right <= wide and box.top >= 0 and box.bottom <= high for box in texts(drawing))
    more = sum(int(found[1]) for box in texts(drawing) if (found := re.match(r"(\d+) more in the list", box.text)))
    assert len(marks(drawing)) + more == len(some)


def ask(server: str, thing: str, suffix: str = "") -> Any:
    return request(f"{server}network{suffix}?thing={quote(thing, safe='')}", accept="*/*")


@pytest.mark.parametrize(
    "thing", ["state:iran", "https://w3id.org/araxes/id/state/iran", "<https://w3id.org/araxes/id/state/iran>"]
)
def test_a_thing_can_be_named_in_each_way(server: str, thing: str) -> None:
    assert "<h1>Network: Iran</h1>" in ask(server, thing).text


def test_an_actor_is_tied_to_what_it_takes_a_position_on(server: str) -> None:
    drawing = ET.fromstring(inside(ask(server, "state:iran", ".svg").text))
    corridor = [
        each
        for each in marks(drawing).values()
        if (each.get("href") or "").endswith("/id/proposition/zangezur-corridor.html")
    ]
    assert ["after the Second Karabakh War" in "".join(each.itertext()) for each in corridor] == [True]
    html = ask(server, "state:iran").text
    assert "/id/position/iran-zangezur-corridor-post-2kw.html" in html
    back = ask(server, "proposition:zangezur-corridor").text
    assert "/id/state/iran.html" in back
    assert "/scheme/stance/does-not-oppose.html" in back


def test_page_and_file_say_who_says_so(server: str, select: Callable[[str], list[dict[str, str]]]) -> None:
    rows = list(csv.DictReader(io.StringIO(ask(server, "state:iran", ".csv").text)))
    told = {
        (row["it"], row["who"], row["mode"], row["passage"])
        for row in select(
            "PREFIX ax: <https://w3id.org/araxes/ns/> SELECT * WHERE { ?it a ax:Position ; ax:isHeldBy "
            "<https://w3id.org/araxes/id/state/iran> ; ax:isAttestedBy ?by . ?by ax:accordingTo ?who ; ax:hasMode ?mode ; "
            "ax:hasPassage ?passage }"
        )
    }
    evidence = ("through", "according", "mode", "passage")
    assert {tuple(row[name] for name in evidence) for row in rows if "/position/" in row["through"]} == told
    computed = [row for row in rows if row["computed"] == "true"]
    assert computed
    assert not [row for row in computed if row["according"] or row["mode"] or row["passage"]]
    ties = {(row["outward"], row["tie"], row["node"], row["through"], row["phase"]) for row in rows}
    html = ask(server, "state:iran").text
    assert sum(listed(html)) == len(ties)
    assert html.count('data-heading="According to">computed by a rule') == len(computed)
    assert any(row["weak"] == "true" for row in rows)
    assert "(weakly worded)" in html
    assert {f"/id/passage/{row['passage'].partition('/id/passage/')[2]}.html" for row in rows if row["passage"]} <= set(
        re.findall(r'href="(/id/passage/[^"]+)"', html)
    )


@pytest.mark.parametrize("thing", ["state:nowhere", "nope:x", "javascript:alert(1)"])
def test_a_name_that_the_graph_does_not_know(server: str, thing: str) -> None:
    reply = ask(server, thing)
    assert reply.status == 404
    assert "The graph says nothing of" in reply.text
    assert "which is given as thing" in reply.text
    assert 'href="javascript:' not in reply.text


def test_what_is_no_name_is_refused(server: str) -> None:
    assert ask(server, "a b <c>").status == 400


def test_the_author_with_his_many_attestations(server: str) -> None:
    reply = ask(server, "person:vali-kaleji")
    shown, rest = listed(reply.text)
    assert shown <= 46
    assert shown + rest > 150


def test_every_mark_leads_to_a_page_and_to_a_network(server: str) -> None:
    html = ask(server, "state:russia").text
    paths = set(re.findall(r'href="(/(?:id|scheme|network)[^"#]+)"', html))
    assert len(paths) > 80
    some = sorted(paths)[::3]
    assert {
        path: reply.status
        for path in some
        if (reply := request(server + path.lstrip("/"), accept="text/html")).status != 200
    } == {}


@pytest.mark.parametrize(
    "thing", ["state:iran", "person:vali-kaleji", "proposition:zangezur-corridor", "scheme:stance"]
)
def test_in_a_browser_no_text_covers_another(visit: Any, thing: str) -> None:
    found = visit(f"/network?thing={thing}").evaluate(MEET, "svg.network")
    assert found["number"] > 3
    assert found["found"] == []


def test_another_thing_can_be_chosen_without_scripts(visit: Any) -> None:
    page = visit("/network", javascript=False)
    page.locator("main select").select_option("state:russia")
    page.locator("main form button").click()
    page.wait_for_url("**/network?thing=state*russia")
    assert page.locator("h1").inner_text() == "Network: Russia"
