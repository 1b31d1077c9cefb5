"""Forms of text values."""

import pytest

from services.scanner.forms import items, text_form


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2025-01-31", "2024-02-29", "1999-12-01"], "YYYY-MM-DD"),
        (["2025-01-31", "2025-02-30", "1999-12-01"], ""),
        (["31/01/2025", "01/12/2024", "28/02/2023"], "DD/MM/YYYY"),
        (["01/31/2025", "12/01/2024", "02/28/2023"], "MM/DD/YYYY"),
        (["2025-01-31 10:00:00", "2024-02-29T23:59:59.5", "2024-02-29 01:01"], "YYYY-MM-DD HH24:MI:SS"),
        (["10:00", "23:59:59", "00:00"], "HH24:MI:SS"),
        (["1", "20", "-3"], "integer"),
        (["001", "020", "300"], "digits"),
        (["1.5", "20", ".3"], "decimal"),
        (["10,5", "3,25", "1.000,00"], ""),
        (["101,102", "103", "104, 105,106"], "list:,"),
        (["A-1;B-2", "C-3;D-4;E-5", "F-6"], "list:;"),
        (["Rua A, 12", "Rua B, 13", "Rua C, 14"], ""),
        (["Silva, Ana", "Souza, Rui", "Lima, Eva"], ""),
        (["SP", "RJ", "MG"], ""),
        (["1", "2"], ""),
        ([], ""),
    ],
)
def test_the_form_that_values_share(values: list[str], form: str) -> None:
    assert text_form(values) == form


def test_a_few_typing_errors_do_not_hide_the_form() -> None:
    days = [f"2025-01-{day:02d}" for day in range(1, 32)] * 2
    assert text_form([*days, "soon"]) == "YYYY-MM-DD"
    assert text_form([*days, "soon", "later", "never"]) == ""


def test_items_are_told_without_blanks_and_empty_ones() -> None:
    assert items(" 1, 2,,3 ", ",") == ["1", "2", "3"]
