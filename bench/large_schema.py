"""How fast are questions read over a schema of thousands of tables, and how much memory does the analyzer need for it?

    python -m bench.large_schema [--tables 3000] [--questions 120]

Makes up a company's schema (modules × things, keys between them, dates, amounts, states with their values), derives its
semantic model as the mapper does, in a process of its own, and asks about it in both languages. Figures: seconds to derive
and to compile; milliseconds of `link` (stages 1 to 5) and of `analysis` (all stages), of processor time; `rss_mb` of this
process, which holds what the analyzer holds. Prints one JSON object as its last line.
"""

import argparse
import gc
import json
import multiprocessing
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.analyzer.analyze import readings
from services.analyzer.parse import Parse, parse
from services.analyzer.vocabulary import Vocabulary, compile_vocabulary

TODAY = date(2025, 6, 18)
_MODULES = """sales purchase finance hr payroll stock production quality maintenance logistics fleet marketing crm support
    legal project asset budget tax treasury insurance school clinic hotel farm energy retail web audit security""".split()  # noqa: SIM905
_THINGS = """customer supplier product order invoice payment contract employee department branch warehouse shipment delivery
    vehicle driver route ticket campaign lead account transaction budget category price discount return claim inspection
    machine part batch shift training course student patient appointment room booking guest meal animal field crop meter
    reading device user role session document approval comment""".split()  # noqa: SIM905
_KINDS = ("", "item", "type", "history", "detail")
_STATES = ("open", "closed", "pending", "cancelled", "late", "paid", "blocked", "new")
_CITIES = ("Lisboa", "São Paulo", "Berlin", "Madrid", "Recife", "Curitiba", "London", "Porto", "Manaus", "Paris")


def schema(tables: int) -> catalog.Catalog:
    """A catalog of so many tables; always the same."""
    chance = random.Random(7)  # no secret
    made = catalog.Catalog(source="large", version="0" * 16, dialect=catalog.DIALECT_POSTGRESQL)
    names = [
        "_".join(filter(None, (module, thing, kind))) for kind, module, thing in product(_KINDS, _MODULES, _THINGS)
    ][:tables]
    for number, name in enumerate(names):
        table = made.tables.add(schema="public", name=name, kind=catalog.TABLE_KIND_TABLE, primary_key=["id"])
        table.row_estimate = chance.randint(10, 100_000)
        _column(table, "id", catalog.TYPE_FAMILY_INTEGER)
        _column(table, "name", catalog.TYPE_FAMILY_TEXT, [f"{name} {letter}" for letter in "abc"])
        _column(table, "status", catalog.TYPE_FAMILY_TEXT, chance.sample(_STATES, 4))
        _column(table, "city", catalog.TYPE_FAMILY_TEXT, chance.sample(_CITIES, 6))
        _column(table, f"{chance.choice(_THINGS)}_amount", catalog.TYPE_FAMILY_DECIMAL)
        _column(table, f"{chance.choice(_THINGS)}_quantity", catalog.TYPE_FAMILY_INTEGER)
        _column(table, f"{chance.choice(('created', 'due', 'paid', 'start'))}_date", catalog.TYPE_FAMILY_DATE)
        for other in sorted({names[chance.randrange(max(1, number))] for _ in range(2)} - {name}):
            _column(table, f"{other}_id", catalog.TYPE_FAMILY_INTEGER)
            made.relationships.add(
                from_schema="public", from_table=name, from_columns=[f"{other}_id"], to_schema="public", to_table=other,
                to_columns=["id"], to_unique=True, confidence=1.0,
            )  # fmt: skip
    return made


def _column(table: catalog.Table, name: str, family: catalog.TypeFamily.ValueType, values: Iterable[str] = ()) -> None:
    listed = list(values)
    table.columns.add(name=name, family=family, nullable=True, sample_values=listed, samples_complete=bool(listed))


def asked(model: semantics.SemanticModel, count: int) -> list[tuple[str, str]]:
    """Questions in both languages, by the words that the model itself has for its things."""
    chance = random.Random(11)  # no secret
    forms = {
        "en": (
            "how many {dataset} are there in {city}?",
            "show the {field} of the {dataset} that are {state}",
            "what is the average {measure} of {dataset} by city?",
            "which {dataset} has the highest {measure}?",
            "list the names of {dataset} with more than 100 {other} in 2024",
        ),
        "pt": (
            "quantos {dataset} existem em {city}?",
            "mostre {field} dos {dataset} com status {state}",
            "qual a média de {measure} de {dataset} por cidade?",
            "qual {dataset} tem o maior {measure}?",
            "liste os nomes de {dataset} com mais de 100 {other} em 2024",
        ),
    }
    found = []
    for number in range(count):
        language = ("en", "pt")[number % 2]
        dataset, other = chance.choice(model.datasets), chance.choice(model.datasets)
        measures = [each for each in dataset.fields if each.role == semantics.FIELD_ROLE_MEASURE] or dataset.fields
        text = chance.choice(forms[language]).format(
            dataset=_said(dataset.terms, language, chance),
            other=_said(other.terms, language, chance),
            field=_said(chance.choice(dataset.fields).terms, language, chance),
            measure=_said(chance.choice(measures).terms, language, chance),
            state=chance.choice(_STATES),
            city=chance.choice(_CITIES),
        )
        found.append((text, language))
    return found


def _said(terms: Iterable[semantics.Term], language: str, chance: random.Random) -> str:
    texts = [term.text for term in terms if term.locale in ("", language)] or [term.text for term in terms]
    return chance.choice(texts[:4])


def derive(tables: int, path: Path) -> None:
    """Derives the model into a file, with the seconds that it took beside it."""
    from services.mapper.derive.model import derive as derived  # noqa: PLC0415  # kept out of the measured process
    from services.mapper.lexicon.book import lexicon  # noqa: PLC0415  # as above

    made, words = schema(tables), lexicon()
    begun = time.process_time()
    model = derived(made, words)
    model.version = "0" * 16
    path.write_bytes(model.SerializeToString(deterministic=True))
    path.with_suffix(".seconds").write_text(str(time.process_time() - begun))


def measure(tables: int, questions: int) -> dict[str, float]:
    """The figures."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        child = multiprocessing.get_context("spawn").Process(target=derive, args=(tables, path))
        child.start()
        child.join()
        content, seconds = path.read_bytes(), float(path.with_suffix(".seconds").read_text())
    model = semantics.SemanticModel.FromString(content)
    begun = time.process_time()
    vocabulary = compile_vocabulary(model)
    compiled = time.process_time() - begun
    found = asked(model, questions)
    link = [_timed(partial(parse, text, vocabulary, TODAY, language, language)) for text, language in found]
    whole = [_timed(partial(_read, text, language, vocabulary)) for text, language in found]
    gc.collect()
    return {
        "tables": len(model.datasets), "columns": sum(len(each.fields) for each in model.datasets),
        "lexemes": len(vocabulary.lexemes), "model_mb": round(len(content) / 1e6, 1),
        "derive_s": round(seconds, 1), "compile_s": round(compiled, 1),
        **_spread("link", link), **_spread("analysis", whole),
        "rss_mb": _resident(), "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }  # fmt: skip


def _read(text: str, language: str, vocabulary: Vocabulary) -> Parse:
    made = parse(text, vocabulary, TODAY, language, language)
    readings(made, vocabulary)
    return made


def _resident() -> int:
    """Megabytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


def _timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1000


def _spread(name: str, times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        f"{name}_p50_ms": round(statistics.median(ordered), 2),
        f"{name}_p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))], 2),
    }


def main(arguments: list[str] | None = None) -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=3000)
    parser.add_argument("--questions", type=int, default=120)
    told = parser.parse_args(arguments)
    sys.stdout.write(json.dumps(measure(told.tables, told.questions)) + "\n")


if __name__ == "__main__":
    main()
