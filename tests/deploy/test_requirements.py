"""What is installed is what is imported: the extras of each part, the locks, and the script that installs them."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

import pytest

from mesh.modules import MODULES

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OWN = {"bench", "deploy", "maestro", "maestro_client", "mesh", "samples", "services", "tests"}
# Namespace packages, which several distributions share.
NAMESPACES = {
    "google.rpc": "googleapis-common-protos",
    "google.protobuf": "protobuf",
    "google.api": "googleapis-common-protos",
}
# Comes with a distribution that is asked for.
BROUGHT_BY = {
    "pydantic": "pydantic-settings",
    "pydantic_core": "pydantic-settings",
    "opentelemetry": "opentelemetry-sdk",
    "click": "typer",
    "google": "protobuf",
}

PARTS = {
    **{f"services/{name}": (name,) for name in MODULES},
    "mesh": (),
    "deploy/state": ("migrations",),
    "samples": ("sample",),
    "maestro_client": ("client", "pandas"),
}


def wanted(extras: tuple[str, ...]) -> set[str]:
    """Distributions that these extras, and what every process needs, ask for."""
    asked = list(PROJECT["dependencies"])
    waiting = list(extras)
    while waiting:
        for requirement in PROJECT["optional-dependencies"][waiting.pop()]:
            if inner := re.fullmatch(r"maestro\[(.*)\]", requirement):
                waiting += inner[1].split(",")
            else:
                asked.append(requirement)
    found = {normal(re.split(r"[\[;<>=! ]", each)[0]) for each in asked}
    if {"psycopg[binary,pool]"} & set(asked):
        found |= {"psycopg-pool", "psycopg-binary"}
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imports(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.py")):
        if {"migrations", "training"} & set(path.relative_to(ROOT).parts):
            continue  # run by deploy.state, and by developers
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((alias.name, path) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module, path


@pytest.mark.parametrize("part", PARTS)
def test_a_part_imports_nothing_but_what_its_extra_brings(part: str) -> None:
    brought = wanted(PARTS[part])
    by_package = packages_distributions()
    missing = set()
    for name, path in imports(ROOT / part):
        top = name.partition(".")[0]
        if top in OWN or top in sys.stdlib_module_names:
            continue
        namespace = ".".join(name.split(".")[:2])
        names = {NAMESPACES[namespace]} if namespace in NAMESPACES else set(by_package.get(top, [top]))
        names |= {BROUGHT_BY[top]} if top in BROUGHT_BY else set()
        if not brought & {normal(each) for each in names}:
            missing.add(f"{path.relative_to(ROOT)} imports {name}")
    assert not missing


@pytest.fixture(scope="module")
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", ROOT / "requirements/install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lock", ["run", "dev"])
def test_a_lock_pins_with_hashes_and_names_no_index(install: ModuleType, lock: str) -> None:
    text = (ROOT / f"requirements/{lock}.txt").read_text()
    assert not re.search(r"https?://|file:|--(extra-)?index|--find-links", text)
    entries = install.entries(text)
    assert all(re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==[^ ]+", each) and "--hash=sha256:" in each for each in entries)
    assert "".join(entries) == "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def test_the_locks_agree_and_hold_all_that_is_asked_for(install: ModuleType) -> None:
    held = {}
    for lock in ("run", "dev"):
        entries = install.entries((ROOT / f"requirements/{lock}.txt").read_text())
        pairs = (each.split()[0].partition("==") for each in entries)
        held[lock] = {normal(name.partition("[")[0]): version for name, _, version in pairs}
        assert wanted((lock,)) - {"psycopg-pool", "psycopg-binary"} <= held[lock].keys()
    assert held["run"].items() <= held["dev"].items()
