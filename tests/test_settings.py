"""Settings: one table, the command line before the environment, and no silent clamp."""

import tomllib
from pathlib import Path

import pytest
from araxes.problems import BadSetting
from araxes.settings import SETTINGS, TEXTS, Settings, load

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
HEAD = """# Settings

Made from `settings.py` and `settings.toml` in `server/araxes`. Each can stand in a file in TOML (`araxes serve --settings FILE`, or `ARAXES_SETTINGS`), in the
environment, or, where the command has an option for it, on the command line; the later wins. What is out of bounds is refused.
The limits are also on the page `/limits` of every server, and in its service description.

```toml
{example}
```

| name | environment | default | least | most | limit | what it is |
| --- | --- | --- | --- | --- | --- | --- |
"""


def test_the_table_and_the_data_class_agree() -> None:
    assert {each.name: each.default for each in SETTINGS} == Settings()._asdict()
    assert TEXTS.keys() == {each.name for each in SETTINGS}


def test_what_is_given_goes_before_the_environment_and_that_before_the_default() -> None:
    environ = {"ARAXES_PORT": "9000", "ARAXES_THREADS": "80"}
    chosen = load(environ, {"port": 9001, "host": None})
    assert (chosen.port, chosen.threads, chosen.host) == (9001, 80, "127.0.0.1")


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_value_that_cannot_be_used_is_an_error(port: str) -> None:
    with pytest.raises(BadSetting, match="port is"):
        load({"ARAXES_PORT": port}, {})


@pytest.mark.parametrize("name", ["backend", "services"])
def test_no_password_stands_in_an_address_that_visitors_may_be_told(name: str) -> None:
    url = "https://example.org/sparql?default-graph-uri=mailto:a@b"
    assert getattr(load({}, {name: f"{url} http://[::1]:7878/query"}), name) == f"{url} http://[::1]:7878/query"
    for bad in ("http://alice:secret@example.org/sparql", f"{url} http://alice@example.org", "ftp://example.org/"):
        with pytest.raises(BadSetting, match=name):
            load({}, {name: bad})


def page() -> str:
    """Return the page that describes every setting, with a file of settings that holds each default."""
    values = [
        f'{each.name} = "{each.default}"' if isinstance(each.default, str) else f"{each.name} = {each.default}"
        for each in SETTINGS
    ]
    lines = [
        f"| `{each.name}` | `{each.variable}` | {_shown(each.default)} | {_shown(each.least) if each.most else ''} "
        f"| {_shown(each.most) if each.most else ''} | {'yes' if each.limit else ''} | {each.help} |"
        for each in SETTINGS
    ]
    return HEAD.format(example="\n".join(values)) + "\n".join(lines) + "\n"


def _shown(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value


def test_the_page_is_made_from_the_table_and_its_file_can_be_read() -> None:
    text = PAGE.read_text("utf-8")
    assert text == page(), "run: python tests/test_settings.py"
    assert tomllib.loads(text.partition("```toml\n")[2].partition("```")[0]) == {
        each.name: each.default for each in SETTINGS
    }


def test_a_file_goes_before_the_default_and_the_environment_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "araxes.toml"
    file.write_text("port = 9000\nworkers = 7\n")
    chosen = load({"ARAXES_PORT": "9001", "ARAXES_SETTINGS": str(file)}, {})
    assert (chosen.port, chosen.workers) == (9001, 7)


def test_a_file_with_something_unknown_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "araxes.toml"
    file.write_text("prot = 9000\n")
    with pytest.raises(BadSetting, match="prot, which is no setting"):
        load({"ARAXES_SETTINGS": str(file)}, {})


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
