"""Settings: one table, the command line before the environment, and no silent clamp."""

from dataclasses import fields

import pytest
from araxes.problems import BadSetting
from araxes.settings import SETTINGS, Settings, load


def test_the_table_and_the_data_class_agree() -> None:
    assert {each.name: each.default for each in SETTINGS} == {
        field.name: getattr(Settings(), field.name) for field in fields(Settings)
    }


def test_what_is_given_goes_before_the_environment_and_that_before_the_default() -> None:
    environ = {"ARAXES_PORT": "9000", "ARAXES_THREADS": "8"}
    chosen = load(environ, {"port": 9001, "host": None})
    assert (chosen.port, chosen.threads, chosen.host) == (9001, 8, "127.0.0.1")


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_value_that_cannot_be_used_is_an_error(port: str) -> None:
    with pytest.raises(BadSetting, match="port is"):
        load({"ARAXES_PORT": port}, {})
