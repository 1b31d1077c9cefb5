"""What things do not have, and what they have not done, though a way through other tables leads there.

Carriers carry deliveries, deliveries go to clients, and clients have a telephone: that is no telephone of the carrier. A
way that goes down to many rows and up again to others tells who met whom, not what belongs to whom; nor who did it, where
a verb stands between two things ("which users approved freights").
"""

from services.analyzer.joins import Edge
from services.analyzer.parse import Parse
from services.analyzer.reading import Condition, Flag, Reading, Related, Source
from services.analyzer.shown import Uncovered
from services.analyzer.vocabulary import Vocabulary

_NAMED = 0.8
_BETWEEN = frozenset({"THE", "ALL", "IT"})


def disowned(parsed: Parse, reading: Reading, vocabulary: Vocabulary) -> Uncovered | None:
    """The words of something that is shown of the rows of a reading, or said to be done by them, and is not theirs."""
    named = {
        link.target.dataset
        for link in parsed.links
        if link.target.kind == "dataset" and link.score >= _NAMED and link.coverage == 1
    }
    if not reading.group and not any(item.aggregated for item in reading.select):
        for item in reading.select:
            far = item.ref is not None and _others(reading.root, item.ref.dataset, named, vocabulary)
            if far and item.source.tokens:
                return _words(item.source)
    for each in reading.where:
        if isinstance(each, Related) and not each.negated and each.start == reading.root:
            told = [part for part in each.where if _tokens(part)]
            if len(told) != 1:
                continue
            tokens = _tokens(told[0])
            far = _others(reading.root, each.dataset, named - {each.dataset}, vocabulary)
            if _asked(parsed, reading, tokens) or (far and isinstance(told[0], Flag) and _done(parsed, each, tokens)):
                return Uncovered(min(tokens), max(tokens) + 1)
    return None


def _others(root: str, name: str, named: set[str], vocabulary: Vocabulary) -> bool:
    """Whether the way from one dataset to another goes down to many rows and up again, through a dataset that the question
    does not name."""
    paths = vocabulary.graph.paths(root, name) if root != name else ()
    if not paths:
        return False
    down = False
    for edge in paths[0]:
        if (
            down
            and _up(edge, vocabulary)
            and edge.source not in named
            and not vocabulary.datasets[edge.source].junction
        ):
            return True
        down = down or not edge.forward
    return False


def _up(edge: Edge, vocabulary: Vocabulary) -> bool:
    held = next(each for each in vocabulary.model.relationships if each.relationship.name == edge.name).relationship
    return edge.forward or held.list_valued


def _tokens(condition: Condition) -> tuple[int, ...]:
    source: Source = getattr(condition, "source", Source())
    return tuple(source.tokens)


def _words(source: Source) -> Uncovered:
    return Uncovered(min(source.tokens), max(source.tokens) + 1)


def _asked(parsed: Parse, reading: Reading, tokens: tuple[int, ...]) -> bool:
    """Whether the words stand where what is to be shown stands: behind the first verb, before "of" and the rows' name."""
    first, last = min(tokens), max(tokens) + 1
    begun = {
        at
        for cue in parsed.cues
        if cue.op in ("LIST", "WHICH", "WHAT", "THE", "ALL")
        for at in range(cue.first, cue.last)
    }
    of = next((cue for cue in parsed.cues if cue.op == "OF" and cue.first >= last), None)
    name = min((link.first for link in parsed.links if link.target.kind == "dataset" and link.target.dataset == reading.root),
               default=-1)  # fmt: skip
    return all(at in begun for at in range(first)) and first > 0 and of is not None and last <= of.first < name


def _done(parsed: Parse, related: Related, tokens: tuple[int, ...]) -> bool:
    """Whether the words are a verb between the rows' name and what it was done to."""
    last = max(tokens) + 1
    glue = {at for cue in parsed.cues if cue.op in _BETWEEN for at in range(cue.first, cue.last)}
    while last in glue:
        last += 1
    starts = any(link.first == last and link.target.kind == "dataset" and link.target.dataset == related.dataset
                 for link in parsed.links)  # fmt: skip
    ends = any(
        link.last == min(tokens) and link.target.kind == "dataset" and link.target.dataset == related.start
        for link in parsed.links
    )
    return starts and ends
