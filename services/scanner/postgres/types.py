"""Which family a PostgreSQL type belongs to."""

from maestro.catalog.v1 import catalog_pb2 as pb

_BY_NAME: dict[str, "pb.TypeFamily.ValueType"] = {
    "int2": pb.TYPE_FAMILY_INTEGER,
    "int4": pb.TYPE_FAMILY_INTEGER,
    "int8": pb.TYPE_FAMILY_INTEGER,
    "oid": pb.TYPE_FAMILY_INTEGER,
    "numeric": pb.TYPE_FAMILY_DECIMAL,
    "money": pb.TYPE_FAMILY_DECIMAL,
    "float4": pb.TYPE_FAMILY_FLOAT,
    "float8": pb.TYPE_FAMILY_FLOAT,
    "date": pb.TYPE_FAMILY_DATE,
    "timestamp": pb.TYPE_FAMILY_TIMESTAMP,
    "timestamptz": pb.TYPE_FAMILY_TIMESTAMP,
    "time": pb.TYPE_FAMILY_TIME,
    "timetz": pb.TYPE_FAMILY_TIME,
    "bytea": pb.TYPE_FAMILY_BINARY,
    "json": pb.TYPE_FAMILY_JSON,
    "jsonb": pb.TYPE_FAMILY_JSON,
    "uuid": pb.TYPE_FAMILY_UUID,
}
# pg_type.typcategory: what the type's author says that it resembles. Enums are text with a closed list of
# values.
_BY_CATEGORY: dict[str, "pb.TypeFamily.ValueType"] = {
    "A": pb.TYPE_FAMILY_ARRAY,
    "B": pb.TYPE_FAMILY_BOOLEAN,
    "E": pb.TYPE_FAMILY_TEXT,
    "N": pb.TYPE_FAMILY_DECIMAL,
    "S": pb.TYPE_FAMILY_TEXT,
    "T": pb.TYPE_FAMILY_INTERVAL,
}


def family(name: str, category: str) -> "pb.TypeFamily.ValueType":
    """The family of the type that pg_type calls by this name and puts in this category."""
    known = _BY_NAME.get(name)
    return known if known is not None else _BY_CATEGORY.get(category, pb.TYPE_FAMILY_OTHER)
