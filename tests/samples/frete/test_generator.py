"""The same sample is the same rows, however it is cut into chunks."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from samples.frete.generator import generate
from samples.frete.sample import Sample


def tables(sample: Sample, chunk_rows: int) -> dict[str, pa.Table]:
    """All rows of each table, in order of id."""
    pieces: dict[str, list[pa.Table]] = {}
    for table, sheet in generate(sample, chunk_rows=chunk_rows):
        columns = sorted(sheet)
        pieces.setdefault(table, []).append(pa.table([sheet[name] for name in columns], names=columns))
    whole = {name: pa.concat_tables(parts, promote_options="permissive") for name, parts in pieces.items()}
    return {name: table.sort_by("id") for name, table in whole.items()}


def test_chunks_do_not_show() -> None:
    sample = Sample(rows=1500)
    small, large = tables(sample, 100), tables(sample, 1_000_000)
    assert len(small) == 17
    for name, table in large.items():
        assert small[name].equals(table), name


def test_a_seed_is_a_world() -> None:
    one, same, other = (tables(Sample(rows=300, seed=seed), 1000) for seed in (1, 1, 2))
    assert one["entregas_monitoradas"].equals(same["entregas_monitoradas"])
    assert not one["entregas_monitoradas"].equals(other["entregas_monitoradas"])
    assert not one["transportadoras"].equals(other["transportadoras"])


@pytest.mark.parametrize("rows", [100, 1234, 7000])
def test_there_are_as_many_deliveries_as_asked_for(rows: int) -> None:
    found = tables(Sample(rows=rows), 5000)
    assert found["entregas_monitoradas"].column("id").to_pylist() == list(range(1, rows + 1))
    for table in found.values():
        assert len(table.column("id").unique()) == len(table)


@pytest.mark.parametrize("anchor", [date(2024, 2, 29), date(2025, 6, 15), date(2026, 1, 1)])
def test_the_anchor_may_be_any_day(anchor: date) -> None:
    found = tables(Sample(rows=2000, anchor=anchor), 5000)
    invoiced = found["relatorio_faturamento_importado"].column("data_fatura").to_pylist()
    assert max(invoiced) <= anchor
    assert (anchor - max(invoiced)).days <= 3
    assert any(day > anchor for day in found["entregas_monitoradas"].column("data_entrega_prevista").to_pylist() if day)


@pytest.mark.parametrize("rows", [0, 99, 50_000_001])
def test_a_size_that_makes_no_sense_is_refused(rows: int) -> None:
    with pytest.raises(ValueError, match="rows must be between"):
        Sample(rows=rows)


def test_the_fingerprint_tells_samples_apart() -> None:
    prints = {
        sample.fingerprint
        for sample in (Sample(), Sample(seed=8), Sample(rows=500), Sample(anchor=date(2025, 1, 1)), Sample())
    }
    assert len(prints) == 4
