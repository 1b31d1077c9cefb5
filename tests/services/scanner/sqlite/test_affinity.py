"""Families of SQLite columns."""

import pytest

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.sqlite.affinity import family


@pytest.mark.parametrize(
    ("declared", "values", "expected"),
    [
        ("INTEGER", [], "INTEGER"),
        ("int(11)", [1, 2], "INTEGER"),
        ("INT", [1, 2.5], "FLOAT"),
        ("INT", [1, "N/A"], "TEXT"),
        ("INTEGER", ["1", "2"], "TEXT"),
        ("TEXT", ["1", "2"], "TEXT"),
        ("TEXT", [1, 2], "INTEGER"),
        ("VARCHAR(20)", [], "TEXT"),
        ("REAL", [1, 2], "FLOAT"),
        ("DECIMAL(10,2)", [1, 2.5], "DECIMAL"),
        ("", [1], "INTEGER"),
        ("", ["x"], "TEXT"),
        ("", [], "OTHER"),
        ("DATE", ["2025-01-01", ""], "DATE"),
        ("DATETIME", ["2025-01-01", "2025-01-02"], "DATE"),
        ("DATETIME", ["2025-01-01 10:00:00", "2025-01-02"], "TIMESTAMP"),
        ("DATE", ["Jan 1"], "TEXT"),
        ("DATE", [1735689600], "INTEGER"),
        ("TEXT", ["2025-01-01"], "TEXT"),
        ("BOOLEAN", [0, 1], "BOOLEAN"),
        ("BOOLEAN", ["T", "F"], "TEXT"),
        ("BOOLEAN", [0, 1, 2], "INTEGER"),
        ("TEXT", [b"\x00"], "BINARY"),
        ("BLOB", [], "BINARY"),
        ("POINT", ["x"], "TEXT"),
    ],
)
def test_declared_types_and_values_decide_together(declared: str, values: list[object], expected: str) -> None:
    assert pb.TypeFamily.Name(family(declared, values)) == "TYPE_FAMILY_" + expected
