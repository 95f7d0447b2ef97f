"""What Flask answers: pages for people, views also as a drawing or as data, things and documents by their addresses."""

import base64
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache, partial
from hashlib import sha256
from typing import Any, cast
from urllib.parse import quote

from flask import Blueprint, Response, current_app, render_template, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from werkzeug.exceptions import HTTPException
from werkzeug.local import LocalProxy

from araxes import prefixes, queries
from araxes.engine.evaluate import as_graph
from araxes.engine.question import GRAPHS, RESULTS, Answer, Form, Format
from araxes.prefixes import BASE
from araxes.problems import BadRequest, Gone, MethodNotAllowed, NotFound, every_problem
from araxes.project import DOCUMENTS
from araxes.web.machines import KEY, Exchange, Machines
from araxes.web.protocol import PAGE, bare, fields_of, picked
from araxes.web.site import DESCRIBE, HEADERS, SAFE, SITE, Found, Index, Page, Saved, about, read

bp = Blueprint("pages", __name__)
site: Machines = cast("Any", LocalProxy(lambda: current_app.extensions["araxes"]))
exchange: Exchange = cast("Any", LocalProxy(lambda: request.environ[KEY]))

LARGEST, LARGEST_GRAPH, MOST_ROWS, MOST_CELLS, ROWS = 1 << 20, 200_000, 1_000, 20_000, '"bindings":['
VIEW, FORMS = f"<any({','.join(SITE['views'])}):name>", ("svg", "csv", "json")
DATA = {each.name: each for each in RESULTS}
STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
SYNTAXES = {"html": PAGE, **{(each.short or (each.name,))[0]: each for each in GRAPHS}}
DOCUMENT = SYNTAXES | {suffix: Format(*facts) for suffix, facts in SITE["owl"].items()}
POLICY, METADATA = "Content-Security-Policy", "csv-metadata.json"
# Files of data that changed have the folder they had.
_index = lru_cache(maxsize=2)(lambda folder, release: Index(page_for({}).rows("names")))  # noqa: ARG005


@bp.get(f"/{VIEW}", defaults={"suffix": "html"})
@bp.get(f"/{VIEW}.<any(svg, csv, json):suffix>")
def show(name: str, suffix: str, source: str = "", slug: str = "") -> Response:
    """Show a page; of a view, with one of the suffixes svg, csv and json, its drawing or its data."""
    page = page_for()
    page.given |= {"source": source, "slug": slug}
    if source and source not in {row["key"].value for row in page.rows("sources")}:
        raise NotFound(f"There is no source with the key {source[:100]}")
    if slug and slug not in {kind.slug for kind in every_problem()}:
        raise NotFound(f"There is no kind of problem called {slug[:100]}")
    data = SITE["data"].get(name, name)
    for each in page.queries[data].parameters if name in SITE["views"] else ():
        if (given := page.given.get(each.name)) and not each.kind.startswith("xsd:"):
            _known(page.rows("network-thing", thing=given)[0]["thing"].value, f", which is given as {each.name}")
    if name in SITE["views"] and suffix in DATA:
        answer = page.answer(data, DATA[suffix])
        return Response(answer.whole(), content_type=answer.media_type)
    text = filled(f"{name}.{suffix}", page, name=name, standalone=suffix == "svg")
    if suffix == "svg":  # a drawing that is saved has nothing to which a path could be added
        text = text.replace(' href="/', f' href="{site.base}/')
    headers = styled(text.encode()) if suffix == "svg" else {}
    if name in SITE["views"]:
        at, sent = quote(request.path.removesuffix(f".{suffix}")), quote(request.query_string, safe=f"{SAFE}%")
        of = f"?{sent}" if sent else ""
        links = [f'<{SITE["licence"]}>; rel="license"', *(f'<{at}.{form}{of}>; rel="alternate"' for form in FORMS)]
        headers["Link"] = ", ".join(links)
    return Response(text, content_type=SITE["types"][suffix], headers=headers)


for path, named in SITE["pages"].items():
    bp.add_url_rule(path, view_func=show, defaults=named)
for elsewhere, at in SITE["elsewhere"].items():
    bp.add_url_rule(elsewhere, f"to-{at}", partial(Response, "", 303, {"Location": at}))
bp.add_url_rule("/favicon.ico", "icon", partial(Response, "", 204))  # browsers look for one; each page brings its own


@bp.route("/sparql", endpoint="sparql", methods=["GET", "POST", "QUERY"])
def query(problem: Mapping[str, object] | None = None) -> str:
    """Show the query page, below it the answer where a query was sent, or the problem with it."""
    page = page_for({} if problem else None)
    name = page.given.get("example", "")
    known = {**page.queries, **page.examples} if name else page.examples
    if name and name not in known:
        raise NotFound(f"There is no example {name[:100]}")
    text = exchange.sent.text or _example_text(known, page)
    shown = _shown(exchange.form, exchange.answer) if exchange.answer and not problem else {}
    told = {"sent": exchange.sent, "text": text, "results": RESULTS, "graphs": GRAPHS, "problem": problem}
    return filled("query.html", page, **told, **shown)


@bp.get("/health")
@bp.get("/health/<any(live, ready):what>")
def health(what: str = "live") -> tuple[dict[str, object], int]:
    """Say that the server answers, and over which release; or whether it can answer queries now, with 503 if not."""
    exchange.fixed = False
    if what == "live":
        return {"status": "ok", "release": exchange.release, "triples": exchange.served.triples}, 200
    state = site.engine.state(memory=False)
    told = {"workers": state.workers, "busy": state.busy, "waiting": state.waiting, "release": exchange.release}
    told["reload"] = "failed" if state.reload_problem else "ok"
    return {"status": "ready" if state.ready else "not ready", **told}, 200 if state.ready else 503


@bp.get("/metrics")
def metrics() -> Response:
    """Return all counts for Prometheus."""
    exchange.fixed = False
    front = current_app.extensions["araxes.front"]
    more = render_template("metrics.txt", cache=front.cache, engine=site.engine).encode()
    return Response(generate_latest(front.registry) + more, content_type=CONTENT_TYPE_LATEST)


@bp.get("/<any(id, scheme, graph, ontology, tables):space>/<path:rest>")
def resource(space: str, rest: str) -> Response:
    """Lead from a thing, an ontology, a graph or a version to a page or data, or be one of these."""
    path, _, suffix = f"{space}/{rest}".rpartition(".")
    if f"{DOCUMENTS}/{space}/{rest}" in exchange.served.manifest["files"]:
        body, headers = (exchange.served.folder / DOCUMENTS / space / rest).read_bytes(), _links(path, _offered(path))
        headers |= styled(body) if suffix == "html" else {}
        kind = METADATA if rest.endswith(METADATA) else suffix
        return Response(body, content_type=DOCUMENT[kind].media_type, headers=headers)
    if suffix not in SYNTAXES:
        at = page_for({}).homes.get(f"{BASE}{space}/{rest}", f"{space}/{rest}")
        if not _offered(at):
            _known(BASE + at)
        return _elsewhere(at)
    iri = _known(BASE + path)
    if suffix == "html":
        page = filled("resource.html", space=space, iri=iri, syntaxes=SYNTAXES)
        return Response(page, headers=_links(path, SYNTAXES))
    found, wanted = site.ask(exchange, about("whole", [iri])), SYNTAXES[suffix]
    body = as_graph(found.whole(), wanted, prefixes.below(exchange.served.folder))
    return Response(body, content_type=wanted.media_type, headers=_links(path, SYNTAXES))


@bp.get("/<any(ns, shapes):space>/<path:rest>")
def term(space: str, rest: str) -> Response:
    """Lead from a term or a shape to where its ontology describes it."""
    if at := page_for({}).homes.get(f"{BASE}{space}/{rest}"):
        return _elsewhere(at, rest, f"{space}/{rest}")
    raise NotFound(f"No ontology here defines {space}/{rest[:200]}")


def problem_page(document: Mapping[str, object]) -> str:
    """Return the page for a problem: with the query to mend where there is one."""
    if exchange.environ["PATH_INFO"] == "/sparql" and exchange.sent.method:
        return query(document)
    return render_template("problem.html", problem=document, here=exchange.environ["PATH_INFO"])


def http_fault(fault: HTTPException) -> Response:
    """Raise the problem that a fault of Flask's own means; never returns."""
    here = request.path[:200]
    if allow := getattr(fault, "valid_methods", None):
        raise MethodNotAllowed(f"{here} does not answer {request.method[:40]}", more={"allow": sorted(allow)})
    raise NotFound(f"There is nothing at {here}") if fault.code == 404 else BadRequest(fault.name)


def page_for(given: Mapping[str, str] | None = None) -> Page:
    """Return what a page asks, its parameters as given, else those of the request; raises `BadRequest` for bad ones."""
    if given is None:
        found = fields_of(exchange.environ.get("QUERY_STRING", "").encode("latin-1"))
        if twice := [name for name, values in found.items() if len(values) > 1]:
            raise BadRequest(f"The parameter {twice[0][:100]} is given twice")
        given = {name: values[0] for name, values in found.items()}
    return Page(partial(site.ask, exchange), exchange.served.folder, exchange.release, given)


def filled(template: str, page: Page | None = None, **told: Any) -> str:
    """Return a template filled with what every page can ask."""
    page = page or page_for()
    return render_template(template, page=page, site=SITE, base=site.base, release=exchange.served, **told)


def styled(document: bytes) -> dict[str, str]:
    """Return the header that lets a document have the style that stands in it, and no other. CSP 3, 8.3."""
    digests = (base64.b64encode(sha256(each).digest()).decode() for each in STYLE.findall(document))
    allowed = "".join(f" 'sha256-{each}'" for each in digests)
    return {POLICY: HEADERS["always"][POLICY].replace("style-src 'self'", f"style-src 'self'{allowed}")}


def find(typed: str) -> list[Found]:
    """Return all things whose names are like the first 200 characters of what was typed, the likest first."""
    return _index(exchange.served.folder, exchange.release).find(typed[:200])


def _example_text(examples: Saved, page: Page) -> str:
    """Return the example that was asked for, else the one with `start: yes`, else the first, without its header."""
    first = max(examples.values(), key=lambda each: each.first("start") == "yes", default=DESCRIBE["start"])
    saved = examples.get(page.given.get("example", ""), first)
    values = {each.name: page.given[each.name] for each in saved.parameters if each.name in page.given}
    return re.sub(r"\A(?:#:.*\n|[ \t]*\n)*", "", queries.bind(saved, values, page.prefixes)).rstrip("\n")


def _shown(form: str, answer: Answer) -> dict[str, Any]:
    """Return what the page shows of an answer: of a table its first rows, of a graph all or nothing."""
    text = answer.whole(LARGEST).decode("utf-8", "ignore")
    size = answer.length or len(answer.body)
    if form in {Form.CONSTRUCT, Form.DESCRIBE}:
        return {"graph": text if size <= LARGEST_GRAPH else "", "size": size}
    if form is Form.ASK:
        return {"truth": json.loads(text)["boolean"]}
    decode, at, rows = json.JSONDecoder().raw_decode, text.index(ROWS) + len(ROWS), []
    columns = decode(text, text.index("["))[0]
    with suppress(ValueError):  # raised at the end of the rows, or where the text is cut
        while found := decode(text, at):
            rows.append(found[0])
            at = found[1] + 1
    most = min(MOST_ROWS, MOST_CELLS // max(len(columns), 1))
    return {"columns": columns, "rows": rows[:most], "total": len(rows) if size <= LARGEST else 0, "size": size}


def _known(iri: str, remark: str = "") -> str:
    """Return an IRI that the graph mentions; raises `NotFound` with a remark, or `Gone` where it was withdrawn."""
    if re.search(r'[\x00-\x20<>"{}|\\^`\ufffd]', iri) or len(iri) > 2_000:
        raise NotFound("No IRI looks like this address")
    rows = read(site.ask(exchange, about("found", [iri])).body)
    if not rows:
        raise NotFound(f"The graph says nothing of {iri[:200]}{remark}")
    if withdrawn := rows[0].get("withdrawn"):
        raise Gone(withdrawn.value, more={"instead": rows[0]["instead"].value} if "instead" in rows[0] else {})
    return iri


def _elsewhere(path: str, part: str = "", cited: str = "") -> Response:
    """Return 303 See Other to what the client likes best, of a document or else of a thing (RFC 9110, 15.4.4)."""
    offered = _offered(path) or SYNTAXES
    wanted = picked(tuple(offered.values()), exchange.environ.get("HTTP_ACCEPT"), {})
    suffix = next(suffix for suffix, each in offered.items() if each is wanted)
    at = quote(f"/{path}.{suffix}", safe=SAFE) + (f"#{part}" if part and suffix == "html" else "")
    return Response("", 303, {"Location": at, **_links(path, offered, cited)})


def _links(path: str, offered: Mapping[str, Format], cited: str = "") -> dict[str, str]:
    """Return the Link header (RFC 8288): what to cite, the licence, what describes it (CSVW 5.2), its other forms."""
    at = quote(f"/{path}", safe=SAFE)
    links = [f'<{BASE}{quote(cited or path, safe=SAFE)}>; rel="cite-as"', f'<{SITE["licence"]}>; rel="license"']
    if about := next((suffix for suffix in (METADATA, "ttl") if suffix in offered), ""):
        links.append(f'<{at}.{about}>; rel="describedby"; type="{bare(offered[about].media_type)}"')
    links += [f'<{at}.{suffix}>; rel="alternate"; type="{bare(each.media_type)}"' for suffix, each in offered.items()]
    return {"Link": ", ".join(links)}


def _offered(path: str) -> dict[str, Format]:
    """Return the syntaxes in which there is a document, by suffix; a graph has a page beside."""
    files = exchange.served.manifest["files"]
    known = {suffix: each for suffix, each in DOCUMENT.items() if f"{DOCUMENTS}/{path}.{suffix}" in files}
    return {"html": PAGE, **known} if known and path.startswith("graph/") else known
