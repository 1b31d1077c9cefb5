"""One plan means the same in every database, with and without knowledge of it."""

import pytest

from tests.services.loader.conftest import Reader, alike
from tests.services.loader.plan_cases import CASES

# Plans whose meaning depends on the types of columns, which nobody can tell without a catalog.
TYPED = {"date_plus", "aggregate_of_flag", "dates_subtracted", "moments_subtracted"}


@pytest.mark.parametrize("name", CASES)
async def test_the_same_everywhere(name: str, on_postgresql: Reader, on_sqlite: Reader) -> None:
    query = CASES[name]
    expected = await on_sqlite.rows(query)
    assert alike(await on_postgresql.rows(query), expected)
    if name not in TYPED:
        assert alike(await on_sqlite.rows(query, blind=True), expected)
        assert alike(await on_postgresql.rows(query, blind=True), expected)
