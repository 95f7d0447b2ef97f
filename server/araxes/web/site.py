"""Pages made from saved queries: what a template may ask of the graph while it is filled, and search by name."""

import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

from anyascii import anyascii
from markupsafe import Markup, escape
from rapidfuzz import fuzz, process

from araxes import prefixes, project, queries
from araxes.engine.question import RESULTS, Answer, Format, Question
from araxes.prefixes import BASE, NS
from araxes.problems import AnswerTooLarge

GAP, MOST_NAMES, KEPT = "VALUES ?it { }", 500, 20_000
LARGEST, LONGEST, LEAST = 16 << 20, 300, 72
HERE = Path(__file__).parent
ISOLATED = Markup('<bdi lang="{}">{}</bdi>')
DESCRIBE = queries.load(HERE / "describe", HERE)
UNREACHABLE = re.compile(r"//|/\.\.?(?:/|$)")  # two slashes would lead to another host, dots to another path
PAGED = ("id/", "scheme/", "graph/")
NAMES = ("site", "headers", "region", "differences")
SITE, HEADERS, REGION, DIFFERENCES = (tomllib.loads((HERE / f"{name}.toml").read_text("utf-8")) for name in NAMES)
SAFE = "/:@!$&'()*+,;=~-._"

Row = dict[str, "Term"]
Saved = Mapping[str, queries.SavedQuery]


class Term(NamedTuple):
    """An RDF term of an answer; `type` is uri, literal or bnode."""

    value: str
    type: str
    lang: str = ""
    datatype: str = ""


def path_of(term: Term | str) -> str:
    """Return where the page of an IRI is: a path of ours, an address of the web, or nothing that could be followed."""
    iri = term.value if isinstance(term, Term) else term
    if (rest := iri.removeprefix(BASE)) != iri:
        path = quote(f"/{rest}.html" if rest.startswith(PAGED) else f"/{rest}", safe=SAFE)
        return "" if UNREACHABLE.search(f"/{rest}") else path
    return iri if iri.startswith(("http://", "https://")) else ""


class Page:
    """What one page asks: rows of saved queries, and names of what is in them; `given` are values for parameters."""

    link = staticmethod(path_of)

    def __init__(self, ask: Callable[[Question], Answer], folder: Path, release: str, given: Mapping[str, str]) -> None:
        self._ask, self.given = ask, dict(given)
        self.queries, self.examples, self.prefixes, self.homes, self._names = _of(folder, release)

    def query(self, name: str, **given: str) -> str:
        """Return the text of a saved query, its parameters bound to what is given here, else by the request."""
        return queries.bind(self.queries[name], self._values(name, given), self.prefixes)

    def answer(self, name: str, wanted: Format, **given: str) -> Answer:
        """Return the answer to a saved query in a format; raises `BadParameter` and what the engine raises."""
        return self._ask(Question(self.query(name, **given), wanted))

    def rows(self, name: str, **given: str) -> list[Row]:
        """Return the rows that a saved query has, each a term by variable; what they mention can then be named."""
        body = self.answer(name, RESULTS[0], **given).whole(LARGEST)
        if len(body) == LARGEST:
            raise AnswerTooLarge(f"{name} has more rows than a page can show", hint="Ask for them at /sparql.")
        rows = read(body)
        self.learn(term.value for row in rows for term in row.values() if term.type == "uri")
        return rows

    def learn(self, iris: Iterable[str]) -> None:
        """Have the names of some IRIs at hand."""
        if len(self._names) > KEPT:
            self._names.clear()
        wanted = sorted({iri for iri in iris if iri not in self._names})
        for start in range(0, len(wanted), MOST_NAMES):
            some = wanted[start : start + MOST_NAMES]
            found = {row["it"].value: row["name"] for row in read(self._ask(about("names", some)).body)}
            self._names.update({iri: found.get(iri, Term(self.short(iri), "literal")) for iri in some})

    def label(self, term: Term | str) -> Markup:
        """Return what a thing is called, isolated from the text around it, with its language."""
        iri = term.value if isinstance(term, Term) else term
        self.learn([iri])
        name = self._names[iri]
        said = name.value if len(name.value) <= LONGEST else f"{name.value[:LONGEST]}…"
        return escape(said) if name.lang in {"", "en"} else ISOLATED.format(name.lang, said)

    def text(self, term: Term | str) -> str:
        """Return what a thing is called as plain text, as drawings and titles need it."""
        return str(self.label(term).striptags())

    def short(self, iri: str) -> str:
        """Return an IRI as a prefixed name where there is one."""
        return prefixes.shorten(iri, self.prefixes).strip("<>")

    def asked(self, name: str, **given: str) -> str:
        """Return the address of the query page with a saved query on it, its parameters bound as here."""
        return "/sparql?" + urlencode({"example": name, **self._values(name, given)})

    def _values(self, name: str, given: Mapping[str, str]) -> dict[str, str]:
        declared = {each.name for each in self.queries[name].parameters}
        return {key: value for key, value in {**self.given, **given}.items() if key in declared and value}


@lru_cache(maxsize=100)
def asset(name: str) -> str:
    """Return the address of a static file, with a mark of its bytes, so that it may be kept for a year."""
    return f"/static/{name}?v={sha256(inline(name).encode()).hexdigest()[:12]}"


def inline(name: str) -> str:
    """Return the text of a static file, for a drawing that is to stand alone."""
    return (HERE / "static" / name).read_text("utf-8")


def kind_of(classes: Collection[str]) -> str:
    """Return the kind of a thing by the IRIs of its classes, or nothing."""
    return next((kind for kind, (_, name, _) in SITE["kinds"].items() if name in classes or NS + name in classes), "")


def about(name: str, iris: Iterable[str]) -> Question:
    """Return a query of the folder `describe` as a question about some IRIs."""
    some = " ".join(f"<{iri}>" for iri in iris)
    return Question(DESCRIBE[name].text.replace(GAP, f"VALUES ?it {{ {some} }}"), RESULTS[0])


def read(body: bytes) -> list[Row]:
    """Return the rows of an answer in JSON."""
    return [
        {name: Term(t["value"], t["type"], t.get("xml:lang", ""), t.get("datatype", "")) for name, t in row.items()}
        for row in json.loads(body)["results"]["bindings"]
    ]


@lru_cache(maxsize=2)
def _of(folder: Path, _: str) -> tuple[Saved, Saved, Mapping[str, str], Mapping[str, str], dict[str, Term]]:
    """Return queries (where it has none, those of here), examples, prefixes, homes and learned names of a release."""
    root = folder if (folder / "queries" / "pages").is_dir() else project.locate(None, {}).root
    own, some = project.Project(root), (project.Project(folder).queries(each) for each in SITE["examples"])
    examples = {name: query for each in some for name, query in each.items()}
    homes = folder / project.DOCUMENTS / project.HOMES
    known = json.loads(homes.read_text("utf-8")) if homes.is_file() else {}
    return own.queries("pages"), examples, own.prefixes(), known, {}


class Found(NamedTuple):
    """A thing that was found: its IRI, the name that fits and its language, and how well it fits, to 100."""

    iri: str
    label: str
    lang: str
    score: float


class Index:
    """The names of all things, folded; made from rows of `thing` and `name`."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._folded = {(row["thing"].value, row["name"]): fold(row["name"].value) for row in rows}

    def find(self, typed: str) -> list[Found]:
        """Return the things whose names are most like what was typed, each once, the best first."""
        wanted, exactly = fold(typed), typed.strip().casefold()
        if not wanted:
            return []
        found = process.extract(wanted, self._folded, scorer=_likeness, score_cutoff=LEAST, limit=None)
        best: dict[str, Found] = {}
        for _, score, (iri, name) in sorted(found, key=lambda each: (-each[1], each[2][1].value.casefold() != exactly)):
            best.setdefault(iri, Found(iri, name.value, name.lang, score))
        return sorted(best.values(), key=lambda each: (-each.score, each.iri))


def fold(text: str) -> str:
    """Return a text in small Latin letters and digits, without diacritics, whatever its script."""
    return " ".join(re.findall(r"[a-z0-9]+", anyascii(text).lower()))


def _likeness(typed: str, name: str, **_: object) -> float:
    """Return how like two folded texts are: as wholes, or the typed one to a part; of parts, that of a shorter text."""
    more = min(max(len(name) - len(typed), 0), 150) / 10
    begins = 96 - more if f" {typed}" in f" {name}" else 0.0
    words = fuzz.token_set_ratio(typed, name) * 0.9
    parts, many = name.split(), len(typed.split())
    runs = (" ".join(parts[at : at + many]) for at in range(len(parts) - many + 1))
    near = max((fuzz.ratio(typed, each) for each in runs), default=0.0) * 0.9 - more if len(typed) > 3 else 0.0
    return max(fuzz.ratio(typed, name), begins, words, near)
