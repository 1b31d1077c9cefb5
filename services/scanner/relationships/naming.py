"""What names say: which words a name is made of, and how well a column's name points at another column."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_PIECES: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

# Words that tell what kind of column it is, not of what: they neither make nor break a match. Each group is
# one word.
_GENERIC: Final[dict[str, tuple[str, ...]]] = {
    "#id": (
        "id",
        "ids",
        "key",
        "pk",
        "fk",
        "sk",
        "ident",
        "identifier",
        "identificador",
        "uuid",
        "guid",
        "rowid",
    ),
    "#number": ("number", "numero", "num", "nro", "nr", "no", "nbr"),
    "#code": ("code", "codigo", "cod", "cd"),
    "#name": ("name", "nome", "nm"),
    "#date": ("date", "data", "dt"),
    # What is measured or counted is never a reference, whatever it is named after.
    "#measure": (
        *(
            "quantity",
            "quantidade",
            "qtd",
            "qtde",
            "qty",
            "amount",
            "total",
            "count",
            "valor",
            "value",
            "vlr",
            "vl",
        ),
        *("price", "preco", "peso", "weight", "percent", "percentual", "pct", "rate", "taxa", "age", "idade"),
    ),
}
_KINDS: Final[dict[str, str]] = {word: kind for kind, words in _GENERIC.items() for word in words}
_KEYS: Final = frozenset({"#id", "#number", "#code"})
_AFFIXES: Final = ("id", "no", "num", "nr", "cod", "code", "key", "number", "numero", "codigo")


@lru_cache(maxsize=100_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in order, without case, accents and plural; generic ones under a common name."""
    folded = unicodedata.normalize("NFKD", name)
    plain = "".join(mark for mark in folded if not unicodedata.combining(mark))
    return tuple(canonical(piece) for piece in _PIECES.findall(plain))


def canonical(word: str) -> str:
    """One spelling for singular and plural, in Portuguese and English, and for the generic words."""
    word = word.lower()
    if word in _KINDS:
        return _KINDS[word]
    for ending, instead in (("ies", "y"), ("oes", "ao"), ("aes", "ao"), ("ais", "al"), ("eis", "el")):
        if len(word) > len(ending) + 1 and word.endswith(ending):
            word = word.removesuffix(ending) + instead
            break
    else:
        plural = word.endswith("s") and not word.endswith("ss")
        # An abbreviation's plural (nfs) has no vowel, which short words in -s (gas, mes) have.
        if plural and (len(word) > 3 or (len(word) == 3 and not set(word) & set("aeiou"))):
            word = word[:-1]
        if len(word) > 4 and word.endswith("e"):
            word = word[:-1]
    if word in _KINDS:
        return _KINDS[word]
    return word[:-1] + "i" if len(word) > 3 and word.endswith("y") else word


# What a row of a table calls another row of the same table.
_PARENTS: Final = frozenset(
    canonical(word)
    for word in [
        "parent",
        "pai",
        "mae",
        "manager",
        "gerente",
        "boss",
        "chefe",
        "supervisor",
        "superior",
        "head",
        "leader",
        "lider",
        "reports",
        "report",
        "mentor",
        "referred",
        "previous",
        "anterior",
        "next",
        "proximo",
        "original",
        "origem",
        "substitui",
        "substituida",
        "related",
        "friend",
    ]
)


@dataclass(frozen=True, slots=True)
class Name:
    """A column's name taken apart.

    core: words that say of what, in order. kinds: generic words. table: words of its table's name. several: it ends in a
    plural (games, line_items), as names of counts do and names of references to one row do not.
    """

    core: tuple[str, ...]
    kinds: frozenset[str]
    table: tuple[str, ...]
    several: bool = False

    @property
    def keyed(self) -> bool:
        """Whether it says that it is an id, a number or a code."""
        return bool(self.kinds & _KEYS)

    @property
    def tokens(self) -> frozenset[str]:
        """Everything that the name can be found by."""
        return frozenset(self.core) | frozenset(self.table)


class Vocabulary:
    """Takes names apart with knowledge of all words of the schema, so that "idcliente" is id and cliente
    where there are clientes.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._known = {word for name in names for word in words(name) if len(word) > 2}
        self._columns: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {}
        self._tables: dict[str, tuple[str, ...]] = {}

    def name(self, column: str, table: str) -> Name:
        """A column's name in its table."""
        if column not in self._columns:
            self._columns[column] = self._column(column)
        if table not in self._tables:
            parts = [part for word in words(table) for part in self._split(word)]
            self._tables[table] = tuple(part for part in parts if not part.startswith("#")) or words(table)
        return Name(*self._columns[column], self._tables[table], _several(column))

    def _column(self, column: str) -> tuple[tuple[str, ...], frozenset[str]]:
        parts = [part for word in words(column) for part in self._split(word)]
        if parts[:1] == ["#number"] and parts[1:2] in (["of"], ["de"]):
            parts[0] = "#measure"
        core = tuple(part for part in parts if not part.startswith("#"))
        return core, frozenset(part for part in parts if part.startswith("#"))

    def _split(self, word: str) -> tuple[str, ...]:
        if word.startswith("#"):
            return (word,)
        for affix in _AFFIXES:
            if word.endswith(affix) and canonical(word.removesuffix(affix)) in self._known:
                return (canonical(word.removesuffix(affix)), _KINDS[affix])
            if word.startswith(affix) and word.removeprefix(affix) in self._known:
                return (_KINDS[affix], word.removeprefix(affix))
        return (word,)


def _several(name: str) -> bool:
    last = (_PIECES.findall(name) or [""])[-1].lower()
    return len(last) > 3 and last.endswith("s") and not last.endswith(("ss", "us", "is")) and last not in _KINDS


def points_at(name: Name, target: Name, *, target_is_key: bool, same_table: bool) -> float:
    """How well a column's name refers to another column, 0 to 1.

    It may be spelled like it (cliente_id = cliente_id), like its table (cliente_id -> clientes.id, pedido ->
    pedidos.num_pedido), like both together, with a role before it (home_team_id), or by its initials (nf =
    nota_fiscal).
    """
    if same_table:
        role = not _PARENTS.isdisjoint(name.core)
        alike = _alike(name.core, target.core or target.table) if name.core != target.core else 0.0
        ends = bool(name.core) and bool(name.kinds & _KEYS) and name.core[-1] in (*target.core, *target.table)
        return max(0.75 if role and target_is_key else 0.0, alike if alike >= 0.6 and target_is_key and ends else 0.0)
    if not name.core:
        return 0.15 if name.kinds == target.kinds and not target.core else 0.0
    agreement = _kinds_agree(name.kinds, target.kinds, is_key=target_is_key)
    spelled = _alike(name.core, target.core) if target.core else 0.0
    like_table = _alike(name.core, target.table) * (1.0 if target_is_key or not target.core else 0.8)
    both = _alike(name.core, tuple(dict.fromkeys(target.table + target.core)))
    bare = 0.85 if not name.kinds & _KEYS and like_table > spelled else 1.0
    return max(spelled, like_table * bare, both) * agreement


def home(name: Name, target: Name) -> float:
    """How well a column's name is that of the target's table, 0 to 1: where several tables have the same key,
    this one is the one that it belongs to.
    """
    return _alike(name.core, target.table)


def _kinds_agree(one: frozenset[str], other: frozenset[str], *, is_key: bool) -> float:
    """A date is no number, and a name is no id, whatever they are of."""
    if one == other or not one or (not other and is_key):
        return 1.0
    if ("#measure" in one) != ("#measure" in other):
        return 0.2
    if ("#date" in one) != ("#date" in other) or ("#name" in one) != ("#name" in other):
        return 0.3 if other else 0.7
    return 0.95


def _alike(one: Sequence[str], other: Sequence[str]) -> float:
    """Share of the target's words that the name has. Words beside them are a role and count little
    (home_team), unless they come last, where English names say what the thing is (order_item is no order).
    """
    if not one or not other:
        return 0.0
    if _initials(one, other) or _initials(other, one):
        return 0.9
    # club_id_2 is the second of two roles; sales_2024 is another table than sales_2023.
    mine = [word for word in one if not word.isdigit() or word in other] or list(one)
    hit = [max(_word(each, theirs) for each in mine) for theirs in other]
    used = [max(_word(each, theirs) for theirs in other) for each in mine]
    head = 1.0 if used[-1] >= 0.5 else 0.6
    return sum(hit) / len(other) * (0.8 + 0.2 * sum(used) / len(mine)) * head


def _initials(short: Sequence[str], long: Sequence[str]) -> bool:
    if len(short) != 1 or len(long) < 2:
        return False
    return len(short[0]) == len(long) and all(word.startswith(mark) for word, mark in zip(long, short[0], strict=True))


@lru_cache(maxsize=200_000)
def _word(one: str, other: str) -> float:
    """1 for the same word, less for an abbreviation of it."""
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    if len(short) < 3 or short[0] != long[0]:
        return 0.0
    if long.startswith(short):
        return 0.85 if len(short) >= 4 else 0.7
    if len(short) >= 4 and _subsequence(short, long):
        return 0.5
    return 0.0


def _subsequence(short: str, long: str) -> bool:
    rest = iter(long)
    return all(mark in rest for mark in short)
