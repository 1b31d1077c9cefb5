"""Labels: the field that stands for a row, the ones that identify it, the ones that a list shows first."""

from collections.abc import Sequence

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.derive.facts import Facts
from services.mapper.derive.roles import DIMENSION, IDENTIFIER, MEASURE, TEXT, TIME

# How well a word of a name stands for the row, best first.
_LABELS: dict[str, float] = {
    **dict.fromkeys(("razao", "name", "nome"), 10.0),
    **dict.fromkeys(("title", "titulo"), 9.0),
    **dict.fromkeys(("fantasia", "label", "rotulo", "apelido", "nickname"), 7.0),
    **dict.fromkeys(("surname", "sobrenome"), 5.0),
    **dict.fromkeys(("login", "username", "usuario", "email"), 4.0),
    **dict.fromkeys(("details", "detalhes", "detail", "detalhe"), 4.0),
    **dict.fromkeys(("descricao", "description"), 3.5),
    **dict.fromkeys(
        ("number", "numero", "nota", "code", "codigo", "model", "modelo", "theme", "subject", "assunto"), 3.0
    ),
}
_TITLES = frozenset({"title", "titulo"})
_SURNAMES = frozenset({"surname", "sobrenome", "forename", "firstname", "lastname"})
_PARTS = frozenset({"first", "last", "given", "family", "middle", "primeiro", "ultimo"})
_PARTIAL = frozenset(
    {"middle", "meio", "maiden", "file", "arquivo", "first", "primeiro", "short", "abbreviation", "other", "outros"}
)


def label_field(owner: tuple[str, ...], columns: Sequence[tuple[Facts, semantics.FieldRole.ValueType]]) -> str:
    """The field whose value people use to name a row; "" where none does, and the key stands for it."""
    best, chosen = 2.0, ""
    person = any(is_personal(facts.name.folded) for facts, _ in columns)
    for at, (facts, role) in enumerate(columns):
        score = _fitness(owner, facts, role) - at * 0.01
        if person and _TITLES & set(facts.name.folded):
            # The title of somebody with a first and a last name is a job or "Mrs".
            score = min(score, 2.0)
        if score > best:
            best, chosen = score, facts.column.name
    return chosen


def is_personal(words: tuple[str, ...]) -> bool:
    """Whether folded words name a part of a person's name: "first name", "surname", "sobrenome"."""
    named = set(words)
    return bool(named & _SURNAMES) or (bool(named & {"name", "nome"}) and bool(named & _PARTS))


def _fitness(owner: tuple[str, ...], facts: Facts, role: semantics.FieldRole.ValueType) -> float:
    if (
        facts.refers
        or role in (TIME, MEASURE)
        or facts.family not in (catalog.TYPE_FAMILY_TEXT, catalog.TYPE_FAMILY_INTEGER)
    ):
        return 0.0
    words = facts.name.folded
    if facts.family == catalog.TYPE_FAMILY_INTEGER and not (facts.unique and {"number", "numero"} & set(words)):
        return 0.0
    score = max((_LABELS.get(word, 0.0) for word in words), default=0.0)
    if set(words) <= set(owner) or (role == DIMENSION and words == owner):
        score = max(score, 8.0)
    if not score:
        return 0.0
    rest = [
        word
        for word in words
        if word not in _LABELS and word not in owner and word not in ("social", "de", "do", "da", "of")
    ]
    score -= 1.5 * len(rest)
    if set(owner) & set(words):
        score += 2.0
    if facts.unique:
        score += 1.5
    elif facts.rows > 20 and 0 < facts.distinct < 0.2 * facts.rows:
        score -= 3.0
    if set(words) & _PARTIAL:
        score -= 1.0
    return score - (2.0 if role == TEXT else 0.0)


def key_fields(table: catalog.Table) -> list[str]:
    """The fields that identify a row: the primary key, else the shortest unique key; empty where none is known."""
    if table.primary_key:
        return list(table.primary_key)
    keys = sorted((list(key.columns) for key in table.unique_keys), key=len)
    return keys[0] if keys else []


def display_fields(
    label: str,
    time: str,
    keys: Sequence[str],
    columns: Sequence[tuple[Facts, semantics.FieldRole.ValueType]],
    most: int = 8,
) -> list[str]:
    """The fields that a list shows first: what names the row, then what describes it, when, and how much."""
    wanted = [label] if label else list(keys)
    names = [
        facts.column.name for facts, _ in columns if not facts.refers and {"name", "nome"} & set(facts.name.folded)
    ]
    codes = [
        facts.column.name
        for facts, role in columns
        if role == IDENTIFIER and facts.unique and not facts.column.identity and facts.column.name not in keys
    ]
    by_role = {
        wanted_role: [facts.column.name for facts, role in columns if role == wanted_role and not facts.refers]
        for wanted_role in (DIMENSION, MEASURE, semantics.FIELD_ROLE_FLAG)
    }
    ordered = [
        *wanted,
        *codes[:1],
        *names,
        *by_role[DIMENSION][:4],
        *([time] if time else []),
        *by_role[MEASURE][:2],
        *by_role[semantics.FIELD_ROLE_FLAG][:1],
        *keys,
    ]
    return list(dict.fromkeys(ordered))[:most]
