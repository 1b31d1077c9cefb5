"""A statement cut into tokens: enough to judge it, without understanding it."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+)
  | (?P<comment>--[^\n]*|/\*.*?\*/)
  | (?P<string>[eEbBxX]?'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
  | (?P<quoted>"(?:[^"]|"")*"|`[^`]*`|\[[A-Za-z_][^\]]*\])
  | (?P<parameter>%\(\w+\)s|%s|\?\d*|\$\d+|(?<![:\w]):\w+)
  | (?P<number>(?<![\w.])\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d]\w*(?:\$\w*)*)
  | (?P<sign>::|<=|>=|<>|!=|\|\||%%|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """kind: "comment", "string", "quoted" (an identifier), "parameter", "number", "word" or "sign". text:
    as written; of strings and quoted identifiers, what they hold."""

    kind: str
    text: str

    @property
    def upper(self) -> str:
        """A word in capitals; empty for all else, so that a quoted "select" is no keyword."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """An identifier in lower case; empty for all else."""
        return self.text.lower() if self.kind in ("word", "quoted") else ""


def tokens(sql: str) -> list[Token]:
    """The tokens of a statement, blanks left out."""
    found = []
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup or "sign"
        kind = "string" if kind == "tag" else kind
        text = match.group()
        if kind == "blank":
            continue
        if kind == "quoted":
            text = text[1:-1].replace('""', '"')
        elif kind == "string":
            text = text[text.find("'") + 1 : -1].replace("''", "'") if "'" in text else text
        found.append(Token(kind, text))
    return found
