"""How a question is put together decides between readings; its words and the names of the schema do not."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from services.analyzer.assemble import Draft
from services.analyzer.ground import Ground
from services.analyzer.learned import drafts
from services.analyzer.phrasing import BITS, Phrasing, material
from services.analyzer.phrasing_marks import PARTS, whole
from services.analyzer.rank import NAMES, rows
from services.analyzer.reading import AnyOf, Combination, Compare, Item, Not, Order, Reading, Ref, Related, Source
from services.analyzer.ruled import ruled
from tests.services.analyzer.shop import VOCABULARY, asked, evidence

QUESTIONS = ["average price of products", "customers with more than 3 purchases", "kettles or teapots", "oi", ""]
NO_WEIGHTS = Phrasing(np.zeros(2**BITS, np.float32))


def drafted(question: str) -> tuple[list[Draft], Ground]:
    parsed = asked(question)
    made, held = drafts(parsed, VOCABULARY, ruled(parsed, VOCABULARY))
    return made, Ground(held)


def draft(reading: Reading, *tokens: int) -> Draft:
    return Draft(reading, (0.0,) * 7, 0.0, frozenset(tokens))


def marks(reading: Reading, ground: Ground) -> list[str]:
    parts = [part(reading, ground).marks for part in PARTS]
    return [*chain(*parts), *whole(reading, [part[0] for part in parts])]


def shown(dataset: str, field: str, at: int, fn: str = "") -> Reading:
    return Reading(dataset, select=(Item(Ref(dataset, field), fn=fn, source=Source((at,), "name")),))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_score_is_the_sum_of_the_weights_of_all_pairs(question: str) -> None:
    made, ground = drafted(question)
    model = Phrasing(np.random.RandomState(3).randn(2**BITS).astype(np.float32))
    scores = model.scores(made, ground)
    assert len(scores) == len(made)
    if made:
        found = material(made, Ground(ground.evidence))
        sums = np.array([model.weights[found.of(at)].sum() for at in range(len(made))])
        assert scores == pytest.approx(sums - sums.max(), abs=1e-3)


def test_weights_decide_and_nothing_else_does() -> None:
    """Cut them, and the readings are level again."""
    ground = Ground(evidence("average price of products"))
    plain, average = draft(shown("product", "price", 1), 1), draft(shown("product", "price", 1, "avg"), 0, 1)
    assert NO_WEIGHTS.scores([plain, average], ground).tolist() == [0, 0]
    found = material([plain, average], ground)
    own = np.setdiff1d(found.of(1), found.of(0))
    weights = np.zeros(2**BITS, np.float32)
    weights[own] = 1
    assert Phrasing(weights).scores([plain, average], ground).argmax() == 1
    assert Phrasing(-weights).scores([plain, average], ground).argmax() == 0
    place = NAMES.index("phrasing")
    assert rows([plain, average], ground, Phrasing(weights))[0][:, place].tolist() == [pytest.approx(-len(own)), 0]
    assert not rows([plain, average], ground)[0][:, place].any()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("average price of products", "preco medio dos produtos"),
        ("average price of products", "average age of customers"),
    ],
)
def test_neither_words_nor_names_nor_the_language_matter(one: str, other: str) -> None:
    """The same pairs, but for those that tell languages' own order of words apart."""
    found = []
    for question in (one, other):
        held = Ground(evidence(question))
        dataset, field = ("customer", "age") if "age of" in question else ("product", "price")
        at = next(at for at, key in enumerate(held.evidence.frame.parsed.keys) if key in ("price", "age", "preco"))
        found.append(set(material([draft(shown(dataset, field, at, "avg"), at)], held).of(0).tolist()))
    assert len(found[0] & found[1]) / len(found[0]) > 0.9


def test_marks_tell_kinds_of_queries_apart() -> None:
    price, name = Item(Ref("product", "price")), Item(Ref("customer", "name"))
    base = Reading("product", select=(price,))
    others = [
        Reading("product", select=(Item(Ref("product", "price"), fn="max"),)),
        Reading("product", select=(price,), distinct=True),
        Reading("product", select=(price,), order=(Order(price, True),), limit=1),
        Reading("product", select=(price,), order=(Order(price, True),)),
        Reading("product", select=(price,), group=(price,)),
        Reading("product", select=(price,), where=(Compare(price, ">", 3),)),
        Reading("product", select=(price,), combine=Combination("union", base)),
        Reading("customer", select=(name,), where=(Related("customer", "purchase", negated=True),)),
        Reading("customer", select=(name,)),
    ]
    ground = Ground(evidence("price of products"))
    told = [marks(each, ground) for each in (base, *others)]
    assert len(set(map(tuple, told))) == len(told)


def test_roles_reach_into_conditions_and_blocks_inside() -> None:
    ground = Ground(evidence("price of products"))
    price = Item(Ref("product", "price"), source=Source((0,), "name"))
    inner = Reading("product", select=(Item(Ref("product", "price"), fn="avg", source=Source((1,), "name")),))
    above = Compare(price, ">", inner, source=Source((2,), "name"))
    cheap = Compare(price, "<", 3, source=Source((3,), "name"))
    held = Reading(
        "product", select=(price,), where=(above, AnyOf((cheap, Not(cheap)))), combine=Combination("except", inner)
    )
    told = [role for part in PARTS for role in part(held, ground).roles]
    assert {role for _, role, _ in told} == {"s:", "w>", "wl>", "qs:avg", "w<", "wl<", "nw<", "nwl<", "cs:avg"}
    assert {at for tokens, _, _ in told for at in tokens} == {0, 1, 2, 3}


def test_a_model_is_read_as_it_was_kept() -> None:
    weights = np.zeros(2**BITS, np.float32)
    weights[[0, 5, 70_000, 2**BITS - 1]] = [0.5, -1.25, 3.0, 2.0]
    assert Phrasing.of(Phrasing(weights).arrays()).weights.tobytes() == weights.tobytes()
    assert not Phrasing.of(NO_WEIGHTS.arrays()).weights.any()
