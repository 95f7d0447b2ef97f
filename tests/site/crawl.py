"""A crawl of the site by plain HTTP, and what each page says of itself."""

import http.client
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit
from xml.etree import ElementTree as ET

from tests.site.pages import BASE, BROWSER, kind_of

AT_ONCE, SAMPLE, SECONDS = 4, 3, 60
SAFE = "%/:?#[]@!$&'()*+,;=~"
DATA = (".ttl", ".nt", ".nq", ".trig", ".jsonld", ".rdf", ".svg", ".csv", ".json", ".ofn", ".omn")
# What a browser loads by itself, without a reader's wish.
LOADED = {("img", "src"), ("script", "src"), ("iframe", "src"), ("image", "href"), ("use", "href"), ("source", "src")}
LOADING = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch", "prefetch", "manifest"}
LINKS = {"href", "src", "action", "formaction", "xlink:href", "data", "poster"}


class Page(HTMLParser):
    """What a page says of itself: language, title, headings, identifiers, and where it leads."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.address = address
        self.lang = self.title = ""
        self.h1 = 0
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self._in_title = self._in_drawing = False
        self.feed(text)
        self.names = {*self.ids, "", "top"}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.h1 += tag == "h1"
        self._in_drawing = self._in_drawing or tag == "svg"
        self._in_title = tag == "title" and not self._in_drawing
        if tag == "html":
            self.lang = given.get("lang", "")
        if "id" in given:
            self.ids.append(given["id"])
        for name in LINKS & given.keys():
            address = urljoin(self.address, given[name].strip())
            self.links.add(address)
            if given[name].startswith("#"):
                continue
            if (tag, name) in LOADED or (tag == "link" and LOADING & set(given.get("rel", "").split())):
                self.loads.add(address)

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        self._in_drawing = self._in_drawing and tag != "svg"

    def handle_data(self, data: str) -> None:
        self.title += data if self._in_title else ""


@dataclass(frozen=True)
class Seen:
    """What answered at an address."""

    path: str
    status: int
    type: str
    text: str = field(repr=False)
    location: str = ""
    page: Page | None = field(default=None, repr=False)
    leads: set[str] = field(default_factory=set, repr=False)


@dataclass(frozen=True)
class Crawl:
    """All that answered below a site, by its path."""

    site: str
    seen: dict[str, Seen] = field(repr=False)

    @property
    def pages(self) -> dict[str, Page]:
        """Return every page that is there."""
        return {path: each.page for path, each in self.seen.items() if each.page and each.status == 200}

    def landed(self, path: str) -> tuple[Seen, str]:
        """Return where a path leads in one step, if it does, and the fragment that it gains on the way."""
        found, fragment = self.seen.get(path) or fetch(self.site, path), ""
        if found.location:
            target = urljoin(self.site + found.path, found.location)
            fragment = unquote(urldefrag(target).fragment)
            to = inner(self.site, target)
            found = self.seen.get(to) or fetch(self.site, to)
        return found, fragment


def crawl(site: str, starts: Iterable[str]) -> Crawl:
    """Return what answers at each address that can be reached from some paths.

    Every page is read. Of data, and of addresses with a query, a few of each class are: pages of one kind write them
    by one rule.
    """
    seen: dict[str, Seen] = {}
    taken: Counter[tuple[str, ...]] = Counter()
    wave = sorted(set(starts))
    with ThreadPoolExecutor(AT_ONCE) as crew:
        while wave:
            seen |= {each.path: each for each in crew.map(lambda path: fetch(site, path), wave)}
            found = {lead: path for path in reversed(wave) for lead in sorted(seen[path].leads)}
            wave = [path for path in sorted(found.keys() - seen.keys()) if _is_due(path, seen[found[path]], taken)]
    return Crawl(site, seen)


def _is_due(path: str, origin: Seen, taken: Counter[tuple[str, ...]]) -> bool:
    place, _, query = path.partition("?")
    suffix = next((each for each in DATA if place.endswith(each)), "")
    if (not suffix and not query) or origin.location:
        return True
    names = sorted(part.partition("=")[0] for part in query.split("&"))
    known = (kind_of(origin.path), kind_of(path), suffix, *names)
    taken[known] += 1
    return taken[known] <= SAMPLE


def fetch(site: str, path: str) -> Seen:
    """Return what answers at a path, without following it elsewhere."""
    with closing(http.client.HTTPConnection(urlsplit(site).netloc, timeout=SECONDS)) as line:
        line.request("GET", quote(path, safe=SAFE), headers={"Accept": BROWSER})
        reply = line.getresponse()
        text = reply.read().decode("utf-8", "replace" if path.endswith(".parquet") else "strict")
    kind = (reply.getheader("Content-Type") or "").partition(";")[0]
    location = reply.getheader("Location") or ""
    page = Page(site + path, text) if kind == "text/html" else None
    links = set(page.links) if page else set()
    links |= {urljoin(site + path, location)} if location else set()
    if path == "/sitemap.xml":
        links |= {each.text or "" for each in ET.fromstring(text).iterfind(".//{*}loc")}
    return Seen(path, reply.status, kind, text, location, page, {each for link in links if (each := inner(site, link))})


def inner(site: str, address: str) -> str:
    """Return an address as a path of the site, without its fragment; "" where it leads elsewhere."""
    bare = urldefrag(address).url
    for start in (f"{site}/", BASE):
        if bare.startswith(start):
            return "/" + bare.removeprefix(start)
    return ""
