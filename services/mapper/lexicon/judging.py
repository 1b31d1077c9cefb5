"""The word lists by which columns are judged, from judging.yaml."""

from functools import cache
from importlib import resources
from typing import Any

import yaml


@cache
def _file() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("judging.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  # BaseLoader makes strings only
    return loaded


def words(name: str) -> frozenset[str]:
    """One of the sets, by name."""
    return frozenset(_file()["sets"][name].split())


def ordered(name: str) -> tuple[tuple[frozenset[str], str], ...]:
    """(words, meaning) pairs in the order in which they are to be tried."""
    return tuple((frozenset(listed.split()), meaning) for entry in _file()[name] for meaning, listed in entry.items())
