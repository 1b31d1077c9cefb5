"""Plans that are right, run on real databases, with the answers that are written about them: no check may reject one.

The plans are those by which the loader proves that a plan means the same everywhere; they use everything that a plan
may hold.
"""

import pytest

from maestro.context.v1 import context_pb2
from maestro.plan.v1 import plan_pb2
from maestro.processor.v1 import processor_pb2
from maestro.semantics.v1 import semantics_pb2
from services.processor.compose import compose
from services.validator.answer import check_answer
from services.validator.facts import Facts
from services.validator.issues import rejected
from services.validator.plan import check_plan
from services.validator.result import check_result
from services.validator.statement import check_statement
from tests.services.loader.conftest import Reader
from tests.services.loader.plan_cases import CASES

NOTHING = semantics_pb2.SemanticSlice()
# Plans that are there to show what a database makes of doubtful ones; each is told of by a warning.
DOUBTFUL = {
    "aggregate_of_flag": "plan.aggregate_type",  # PostgreSQL adds no booleans up; the loader casts them
}


async def judged(name: str, reader: Reader, page_size: int) -> list[str]:
    """The errors that any check finds about a plan, its statements, its result and its answer."""
    plan = plan_pb2.QueryPlan(query=CASES[name])
    facts = Facts(reader.catalog, NOTHING)
    got = await reader.head(CASES[name], page_size=page_size)
    statements = list(got.statements)
    issues = check_plan(plan, "", "", reader.catalog, NOTHING)
    for statement in statements:
        if statement.purpose == "main":
            issues += check_statement(plan, statement, reader.catalog)
    issues += check_result(plan, got.head, statements, facts, context_pb2.Limits())
    for locale in ("pt-BR", "en-US"):
        request = processor_pb2.ComposeRequest(plan=plan, head=got.head, statements=statements)
        request.context.locale = locale
        answer = compose(request, 5, locale)
        issues += check_answer("", locale, answer)
    return [f"{each.code} at {each.path}: {each.message}" for each in issues if rejected([each])]


@pytest.mark.parametrize("name", CASES)
async def test_what_is_right_passes(name: str, on_postgresql: Reader, on_sqlite: Reader) -> None:
    allowed = DOUBTFUL.get(name, "-")
    for reader in (on_postgresql, on_sqlite):
        for page_size in (1000, 3):
            found = await judged(name, reader, page_size)
            assert [each for each in found if not each.startswith(allowed)] == []
