"""All checks on a plan, in their order."""

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.validator.apart import check_apart
from services.validator.coverage import check_coverage
from services.validator.facts import Facts
from services.validator.families import check_types
from services.validator.fan_out import check_fan_out
from services.validator.form import check_form
from services.validator.grouping import check_grouping
from services.validator.issues import Issue, rejected
from services.validator.joins import check_joins
from services.validator.names import check_names
from services.validator.ranges import check_ranges
from services.validator.visit import visit


def check_plan(
    plan: plan_pb2.QueryPlan,
    question: str,
    locale: str,
    catalog: catalog_pb2.CatalogSlice,
    semantics: semantics_pb2.SemanticSlice,
) -> list[Issue]:
    """What is wrong with a plan. A plan that is not well formed is judged no further: the rest would be
    noise."""
    seen = visit(plan)
    issues = list(check_form(plan, seen))
    if rejected(issues):
        return issues
    facts = Facts(catalog, semantics)
    issues += check_names(seen, facts)
    issues += check_joins(seen, facts)
    issues += check_grouping(seen, facts)
    issues += check_types(seen, facts)
    issues += check_fan_out(seen, facts)
    issues += check_ranges(seen)
    issues += check_coverage(question, plan, semantics, locale)
    issues += check_apart(question, plan, semantics, locale)
    return issues
