"""From findings to a confidence: a sum of log odds.

The weights were set on databases whose declared foreign keys had been hidden (public benchmark schemas) and
on a denormalised business database; docs/modules/scanner.md tells the precision and recall that they reach.
"""

from math import exp
from typing import Final

from services.scanner.relationships.candidates import rarity
from services.scanner.relationships.evidence import Findings
from services.scanner.values import NUMBERS

LEAST: Final = 0.5
"""Below this nothing is told."""
UNENFORCED: Final = 0.79
"""At most this sure of a join to a column that the database does not keep unique, unless the
table declares no key at all and name and values both insist."""

_BASE: Final = -4.0
# Inclusion from, log odds: real data has gaps, but a column most of whose values are nowhere in the other is
# no key of it.
_INCLUSION: Final = (
    (0.98, 0.4),
    (0.9, 0.2),
    (0.8, -0.3),
    (0.65, -1.0),
    (0.5, -2.0),
    (0.2, -3.5),
    (0.0, -6.0),
)


def confidence(found: Findings) -> float:
    """How sure it is that the pair is a relationship, 0 to 1."""
    pair, inclusion = found.pair, found.inclusion
    odds = _BASE + 4.2 * pair.name
    if inclusion is None:
        odds -= 1.6
    else:
        odds += next(weight for least, weight in _INCLUSION if inclusion >= least)
        odds += 2.6 * found.surprise * inclusion if inclusion >= 0.65 else 0.0
    odds += _uniqueness(found)
    odds += 0.7 * found.cover
    if found.comment:
        odds += 2.5
    if found.agreement:
        odds += 2.5 * found.agreement
    elif found.agreement == 0 and pair.name < 0.4 and pair.source.digits:
        odds -= 0.8  # neither names nor other columns say what mere numbers suggest
    if _counting(found):
        odds -= 4.0
    sure = 1 / (1 + exp(-odds))
    keyless = not pair.target.table.primary_key and not pair.target.table.unique_keys
    insisted = found.unique and keyless and pair.name >= 0.9 and inclusion is not None and inclusion >= 0.95
    if not pair.target.key and not insisted:
        sure = min(sure, UNENFORCED)
    if _by_half_a_name(found):
        sure = min(sure, UNENFORCED)
    return round(min(sure, 0.99), 2)


def _counting(found: Findings) -> bool:
    """Whether the source rather counts rows of the target (a player's games) than refers to one of them."""
    source, target = found.pair.source, found.pair.target
    return source.name.several and source.column.family in NUMBERS and target.surrogate and not found.comment


def _by_half_a_name(found: Findings) -> bool:
    """Whether nothing but a part of the source's name says it: every column of small numbers is found among a table's own
    row numbers, and a reorder_level is no level as a home_team is a team.
    """
    pair = found.pair
    if pair.name >= 1 or pair.source.name.keyed or found.comment or found.agreement:
        return False
    return pair.target.surrogate and pair.target.column.family in NUMBERS and rarity(pair.target) == 0


def _uniqueness(found: Findings) -> float:
    source, target = found.pair.source, found.pair.target
    odds = 0.0
    if target.key:
        odds += 1.2 + (1.3 if found.pair.name >= 0.9 else 0.0)
    elif found.unique:
        odds += 0.9
    elif source.repeats > 2 and target.repeats > 2:
        # Many rows on both sides: something that both tables mention (a client, a state), seldom a reference.
        odds -= 1.5
    if not target.key and not found.unique and not target.code:
        # Names of places and people repeated in several tables: a column copied, seldom a reference.
        odds -= 2.0
    if source.surrogate:
        # A number that the table gives its own rows refers to nothing, unless the table extends another.
        odds -= 2.0
    return odds
