"""A small made-up shop, for the tests of stages: customers, products, purchases of several products, sellers, suppliers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.analyzer.analyze import Scored
from services.analyzer.asking import LIMITS, Limits
from services.analyzer.decide import Decision, decide
from services.analyzer.features import Evidence, evidence_of
from services.analyzer.frame import Frame, frame_of
from services.analyzer.link import FoundValue
from services.analyzer.parse import Parse, parse, with_values
from services.analyzer.reading import Reading
from services.analyzer.vocabulary import Vocabulary, compile_vocabulary
from tests.services.analyzer.models import dataset, field, relationship, terms

TODAY = date(2025, 6, 18)


def _field(name: str, role: str, family: str, *words: str, **more: object) -> semantics.Field:
    """A field, called by its name in English and by words in Portuguese, with the marks that the scanner finds: nullable,
    unique. also: further English words."""
    nullable, unique = bool(more.pop("nullable", False)), bool(more.pop("unique", False))
    also = more.pop("also", ())
    made = field(name, role, family, **more)  # type: ignore[arg-type]  # its keywords, handed on
    del made.terms[:]
    made.terms.extend(terms(name.replace("_", " "), *also, locale="en"))  # type: ignore[misc]  # a tuple of words
    made.terms.extend(terms(*words))
    made.nullable = nullable
    made.unique = unique
    return made


def _dataset(
    name: str, fields: Sequence[semantics.Field], *words: str, plural: str, **more: object
) -> semantics.Dataset:
    """A dataset, called by its name in English and by words in Portuguese."""
    made = dataset(name, fields, **more)  # type: ignore[arg-type]  # its keywords, handed on
    del made.terms[:]
    made.terms.extend([*terms(name, plural, locale="en"), *terms(*words)])
    return made


def shop() -> semantics.SemanticModel:
    """The model. A product has several sellers and a seller several products, by way of `stall`."""
    customers = _dataset(
        "customer",
        [
            _field("customer_id", "id", "int", unique=True),
            _field("name", "dim", "text", "nome", unique=True),
            _field("city", "dim", "text", "cidade", values=["Lisbon", "Recife", "Boston"]),
            _field("age", "measure", "int", "idade"),
            _field("email", "text", "text", nullable=True),
            _field("vip", "flag", "bool"),
        ],
        "cliente", "clientes", plural="customers", label="name", display=["name", "city"], keys=("customer_id",), weight=0.8,
    )  # fmt: skip
    products = _dataset(
        "product",
        [
            _field("product_id", "id", "int", unique=True),
            _field("title", "dim", "text", "título", values=["Kettle", "Teapot", "Lamp"], unique=True),
            _field("category", "dim", "text", "categoria", values=["Kitchen", "Garden", "Light"]),
            _field("price", "measure", "num", "preço", unit="BRL"),
            _field("weight", "measure", "num", "peso"),
        ],
        "produto", "produtos", plural="products", label="title", display=["title", "price"], keys=("product_id",), weight=0.7,
    )  # fmt: skip
    purchases = _dataset(
        "purchase",
        [
            _field("purchase_id", "id", "int", unique=True),
            _field("customer_id", "id", "int"),
            _field("product_id", "id", "int"),
            _field("bought_on", "time", "date", "data da compra", also=("purchase date",)),
            _field("total", "measure", "num", "valor", also=("amount",)),
            _field("quantity", "measure", "int", "quantidade"),
        ],
        "compra", "compras", plural="purchases", time="bought_on", keys=("purchase_id",), weight=0.6,
    )  # fmt: skip
    sellers = _dataset(
        "seller",
        [_field("seller_id", "id", "int", unique=True), _field("name", "dim", "text", "nome", values=["Ana", "Bruno"], unique=True)],
        "vendedor", "vendedores", plural="sellers", label="name", keys=("seller_id",),
    )  # fmt: skip
    stalls = _dataset(
        "stall",
        [_field("seller_id", "id", "int"), _field("product_id", "id", "int")],
        plural="stalls", keys=("seller_id", "product_id"), junction=True,
    )  # fmt: skip
    suppliers = _dataset(
        "supplier",
        [
            _field("supplier_id", "id", "int", unique=True),
            _field("name", "dim", "text", unique=True),
            _field("city", "dim", "text", "cidade", values=["Lisbon", "Recife", "Boston"]),
        ],
        "fornecedor", "fornecedores", plural="suppliers", label="name", keys=("supplier_id",),
    )  # fmt: skip
    return semantics.SemanticModel(
        source="shop",
        version="00000000000000aa",
        catalog_version="00000000000000bb",
        datasets=[customers, products, purchases, sellers, stalls, suppliers],
        relationships=[
            relationship("purchase", "customer_id", "customer", "customer_id"),
            relationship("purchase", "product_id", "product", "product_id"),
            relationship("stall", "seller_id", "seller", "seller_id"),
            relationship("stall", "product_id", "product", "product_id"),
        ],
    )


VOCABULARY = compile_vocabulary(shop())


def asked(
    question: str,
    language: str = "en",
    found: dict[str, list[FoundValue]] | None = None,
    vocabulary: Vocabulary = VOCABULARY,
) -> Parse:
    """A question with its values. found: what the mapper finds besides the values that the model holds itself."""
    return with_values(parse(question, vocabulary, TODAY, language, language), found or {}, vocabulary)


def framed(question: str, language: str = "en") -> Frame:
    """The frame of a question."""
    return frame_of(asked(question, language), VOCABULARY)


def evidence(question: str, language: str = "en") -> Evidence:
    """The evidence of a question."""
    return evidence_of(framed(question, language), VOCABULARY)


def decided(question: str, language: str = "en", limits: Limits = LIMITS) -> Decision:
    """What is made of a question, by rules and trained models."""
    return decide(asked(question, language), {}, VOCABULARY, limits)


def scored(reading: Reading, probability: float, by: str = "ranker", uncovered: Sequence[int] = ()) -> Scored:
    """A reading as ranking hands it on, with a probability of our choice."""
    from services.analyzer.build import build
    from services.analyzer.normalize import normalize

    return Scored(
        reading, 0.0, (), probability, by, tuple(uncovered), lambda: build(reading, VOCABULARY, normalize(""))
    )
