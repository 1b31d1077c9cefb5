"""What each stage made of a question, as JSON for people who debug: `explain` in a request, `maestro bench show`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.analyzer.analyze import Scored
from services.analyzer.explain import sketch
from services.analyzer.link import FoundValue
from services.analyzer.parse import Parse
from services.analyzer.proposer import Proposal

_MOST = 64


@dataclass(frozen=True, slots=True)
class Stage:
    """name: as maestro.analyzer.v1.StageTrace lists. made: JSON. microseconds: how long it took."""

    name: str
    made: str
    microseconds: int


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds that the parts took: parsing with links and cues, values and their links, the model's proposals, readings
    with their ranking."""

    parse: float = 0.0
    values: float = 0.0
    propose: float = 0.0
    decide: float = 0.0


def stages(
    parsed: Parse,
    found: Mapping[str, Sequence[FoundValue]],
    scored: Sequence[Scored],
    proposal: Proposal,
    times: Times,
) -> list[Stage]:
    """The stages of one question, in order. parsed: with values; scored: best first."""
    made = [
        _stage("normalize", _normalized(parsed), times.parse),
        _stage("values", {text: [_value(each) for each in values] for text, values in found.items()}, times.values),
        _stage("link", [_link(parsed, each) for each in parsed.links], 0.0),
        _stage("cues", _cues(parsed), 0.0),
        _stage("enumerate", [sketch(each.reading) for each in scored[:_MOST]], 0.0),
        _stage("rank", [_scored(parsed, each) for each in scored[:_MOST]], times.decide),
    ]
    if proposal.name:
        told = {"model": proposal.name, "readings": [sketch(each) for each in proposal.readings], "why": proposal.why}
        made.insert(4, _stage("propose", told, times.propose))
    return made


def _stage(name: str, made: Any, seconds: float) -> Stage:
    return Stage(name, json.dumps(made, ensure_ascii=False, default=str), round(seconds * 1e6))


def _normalized(parsed: Parse) -> dict[str, Any]:
    return {
        "language": parsed.language.code,
        "certainty": parsed.language.certainty,
        "words": list(parsed.keys),
        "corrections": {each.written: each.taken_for for each in parsed.corrections},
        "numbers": [
            {"words": parsed.text(each.first, each.last), "value": each.value, "unit": each.unit}
            for each in parsed.numbers
        ],
        "periods": [
            {"words": parsed.text(each.first, each.last), "start": each.start, "end": each.end}
            for each in parsed.periods
        ],
    }


def _value(each: FoundValue) -> str:
    return f"{each.dataset}.{each.field} = {each.value!r} {each.score:.2f} {each.method}"


def _link(parsed: Parse, each: Any) -> dict[str, Any]:
    target = each.target
    name = ".".join(part for part in (target.dataset, target.name) if part)
    if target.value:
        name += f" = {target.value!r}"
    return {
        "words": parsed.text(each.first, each.last), "kind": target.kind, "target": name, "score": each.score,
        "by": each.kind, "via": each.via,
    }  # fmt: skip


def _cues(parsed: Parse) -> list[dict[str, str]]:
    return [{"words": parsed.text(each.first, each.last), "op": each.op} for each in parsed.cues]


def _scored(parsed: Parse, each: Scored) -> dict[str, Any]:
    return {
        "score": round(each.score, 4),
        "probability": round(each.probability, 4),
        "unexplained": [parsed.text(at, at + 1) for at in each.unexplained],
        "proposer": each.plan.proposer,
    }
