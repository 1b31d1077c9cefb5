"""Training on a tiny made-up set: it learns, writes models that load, and the same bytes every time."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

if importlib.util.find_spec("lightgbm") is None:
    pytest.skip("LightGBM is not installed: extra `train`, which `make setup` brings", allow_module_level=True)

from bench.questions import read_questions
from bench.training.__main__ import FOLDS, folds
from bench.training.certainty import curve, error
from bench.training.examples import Example, gold_reading, located, slots_for, world
from bench.training.growing import grow, grow_ranker, worthwhile
from bench.training.phrasing import fit, phrased
from bench.training.ranking import Group
from bench.training.slots import global_forests, local_forests
from services.analyzer.forest import Forest
from services.analyzer.phrasing import Material
from services.analyzer.score import matrices
from services.analyzer.training.labels import SHOWN, Classes, labels_of

# (table, its text field, its number, values)
TABLES = {
    "museum": ("name", "visitors", ["Prado", "Louvre", "Tate"]),
    "boat": ("title", "length", ["Argo", "Beagle", "Fram"]),
    "garden": ("place", "trees", ["Kew", "Jardim", "Eden"]),
}


def made_up(folder: Path) -> Path:
    """A database a table, a dozen questions each; the question file."""
    lines = []
    for table, (text, number, values) in TABLES.items():
        path = folder / "database" / table / f"{table}.sqlite"
        path.parent.mkdir(parents=True)
        with sqlite3.connect(path) as connection:
            connection.execute(f"CREATE TABLE {table} ({table}_id INTEGER PRIMARY KEY, {text} TEXT, {number} INTEGER)")
            connection.executemany(
                f"INSERT INTO {table} VALUES (?, ?, ?)", [(at, each, 10 * at) for at, each in enumerate(values, 1)]
            )
        connection.close()
        asked = [
            (f"How many {table}s are there?", f"SELECT count(*) FROM {table}"),
            (f"What is the average {number} of {table}s?", f"SELECT avg({number}) FROM {table}"),
            (f"What is the maximum {number} of {table}s?", f"SELECT max({number}) FROM {table}"),
            (f"Show the {text} of all {table}s.", f"SELECT {text} FROM {table}"),
            (f"Show the {text} of {table}s ordered by {number}.", f"SELECT {text} FROM {table} ORDER BY {number}"),
            (f"List the {text} and {number} of {table}s.", f"SELECT {text}, {number} FROM {table}"),
        ]
        for at, value in enumerate(values, 1):
            asked += [
                (f"What is the {number} of {value}?", f"SELECT {number} FROM {table} WHERE {text} = '{value}'"),
                (
                    f"Show the {text} of {table}s with {number} above {10 * at}.",
                    f"SELECT {text} FROM {table} WHERE {number} > {10 * at}",
                ),
            ]
        lines += [
            json.dumps({"id": f"{table}{at}", "db_id": table, "question": q, "gold_sql": sql})
            for at, (q, sql) in enumerate(asked)
        ]
    path = folder / "questions.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """The examples of all questions, made in this process."""
    file = made_up(tmp_path_factory.mktemp("questions"))
    found = []
    for number, question, path in located(read_questions(file), [file.parent / "database"]):
        held = world(question.database, path)
        gold = gold_reading(question.golds[0], held)
        assert gold is not None
        _, slots = slots_for(question, held)
        columns, tests = matrices(slots)
        labels = labels_of(slots, gold, held.vocabulary, Classes(held.vocabulary))
        datasets = tuple(each.target.kind == "dataset" for each in slots.columns)
        found.append(Example(number, question.database, columns, tests, datasets, labels))
    return found


def same(one: dict[str, Forest], other: dict[str, Forest]) -> bool:
    assert one.keys() == other.keys()
    pairs = [(one[name].arrays(name), other[name].arrays(name)) for name in one]
    return all(left[key].tobytes() == right[key].tobytes() for left, right in pairs for key in left)


def test_the_same_examples_grow_the_same_forests(learned: list[Example]) -> None:
    first, again = local_forests(learned), local_forests(learned)
    assert same(first, again)
    assert not same({"shown": first["shown"]}, {"shown": local_forests(learned[: len(learned) // 2])["shown"]})


def test_what_is_learned_is_what_was_shown(learned: list[Example]) -> None:
    grown = local_forests(learned)["shown"]
    columns = np.concatenate([each.columns for each in learned])
    shown = np.concatenate([np.array(each.labels.shown) for each in learned]) > 0
    chances = grown.probabilities(columns)
    assert chances[shown].mean() > chances[~shown].mean() + 0.3
    assert {SHOWN[each] for example in learned for each in example.labels.shown} >= {"", "plain", "count", "avg", "max"}


def test_questions_as_a_whole_are_judged_too(learned: list[Example]) -> None:
    rows = np.stack([each.columns.mean(axis=0) for each in learned])
    grown = global_forests(rows, learned)
    assert same(grown, global_forests(rows, learned))
    assert grown["combined"].probabilities(rows).shape == (len(learned), 5)


def test_a_ranker_puts_right_rows_first_and_grows_the_same_twice() -> None:
    random = np.random.RandomState(7)
    features = random.rand(2000, 6).astype(np.float32)
    labels = np.zeros(2000, np.int64)
    for start in range(0, 2000, 10):
        labels[start + int(features[start : start + 10, 2].argmax())] = 1
    one, other = (grow_ranker(features, labels, [10] * 200, 60) for _ in range(2))
    assert same({"ranker": one}, {"ranker": other})
    scores = one.scores(features).reshape(-1, 10)
    assert (scores.argmax(axis=1) == labels.reshape(-1, 10).argmax(axis=1)).mean() > 0.6


def test_what_right_readings_have_in_common_gets_weight_and_the_same_twice() -> None:
    random = np.random.RandomState(5)
    groups = []
    for number in range(200):
        marks = random.randint(100, 400, (5, 3)).astype(np.uint32)
        right = number % 5
        marks[right, 0] = 7
        found = Material(marks, np.zeros((0, 1), np.uint32), [([at], []) for at in range(5)], [[at] for at in range(5)])
        groups.append(Group(number, "db", np.zeros((5, 2), np.float32), np.arange(5) == right, found))
    model = fit(groups[:150])
    assert model.weights.tobytes() == fit(groups[:150]).weights.tobytes()
    assert model.weights.argmax() == 7
    told = [phrased(each, model).features for each in groups[150:]]
    assert all(each[:, -1].argmax() == at % 5 for at, each in enumerate(told))
    assert all(each[:, -1].max() == 0 and not each[:, 0].any() for each in told)


def test_features_that_hardly_ever_differ_are_not_looked_at() -> None:
    rows = np.zeros((1000, 4), np.float32)
    rows[:, 1] = np.arange(1000) % 2
    rows[0, 3] = 1
    assert worthwhile(rows) == [1]
    grown = grow(rows, (rows[:, 1] > 0).astype(np.int64), 1, 5)
    assert grown.columns.tolist() == [1]


def test_a_database_is_left_out_as_a_whole_and_by_the_same_part_every_time() -> None:
    names = [f"db{number}" for number in range(30)]
    assert folds(names) == folds(names)
    assert [list(folds(names).values()).count(part) for part in range(FOLDS)] == [30 // FOLDS] * FOLDS


def test_the_curve_rises_and_its_error_is_none_where_chances_are_met() -> None:
    raw = np.linspace(0, 1, 1200)
    labels = (np.random.RandomState(3).rand(1200) < raw**2).astype(np.int64)
    points = curve(raw, labels)
    assert (np.diff(points[:, 1]) >= 0).all()
    assert (np.diff(points[:, 0]) > 0).all()
    assert error(np.interp(raw, points[:, 0], points[:, 1]), labels) < 0.05 < error(raw, labels)
    assert error(np.array([0.0, 1.0]), np.array([0, 1])) == 0
