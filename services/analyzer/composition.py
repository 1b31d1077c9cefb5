"""One combination of parts, and the readings that it allows: groups, set operations and negations are settled here."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from services.analyzer.composition_blocks import WHOLE, Blocks
from services.analyzer.composition_common import Common
from services.analyzer.composition_where import where_of
from services.analyzer.parts import Ordered, Shown, Tested, nested, on_groups, wants_row
from services.analyzer.reading import Compare, Item, Order, Reading
from services.analyzer.roles import alternatives
from services.analyzer.slot import Test


class Composition:
    """One combination of parts, and the readings that it allows."""

    def __init__(
        self, common: Common, shown: Shown, tested: Tested, ordered: Ordered, tables: tuple[str, ...], combined: str,
        distinct: bool, *, again: bool = False,
    ) -> None:  # fmt: skip
        """again: the same parts were there with the other `distinct`: readings that do not depend on it are left out."""
        self._common = common
        self._evidence = common.evidence
        self._shown = shown
        self._ordered = ordered
        self._tables = tables
        self._combined = combined
        self._distinct = distinct
        self._again = again
        self._tested = tested
        self._placed = common.placed(tested)
        self._tokens: frozenset[int] | None = None
        self._named: tuple[frozenset[str], list[str]] | None = None

    @property
    def possible(self) -> bool:
        """Whether the parts fit together."""
        how, ordered, placed = self._combined, self._ordered, self._placed
        if how == "none" and (placed.second or placed.negated):
            return False
        if self._again and how in WHOLE:
            return False
        comparing = [test for test in placed.rows if nested(test.condition)]
        if len(comparing) > 1 or (placed.inner and not comparing):
            return False
        if comparing and not placed.inner and wants_row(comparing[0].condition):
            return False
        if how in ("intersect", "union"):
            if any(on_groups(test) for test in placed.second):
                return False
            if ordered.column is not None or len(placed.rows) + len(placed.second) < 2 or placed.having:
                return False
        if how in ("except", "not in"):
            if not placed.negated and not self._absent:
                return False
            if how == "except" and (ordered.column is not None or self._shown.counted):
                return False
        if not ordered.limit_tokens:
            return True
        limit_tokens = set(ordered.limit_tokens)
        return not any(limit_tokens & test.tokens for test in placed.all())

    def readings(self) -> Iterable[tuple[float, Reading]]:
        """Each reading with the cost of how it groups."""
        items = self._common.items(self._shown)
        order = self._common.order(self._ordered, items)
        root = self._root(items, order)
        if not root:
            return
        where = where_of(self._placed.rows, self._placed.inner, self._evidence)
        having = tuple(_had(test, root) for test in self._placed.having)
        blocks = Blocks(self._evidence, self._placed, self._absent)
        for cost, group, select in self._common.groups.of(items, order, root, wanted=bool(having)):
            if (having and not group) or (group and self._again):
                continue
            base = Reading(
                root=root, select=select, where=where, group=group, having=having,
                order=(order,) if order else (), limit=self._ordered.limit, distinct=self._distinct and not group,
                tables=tuple(name for name in self._tables if name != root),
            )  # fmt: skip
            for more, reading in blocks.of(self._combined, base):
                for extra, keyed in self._keyed(reading):
                    yield cost + more + extra, keyed

    def _keyed(self, reading: Reading) -> Iterable[tuple[float, Reading]]:
        """The reading by each choice of keys and of the tables in between."""
        if self._common.parallel:
            yield from alternatives(reading, self._evidence)
        else:
            yield 0.0, reading
        if reading.combine is None and not reading.ways:
            for cost, between in self._common.other_ways(reading):
                yield cost, replace(reading, tables=(*reading.tables, *between))

    @property
    def tokens(self) -> frozenset[int]:
        """The tokens of the question that its readings explain."""
        made = self._tokens
        if made is None:
            common, column = self._common, self._ordered.column
            used, absent = self._names()
            if self._combined in ("except", "not in"):
                used = used.union(absent)
            made = self._tokens = common.told_by_columns(self._shown).union(
                self._ordered.limit_tokens, common.told_by_tests(self._tested), common.told_by_datasets(used),
                column.source.tokens if column is not None else (),
            )  # fmt: skip
        return made

    @property
    def _absent(self) -> list[str]:
        """Named datasets that only a negation can be about."""
        return self._names()[1] if self._evidence.negatable else []

    def _names(self) -> tuple[frozenset[str], list[str]]:
        """Datasets that take part, and those that only a negation can be about."""
        held = self._named
        if held is None:
            used = {column.target.dataset for column, _ in self._shown.columns}
            used.update(self._tables, [test.on.dataset for test in self._placed.rows])
            if self._shown.counted:
                used.add(self._shown.counted)
            held = self._named = (frozenset(used), [each for each in self._evidence.negatable if each not in used])
        return held

    def _root(self, items: Sequence[Item], order: Order | None) -> str:
        first = ""
        for item in items:
            if item.ref is not None:
                if not item.fn:
                    return item.ref.dataset
                first = first or item.ref.dataset
        ordered = order.item.ref.dataset if order and order.item.ref else ""
        return first or self._shown.counted or ordered


def _had(test: Test, root: str) -> Compare:
    condition = test.condition
    assert isinstance(condition, Compare)
    if condition.left.fn == "count" and not condition.left.dataset:
        return replace(condition, left=replace(condition.left, dataset=root))
    return condition
