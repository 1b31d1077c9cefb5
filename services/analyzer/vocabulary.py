"""What can be named: every term of a semantic model, indexed by stem; compiled once for each version of the model."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2
from services.analyzer.joins import JoinGraph
from services.analyzer.normalize import fold
from services.analyzer.stem import root, stem_en, stem_pt
from services.analyzer.wording import Phrases, Stems

_WORD = re.compile(r"[^\W_]+")
LANGUAGES = ("pt", "en")
_STEM = {"pt": stem_pt, "en": stem_en}
# Words inside a term that carry nothing: "data de embarque" and "data embarque" are the same name.
SMALL_WORDS = frozenset(
    "de do da dos das o a os as e em no na of the an in for to on and by por para com".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """What words can mean.

    kind: "dataset", "field", "filter" (a flag field), "metric", "entity", "role" (of a relationship), "value".
    dataset: the dataset's name; empty for entities. name: of the field, metric, entity or relationship; empty for
    datasets. value: the stored value, for values.
    """

    kind: str
    dataset: str
    name: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A term: the words that it is made of, folded, and what it means.

    weight: how surely, 0 to 1. origin: "name", "comment", "lexicon", "model", "pattern" or "". locale: "pt", "en" or "".
    """

    words: tuple[str, ...]
    target: Target
    weight: float
    origin: str
    locale: str
    text: str


_ORIGINS = {
    semantics_pb2.TERM_ORIGIN_NAME: "name",
    semantics_pb2.TERM_ORIGIN_COMMENT: "comment",
    semantics_pb2.TERM_ORIGIN_LEXICON: "lexicon",
    semantics_pb2.TERM_ORIGIN_MODEL: "model",
}


@dataclass(frozen=True)
class Vocabulary:
    """A semantic model, ready to be linked against."""

    model: semantics_pb2.SemanticModel
    lexemes: tuple[Lexeme, ...]
    datasets: dict[str, semantics_pb2.Dataset]
    fields: dict[tuple[str, str], semantics_pb2.Field]
    metrics: dict[str, semantics_pb2.Metric]
    entities: dict[str, semantics_pb2.Entity]
    values: dict[str, tuple[tuple[Target, str], ...]]
    """Folded value or word for it: (value target, stored text)."""
    graph: JoinGraph
    phrases: Phrases = field(repr=False)
    """What the lexemes are called, each wording once."""
    stems: dict[str, Stems] = field(repr=False)
    """By language: where the words of phrases stand, by stem."""
    roots: dict[str, Stems] = field(repr=False)
    """As `stems`, by root: for words that no stem finds."""

    @cached_property
    def spoken(self) -> dict[str, frozenset[str]]:
        """By language: the words of the terms that are of this language alone."""
        said: dict[str, set[str]] = {"pt": set(), "en": set()}
        for lexeme in self.lexemes:
            if lexeme.locale in said:
                said[lexeme.locale].update(lexeme.words)
        return {language: frozenset(words) for language, words in said.items()}

    @property
    def version(self) -> str:
        """Version of the model."""
        return self.model.version

    @cached_property
    def kept(self) -> dict[Hashable, Any]:
        """What later stages work out of the model alone, once it was asked for: features of fields and datasets, words to
        mend towards."""
        return {}

    @cached_property
    def referring(self) -> frozenset[tuple[str, str]]:
        """(dataset, field) of every key that refers to another dataset."""
        names = {
            (name, each.column): each.name
            for name, held in self.datasets.items()
            for each in held.fields
            if each.column
        }
        return frozenset(
            (entry.from_dataset, names[entry.from_dataset, column])
            for entry in self.model.relationships
            for column in entry.relationship.from_columns
            if (entry.from_dataset, column) in names
        )

    @cached_property
    def relationships(self) -> dict[str, list[semantics_pb2.ModelRelationship]]:
        """Relationships by their name, in the model's order."""
        found: dict[str, list[semantics_pb2.ModelRelationship]] = defaultdict(list)
        for entry in self.model.relationships:
            found[entry.relationship.name].append(entry)
        return dict(found)

    @cached_property
    def touching(self) -> dict[str, list[semantics_pb2.ModelRelationship]]:
        """Relationships of each dataset, at either end, in the model's order."""
        found: dict[str, list[semantics_pb2.ModelRelationship]] = defaultdict(list)
        for entry in self.model.relationships:
            for name in dict.fromkeys((entry.from_dataset, entry.to_dataset)):
                found[name].append(entry)
        return dict(found)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every folded word of a term; what typing errors are corrected towards."""
        return frozenset(word for lexeme in self.lexemes for word in lexeme.words if len(word) > 3)

    @cached_property
    def longest_value(self) -> int:
        """Words of the longest value that is held here."""
        return max((key.count(" ") + 1 for key in self.values), default=0)

    def field_of(self, target: Target) -> semantics_pb2.Field | None:
        """The field that a field, filter or value target names."""
        return self.fields.get((target.dataset, target.name))


def compile_vocabulary(model: semantics_pb2.SemanticModel, extra: Iterable[Lexeme] = ()) -> Vocabulary:
    """The vocabulary of a model, with further terms (learned phrases)."""
    lexemes = _unique([*_lexemes(model), *extra])
    datasets = {dataset.name: dataset for dataset in model.datasets}
    fields = {(dataset.name, each.name): each for dataset in model.datasets for each in dataset.fields}
    phrases = Phrases(lexemes)
    return Vocabulary(
        model=model,
        lexemes=tuple(lexemes),
        datasets=datasets,
        fields=fields,
        metrics={metric.name: metric for metric in model.metrics},
        entities={entity.name: entity for entity in model.entities},
        values=_values(model),
        graph=JoinGraph(model),
        phrases=phrases,
        stems={language: Stems(phrases, _STEM[language], language) for language in LANGUAGES},
        roots={
            language: Stems(phrases, partial(root, language=language), language, own=True) for language in LANGUAGES
        },
    )


@lru_cache(maxsize=4096)
def words_of(text: str) -> tuple[str, ...]:
    """Folded words of a term without the small ones; all of them where it has no others."""
    words = tuple(_WORD.findall(fold(text)))
    content = tuple(word for word in words if word not in SMALL_WORDS)
    return content or words


def _lexemes(model: semantics_pb2.SemanticModel) -> Iterable[Lexeme]:
    for dataset in model.datasets:
        yield from _of(dataset.terms, Target("dataset", dataset.name))
        for each in dataset.fields:
            kind = "filter" if each.role == semantics_pb2.FIELD_ROLE_FLAG else "field"
            yield from _of(each.terms, Target(kind, dataset.name, each.name))
    flags = {
        (dataset.name, each.predicate.SerializeToString(deterministic=True)): each.name
        for dataset in model.datasets
        for each in dataset.fields
        if each.HasField("predicate")
    }
    for metric in model.metrics:
        # A metric that only counts the rows of a filter is the filter: it can be listed, grouped and ranked as well.
        flag = flags.get((metric.dataset, _counted(metric.expression).SerializeToString(deterministic=True)))
        kind, name = ("filter", flag) if flag else ("metric", metric.name)
        yield from _of(metric.terms, Target(kind, metric.dataset, name))
    for entity in model.entities:
        yield from _of(entity.terms, Target("entity", "", entity.name))
        yield Lexeme(words_of(entity.name), Target("entity", "", entity.name), 1.0, "model", "", entity.name)
    for relationship in model.relationships:
        target = Target("role", relationship.from_dataset, relationship.relationship.name)
        yield from _of(relationship.terms, target)


def _counted(expression: plan.Expression) -> plan.Predicate:
    """The condition of an expression that counts the rows for which it holds; empty for any other expression."""
    aggregate = expression.aggregate
    if aggregate.function == plan.AGGREGATE_FUNCTION_COUNT and aggregate.HasField("filter"):
        return aggregate.filter
    branches = aggregate.operand.conditional.branches
    if aggregate.function != plan.AGGREGATE_FUNCTION_SUM or len(branches) != 1:
        return plan.Predicate()
    otherwise = aggregate.operand.conditional.otherwise
    if branches[0].then.literal.integer == 1 and (
        not otherwise.ByteSize()
        or (otherwise.literal.WhichOneof("value") == "integer" and not otherwise.literal.integer)
    ):
        return branches[0].when
    return plan.Predicate()


def _of(terms: Iterable[semantics_pb2.Term], target: Target) -> Iterable[Lexeme]:
    for term in terms:
        words = words_of(term.text)
        if words:
            origin = _ORIGINS.get(term.origin, "")
            yield Lexeme(words, target, term.weight or 1.0, origin, term.locale[:2].lower(), term.text)


def _unique(lexemes: Iterable[Lexeme]) -> list[Lexeme]:
    """The surest lexeme of each wording of a target. Those of one target mostly come together, which keeps this small."""
    found: dict[Target, list[Lexeme]] = {}
    for target, several in groupby(lexemes, key=attrgetter("target")):
        best = {lexeme.words: lexeme for lexeme in found.get(target, ())}
        for lexeme in several:
            if lexeme.words not in best or best[lexeme.words].weight < lexeme.weight:
                best[lexeme.words] = lexeme
        found[target] = list(best.values())
    return [lexeme for several in found.values() for lexeme in several]


_TEXTUAL = frozenset({catalog_pb2.TYPE_FAMILY_TEXT, catalog_pb2.TYPE_FAMILY_UNSPECIFIED, catalog_pb2.TYPE_FAMILY_OTHER})


def _values(model: semantics_pb2.SemanticModel) -> dict[str, tuple[tuple[Target, str], ...]]:
    found: dict[str, dict[Target, str]] = defaultdict(dict)
    for dataset in model.datasets:
        for each in dataset.fields:
            textual = each.family in _TEXTUAL
            for value in each.values:
                target = Target("value", dataset.name, each.name, value.value)
                # A bare number is a quantity before it is the value of a column.
                if textual and not _bare(value.value):
                    found[_key(value.value)][target] = value.value
                for term in value.terms:
                    found[_key(term.text)][target] = term.text
    return {key: tuple(targets.items()) for key, targets in found.items() if key}


def _bare(value: str) -> bool:
    return value.replace(".", "").replace(",", "").isdigit()


def _key(text: str) -> str:
    return " ".join(_WORD.findall(fold(text)))
