"""Undocumented is a failure: every module has a page that names its RPCs, and every link leads somewhere."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from mesh.modules import MODULES

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("samples/**/*.md")]
    if ".venv" not in path.parts
)
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}, which is not there"


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_a_page_that_names_its_calls(name: str) -> None:
    text = (ROOT / "docs/modules" / f"{name}.md").read_text()
    generated = importlib.import_module(MODULES[name].descriptor_module)
    (service,) = generated.DESCRIPTOR.services_by_name.values()
    missing = [method.name for method in service.methods if method.name not in text]
    assert not missing, f"docs/modules/{name}.md does not name {', '.join(missing)}"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text()
    for page in ROOT.glob("docs/*.md"):
        assert page.name == "README.md" or page.name in index
    for page in ROOT.glob("docs/modules/*.md"):
        assert f"modules/{page.name}" in index
