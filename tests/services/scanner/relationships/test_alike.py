"""Small whole numbers are found among the row numbers of any table: what refers to one, and what only looks so."""

import random
from collections.abc import Callable

import pytest

from services.scanner.scan import Scan

Cell = Callable[[int], int | str]
REFERENCES = {
    "orders.customer",
    "invoice.order_id",
    "player.team",
    "game.home_team",
    "game.away_team",
    "lessons.room",
    "payments.stud_no",
}


def tables(draw: random.Random) -> dict[str, tuple[int, dict[str, Cell]]]:
    """Rows and columns of each; the first column is its key."""

    def upto(most: int, least: int = 1) -> Cell:
        return lambda _: draw.randint(least, most)

    def own(i: int) -> int:
        return i

    return {
        "class": (30, {"id": own, "name": "C{}".format, "class_size": upto(30), "level_count": upto(10)}),
        "level": (10, {"id": own, "name": "L{}".format, "items": upto(40), "minimum_score": upto(30)}),
        "item": (
            50,
            {"id": own, "item_quantity": upto(50), "stock": upto(50, 0), "reorder_level": upto(10), "rank": own},
        ),
        "score": (60, {"id": own, "score": upto(60), "total_score": upto(60), "class_rank": upto(30)}),
        "customer": (80, {"id": own, "customer_age": upto(80, 18), "loyalty_level": upto(10), "visits": upto(80)}),
        "orders": (200, {"id": own, "customer": upto(80), "order_items": upto(9), "priority_class": upto(5)}),
        "invoice": (
            200,
            {"invoice_no": own, "order_id": lambda i: 201 - i, "amount": upto(200), "line_items": upto(30)},
        ),
        "player": (
            60,
            {"player_id": own, "team": upto(12), "shirt_number": upto(40), "games": upto(38), "goals": upto(9)},
        ),
        "team": (12, {"team_id": own, "wins": upto(12), "position": own}),
        "game": (
            120,
            {"game_id": own, "home_team": upto(12), "away_team": upto(12), "round": upto(22), "goals": upto(6)},
        ),
        "students": (200, {"id": own, "age": upto(18, 6), "locker": own, "grade": upto(12), "class_number": upto(30)}),
        "rooms": (40, {"room": own, "floor": upto(6), "capacity": upto(40, 10), "building": upto(8)}),
        "lessons": (300, {"id": own, "room": upto(40), "weekday": upto(5), "slot": upto(8), "hours": upto(30)}),
        "payments": (600, {"id": own, "stud_no": upto(200), "month": upto(12), "installment": upto(10)}),
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_numbers_that_look_like_references(write, sqlite_reader, settings, seed: int) -> None:
    for name, (rows, columns) in tables(random.Random(seed)).items():
        kinds = [f"{each} {'TEXT' if each == 'name' else 'INTEGER'}" for each in columns]
        write(f"CREATE TABLE {name} ({', '.join([f'{kinds[0]} PRIMARY KEY', *kinds[1:]])})")
        values = ", ".join(str(tuple(cell(i) for cell in columns.values())) for i in range(1, rows + 1))
        write(f"INSERT INTO {name} VALUES {values}")
    found = Scan(sqlite_reader, "shop", settings).run(now_all=True).snapshot.relationships
    told = {f"{each.from_table}.{each.from_columns[0]}": each for each in found}
    assert set(told) >= REFERENCES
    sure = {name for name, each in told.items() if each.confidence > 0.8}
    # Which class a class number is of, nobody but its owner knows.
    assert sure - REFERENCES <= {"students.class_number"}
    assert not {name for name in told if name.endswith(("items", "games", "hours", "goals", "wins", "visits"))}
