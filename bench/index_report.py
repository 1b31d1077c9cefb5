"""What bench.index tells: a table for people, figures for machines.

`helped`: plans where an index can help, which is measured: the expert's SQL reads an index, as the planner tells, and
takes at most half of the plain form's time. Where the expert is as much faster without any index, for example because a
range costs less to compute than a function, it is the `expression` that helps: those are told apart, and held to the
expert's time like all others. A plan whose plain form gives a wrong sum (rows counted more than once) is compared with
the expert only.
"""

import math
import re
import statistics
from dataclasses import dataclass, field
from typing import Any

from bench.index_plans import Case

_CAST = re.compile(r"::[a-z]+")
_LIMIT = re.compile(r"\s+LIMIT \$\d+\s*$")
_HALF = 0.5
_SLOWER = 1.05
_NEAR = 1.15
_LIMITS = (
    ("expert", "plain", (_HALF,)),
    ("maestro", "plain", (_HALF, _SLOWER)),
    ("maestro", "expert", (_NEAR,)),
)
_LONG = 5.0
"""Milliseconds of a statement for whose execution the rest does not matter."""
_FEW_PAIRS = 6


@dataclass
class Timed:
    """Times of one plan in milliseconds, and its statements, by form. warm: by the round in which it ran."""

    case: Case
    sql: dict[str, str]
    warm: dict[str, dict[int, float]] = field(default_factory=dict)
    cold: dict[str, float] = field(default_factory=dict)
    by_index: bool = False
    """The expert's SQL reads an index."""
    wrong: str = ""
    unfinished: list[str] = field(default_factory=list)
    """Forms that were stopped: their times are the least that they take."""
    work: dict[str, str] = field(default_factory=dict)
    """What the database does for each form, as bench.index_planned tells."""

    def median(self, form: str) -> float:
        """Of the warm runs."""
        return statistics.median(self.warm[form].values())

    def ratio(self, form: str, other: str) -> float:
        """How many times the other form's time this one takes, warm: the median over rounds, in each of which the two
        ran one after the other, so that what else the machine is at slows both."""
        mine, others = self.warm[form], self.warm[other]
        pairs = [each / others[number] for number, each in mine.items() if number in others]
        return statistics.median(pairs) if len(pairs) > 2 else self.median(form) / self.median(other)

    def interval(self, form: str, other: str) -> tuple[float, float]:
        """Within which that median lies, nineteen times of twenty, whatever the noise is like: the order of the rounds'
        ratios tells."""
        mine, others = self.warm[form], self.warm[other]
        pairs = sorted(each / others[number] for number, each in mine.items() if number in others)
        if len(pairs) < _FEW_PAIRS:
            return (pairs[0], pairs[-1]) if pairs else (self.ratio(form, other),) * 2
        out = max(int((len(pairs) - 1.96 * math.sqrt(len(pairs))) / 2), 0)
        return pairs[out], pairs[-1 - out]

    def undecided(self, form: str) -> bool:
        """Whether further rounds of a form may show it, or another beside it, on the other side of a limit."""
        for one, other, limits in _LIMITS:
            if form in (one, other) and not self.alike(one, other):
                low, high = self.interval(one, other)
                if any(low < each < high for each in limits):
                    return True
        return False

    @property
    def helped(self) -> bool:
        """Whether an index can help: the expert shows it."""
        return self.by_index and self.halved

    @property
    def halved(self) -> bool:
        """Whether the expert, by whatever means, needs at most half of the plain form's time."""
        return not self.case.multiplied and self.ratio("expert", "plain") <= _HALF

    @property
    def same_statement(self) -> bool:
        """Whether the plain form is the very statement that Maestro sends, but for names and types spelled out, and for a
        limit of what is one row anyway."""
        plain, ours = (_CAST.sub("", self.sql[form]).replace("public.", "") for form in ("plain", "maestro"))
        return ours.rstrip() in (plain.rstrip(), _LIMIT.sub("", plain).rstrip())

    def alike(self, form: str, other: str) -> bool:
        """Whether two forms take the same time whatever was measured: they are one statement, or the database does the
        same for both and does it for so long that reading and planning them is nothing beside."""
        if {form, other} == {"plain", "maestro"} and self.same_statement:
            return True
        same = self.work.get(form, form) == self.work.get(other, other)
        return same and min(self.median(form), self.median(other)) >= _LONG

    @property
    def slower(self) -> bool:
        """Whether Maestro's form loses to the plain one."""
        if self.alike("maestro", "plain") or self.case.multiplied:
            return False
        return self.ratio("maestro", "plain") > _SLOWER

    @property
    def not_halved(self) -> bool:
        """Whether Maestro's form saves less than half of the plain form's time where an index can."""
        return self.helped and not self.alike("maestro", "expert") and self.ratio("maestro", "plain") > _HALF

    @property
    def above_expert(self) -> bool:
        """Whether the expert's SQL is the faster one by more than is granted."""
        return not self.alike("maestro", "expert") and self.ratio("maestro", "expert") > _NEAR


def table(results: list[Timed]) -> str:
    """One line a plan."""
    lines = [
        f"{'plan':28} {'plain':>9} {'maestro':>9} {'expert':>9} {'speed-up':>9} {'/expert':>8}"
        f" {'cold: plain':>12} {'maestro':>9} {'expert':>9}"
    ]
    for each in results:
        times = " ".join(f"{each.median(form):9.2f}" for form in ("plain", "maestro", "expert"))
        chilled = " ".join(f"{each.cold[form]:9.1f}" for form in ("plain", "maestro", "expert")) if each.cold else ""
        marks = [
            "index helps" if each.helped else "expression helps" if each.halved else "",
            "same statement" if each.same_statement else "same plan" if each.alike("maestro", "plain") else "",
            "SLOWER" if each.slower else "",
            "plain form is wrong" if each.case.multiplied else "",
            f"WRONG {each.wrong}" if each.wrong else "",
            f"stopped: {', '.join(each.unfinished)}" if each.unfinished else "",
        ]
        lines.append(
            f"{each.case.name:28} {times} {each.ratio('plain', 'maestro'):9.1f} {each.ratio('maestro', 'expert'):8.2f}"
            f"    {chilled}  {', '.join(mark for mark in marks if mark)}"
        )
    return "\n".join(lines) + "\n"


def summary(results: list[Timed]) -> dict[str, Any]:
    """The figures of one section.

    median_speedup, least_speedup: plain ÷ Maestro where an index can help. not_halved: of those, the plans that take more
    than half of the plain form's time. halved_without_index: plans that the expert halves without any index.
    worst_vs_plain: the greatest Maestro ÷ plain; slower: the plans above 1.05; both but for those that take the same time
    whatever was measured (`Timed.alike`). median_vs_expert, above_expert (over 1.15): Maestro ÷ expert, of all plans. cold:
    the same of the single cold runs. unfinished: forms that were stopped, by plan. per_plan: medians in milliseconds by form;
    vs_plain, vs_expert: Maestro ÷ the other, and the interval in which that lies."""
    helped = [each for each in results if each.helped]
    without = [each.case.name for each in results if each.halved and not each.helped]
    against = [
        each.ratio("maestro", "plain")
        for each in results
        if not (each.alike("maestro", "plain") or each.case.multiplied)
    ]
    expert = [each.ratio("maestro", "expert") for each in results]
    return {
        "plans": len(results),
        "helped": len(helped),
        "median_speedup": _median([each.ratio("plain", "maestro") for each in helped]),
        "least_speedup": round(min(each.ratio("plain", "maestro") for each in helped), 2) if helped else None,
        "not_halved": [each.case.name for each in helped if each.not_halved],
        "worst_vs_plain": round(max(against), 3) if against else None,
        "halved_without_index": without,
        "slower": [each.case.name for each in results if each.slower],
        "median_vs_expert": _median(expert),
        "above_expert": [each.case.name for each in results if each.above_expert],
        "cold": _cold([each for each in results if each.cold]),
        "unfinished": {each.case.name: each.unfinished for each in results if each.unfinished},
        "wrong": [each.case.name for each in results if each.wrong],
        "per_plan": {each.case.name: _plan(each) for each in results},
    }


def _cold(results: list[Timed]) -> dict[str, Any]:
    helped = [each.cold["plain"] / each.cold["maestro"] for each in results if each.helped]
    expert = [each.cold["maestro"] / each.cold["expert"] for each in results]
    return {"median_speedup": _median(helped), "median_vs_expert": _median(expert)}


def _plan(each: Timed) -> dict[str, Any]:
    return {
        **{form: round(each.median(form), 3) for form in each.warm},
        **{f"cold_{form}": round(time, 1) for form, time in each.cold.items()},
        "runs": {form: len(times) for form, times in each.warm.items()},
        "helped": each.helped,
        "same_statement": each.same_statement,
        "same_plan": [other for other in ("plain", "expert") if each.alike("maestro", other)],
        "vs_plain": [
            round(each.ratio("maestro", "plain"), 3),
            *(round(at, 3) for at in each.interval("maestro", "plain")),
        ],
        "vs_expert": [
            round(each.ratio("maestro", "expert"), 3),
            *(round(at, 3) for at in each.interval("maestro", "expert")),
        ],
    }


def _median(values: list[float]) -> float | None:
    return round(statistics.median(values), 3) if values else None
