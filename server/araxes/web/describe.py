"""The description of the endpoint and of its data, counted in the data that is served."""

import json
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Template

from araxes.engine import Format, Question
from araxes.engine.formats import rewrite
from araxes.engine.question import GRAPHS, RESULTS
from araxes.problems import AnswerTooLarge, QueryTooSlow, TooMuchMemory
from araxes.settings import SETTINGS, Setting, Settings
from araxes.web.exchange import Exchange, Site
from araxes.web.respond import Reply, typed

FOLDER = files("araxes.web") / "describe"
QUERIES = {name: (FOLDER / f"{name}.rq").read_text("utf-8") for name in ("graphs", "classes", "properties")}
Row = dict[str, str]


def limits(settings: Settings) -> list[tuple[Setting, int]]:
    """Return each setting that bounds what a query may do, with its value."""
    return [(each, int(getattr(settings, each.name))) for each in SETTINGS if each.limit]


class Description:
    """The service description with its VoID, made once for each release and format."""

    def __init__(self, site: Site, template: Template) -> None:
        self._site = site
        self._template = template
        self._made: dict[tuple[str, str], bytes] = {}

    def reply(self, exchange: Exchange, wanted: Format) -> Reply:
        """Return the description in one of the formats for graphs.

        Raises `Busy` and `Unavailable` where the engine cannot be asked now. SPARQL 1.1 Service Description, 2.
        """
        key = exchange.release, wanted.name
        body = self._made.get(key) or self._written(exchange, wanted)
        if exchange.fixed:
            self._made = {made: kept for made, kept in self._made.items() if made[0] == key[0]} | {key: body}
        return Reply(200, typed(wanted.media_type), body)

    def _written(self, exchange: Exchange, wanted: Format) -> bytes:
        found = self._counted(exchange)
        parts = [
            {**row, **{name: [each for each in found[name] if each.get("graph") == row.get("graph")] for name in found}}
            for row in found.get("graphs", ())
        ]
        turtle = self._template.render(
            base=self._site.base,
            formats=(*RESULTS, *GRAPHS),
            limits=limits(self._site.settings),
            release=exchange.release,
            parts=[{**part, "at": quote(str(part.get("graph", "")), safe="")} for part in parts],
        ).encode()
        return turtle if wanted.name == "turtle" else rewrite(turtle, f"{self._site.base}/sparql", wanted)

    def _counted(self, exchange: Exchange) -> dict[str, list[Row]]:
        # Data that cannot be counted within the limits is described without its counts.
        try:
            return {name: self._rows(exchange, text) for name, text in QUERIES.items()}
        except (AnswerTooLarge, QueryTooSlow, TooMuchMemory):
            return {}

    def _rows(self, exchange: Exchange, text: str) -> list[Row]:
        found = json.loads(self._site.ask(exchange, Question(text, RESULTS[0])).body)
        return [{name: term["value"] for name, term in row.items()} for row in found["results"]["bindings"]]
