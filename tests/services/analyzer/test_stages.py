"""What an explained question says of its stages."""

from __future__ import annotations

import json

from services.analyzer.analyze import readings
from services.analyzer.link import FoundValue
from services.analyzer.proposer import NOTHING, Proposal
from services.analyzer.stages import Times, stages
from tests.services.analyzer.library import VOCABULARY, asked


def test_every_stage_says_what_it_made() -> None:
    parsed = asked("how many books by authors from France after 1999")
    found = {"France": [FoundValue("author", "country", "France", 1.0, "dictionary")]}
    scored = readings(parsed, VOCABULARY)
    made = stages(parsed, found, scored, NOTHING, Times(0.001, 0.002, 0.0, 0.004))
    assert [stage.name for stage in made] == ["normalize", "values", "link", "cues", "enumerate", "rank"]
    told = {stage.name: json.loads(stage.made) for stage in made}
    assert told["normalize"]["language"] == "en"
    assert "1999" in [each["words"] for each in told["normalize"]["numbers"]]
    assert told["values"] == {"France": ["author.country = 'France' 1.00 dictionary"]}
    assert {"dataset book", "dataset author"} <= {f"{each['kind']} {each['target']}" for each in told["link"]}
    assert "COUNT" in {each["op"] for each in told["cues"]}
    assert len(told["enumerate"]) == len(told["rank"]) == min(len(scored), 64)
    assert told["rank"][0]["proposer"] == "rules"
    assert [stage.microseconds for stage in made] == [1000, 2000, 0, 0, 0, 4000]


def test_a_model_that_proposed_nothing_says_why() -> None:
    parsed = asked("how many books")
    made = stages(parsed, {}, [], Proposal((), "small", "no answer within 8.0 s"), Times(propose=8.0))
    (stage,) = [stage for stage in made if stage.name == "propose"]
    assert json.loads(stage.made) == {"model": "small", "readings": [], "why": "no answer within 8.0 s"}
    assert stage.microseconds == 8_000_000
