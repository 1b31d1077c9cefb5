"""Every check is documented, and has a planted fault."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CODE = re.compile(r"\"((?:plan|coverage|statement|result|answer)\.[a-z_]+|[A-Z]+_[A-Z_]+)\"")
MADE = re.compile(r"(?:error|warning|make|_mismatch)\((?:\s*facts,)?\s*(\"[\w.]+\")|: (\"coverage\.\w+\")")


def emitted() -> set[str]:
    found = set()
    for file in (ROOT / "services" / "validator").glob("*.py"):
        for groups in MADE.findall(file.read_text()):
            found.update(code.strip('"') for code in groups if code)
    return found


def test_the_codes_are_found():
    codes = emitted()
    assert {"plan.empty", "coverage.negation", "result.type", "plan.time_type", "answer.number"} <= codes
    assert len(codes) > 60


def test_every_check_is_documented():
    page = (ROOT / "docs" / "modules" / "validator.md").read_text()
    documented = set(re.findall(r"[a-z]+\.[a-z_]+|[A-Z]+_[A-Z_]+", page))
    assert emitted() - documented == set()


def test_every_check_has_a_planted_fault():
    planted = set()
    for file in Path(__file__).parent.glob("test_*.py"):
        planted.update(CODE.findall(file.read_text()))
    assert emitted() - planted == set()
