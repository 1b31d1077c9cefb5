"""A language model as one more proposer: it helps where it can, and costs at most its time."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from services.analyzer.explain import sketch
from services.analyzer.link import FoundValue
from services.analyzer.proposer import Proposal, Proposer
from services.analyzer.proposer_breaker import Breaker
from services.analyzer.proposer_http import Address, Endpoint
from services.analyzer.vocabulary import compile_vocabulary
from tests.services.analyzer.library import VOCABULARY, asked, library
from tests.services.analyzer.model_server import Reply, Request, Server, completion, response, says, serving
from tests.services.analyzer.models import dataset, field

COUNT = {"from": ["book"], "select": ["count(*)"]}


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def look_up(texts: list[str]) -> Mapping[str, Sequence[FoundValue]]:
    return {}


def proposer(server: Server, *, seconds: float = 5.0, breaker: Breaker | None = None) -> Proposer:
    endpoint = Endpoint(Address.of(server.url), "small")
    return Proposer(endpoint, "small", seconds=seconds, tokens=100, values=3, breaker=breaker)


async def proposed(made: Proposer, question: str = "how many books are there?", left: float | None = None) -> Proposal:
    return await made.propose(asked(question), VOCABULARY, look_up, left)


async def test_a_plan_is_proposed_and_the_same_question_costs_nothing_again() -> None:
    async with serving(says(COUNT)) as server:
        made = proposer(server)
        first, second = await proposed(made), await proposed(made)
    assert [sketch(each) for each in first.readings] == ["count(*@book) from book"]
    assert (first.name, first) == ("small", second)
    assert len(server.requests) == 1
    assert server.requests[0].question == "how many books are there?"


async def test_the_day_is_told_where_the_question_is_of_time_only() -> None:
    async with serving(says(COUNT)) as server:
        made = proposer(server)
        await proposed(made)
        await proposed(made, "how many loans were there last month?")
    assert ["today is 2025-06-18" in each.prompt for each in server.requests] == [False, True]


@pytest.mark.parametrize(
    "content",
    ["SELECT count(*) FROM book", {"from": ["book"], "select": ["book.isbn"]}, {"sql": "DROP TABLE book"}, "", "x" * 100_000,
     {"from": ["book", "room"], "select": ["book.title"]}],
)  # fmt: skip
async def test_what_is_no_plan_of_the_source_is_nothing(content: object) -> None:
    async with serving(says(content)) as server:
        proposal = await proposed(proposer(server))
    assert proposal.readings == ()
    assert proposal.why


async def test_a_slow_model_takes_its_time_and_no_more_and_half_of_what_is_left_at_most() -> None:
    async def reply(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with serving(reply) as server:
        begun = time.monotonic()
        assert not (await proposed(proposer(server, seconds=0.2))).readings
        assert not (await proposed(proposer(server, seconds=20), left=0.4)).readings
        assert time.monotonic() - begun < 10
    assert len(server.requests) == 2


async def test_one_that_fails_is_left_alone_for_longer_and_longer_and_tried_again() -> None:
    works = False

    async def reply(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(completion(COUNT)) if works else response(b"", "503 Service Unavailable"))

    clock = Clock()
    async with serving(reply) as server:
        made = proposer(server, breaker=Breaker(clock))
        for _ in range(10):
            await proposed(made)
        assert len(server.requests) == 3
        clock.now += 16
        for _ in range(3):
            await proposed(made)
        assert len(server.requests) == 4  # one trial, and the pause is longer
        clock.now += 16
        await proposed(made)
        assert len(server.requests) == 4
        works = True
        clock.now += 16
        assert (await proposed(made)).readings
        assert (await proposed(made, "how many authors are there?")).readings
    assert len(server.requests) == 6


@pytest.mark.parametrize("content", ["I cannot answer that.", "{" * 50])
async def test_one_that_only_ever_talks_is_left_alone_as_well(content: str) -> None:
    async with serving(says(content)) as server:
        made = proposer(server, breaker=Breaker(Clock()))
        for number in range(6):
            await proposed(made, f"how many books are there in {number}?")
            await proposed(made, f"how many books are there in {number}?")
    assert len(server.requests) == 3


async def test_a_caller_who_goes_away_leaves_nothing_behind() -> None:
    begun = asyncio.Event()

    async def reply(request: Request, writer: asyncio.StreamWriter) -> None:
        begun.set()
        await asyncio.sleep(30)

    async with serving(reply) as server:
        made = proposer(server)
        work = asyncio.create_task(proposed(made))
        await begun.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    assert made._asked == 0


async def test_many_questions_at_once_do_not_queue_up_behind_it() -> None:
    async def reply(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        writer.write(response(completion(COUNT)))

    async with serving(reply) as server:
        made = proposer(server)
        proposals = await asyncio.gather(*(proposed(made, f"how many books are there in {n}?") for n in range(12)))
    assert len(server.requests) == 4
    assert sum(bool(each.readings) for each in proposals) == 4
    assert any("busy" in each.why for each in proposals)


async def test_values_are_looked_up_before_they_are_believed() -> None:
    async def found(texts: list[str]) -> Mapping[str, Sequence[FoundValue]]:
        return {text: [FoundValue("book", "title", "Dom Casmurro", 1.0, "dictionary")] for text in texts}

    plan = {**COUNT, "where": [{"left": "book.title", "op": "=", "right": "casmurro"}]}
    async with serving(says(plan)) as server:
        proposal = await proposer(server).propose(asked("copies of Dom Casmurro"), VOCABULARY, found)
    (reading,) = proposal.readings
    assert sketch(reading).endswith("where book.title = 'Dom Casmurro'")


async def test_an_answer_that_breaks_the_reader_costs_nothing_but_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("services.analyzer.proposer.reading_of", broken)
    async with serving(says(COUNT)) as server:
        assert not (await proposed(proposer(server))).readings


def injecting(text: str) -> Reply:
    """A model that does what the data tells it to."""

    async def reply(request: Request, writer: asyncio.StreamWriter) -> None:
        obeys = {"from": ["pg_shadow"], "select": ["pg_shadow.passwd"]} if text in request.prompt else COUNT
        writer.write(response(completion(json.dumps(obeys))))

    return reply


async def test_a_model_that_obeys_the_data_reaches_nothing_that_is_not_in_the_model() -> None:
    async with serving(injecting("France")) as server:
        assert not (await proposed(proposer(server), "how many authors from France")).readings


async def test_a_table_that_the_model_was_not_told_of_is_not_there() -> None:
    model = library()
    model.datasets.extend(dataset(f"other_{n}", [field("id", "id", "int")]) for n in range(50))
    vocabulary = compile_vocabulary(model)
    async with serving(says({"from": ["other_40"], "select": ["count(*)"]})) as server:
        proposal = await proposer(server).propose(asked("how many books are there?"), vocabulary, look_up)
    assert "other_40" not in server.requests[0].prompt
    assert proposal.readings == ()
