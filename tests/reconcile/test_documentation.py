"""What docs/reconciliation.md prints was really printed, and its limits are those in force."""

import json
import re
import subprocess
import sys

from araxes.settings import Settings
from araxes.web.site import SITE
from helpers import ROOT

from tests.reconcile.asked import send

PAGE = (ROOT / "docs" / "reconciliation.md").read_text("utf-8")


def test_the_examples_in_python_print_what_stands_there(service: str) -> None:
    examples = re.findall(r"```python\n(.*?)```\n\nprints\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 2
    for told, printed in examples:
        code = told.replace("http://127.0.0.1:8000/reconcile", service)
        assert code != told
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout == printed


def test_the_example_with_curl_gets_what_stands_there(service: str) -> None:
    match = re.search(r"^\$ curl \S+ --data-urlencode 'extend=(.*)'\n(.*?)\n```", PAGE, re.DOTALL | re.MULTILINE)
    assert match
    assert json.loads(match[2]) == send(service, {"extend": match[1]}).json()


def test_the_limits_are_those_in_force() -> None:
    table = SITE["reconciliation"]
    assert f"`batchSize` says ({Settings().batch_names};" in PAGE
    assert f"at most {table['values']} names and\nvalues and {table['most']} candidates" in PAGE
    assert f"{Settings().query_characters * 12 + 10_000:,} bytes" in PAGE
