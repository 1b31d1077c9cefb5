"""From NumPy arrays to the columns of a table: Arrow arrays that COPY can be fed with.

`valid` is False where the value is null; None means that there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from samples.frete.draws import Bools, Floats, Ints

Column: TypeAlias = pa.Array
Sheet: TypeAlias = dict[str, Column]
"""Rows of one table: column name → values."""


def plain(values: Ints | Floats | Bools, valid: Bools | None = None) -> Column:
    """Integers, floats or booleans as they are."""
    return pa.array(values, mask=_mask(valid))


def hundredths(values: Ints, valid: Bools | None = None) -> Column:
    """Cents as an amount with two decimals."""
    return plain(values / 100, valid)


def thousandths(values: Ints, valid: Bools | None = None) -> Column:
    """Grams as kilograms, and the like."""
    return plain(values / 1000, valid)


def dates(days: Ints, valid: Bools | None = None) -> Column:
    """Day numbers as dates."""
    return pa.array(days.astype(np.int32), mask=_mask(valid)).cast(pa.date32())


def moments(days: Ints, seconds: Ints, valid: Bools | None = None, *, zone: str | None = None) -> Column:
    """Day numbers and seconds of the day as timestamps; zone: of the moment itself, None for local time."""
    return pa.array(days * 86_400 + seconds, mask=_mask(valid)).cast(pa.timestamp("s", tz=zone))


def hours(seconds: Ints, valid: Bools | None = None) -> Column:
    """Seconds of the day as a time."""
    return pa.array(seconds.astype(np.int32), mask=_mask(valid)).cast(pa.time32("s"))


def day_texts(days: Ints, valid: Bools | None = None) -> Column:
    """Day numbers as text, dd/mm/yyyy."""
    first = int(days.min()) if len(days) else 0
    span = np.arange(first, int(days.max()) + 1 if len(days) else first + 1).astype("datetime64[D]")
    names = [f"{str(day)[8:]}/{str(day)[5:7]}/{str(day)[:4]}" for day in span]
    return texts(names, days - first, valid)


def texts(choices: Sequence[str], positions: Ints, valid: Bools | None = None) -> Column:
    """Some of few texts, by position."""
    return pa.array(list(choices), pa.string()).take(pa.array(positions, mask=_mask(valid)))


def codes(prefix: str, numbers: Ints, valid: Bools | None = None, *, width: int = 0) -> Column:
    """Numbers as text behind a prefix, with leading zeros up to `width`."""
    text = pa.array(numbers, mask=_mask(valid)).cast(pa.string())
    if width:
        text = pc.utf8_lpad(text, width, "0")
    return pc.binary_join_element_wise(prefix, text, "") if prefix else text


def joined(*parts: Column | str) -> Column:
    """Texts put one behind the other; null where one is."""
    return pc.binary_join_element_wise(*parts, "")


def constant(text: str | None, count: int) -> Column:
    """The same text (or null) `count` times."""
    return pa.nulls(count, pa.string()) if text is None else pa.repeat(text, count)


def lists(values: Column, starts: Ints, separator: str = ",") -> Column:
    """Texts joined in runs: starts[i] … starts[i + 1] make the i-th (one more start than runs)."""
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(starts, pa.int32()), values), separator)


def chosen(position: Ints, *options: Column) -> Column:
    """For each row the value of the option at its position."""
    return pc.choose(pa.array(position), *options)


def select(sheet: Sheet, keep: Bools) -> Sheet:
    """The rows of a sheet where `keep` is true."""
    return {name: column.filter(pa.array(keep)) for name, column in sheet.items()}


def _mask(valid: Bools | None) -> Bools | None:
    return None if valid is None else ~valid
