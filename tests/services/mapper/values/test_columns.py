"""Which columns' values are held."""

from maestro.catalog.v1 import catalog_pb2 as catalog
from services.mapper.build import build
from services.mapper.derive.model import Hints
from services.mapper.values.columns import PAGE, choose
from tests.services.mapper.catalogs import column, source, table


def chosen(columns: list[catalog.Column], *, rows: int = 5000, indexed: str = "") -> tuple[list[str], list[str]]:
    made = table("things", columns, rows=rows)
    if indexed:
        made.indexes.add(
            name="i", method=catalog.INDEX_METHOD_BTREE, valid=True, keys=[catalog.IndexKey(column=indexed)]
        )
    choice = choose(build(source([made]), [], Hints()), 20_000)
    return [each.physical for each in choice.read], [each.physical for each in choice.large]


def test_names_are_read_few_first_and_large_columns_are_not() -> None:
    columns = [
        column("name", distinct=4000),
        column("city", distinct=300),
        column("customer", distinct=50_000),
        column("status", values=["a", "b"]),
        column("phone", distinct=4000),
        column("notes", distinct=4000, width=400),
        column("price", "decimal"),
        column("created", "date"),
    ]
    assert chosen(columns) == (["city", "name"], ["customer", "phone"])


def test_a_column_of_unknown_size_is_tried() -> None:
    assert chosen([column("name")]) == (["name"], [])


def test_large_tables_are_not_read_over_and_over_without_an_index() -> None:
    many = [column("name", distinct=5 * PAGE)]
    assert chosen(many, rows=50_000_000) == ([], ["name"])
    assert chosen(many, rows=50_000_000, indexed="name") == (["name"], [])
    assert chosen([column("name", distinct=PAGE / 2)], rows=50_000_000) == (["name"], [])


def test_short_texts_are_read_whatever_their_column_is_called() -> None:
    short = column("product_details", values=["Latte", "Americano"], complete=False, distinct=40)
    prose = column(
        "other_details", values=["A long text that tells of everything that happened on that day " * 2], distinct=40
    )
    prose.samples_complete = False
    assert chosen([short, prose])[0] == ["product_details"]
