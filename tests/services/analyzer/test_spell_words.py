"""Words within reach of a typing error."""

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from services.analyzer.spell_words import Words

_WORD = st.text(alphabet="abcd", min_size=3, max_size=7)


@given(st.sets(_WORD, max_size=40), _WORD, st.integers(1, 2))
def test_every_word_within_reach_is_found(words: set[str], typed: str, reach: int) -> None:
    expected = {
        (each, OSA.distance(typed, each))
        for each in words
        if OSA.distance(typed, each) <= reach and (each[0] == typed[0] or (each[1], each[0]) == (typed[0], typed[1]))
    }
    assert set(Words(words).near(typed, reach)) == expected
