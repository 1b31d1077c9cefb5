"""What is not documented is a failure."""

import re
from pathlib import Path

import pytest

from mesh import reference
from mesh.fault import is_reason

PAGES = reference.pages()


@pytest.mark.parametrize("path", list(PAGES), ids=lambda path: path.name)
def test_the_page_is_what_the_code_declares(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == PAGES[path], "run `python -m mesh.reference`"


def settings_fields() -> list[tuple[str, str]]:
    return [
        (reference.variable(kind, name, field), field.description or "")
        for kinds in reference.settings_classes().values()
        for kind in kinds
        for name, field in kind.model_fields.items()
    ]


@pytest.mark.parametrize(("variable", "description"), settings_fields())
def test_every_setting_says_what_it_is(variable: str, description: str) -> None:
    assert re.fullmatch(r"(MAESTRO|OTEL)_[A-Z0-9_]+", variable)
    assert len(description) > 15
    assert description.endswith(".")


def test_every_variable_in_the_code_is_in_the_reference() -> None:
    page = (reference.ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    dynamic = re.compile(r"MAESTRO_(SOURCE_|[A-Z]+_TARGET|BENCH_|TEST_)")
    for package in reference.PACKAGES:
        for path in (reference.ROOT / package).rglob("*.py"):
            for name in set(re.findall(r"\bMAESTRO_[A-Z][A-Z0-9_]*[A-Z0-9]\b", path.read_text("utf-8"))):
                assert f"`{name}`" in page or dynamic.match(name), f"{path}: {name}"


def test_every_variable_of_the_compose_file_is_in_the_reference() -> None:
    page = (reference.ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    compose = (reference.ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    for name in set(re.findall(r"\$\{(MAESTRO_[A-Z0-9_]+)", compose)):
        assert f"`{name}`" in page or name.startswith("MAESTRO_SOURCE_"), name


def test_every_reason_has_a_meaning_and_an_example() -> None:
    proto = (reference.ROOT / "protos/maestro/error/v1/error.proto").read_text("utf-8")
    found = list(reference.reasons(proto))
    assert len(found) == len(re.findall(r"ERROR_REASON_\w+ = [1-9]", proto)) > 30
    for name, said, example in found:
        assert is_reason(name)
        assert said.endswith(".")
        assert len(example) > 10
