"""Values in the table of an answer."""

from decimal import Decimal
from typing import Any

import pytest

from maestro_client.cli.ask import _cell


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("9.0909090909090909"), "9.0909"),
        (Decimal("0E-20"), "0"),
        (Decimal("100.00"), "100"),
        (Decimal("1234567.89"), "1234567.89"),
        (Decimal("0.000012345"), "1.2345e-05"),
        (-0.25, "-0.25"),
        (float("nan"), "nan"),
        (3, "3"),
        ("0.10", "0.10"),
        (None, ""),
    ],
)
def test_fractions_are_shown_to_four_places_and_nothing_else_is_changed(value: Any, shown: str) -> None:
    assert _cell(value) == shown
