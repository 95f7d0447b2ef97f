"""Dereferencing: what the address of each IRI answers, to people and to machines."""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, current_app
from werkzeug.wrappers import Response as Base

from araxes import prefixes
from araxes.engine import Format, Question
from araxes.engine.evaluate import as_graph
from araxes.engine.question import GRAPHS, RESULTS
from araxes.prefixes import BASE, RDF_TYPE, RDFS, below
from araxes.problems import Gone, NotFound
from araxes.project import DOCUMENTS
from araxes.web.pages import exchange, filled, page_for, site, styled
from araxes.web.protocol import PAGE, bare, picked
from araxes.web.site import GAP, SAFE, SITE, kind_of, path_of, read

bp = Blueprint("things", __name__)
FOUND, WHOLE = ((files("araxes.web") / "describe" / f"{name}.rq").read_text("utf-8") for name in ("found", "whole"))
SYNTAXES = {"html": PAGE, **{(each.short or (each.name,))[0]: each for each in GRAPHS}}
DOCUMENT = SYNTAXES | {suffix: Format(*facts) for suffix, facts in SITE["owl"].items()}
ENTRY = re.compile(r'<uri name="([^"]+)" uri="\.\./([^"]+)\.ttl"/>')
MOST_INBOUND, METADATA = 60, "csv-metadata.json"
DEFINED = re.compile(rf"^<([^>]+)> <{RDFS}isDefinedBy> <{BASE}(ontology/[^>]+)> \.", re.MULTILINE)
SHAPE = re.compile(rf"^<({BASE}shapes/[^>]*)>", re.MULTILINE)


@bp.get("/<any(id, scheme, graph, ontology, tables):space>/<path:rest>")
def resource(space: str, rest: str) -> Base:
    """Lead from a thing, an ontology, a graph or a version to a page or data, or be one of these."""
    path, _, suffix = f"{space}/{rest}".rpartition(".")
    if f"{DOCUMENTS}/{space}/{rest}" in exchange.served.manifest["files"]:
        body, headers = (exchange.served.folder / DOCUMENTS / space / rest).read_bytes(), _links(path, _offered(path))
        headers |= styled(body) if suffix == "html" else {}
        kind = METADATA if rest.endswith(METADATA) else suffix
        return Response(body, content_type=DOCUMENT[kind].media_type, headers=headers)
    if suffix not in SYNTAXES:
        at = _versions(exchange.served.folder).get(f"{BASE}{space}/{rest}", f"{space}/{rest}")
        offered = _offered(at)
        if not offered:
            _known(at)
        return _elsewhere(at, offered or SYNTAXES)
    iri = _known(path)
    if suffix == "html":
        return Response(_page_of(iri), headers=_links(path, SYNTAXES))
    found, wanted = site.ask(exchange, _about(WHOLE, iri)), SYNTAXES[suffix]
    body = as_graph(found.whole(), wanted, below(exchange.served.folder))
    return Response(body, content_type=wanted.media_type, headers=_links(path, SYNTAXES))


@bp.get("/<any(ns, shapes):space>/<path:rest>")
def term(space: str, rest: str) -> Base:
    """Lead from a term or a shape to where its ontology describes it."""
    if at := _homes(exchange.served.folder).get(f"{BASE}{space}/{rest}"):
        return _elsewhere(at, _offered(at), rest, f"{space}/{rest}")
    raise NotFound(f"No ontology here defines {space}/{rest[:200]}")


def _page_of(iri: str) -> str:
    page = page_for()
    facts = page.rows("thing", thing=iri)
    own = [row for row in facts if row["subject"].value == iri]
    classes = [row["object"].value for row in own if row["property"].value == RDF_TYPE]
    kind = kind_of([*classes, "graph"] if iri.startswith(prefixes.GRAPHS) else classes)
    template = current_app.jinja_env.select_template([f"kinds/{kind}.html", "thing.html"])
    told = {"iri": iri, "kind": kind, "facts": facts, "own": own, "syntaxes": SYNTAXES, "most": MOST_INBOUND}
    return filled(template, page, address=site.base + path_of(iri), **told)


def _known(path: str) -> str:
    """Return the IRI of a path where the graph mentions it; raises `NotFound`, or `Gone` where it was withdrawn."""
    iri = BASE + path
    if re.search(r'[\x00-\x20<>"{}|\\^`\ufffd]', iri) or len(iri) > 2_000:
        raise NotFound("No IRI looks like this address")
    rows = read(site.ask(exchange, _about(FOUND, iri)).body)
    if not rows:
        raise NotFound(f"The graph says nothing of {iri[:200]}")
    if withdrawn := rows[0].get("withdrawn"):
        instead = rows[0].get("instead")
        raise Gone(withdrawn.value, more={"instead": instead.value} if instead else {})
    return iri


def _about(query: str, iri: str) -> Question:
    return Question(query.replace(GAP, f"VALUES ?it {{ <{iri}> }}"), RESULTS[0])


def _elsewhere(path: str, offered: Mapping[str, Format], part: str = "", cited: str = "") -> Base:
    """Return 303 See Other to the document that the client likes best (RFC 9110, 15.4.4)."""
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


@lru_cache(maxsize=2)
def _versions(folder: Path) -> Mapping[str, str]:
    """Return the path of each document, without suffix, by the IRI and the version IRI of what it holds."""
    catalogues = (file.read_text("utf-8") for file in sorted((folder / DOCUMENTS).glob("*/catalog-v001.xml")))
    return dict(entry for text in catalogues for entry in ENTRY.findall(text))


@lru_cache(maxsize=2)
def _homes(folder: Path) -> Mapping[str, str]:
    """Return the document that describes each term and shape, by IRI."""
    found: dict[str, str] = {}
    for file in sorted((folder / DOCUMENTS / "ontology").glob("*.nt")):
        text = "" if "-with-data" in file.stem else file.read_text("utf-8")
        found = dict.fromkeys(SHAPE.findall(text), f"ontology/{file.stem}") | found | dict(DEFINED.findall(text))
    return found
