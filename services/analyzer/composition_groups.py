"""By what the rows of a reading are grouped: by what is shown, by the key of its rows, or by a column of its own."""

from collections.abc import Iterable, Sequence

from services.analyzer.parts import cost_of
from services.analyzer.reading import Item, Order, Ref
from services.analyzer.slot import Column
from services.analyzer.vocabulary import Vocabulary

Grouped = tuple[float, tuple[Item, ...], tuple[Item, ...]]
"""Cost, group keys, items to show."""


class Groups:
    """Ways to group. columns: that rows may be grouped by although they need not be shown, with their chances."""

    def __init__(self, vocabulary: Vocabulary, columns: Sequence[tuple[float, Column]]) -> None:
        self._vocabulary = vocabulary
        self._columns = [(cost_of(chance), column.item()) for chance, column in columns]
        self._keys: dict[str, Item | None] = {}

    def of(self, items: Sequence[Item], order: Order | None, root: str, *, wanted: bool) -> Iterable[Grouped]:
        """Each way for what is shown. wanted: conditions on groups are there."""
        select = tuple(items)
        plain = tuple(item for item in items if not item.aggregated)
        wants = wanted or (order is not None and order.item.aggregated)
        if len(plain) == len(select) and not wants:
            yield 0.0, (), select
        elif plain:
            yield from self._by_shown(select, plain, root)
        else:
            yield from self._by_others(select, root, wants=wants)

    def _by_others(self, select: tuple[Item, ...], root: str, *, wants: bool) -> Iterable[Grouped]:
        """Only aggregates are shown."""
        if not wants:
            yield 0.05, (), select
        for cost, key in self._columns:
            yield cost, (key,), (key, *select)
            yield cost + 0.7, (key,), select
        if wants:
            key_item = self._key(root)
            if key_item is not None:
                yield 0.5, (key_item,), select

    def _by_shown(self, select: tuple[Item, ...], plain: tuple[Item, ...], root: str) -> Iterable[Grouped]:
        key_item = self._key(plain[0].ref.dataset if plain[0].ref else root)
        named = any(self._names_row(item.ref) for item in plain)
        keyed = key_item is not None and key_item not in plain
        if keyed and key_item is not None:
            yield (0.1 if named else 1.6), (key_item,), select
        yield (1.4 if named and keyed else 0.1), plain, select
        for cost, key in self._columns:
            if key not in plain and key != key_item:
                yield cost + 0.6, (key,), select

    def _names_row(self, ref: Ref | None) -> bool:
        if ref is None:
            return False
        dataset = self._vocabulary.datasets[ref.dataset]
        held = self._vocabulary.fields[ref.dataset, ref.field]
        return ref.field == dataset.label_field or held.unique or ref.field in dataset.key_fields

    def _key(self, dataset: str) -> Item | None:
        if dataset not in self._keys:
            keys = self._vocabulary.datasets[dataset].key_fields
            self._keys[dataset] = Item(Ref(dataset, keys[0])) if len(keys) == 1 else None
        return self._keys[dataset]
