"""Tests for partners in the form that the database can turn into one join.

`NOT IN (query)` becomes NOT EXISTS, which is an anti-join where NOT IN is a list that is searched for every row; a
count of partners that only asks whether there are any becomes EXISTS, and one that needs several a grouped membership.
"""

from dataclasses import replace
from typing import Any, Final

from services.loader.algebra import (
    NOTHING,
    Column,
    Compare,
    Exists,
    Expression,
    InQuery,
    IsNull,
    Literal,
    Node,
    Output,
    Predicate,
    Query,
    QuerySource,
    Scalar,
    Select,
    count_rows,
    outputs,
)
from services.loader.choices import Choices
from services.loader.forks import Forks
from services.loader.pins import Pins
from services.loader.resolve.names import Names
from services.loader.rewrite import bottom_up, conjunction, conjuncts, walk

# What (operator, number) asks of a count of partners.
_NEGATED: Final = {
    "LESS": "GREATER_OR_EQUAL",
    "LESS_OR_EQUAL": "GREATER",
    "EQUAL": "NOT_EQUAL",
    "NOT_EQUAL": "EQUAL",
    "GREATER": "LESS_OR_EQUAL",
    "GREATER_OR_EQUAL": "LESS",
}


class Partners:
    """Rewrites tests for partners."""

    def __init__(self, names: Names, pins: Pins, choices: Choices, forks: Forks) -> None:
        self._names = names
        self._pins = pins
        self._choices = choices
        self._forks = forks

    def apply(self, node: Node) -> Node:
        """The tree with joins for tests."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        match node:
            case InQuery(negated=True):
                return self._anti(node)
            case Compare(left=Scalar() as left, right=Literal() as right):
                return self._counted(node, left, right)
        return node

    def _anti(self, node: InQuery) -> Predicate:
        body = node.query.body
        if (
            not isinstance(body, Select)
            or body.groups
            or body.distinct
            or body.top
            or body.source is None
            or node.query.limit
            or node.query.offset
        ):
            return node
        value = outputs(node.query)[0].expression
        if any(not isinstance(each, Column) for each in (value, node.operand)):
            return node
        # "value IS NOT NULL" was said for NOT IN; the equality says it as well.
        rest = [each for each in conjuncts(body.where) if each != IsNull(value, negated=True)]
        inner = replace(body, outputs=(), where=conjunction(*rest, Compare("EQUAL", value, node.operand)))
        self._choices.add(_name(body), "", "NOT EXISTS instead of NOT IN", "an anti-join instead of a list")
        missing = None
        if not (isinstance(node.operand, Column) and not node.operand.nullable):
            missing = IsNull(node.operand, negated=True)
        return conjunction(missing, Exists(Query(inner), negated=True))

    def _counted(self, node: Compare, left: Scalar, right: Literal) -> Predicate:
        body = left.query.body
        if not isinstance(body, Select) or len(body.outputs) != 1 or body.outputs[0].expression != count_rows():
            return node
        if body.groups or body.having != NOTHING or body.source is None:
            return node
        asks = self._pins.ask(right, _Asks(node.operator))
        if asks in ("any", "none"):
            self._choices.add(_name(body), "", "EXISTS instead of a count of partners", "one partner decides")
            return Exists(Query(replace(body, outputs=())), negated=asks == "none")
        link = _link(body)
        if asks not in ("several", "few") or link is None or not self._forks.take("counted partners as a group"):
            return node
        inner, outer, rest = link
        operator = node.operator if asks == "several" else _NEGATED[node.operator]
        grouped = replace(
            body,
            outputs=(Output("partner", inner),),
            where=conjunction(*rest, IsNull(inner, negated=True)),
            groups=(inner,),
            having=Compare(operator, count_rows(), right),
        )
        self._choices.add(
            _name(body), "", "partners are counted once for all rows", "cheaper than a count for each row"
        )
        if asks == "several":
            return InQuery(outer, Query(grouped))
        alias = self._names.alias("partners")
        listed = Select(
            QuerySource(alias, Query(grouped)), (), (),
            where=Compare("EQUAL", Column(alias, "partner", inner.type), outer),
        )  # fmt: skip
        return Exists(Query(listed), negated=True)


def _link(body: Select) -> tuple[Column, Expression, list[Predicate]] | None:
    """(column of the partner, what it equals outside, the other conditions), where one equality is all that ties the
    count to the rows around it."""
    own = {each.alias for each in walk(body) if hasattr(each, "alias") and not isinstance(each, Column)}
    found: tuple[Column, Expression] | None = None
    rest: list[Predicate] = []
    for each in conjuncts(body.where):
        outside = {node.alias for node in walk(each) if isinstance(node, Column)} - own
        if not outside:
            rest.append(each)
            continue
        if found is not None or not isinstance(each, Compare) or each.operator != "EQUAL":
            return None
        left, right = each.left, each.right
        if not isinstance(left, Column) or not isinstance(right, Column):
            return None
        found = (left, right) if left.alias in own else (right, left)
    if found is None or any(
        node.alias not in own for each in body.joins for node in walk(each.on) if isinstance(node, Column)
    ):
        return None
    return found[0], found[1], rest


def _name(body: Select) -> str:
    return str(getattr(body.source, "name", ""))


class _Asks:
    """What a comparison of a count with a number asks: "any", "none", "several" (never true of 0) or "few" (true of 0).
    Equal for equal operators."""

    def __init__(self, operator: str) -> None:
        self.operator = operator

    def __call__(self, value: Any) -> str:
        said = (self.operator, int(value))
        if said in (("GREATER", 0), ("GREATER_OR_EQUAL", 1), ("NOT_EQUAL", 0)):
            return "any"
        if said in (("EQUAL", 0), ("LESS", 1), ("LESS_OR_EQUAL", 0)):
            return "none"
        return "few" if self._holds(0, int(value)) else "several"

    def _holds(self, count: int, value: int) -> bool:
        return {
            "EQUAL": count == value,
            "NOT_EQUAL": count != value,
            "LESS": count < value,
            "LESS_OR_EQUAL": count <= value,
            "GREATER": count > value,
            "GREATER_OR_EQUAL": count >= value,
        }[self.operator]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asks) and other.operator == self.operator

    def __hash__(self) -> int:
        return hash(self.operator)
