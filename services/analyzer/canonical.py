"""One form for readings that mean the same, so that those of different makers can be told to agree."""

from dataclasses import replace

from services.analyzer.reading import Combination, Item, Reading, datasets


def canonical(reading: Reading) -> Reading:
    """The reading without what does not change its answer: what it was taken for, the order of its conditions and tables."""
    return replace(
        reading,
        select=tuple(_item(each) for each in reading.select),
        where=tuple(sorted(reading.where, key=repr)) if len(reading.where) > 1 else reading.where,
        having=tuple(sorted((replace(each, left=_item(each.left)) for each in reading.having), key=repr)),
        order=tuple(replace(each, item=_item(each.item)) for each in reading.order),
        tables=tuple(sorted(name for name in set(datasets(reading)) if name != reading.root)),
        combine=Combination(reading.combine.op, canonical(reading.combine.other)) if reading.combine else None,
        intent="",
        form="",
    )


def _item(item: Item) -> Item:
    """Rows are rows, whichever dataset said so."""
    return replace(item, dataset="") if item.ref is None and item.fn == "count" else item
