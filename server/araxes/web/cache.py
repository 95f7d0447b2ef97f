"""Whole answers as they were sent, kept for as long as their release is served and room allows."""

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

Headers = tuple[tuple[str, str], ...]
Key = tuple[str, ...]
OVERHEAD = 2_000


class Kept(NamedTuple):
    """An answer with status 200: its headers, those of a 304 in its place, its entity tag and its body.

    All of it tuples of texts, which the collector of garbage leaves alone: else it would hold everyone up.
    """

    headers: Headers
    brief: Headers
    etag: str
    body: bytes


class Cache:
    """Answers by what was asked, the release first; the one that was not asked for longest makes room."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._lock = Lock()
        self._release = ""
        self.bytes = self.hits = self.misses = 0

    def get(self, key: Key) -> Kept | None:
        """Return what is kept under a key."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                self.misses += 1
            else:
                self.hits += 1
                self._kept.move_to_end(key)
        return found

    def put(self, key: Key, kept: Kept) -> None:
        """Keep an answer, and none from another release; one that fills an eighth of the room is not kept."""
        size = _size(key, kept)
        if size > self._most // 8:
            return
        with self._lock:
            if key[0] != self._release:
                self._kept.clear()
                self._release, self.bytes = key[0], 0
            if key not in self._kept:
                self._kept[key] = kept
                self.bytes += size
            while self.bytes > self._most:
                self.bytes -= _size(*self._kept.popitem(last=False))


def _size(key: Key, kept: Kept) -> int:
    return len(kept.body) + sum(map(len, key)) + OVERHEAD
