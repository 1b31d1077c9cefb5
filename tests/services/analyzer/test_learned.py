"""What trained models make of a question: whichever models ship, it is finite, joined, and the same every time.

The models that ship change; nothing here asserts what they prefer.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from services.analyzer.assemble import NOT_RULED, PARTS, Draft
from services.analyzer.canonical import canonical
from services.analyzer.forest import planted
from services.analyzer.ground import Ground
from services.analyzer.learned import candidates, chances, drafts, judges, prepare, together
from services.analyzer.rank import NAMES, rows
from services.analyzer.reading import Compare, Item, Reading, Ref
from services.analyzer.ruled import ruled
from services.analyzer.score import COMBINED, LIMITED, ORDERED, PLACES, SHOWN, Models, matrices, models, score
from services.analyzer.slots import slots_of
from services.analyzer.uncovered import uncovered
from tests.services.analyzer.shop import VOCABULARY, asked, evidence

ROOT = Path(__file__).parents[3]
QUESTIONS = [
    "How many customers are there?",
    "the average price of products in each category, from high to low",
    "customers with more than 3 purchases since May 2024",
    "customers who do not live in Lisbon and have no email",
    "kettles and teapots with price between 5 and 10",
    "",
]
_FRESH = """
import sys
from services.analyzer.analyze import readings
from tests.services.analyzer.shop import VOCABULARY, asked
for question in sys.argv[1:]:
    for each in readings(asked(question), VOCABULARY):
        told = f"{each.score!r} {each.probability!r} {each.by} {each.unexplained} {each.uncovered}"
        print(told, each.plan.SerializeToString(deterministic=True).hex())
"""


def drafted(question: str) -> list[Draft]:
    parsed = asked(question)
    return drafts(parsed, VOCABULARY, ruled(parsed, VOCABULARY))[0]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_slot_has_its_probabilities(question: str) -> None:
    held = evidence(question)
    slots = slots_of(held)
    if not slots.columns:
        return
    made = score(held, slots, models())
    for chances_ in (made.shown, made.ordered, made.grouped, made.table):
        assert chances_.shape == (len(slots.columns),)
        assert ((chances_ >= 0) & (chances_ <= 1)).all()
    assert made.used.shape == (len(slots.tests),)
    classes = [(made.kind, SHOWN), (made.direction, ORDERED), (made.place, PLACES)]
    for held_, names in classes:
        assert held_.shape[1] == len(names)
        assert held_.sum(axis=1) == pytest.approx(np.ones(len(held_)))
    assert made.limited.sum() == pytest.approx(1)
    assert (len(made.limited), len(made.combined)) == (len(LIMITED), len(COMBINED))
    # What names no dataset cannot be used as one.
    assert not made.table[[column.target.kind != "dataset" for column in slots.columns]].any()


def test_models_look_at_no_more_features_than_there_are() -> None:
    columns, tests = matrices(slots_of(evidence(QUESTIONS[2])))
    width = {"used": tests.shape[1], "place": tests.shape[1]}
    local = {"shown", "kind", "ordered", "direction", "grouped", "table", "used", "place"}
    assert local <= set(models().forests)
    for name in local:
        assert models().forests[name].columns.max() < width.get(name, columns.shape[1])
    assert judges().ranker.columns.max() < len(NAMES)
    assert models().version


def test_a_probability_that_models_give_moves_what_is_put_together() -> None:
    """The scores are really used: with a model that shows nothing but prices, prices are shown first."""
    parsed = asked("titles and prices of products")
    slots = slots_of(evidence("titles and prices of products"))
    at = next(number for number, each in enumerate(slots.columns) if each.target.name == "price")
    marked = slots.columns[at].features
    others = [each.features for number, each in enumerate(slots.columns) if number != at]
    feature = next(
        number for number in range(len(marked)) if all(abs(marked[number] - other[number]) > 1e-6 for other in others)
    )
    above = bool(marked[feature] > max(other[feature] for other in others))
    limit = float((marked[feature] + (max if above else min)(other[feature] for other in others)) / 2)
    yes, no = {"leaf_value": 6.0}, {"leaf_value": -6.0}
    tree = {
        "split_feature": 0, "threshold": limit,
        "left_child": no if above else yes, "right_child": yes if above else no,
    }  # fmt: skip
    only = planted({"tree_info": [{"tree_structure": tree}]}, [feature], 1)
    held = Models({**models().forests, "shown": only})
    made = drafts(parsed, VOCABULARY, (), held)[0]
    assert [item.ref for item in made[0].reading.select] == [Ref("product", "price")]


@pytest.mark.parametrize("question", QUESTIONS)
def test_readings_come_likeliest_first_each_once_with_finite_features(question: str) -> None:
    made = drafted(question)
    own = [each for each in made if each.cost >= 0]
    assert [each.cost for each in own] == sorted(each.cost for each in own)
    assert len({each.reading for each in own}) == len(own) <= 64
    for each in own:
        assert each.cost == pytest.approx(sum(each.costs))
        assert len(each.costs) == len(PARTS)
        assert each.tokens <= set(range(len(asked(question).keys)))
    features, kept = rows(made, Ground(evidence(question)))
    assert features.shape == (len(kept), len(NAMES))
    assert np.isfinite(features).all()
    assert len(set(NAMES)) == len(NAMES)


def test_features_of_a_reading_say_what_their_names_say() -> None:
    question = "average price of products"
    held = evidence(question)
    price, title = Item(Ref("product", "price"), fn="avg"), Item(Ref("product", "title"))
    plain = Draft(Reading("product", select=(price,)), (0.0,) * len(PARTS), 0.0, frozenset({0, 1, 3}))
    fewer = Draft(Reading("product", select=(title,), limit=1), (1.0,) * len(PARTS), 7.0, frozenset({3}))
    apart = Draft(Reading("product", select=(Item(Ref("supplier", "name")),)), (1.0,) * len(PARTS), 7.0, frozenset())
    features, kept = rows([plain, fewer, apart], Ground(held))
    assert kept == [plain, fewer]  # nothing joins suppliers to products
    one, other = (dict(zip(NAMES, row.tolist(), strict=True)) for row in features)
    assert (one["select.aggregated"], one["cue.avg.unused"], one["left.words"], one["cost.behind"]) == (1, 0, 0, 0)
    assert (other["select.label"], other["cue.avg.unused"], other["limit.one"], other["cost.behind"]) == (1, 1, 1, 7)
    assert other["left.words"] == 1
    assert one["agreed.shown"] > other["agreed.shown"]


def test_what_a_reading_leaves_out_of_numbers_values_and_negations_is_known() -> None:
    question = 'customers not from Lisbon with age 30 called "Ann Lee"'
    held = evidence(question)
    words = {word: at for at, word in enumerate(held.frame.parsed.keys)}
    draft = Draft(Reading("customer", select=(Item(Ref("customer", "name")),)), (0.0,) * len(PARTS), 0.0, frozenset())
    left = {held.frame.parsed.keys[at] for at in uncovered(draft, Ground(held))}
    assert {"not", "lisbon", "30", "ann", "lee"} <= left
    covered = draft._replace(tokens=frozenset({words["30"], words["lisbon"]}))
    assert not {"30", "lisbon"} & {held.frame.parsed.keys[at] for at in uncovered(covered, Ground(held))}
    negative = Compare(Item(Ref("customer", "city")), "<>", "Lisbon")
    refused = draft._replace(reading=replace(draft.reading, where=(negative,)))
    assert "not" not in {held.frame.parsed.keys[at] for at in uncovered(refused, Ground(held))}


def test_readings_of_rules_are_ranked_with_the_others() -> None:
    parsed = asked("names of customers from Lisbon")
    composed = ruled(parsed, VOCABULARY)
    alone = together([], composed)
    assert [(each.ruled, each.cost) for each in alone] == [(place, -1.0) for place in range(len(composed))]
    same = Draft(composed[0].reading, (0.0,) * len(PARTS), 0.0, frozenset())
    marked = together([same], composed)
    assert (marked[0].ruled, marked[0].cost) == (0, 0.0)
    assert len(marked) == len(composed)
    other = same._replace(reading=replace(same.reading, limit=9))
    assert together([other], composed)[0].ruled == NOT_RULED


@pytest.mark.parametrize("question", QUESTIONS)
def test_probabilities_are_shares_of_one(question: str) -> None:
    parsed = asked(question)
    ranked, _ = candidates(parsed, VOCABULARY, ruled(parsed, VOCABULARY))
    assert [each.score for each in ranked] == sorted((each.score for each in ranked), reverse=True)
    assert all(0 <= each.probability <= 1 for each in ranked)
    assert sum(each.probability for each in ranked) <= 1.001 + 0.0001 * len(ranked)
    assert len({canonical(each.reading) for each in ranked[:1]}) == len(ranked[:1])


def test_the_first_reading_gets_what_the_judge_says_and_the_others_share_most_of_the_rest() -> None:
    made = chances(np.array([2.0, 1.0, 0.0]), 0.6)
    assert made[0] == 0.6
    assert sum(made[1:]) == pytest.approx(0.7 * 0.4)
    assert made[1] / made[2] == pytest.approx(np.e)
    assert chances(np.array([3.0]), 0.9) == [0.9]


def test_a_question_is_read_the_same_twice_and_in_a_fresh_process_byte_for_byte() -> None:
    """Hash seeds differ between processes: no order may come from a set."""
    told = []
    for seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "PATH": ""}
        made = subprocess.run(
            [sys.executable, "-c", _FRESH, *QUESTIONS], env=environment, cwd=ROOT, capture_output=True, check=False
        )
        assert made.returncode == 0, made.stderr.decode()
        told.append(made.stdout)
    assert told[0] == told[1]
    assert told[0].count(b"\n") > len(QUESTIONS)


def test_all_models_can_be_made_ready_before_the_first_question() -> None:
    prepare()
    held = judges()
    assert all("_laid" in forest.__dict__ for forest in (held.ranker, held.judge, *models().forests.values()))
