"""Models made smaller."""

from services.mapper.build import build
from services.mapper.derive.model import Hints
from services.mapper.fit import fit
from tests.services.mapper.catalogs import column, source, table


def wide() -> list[object]:
    kinds = [column("order_id", "int"), column("customer_name", values=[f"customer {at}" for at in range(50)])]
    kinds += [column("delivery_date", "date", comment="x" * 200), column("total_price", "decimal")]
    return [table(f"orders_{at}", kinds, key=["order_id"]) for at in range(60)]


def test_a_model_that_fits_stays_as_it_is() -> None:
    held = build(source(wide()), [], Hints())  # type: ignore[arg-type]
    before = held.model.SerializeToString(deterministic=True)
    assert fit(held.model, len(before)) == 0
    assert held.model.SerializeToString(deterministic=True) == before


def test_what_matters_least_goes_first() -> None:
    model = build(source(wide()), [], Hints()).model  # type: ignore[arg-type]
    size = model.ByteSize()
    for share in (0.9, 0.5, 0.3):
        fit(model, int(size * share))
        assert model.ByteSize() <= size * share
    for dataset in model.datasets:
        assert dataset.terms[0].weight == 1.0
        assert all(field.terms for field in dataset.fields), "names are never left out"


def test_models_keep_to_the_limit_that_they_are_built_with() -> None:
    full = build(source(wide()), [], Hints()).model.ByteSize()  # type: ignore[arg-type]
    assert build(source(wide()), [], Hints(), full // 2).model.ByteSize() <= full // 2  # type: ignore[arg-type]
