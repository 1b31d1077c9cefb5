"""An inferred relationship as a catalog message, with its evidence in words."""

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.relationships.columns import Facts
from services.scanner.relationships.evidence import Findings


def relationship(sure: float, found: Findings) -> pb.Relationship:
    """The message."""
    source, target = found.pair.source, found.pair.target
    return pb.Relationship(
        name=f"{source.table.name}.{source.column.name}->{target.table.name}.{target.column.name}",
        from_schema=source.table.schema,
        from_table=source.table.name,
        from_columns=[source.column.name],
        to_schema=target.table.schema,
        to_table=target.table.name,
        to_columns=[target.column.name],
        origin=pb.RELATIONSHIP_ORIGIN_INFERRED,
        confidence=sure,
        evidence=_evidence(found),
        to_unique=bool(found.unique),
        from_unique=source.key,
        list_valued=bool(source.separator),
    )


def _evidence(found: Findings) -> list[pb.Evidence]:
    pair = found.pair
    source, target = pair.source, pair.target
    told = []
    if pair.name > 0:
        told.append(
            pb.Evidence(
                kind="name",
                score=round(pair.name, 2),
                detail=f"{_spell(source)} is named like {_spell(target)}",
            )
        )
    told.append(
        pb.Evidence(
            kind="type",
            score=1.0,
            detail=f"{source.column.type or 'untyped'} and {target.column.type or 'untyped'}",
        )
    )
    if found.inclusion is not None:
        what = "items of sampled lists" if source.separator else "sampled values"
        told.append(
            pb.Evidence(
                kind="inclusion",
                score=round(found.inclusion, 2),
                detail=f"{found.found:,} of {found.probed:,} {what}{_rows(found)} exist in {_spell(target)}",
            )
        )
    told.append(_unique(found))
    if found.comment:
        told.append(
            pb.Evidence(
                kind="comment",
                score=1.0,
                detail=f"the comment of {_spell(source)} names {target.column.name}",
            )
        )
    if found.agreement is not None:
        told.append(pb.Evidence(kind="agreement", score=round(max(found.agreement, 0.0), 2), detail=found.agreeing))
    return told


def _rows(found: Findings) -> str:
    """Said where it is not the same."""
    if not found.probed or abs(found.share - found.found / found.probed) < 0.05:
        return ""
    return f", in {found.share:.0%} of the rows,"


def _unique(found: Findings) -> pb.Evidence:
    target = found.pair.target
    if target.key:
        return pb.Evidence(kind="uniqueness", score=1.0, detail=f"{_spell(target)} is a key")
    if found.unique:
        told = f"{_spell(target)} is unique in all rows, though no key says so"
        return pb.Evidence(kind="uniqueness", score=0.9, detail=told)
    repeats = max(target.repeats, found.fan_out)
    told = f"{_spell(target)} has about {repeats:.1f} rows for each value"
    return pb.Evidence(kind="uniqueness", score=round(1 / max(repeats, 1.0) / 2, 2), detail=told)


def _spell(column: Facts) -> str:
    return f"{column.table.name}.{column.column.name}"
