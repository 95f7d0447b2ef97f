"""Says on what, with what and when something was measured."""

import importlib.metadata
import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.load import WRK
from benchmarks.servers import BIN


def about() -> dict[str, object]:
    """Return the machine, the versions of everything that takes part, the day and how busy the machine is already."""
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "model": _field("/proc/cpuinfo", "model name"),
            "memory": f"{int(_field('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB",
            "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
        },
        "load_before": os.getloadavg(),
        "ours": _ours(),
        "theirs": _theirs(),
        "generator": _generator(),
    }


def _field(path: str, name: str) -> str:
    lines = Path(path).read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "unknown")


def _ours() -> dict[str, str]:
    required = (each for each in importlib.metadata.requires("araxes") or [] if "extra ==" not in each)
    names = (re.split(r"[^\w.-]", each)[0] for each in required)
    return {name: importlib.metadata.version(name) for name in ["araxes", *sorted(names)]}


def _theirs() -> dict[str, str]:
    words = [str(BIN / "python"), "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"]
    listed = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    wanted = ("oxigraph", "rdflib-endpoint", "rdflib", "fastapi", "uvicorn", "uvloop")
    return {each["name"]: each["version"] for each in listed if each["name"] in wanted}


def _generator() -> str:
    if not WRK:
        return "the generator of benchmarks/load.py"
    told = subprocess.run([WRK, "-v"], check=False, capture_output=True, text=True).stdout
    return " ".join(told.split()[:2])
