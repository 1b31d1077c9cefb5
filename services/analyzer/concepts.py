"""Adjectives of a degree name what they measure: "oldest" speaks of an age or a day of birth, "mais caro" of a price."""

from collections.abc import Sequence

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.cues import Cue
from services.analyzer.link import Link
from services.analyzer.stem import stem_en
from services.analyzer.vocabulary import Vocabulary

_ROLES = frozenset(
    {semantics_pb2.FIELD_ROLE_MEASURE, semantics_pb2.FIELD_ROLE_TIME, semantics_pb2.FIELD_ROLE_DIMENSION,
     semantics_pb2.FIELD_ROLE_TEXT, semantics_pb2.FIELD_ROLE_UNSPECIFIED}
)  # fmt: skip


_YEARS = frozenset({"anos", "years"})


def link_concepts(cues: Sequence[Cue], keys: Sequence[str], vocabulary: Vocabulary) -> list[Link]:
    """Links from adjectives to the fields that they may measure; earlier concepts are surer."""
    links: list[Link] = []
    # "34 anos" speaks of an age as "34 years old" does.
    ages = [
        Cue("MEASURE", at, at + 1, ("age",))
        for at, key in enumerate(keys)
        if key in _YEARS and at and keys[at - 1].isdigit()
    ]
    for cue in (*cues, *ages):
        for rank, concept in enumerate(cue.concepts):
            if not concept:
                continue
            for number, _ in vocabulary.stems["en"].get(stem_en(concept), ()):
                lexeme = vocabulary.lexemes[number]
                field = vocabulary.field_of(lexeme.target)
                if lexeme.target.kind != "field" or field is None or field.role not in _ROLES:
                    continue
                score = max(0.3, 0.72 - 0.06 * rank) * (0.75 + 0.25 / len(lexeme.words)) * lexeme.weight
                links.append(Link(cue.first, cue.last, lexeme.target, round(score, 4), "cue", concept))
    return links
