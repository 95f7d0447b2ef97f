"""Requests as they are: no redirect is followed, and a path is sent byte for byte."""

import http.client
from urllib.parse import urlsplit

from helpers import Reply


def ask(site: str, path: str, accept: str | None = None, method: str = "GET", **headers: str) -> Reply:
    """Send a request for a path to a server, and return the answer as it came."""
    parts = urlsplit(site)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in {**({"Accept": accept} if accept is not None else {}), **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        return Reply(response.status, response.msg, response.read())
    finally:
        connection.close()
