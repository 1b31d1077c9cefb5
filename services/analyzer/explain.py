"""Readings as one line of text, for the stages that a response explains, for tests and for people who debug."""

from decimal import Decimal

from services.analyzer.reading import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Condition,
    Flag,
    Item,
    Like,
    Missing,
    Named,
    Not,
    Reading,
    Ref,
    Related,
    Within,
)


def sketch(reading: Reading) -> str:
    """A reading in the manner of SQL; equal readings give equal text."""
    parts = [
        ("distinct " if reading.distinct else "") + ", ".join(item(each) for each in reading.select),
        "from " + ", ".join([reading.root, *reading.tables]),
    ]
    if reading.ways:
        parts.append("via " + ", ".join(reading.ways))
    if reading.where:
        parts.append("where " + " and ".join(condition(each) for each in reading.where))
    if reading.group:
        parts.append("by " + ", ".join(item(each) for each in reading.group))
    if reading.having:
        parts.append("having " + " and ".join(condition(each) for each in reading.having))
    if reading.order:
        parts.append(
            "order " + ", ".join(item(each.item) + (" desc" if each.descending else "") for each in reading.order)
        )
    if reading.limit:
        parts.append(f"limit {reading.limit}")
    if reading.offset:
        parts.append(f"offset {reading.offset}")
    text = " ".join(parts)
    if reading.contrast is not None:
        by = ", ".join(ref(each) for each in reading.contrast.by)
        parts.append(
            f"contrast {item(reading.contrast.measure)} of {condition(reading.contrast.after)} with "
            f"{condition(reading.contrast.before)} by {by}"
        )
        text = " ".join(parts)
    if reading.combine is not None:
        text = f"({text}) {reading.combine.op} ({sketch(reading.combine.other)})"
    return text


def item(each: Item) -> str:
    """An item in one line."""
    text = each.metric or (ref(each.ref) if each.ref else "*" + (f"@{each.dataset}" if each.dataset else ""))
    if each.text:
        text = repr(each.text)
    if each.other is not None:
        text = f"{text}, {ref(each.other)}"
    if each.fn:
        text = f"{each.fn}({'distinct ' if each.distinct else ''}{text})"
    if each.weekday:
        text = f"weekday({text})"
    if each.where:
        text = f"{text}[{' and '.join(condition(part) for part in each.where)}]"
    if each.grain:
        text = f"{each.grain}({text})"
    if each.minus is not None:
        text = f"({text} - {item(each.minus)})"
    if each.per is not None:
        text = f"({text} / {item(each.per)})"
    if each.times:
        text = f"{each.times} * {text}"
    return f"share({text})" if each.share else text


def ref(each: Ref) -> str:
    """A field in one line."""
    return f"{each.dataset}.{each.field}" + (f"@{each.role}" if each.role else "")


def condition(each: Condition) -> str:  # noqa: PLR0911  # one return a kind
    """A condition in one line."""
    match each:
        case Compare():
            return f"{item(each.left)} {each.op} {_right(each.right)}"
        case Within():
            inside = (
                f"({sketch(each.query)})" if each.query is not None else repr([str(value) for value in each.values])
            )
            return f"{ref(each.ref)} {'not ' if each.negated else ''}in {inside}"
        case Between():
            end = ")" if each.upper_open else "]"
            return f"{ref(each.ref)} in [{each.lower}, {each.upper}{end}"
        case Like():
            return f"{ref(each.ref)} {'not ' if each.negated else ''}{each.kind} {each.text!r}"
        case Missing():
            return f"{ref(each.ref)} is {'not ' if each.negated else ''}null"
        case Flag():
            return f"{'not ' if each.negated else ''}{ref(each.ref)}"
        case Named():
            return f"{'not ' if each.negated else ''}{each.dataset}:{each.entity}"
        case Related():
            inner = " and ".join(condition(part) for part in each.where)
            count = f" {each.op} {each.count}" if each.op else ""
            return f"{'no ' if each.negated else ''}related {each.start}->{each.dataset}{count}" + (
                f" [{inner}]" if inner else ""
            )
        case AnyOf():
            return "(" + " or ".join(condition(option) for option in each.options) + ")"
        case AllOf():
            return "(" + " and ".join(condition(part) for part in each.parts) + ")"
        case Not():
            return f"not ({condition(each.condition)})"


def _right(right: object) -> str:
    if isinstance(right, Reading):
        return f"({sketch(right)})"
    if isinstance(right, Item):
        return item(right)
    return format(right, "f") if isinstance(right, Decimal) else repr(right)
