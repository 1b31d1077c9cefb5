"""Every statement that was sent to a source since the tests began: none writes, none holds a value, none pages by OFFSET,
none hides an indexed column behind a function."""

from collections import Counter
from pathlib import Path

import pytest

from tests.services.loader.conftest import Reader
from tests.services.loader.statement_rules import all_faults, read
from tests.services.loader.test_pages import CASES


@pytest.mark.last
async def test_no_statement_breaks_a_rule(statement_log: Path, on_postgresql: Reader, on_sqlite: Reader) -> None:
    for name in ("by_key", "by_other"):
        # Whichever tests were chosen, there is something to look at.
        for reader in (on_postgresql, on_sqlite):
            first = await reader.head(CASES[name], page_size=10)
            await reader.head(CASES[name], page_size=10, page_token=first.head.next_page_token)
    seen = Counter(str(entry["system"]) for entry, _ in read(statement_log))
    assert seen["postgresql"] >= 4
    assert seen["sqlite"] >= 4
    broken = Counter(all_faults(statement_log))
    assert not broken, "\n".join(f"{number} × {fault}\n    {sql}" for (fault, sql), number in broken.most_common(20))
