"""Both sides of every comparison in forms that can be compared, the literal giving way rather than the column."""

from dataclasses import replace
from typing import Final

from maestro.catalog.v1 import catalog_pb2
from services.loader.algebra import (
    Aggregate,
    Arithmetic,
    Between,
    Bucket,
    Call,
    Case,
    Column,
    Combined,
    Compare,
    Expression,
    Folded,
    In,
    InQuery,
    Literal,
    Match,
    Node,
    Null,
    Order,
    Output,
    Predicate,
    Select,
    Truth,
    Window,
)
from services.loader.catalog import mistyped_number
from services.loader.normalise.literals import to_postgresql, to_sqlite
from services.loader.pins import Pins
from services.loader.rewrite import bottom_up
from services.loader.types import FLOAT, INTEGER, TEXT, Family, Type

_EQUALITY: Final = ("EQUAL", "NOT_EQUAL")
_FOLDABLE: Final = (Family.TEXT, Family.UNKNOWN)
_SUMMED: Final = frozenset({"SUM", "AVG", "STDDEV", "MEDIAN", "CORRELATION", "SLOPE"})


class Coercion:
    """Changes nodes for one dialect."""

    def __init__(self, dialect: int, pins: Pins) -> None:
        self._sqlite = dialect == catalog_pb2.DIALECT_SQLITE
        self._pins = pins

    def apply(self, node: Node) -> Node:
        """The tree with every comparison coerced."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:  # noqa: PLR0911  # a case for each kind
        match node:
            case Compare():
                return self._compare(node)
            case In():
                return self._membership(node)
            case InQuery() if node.fold and node.operand.type.family not in _FOLDABLE:
                return replace(node, fold=False)
            case Between():
                return self._between(node)
            case Match() if node.operand.type.family not in _FOLDABLE:
                return replace(node, operand=Call("TO_TEXT", (node.operand,), TEXT))
            case Truth():
                return self._truth(node)
            case Aggregate():
                return self._aggregate(node)
            case Arithmetic():
                return self._arithmetic(node)
            case Window() if node.operand is not None and node.function in ("SHARE", "RUNNING_SUM"):
                return replace(node, operand=self._summed(node.operand))
            case Order():
                return replace(node, expression=self._number(node.expression, only_columns=True))
            case Case():
                return self._case(node)
            case Call(function="COALESCE" | "NULL_IF"):
                return self._alternatives(node)
            case Combined() if not self._sqlite:
                return _one_type_each(node)
            case Call() | Bucket():
                return node
        return node

    def literal(self, value: Expression, against: Type, operator: str) -> Expression:
        """A literal in the form of what it is compared with; anything else as it is."""
        if not isinstance(value, Literal) or value.through:
            return value
        if self._sqlite:
            return to_sqlite(value, against, operator, self._pins)
        return to_postgresql(value, against, operator, self._pins)

    def _compare(self, node: Compare) -> Predicate:
        left, right, operator = node.left, node.right, node.operator
        if isinstance(left, Literal) and not isinstance(right, Literal):
            left, right, operator = right, left, _MIRRORED[operator]
        if node.fold and {left.type.family, right.type.family} <= set(_FOLDABLE):
            return Compare(operator, Folded(left, TEXT), Folded(right, TEXT))
        if isinstance(right, Literal):
            left = self._ordered(left, right.type, operator)
            return Compare(operator, left, self.literal(right, left.type, operator))
        left, right = self._alike(left, right, operator)
        return Compare(operator, left, right)

    def _ordered(self, operand: Expression, against: Type, operator: str) -> Expression:
        """Numbers that a column keeps as text have an order only as numbers."""
        if operator in _EQUALITY:
            return operand
        if self._sqlite:
            return self._number(operand, only_columns=True)
        if operand.type.family is Family.TEXT and against.numeric:
            return Call("TO_FLOAT", (operand,), FLOAT)
        return operand

    def _alike(self, left: Expression, right: Expression, operator: str) -> tuple[Expression, Expression]:
        """Two values that are no literals, made comparable by giving the rarer type the form of the other."""
        a, b = left.type.family, right.type.family
        if self._sqlite:
            if operator not in _EQUALITY:
                return self._number(left, only_columns=True), self._number(right, only_columns=True)
            return left, right
        if Family.UNKNOWN in (a, b) or a == b or isinstance(left, Null) or isinstance(right, Null):
            return left, right
        if Family.TEXT in (a, b):
            if a is Family.TEXT:
                return left, Call("TO_TEXT", (right,), TEXT)
            return Call("TO_TEXT", (left,), TEXT), right
        if Family.BOOLEAN in (a, b) and (left.type.numeric or right.type.numeric):
            return self._number(left), self._number(right)
        return left, right

    def _membership(self, node: In) -> Predicate:
        if node.fold and node.operand.type.family in _FOLDABLE:
            operand = Folded(node.operand, TEXT)
            return In(operand, tuple(Folded(each, TEXT) for each in node.values), node.negated)
        values = tuple(self.literal(each, node.operand.type, "EQUAL") for each in node.values)
        return In(node.operand, values, node.negated)

    def _between(self, node: Between) -> Predicate:
        bounds = [each for each in (node.lower, node.upper) if each is not None]
        operand = self._ordered(node.operand, bounds[0].type, "LESS")
        lower, upper = node.lower, node.upper
        if lower is not None:
            operator = "GREATER" if node.lower_exclusive else "GREATER_OR_EQUAL"
            lower = self.literal(lower, operand.type, operator)
        if upper is not None:
            upper = self.literal(upper, operand.type, "LESS" if node.upper_exclusive else "LESS_OR_EQUAL")
        return replace(node, operand=operand, lower=lower, upper=upper)

    def _truth(self, node: Truth) -> Predicate:
        if node.operand.type.numeric and not isinstance(node.operand, Literal):
            return Compare("NOT_EQUAL", node.operand, Literal("", "integer", INTEGER, fixed=0))
        if isinstance(node.operand, Literal):
            return Truth(self.literal(node.operand, Type(Family.BOOLEAN, "boolean"), "EQUAL"))
        return node

    def _aggregate(self, node: Aggregate) -> Node:
        if node.operand is None:
            return node
        if node.function in _SUMMED:
            operand = self._summed(node.operand)
            second = None if node.second is None else self._number(node.second)
            # SQLite adds up texts as the numbers that they spell.
            added = FLOAT if operand.type.family is Family.TEXT else operand.type
            kind = added if node.function == "SUM" else node.type
            return replace(node, operand=operand, second=second, type=kind)
        if node.function in ("MIN", "MAX"):
            operand = self._number(node.operand, only_columns=node.operand.type.family is not Family.BOOLEAN)
            return replace(node, operand=operand, type=operand.type)
        return node

    def _arithmetic(self, node: Arithmetic) -> Node:
        left, right = self._number(node.left), self._number(node.right)
        if left.type.name == right.type.name == "real":
            left = self._summed(left)
        if node.operator == "SUBTRACT" and right.type.temporal and left.type.family is Family.UNKNOWN:
            # Only a moment can have a moment subtracted from it.
            assert isinstance(left, Column | Call | Case | Aggregate | Window | Arithmetic | Literal)
            left = replace(left, type=right.type)
        return replace(node, left=left, right=right)

    def _number(self, operand: Expression, *, only_columns: bool = False) -> Expression:
        """As a number, where it is none but can be read as one."""
        if self._sqlite and isinstance(operand, Column) and mistyped_number(operand.type):
            function = "TO_INTEGER" if operand.type.family is Family.INTEGER else "TO_FLOAT"
            return Call(function, (operand,), INTEGER if function == "TO_INTEGER" else FLOAT)
        if only_columns or isinstance(operand, Literal | Null):
            return operand
        if operand.type.family is Family.BOOLEAN:
            return Call("TO_INTEGER", (operand,), INTEGER)
        if operand.type.family is Family.TEXT and not self._sqlite:
            return Call("TO_FLOAT", (operand,), FLOAT)
        return operand

    def _summed(self, operand: Expression) -> Expression:
        """As a number to be added up: PostgreSQL adds `real` in four bytes, of which six digits are right."""
        made = self._number(operand)
        if not self._sqlite and made.type.name == "real":
            return Call("TO_FLOAT", (made,), FLOAT)
        return made

    def _alternatives(self, node: Call) -> Node:
        """COALESCE and NULLIF want one type: literals take the first other argument's."""
        known = [each.type for each in node.arguments if not isinstance(each, Literal | Null)]
        if not known:
            return node
        arguments = tuple(self.literal(each, known[0], "EQUAL") for each in node.arguments)
        return replace(node, arguments=self._one_type(arguments))

    def _case(self, node: Case) -> Node:
        values = [each for _, each in node.branches]
        if node.otherwise is not None:
            values.append(node.otherwise)
        known = [each.type for each in values if not isinstance(each, Literal | Null)]
        if known:
            values = [self.literal(each, known[0], "EQUAL") for each in values]
        values = list(self._one_type(tuple(values)))
        branches = tuple((when, each) for (when, _), each in zip(node.branches, values, strict=False))
        otherwise = values[-1] if node.otherwise is not None else None
        return replace(node, branches=branches, otherwise=otherwise)

    def _one_type(self, values: tuple[Expression, ...]) -> tuple[Expression, ...]:
        """Where texts and other values stand side by side, all become text; numbers fit together by themselves."""
        families = {each.type.family for each in values if not isinstance(each, Null)} - {Family.UNKNOWN}
        if self._sqlite or Family.TEXT not in families or len(families) == 1:
            return values
        return tuple(
            each if each.type.family in (Family.TEXT, Family.UNKNOWN) or isinstance(each, Null)
            else Call("TO_TEXT", (each,), TEXT)
            for each in values
        )  # fmt: skip


_MIRRORED: Final = {
    "EQUAL": "EQUAL",
    "NOT_EQUAL": "NOT_EQUAL",
    "LESS": "GREATER",
    "LESS_OR_EQUAL": "GREATER_OR_EQUAL",
    "GREATER": "LESS",
    "GREATER_OR_EQUAL": "LESS_OR_EQUAL",
}


def _one_type_each(node: Combined) -> Combined:
    """Columns of two operands, of which one is text and the other is not, as text: PostgreSQL puts nothing else together."""
    left, right = node.left.body, node.right.body
    if not isinstance(left, Select) or not isinstance(right, Select) or len(left.outputs) != len(right.outputs):
        return node
    made: list[tuple[Output, Output]] = []
    for pair in zip(left.outputs, right.outputs, strict=True):
        families = {each.expression.type.family for each in pair}
        apart = Family.TEXT in families and len(families) == 2 and Family.UNKNOWN not in families
        first, second = (_text(each) for each in pair) if apart else pair
        made.append((first, second))
    return replace(
        node,
        left=replace(node.left, body=replace(left, outputs=tuple(each for each, _ in made))),
        right=replace(node.right, body=replace(right, outputs=tuple(each for _, each in made))),
    )


def _text(output: Output) -> Output:
    kind = output.expression.type.family
    if kind is Family.TEXT or isinstance(output.expression, Literal | Null):
        return output
    return replace(output, expression=Call("TO_TEXT", (output.expression,), TEXT))
