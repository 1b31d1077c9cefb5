"""SQL expressions turned into the plan's own."""
# tables of cases: a case a line

import contextlib

import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.ossie.expressions import Reader, Value
from services.mapper.ossie.scope import DatasetScope, InvalidError

TEXT, NUMBER, WHOLE = catalog.TYPE_FAMILY_TEXT, catalog.TYPE_FAMILY_DECIMAL, catalog.TYPE_FAMILY_INTEGER
DATE, MOMENT, TRUTH = catalog.TYPE_FAMILY_DATE, catalog.TYPE_FAMILY_TIMESTAMP, catalog.TYPE_FAMILY_BOOLEAN
COLUMNS = {
    "status": TEXT,
    "valor": NUMBER,
    "qtd": WHOLE,
    "d1": DATE,
    "d2": DATE,
    "ts": MOMENT,
    "ts2": MOMENT,
    "ok": TRUTH,
    "cnpj": TEXT,
}


def dataset(name: str, columns: dict[str, "catalog.TypeFamily.ValueType"]) -> semantics.Dataset:
    made = semantics.Dataset(name=name, table=plan.TableRef(name=name))
    for column, family in columns.items():
        made.fields.add(name=column, column=column, family=family)
    return made


OTHERS = {"contatos": dataset("contatos", {"cnpj": TEXT, "forma": TEXT, "desde": DATE})}
SCOPE = DatasetScope(dataset("entregas", COLUMNS), {"dobro": NUMBER}, metrics={"soma": "entregas"}, datasets=OTHERS.get)


def read(text: str, *, aggregates: bool = False) -> str:
    """What an expression becomes, as compact text."""
    made = Reader(SCOPE, aggregates=aggregates).read(text)
    return text_format.MessageToString(made.expression if isinstance(made, Value) else made, as_one_line=True)


def column(name: str) -> str:
    return f'column {{ column: "{name}" }}'


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("valor", column("valor")),
        ("VALOR", column("valor")),
        ("entregas.valor", column("valor")),
        ('"valor"', column("valor")),
        ("dobro", 'field { field: "dobro" }'),
        ("1", "literal { integer: 1 }"),
        ("-1", "literal { integer: -1 }"),
        ("1.50", 'literal { decimal: "1.50" }'),
        ("1e3", "literal { float: 1000.0 }"),
        ("99999999999999999999", 'literal { decimal: "99999999999999999999" }'),
        ("'it''s'", 'literal { text: "it\\\'s" }'),
        ("TRUE", "literal { boolean: true }"),
        ("DATE '2025-01-31'", 'literal { date: "2025-01-31" }'),
        ("TIMESTAMP '2025-01-31 10:00:00'", 'literal { timestamp: "2025-01-31T10:00:00" }'),
        ("CURRENT_DATE", "as_of { }"),
        ("NOW()", "as_of { moment: true }"),
        ("CURRENT_TIMESTAMP", "as_of { moment: true }"),
        ("ts::date", f"function {{ function: FUNCTION_DATE arguments {{ {column('ts')} }} }}"),
        ("DATE(ts)", f"function {{ function: FUNCTION_DATE arguments {{ {column('ts')} }} }}"),
        ("CAST(status AS DATE)", f"function {{ function: FUNCTION_TO_DATE arguments {{ {column('status')} }} }}"),
        ("CAST(status AS INTEGER)", f"function {{ function: FUNCTION_TO_INTEGER arguments {{ {column('status')} }} }}"),
        ("CAST(qtd AS NUMERIC(10, 2))", f"function {{ function: FUNCTION_TO_FLOAT arguments {{ {column('qtd')} }} }}"),
        ("qtd::text", f"function {{ function: FUNCTION_TO_TEXT arguments {{ {column('qtd')} }} }}"),
        ("LOWER(status)", f"function {{ function: FUNCTION_LOWER arguments {{ {column('status')} }} }}"),
        ("LENGTH(status)", f"function {{ function: FUNCTION_LENGTH arguments {{ {column('status')} }} }}"),
        ("TRIM(status)", f"function {{ function: FUNCTION_TRIM arguments {{ {column('status')} }} }}"),
        ("ABS(valor)", f"function {{ function: FUNCTION_ABS arguments {{ {column('valor')} }} }}"),
        ("ROUND(valor, 2)", f"function {{ function: FUNCTION_ROUND arguments {{ {column('valor')} }} arguments {{ literal {{ integer: 2 }} }} }}"),
        ("COALESCE(valor, 0)", f"function {{ function: FUNCTION_COALESCE arguments {{ {column('valor')} }} arguments {{ literal {{ }} }} }}"),
        ("NULLIF(valor, 1)", f"function {{ function: FUNCTION_NULL_IF arguments {{ {column('valor')} }} arguments {{ literal {{ integer: 1 }} }} }}"),
        ("LEFT(cnpj, 3)", f"function {{ function: FUNCTION_SUBSTRING arguments {{ {column('cnpj')} }} arguments {{ literal {{ integer: 1 }} }} arguments {{ literal {{ integer: 3 }} }} }}"),
        (r"REGEXP_REPLACE(cnpj, '\D', '', 'g')", f"function {{ function: FUNCTION_DIGITS arguments {{ {column('cnpj')} }} }}"),
        ("EXTRACT(YEAR FROM d1)", f"function {{ function: FUNCTION_YEAR arguments {{ {column('d1')} }} }}"),
        ("EXTRACT(ISODOW FROM d1)", f"function {{ function: FUNCTION_WEEKDAY arguments {{ {column('d1')} }} }}"),
        ("DATE_TRUNC('month', d1)", f"time_bucket {{ operand {{ {column('d1')} }} grain: TIME_GRAIN_MONTH }}"),
        ("TO_DATE(status, 'DD/MM/YYYY')", f"function {{ function: FUNCTION_PARSE_DATE arguments {{ {column('status')} }} arguments {{ literal {{ text: \"DD/MM/YYYY\" }} }} }}"),
        ("d1 - d2", f"function {{ function: FUNCTION_DAYS_BETWEEN arguments {{ {column('d1')} }} arguments {{ {column('d2')} }} }}"),
        ("d1 + 3", f"function {{ function: FUNCTION_ADD_DAYS arguments {{ {column('d1')} }} arguments {{ literal {{ integer: 3 }} }} }}"),
        ("d1 - 3", f"function {{ function: FUNCTION_ADD_DAYS arguments {{ {column('d1')} }} arguments {{ literal {{ integer: -3 }} }} }}"),
        ("d1 - INTERVAL '2 weeks'", f"function {{ function: FUNCTION_ADD_DAYS arguments {{ {column('d1')} }} arguments {{ literal {{ integer: -14 }} }} }}"),
        ("EXTRACT(EPOCH FROM (ts - ts2))", f"function {{ function: FUNCTION_SECONDS_BETWEEN arguments {{ {column('ts')} }} arguments {{ {column('ts2')} }} }}"),
        ("valor / qtd", f"arithmetic {{ operator: ARITHMETIC_OPERATOR_DIVIDE left {{ {column('valor')} }} right {{ {column('qtd')} }} }}"),
        ("qtd % 2", f"arithmetic {{ operator: ARITHMETIC_OPERATOR_MODULO left {{ {column('qtd')} }} right {{ literal {{ integer: 2 }} }} }}"),
    ],
)  # fmt: skip
def test_values(text: str, form: str) -> None:
    # An integer of 0 is set, though the text form of a message that holds nothing else does not show it.
    assert read(text).replace("literal { integer: 0 }", "literal { }").strip() == form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("status IS NULL", f"null_test {{ operand {{ {column('status')} }} }}"),
        ("status IS NOT NULL", f"null_test {{ operand {{ {column('status')} }} negated: true }}"),
        ("NOT (status IS NULL)", f"null_test {{ operand {{ {column('status')} }} negated: true }}"),
        ("NOT ok", f"negation {{ truth {{ {column('ok')} }} }}"),
        ("ok = FALSE", f"negation {{ truth {{ {column('ok')} }} }}"),
        ("ok <> FALSE", f"truth {{ {column('ok')} }}"),
        ("ok IS TRUE", f"truth {{ {column('ok')} }}"),
        ("ok IS NOT TRUE", f"any_of {{ predicates {{ negation {{ truth {{ {column('ok')} }} }} }} predicates {{ null_test {{ operand {{ {column('ok')} }} }} }} }}"),
        ("status = 'A'", f"comparison {{ operator: COMPARISON_OPERATOR_EQUAL left {{ {column('status')} }} right {{ literal {{ text: \"A\" }} }} }}"),
        ("d1 >= '2025-01-01'", f"comparison {{ operator: COMPARISON_OPERATOR_GREATER_OR_EQUAL left {{ {column('d1')} }} right {{ literal {{ date: \"2025-01-01\" }} }} }}"),
        ("status IN ('A', 'B')", f"membership {{ operand {{ {column('status')} }} values {{ literal {{ text: \"A\" }} }} values {{ literal {{ text: \"B\" }} }} }}"),
        ("status NOT IN ('A')", f"membership {{ operand {{ {column('status')} }} values {{ literal {{ text: \"A\" }} }} negated: true }}"),
        ("qtd BETWEEN 1 AND 2", f"range {{ operand {{ {column('qtd')} }} lower {{ literal {{ integer: 1 }} }} upper {{ literal {{ integer: 2 }} }} }}"),
        ("qtd NOT BETWEEN 1 AND 2", f"negation {{ range {{ operand {{ {column('qtd')} }} lower {{ literal {{ integer: 1 }} }} upper {{ literal {{ integer: 2 }} }} }} }}"),
        ("cnpj LIKE '06.057%'", f"pattern {{ operand {{ {column('cnpj')} }} kind: PATTERN_KIND_PREFIX text: \"06.057\" }}"),
        ("cnpj LIKE '%57%'", f"pattern {{ operand {{ {column('cnpj')} }} kind: PATTERN_KIND_CONTAINS text: \"57\" }}"),
        ("cnpj ILIKE '%x'", f"pattern {{ operand {{ {column('cnpj')} }} kind: PATTERN_KIND_SUFFIX text: \"x\" fold: true }}"),
        ("cnpj LIKE 'a_c'", f"pattern {{ operand {{ {column('cnpj')} }} kind: PATTERN_KIND_LIKE text: \"a_c\" }}"),
        ("cnpj NOT LIKE 'a%b'", f"pattern {{ operand {{ {column('cnpj')} }} kind: PATTERN_KIND_LIKE text: \"a%b\" negated: true }}"),
        ("cnpj ILIKE 'abc'", f"comparison {{ operator: COMPARISON_OPERATOR_EQUAL left {{ {column('cnpj')} }} right {{ literal {{ text: \"abc\" }} }} fold: true }}"),
        ("status IS DISTINCT FROM NULL", f"null_test {{ operand {{ {column('status')} }} negated: true }}"),
        ("ok AND (ok OR NOT ok) AND ok", f"all_of {{ predicates {{ truth {{ {column('ok')} }} }} predicates {{ any_of {{ predicates {{ truth {{ {column('ok')} }} }} predicates {{ negation {{ truth {{ {column('ok')} }} }} }} }} }} predicates {{ truth {{ {column('ok')} }} }} }}"),
    ],
)  # fmt: skip
def test_conditions(text: str, form: str) -> None:
    assert read(text).strip() == form


def test_cases_by_condition_and_by_subject() -> None:
    by_condition = read("CASE WHEN ok THEN 'a' WHEN valor > 1 THEN 'b' ELSE 'c' END")
    assert by_condition.count("branches") == 2
    assert 'otherwise { literal { text: "c" } }' in by_condition
    assert "COMPARISON_OPERATOR_EQUAL" in read("CASE status WHEN 'A' THEN 1 END")


def test_exists_becomes_a_related_test_tied_by_equality() -> None:
    made = Reader(SCOPE, aggregates=False).read(
        "NOT EXISTS (SELECT 1 FROM contatos AS c WHERE c.cnpj = entregas.cnpj AND c.forma <> 'X' AND c.desde > d1)"
    )
    assert isinstance(made, plan.Predicate)
    assert made.related.negated
    (join,) = made.related.path
    assert (join.relation.table.name, join.to_alias, made.related.from_alias) == ("contatos", "", "")
    assert join.on.comparison.left.column.alias == join.relation.alias != ""
    assert join.on.comparison.right.column == plan.ColumnRef(column="cnpj")
    assert len(made.related.where.all_of.predicates) == 2


@pytest.mark.parametrize(
    ("text", "function", "distinct", "filtered"),
    [
        ("COUNT(*)", "COUNT", False, False),
        ("COUNT(DISTINCT cnpj)", "COUNT", True, False),
        ("SUM(entregas.valor)", "SUM", False, False),
        ("AVG(d2 - d1)", "AVG", False, False),
        ("MIN(d1)", "MIN", False, False),
        ("STDDEV(valor)", "STDDEV", False, False),
        ("MEDIAN(valor)", "MEDIAN", False, False),
        ("PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY valor)", "MEDIAN", False, False),
        ("CORR(valor, qtd)", "CORRELATION", False, False),
        ("COUNT(*) FILTER (WHERE ok)", "COUNT", False, True),
    ],
)
def test_aggregates(text: str, function: str, distinct: bool, filtered: bool) -> None:
    reader = Reader(SCOPE, aggregates=True)
    made = reader.read(text)
    assert isinstance(made, Value)
    aggregate = made.expression.aggregate
    assert plan.AggregateFunction.Name(aggregate.function) == f"AGGREGATE_FUNCTION_{function}"
    assert (aggregate.distinct, aggregate.HasField("filter")) == (distinct, filtered)
    assert reader.aggregated
    assert not reader.bare


def test_metrics_may_build_on_metrics() -> None:
    reader = Reader(SCOPE, aggregates=True)
    made = reader.read("soma / NULLIF(COUNT(*), 0)")
    assert isinstance(made, Value)
    assert made.expression.arithmetic.left.metric.metric == "soma"
    assert not reader.bare


def test_columns_outside_of_aggregates_are_noted() -> None:
    reader = Reader(SCOPE, aggregates=True)
    reader.read("SUM(valor) + qtd")
    assert reader.bare == ["qtd"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "SQL expression"),
        ("valor +", "no SQL expression"),
        ("valor; DROP TABLE x", "one SQL expression"),
        ("valor FROM entregas", "one SQL expression"),
        ("DISTINCT valor", "one SQL expression"),
        ("valor, qtd", "one SQL expression"),
        ("valor AS v", "not supported"),
        ("vlaor", "no column or field 'vlaor'; the nearest is 'valor'"),
        ("pedidos.valor", "only names of entregas"),
        ("a.b.c.d.e", "only names of entregas|too many parts|not supported"),
        ("*", "not supported"),
        ("(SELECT 1)", "subqueries"),
        ("valor > (SELECT MAX(x) FROM y)", "subqueries"),
        ("status IN (SELECT cnpj FROM contatos)", "subqueries"),
        ("EXISTS (SELECT 1)", "EXISTS takes"),
        ("EXISTS (SELECT 1 FROM contatos)", "EXISTS takes"),
        ("EXISTS (SELECT 1 FROM contatos WHERE forma = 'x')", "needs an equality"),
        ("EXISTS (SELECT 1 FROM nada WHERE nada.cnpj = entregas.cnpj)", "no table 'nada'"),
        ("EXISTS (SELECT 1 FROM contatos c, contatos d WHERE c.cnpj = entregas.cnpj)", "EXISTS takes"),
        ("SUM(valor)", "aggregates belong in metrics"),
        ("ROW_NUMBER() OVER ()", "not supported"),
        ("MD5(status)", "not supported"),
        ("status ~ 'a'", "not supported"),
        ("valor = NULL", "IS NULL"),
        ("d1 = 'soon'", "is no day"),
        ("DATE '2025-02-30'", "is no day"),
        ("d1 + d2", "a date can only"),
        ("d1 * 2", "a date can only"),
        ("d1 - INTERVAL '1 month'", "days or weeks"),
        ("valor + INTERVAL '1 day'", "interval"),
        ("EXTRACT(DOW FROM d1)", "can be extracted"),
        ("EXTRACT(EPOCH FROM ts)", "difference of two moments"),
        ("DATE_TRUNC('century', d1)", "DATE_TRUNC takes"),
        ("TO_DATE(status, 'Month DD')", "YYYY, MM and DD"),
        ("CAST(valor AS JSON)", "casts go to"),
        ("REGEXP_REPLACE(cnpj, 'a', 'b')", "digits"),
        ("TRIM(LEADING 'x' FROM status)", "trimmed"),
        ("status LIKE status", "text in quotes"),
        ("status LIKE '%'", "pattern is empty"),
        ("NOT valor", "neither true nor false"),
        ("(" * 80 + "1" + ")" * 80, "nested too deeply|no SQL expression"),
        ("1 + " * 2000 + "1", "4000 are read"),
    ],
)
def test_what_is_not_supported_says_so(text: str, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        read(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SUM(SUM(valor))", "inside of an aggregate"),
        ("STRING_AGG(status, ',')", "not supported"),
        ("COUNT(DISTINCT valor, qtd)", "one operand"),
        ("PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY valor)", "median"),
    ],
)
def test_aggregates_that_are_not_supported_say_so(text: str, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        read(text, aggregates=True)


numbers = st.recursive(
    st.sampled_from(["valor", "qtd", "1", "2.5", "dobro", "ABS(valor)", "(d1 - d2)"]),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/%"), inner)
        | st.builds("COALESCE({}, {})".format, inner, inner)
        | st.builds("CASE WHEN {} > 1 THEN {} ELSE {} END".format, inner, inner, inner)
    ),
    max_leaves=12,
)
conditions = st.recursive(
    st.builds("{} {} {}".format, numbers, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), numbers)
    | st.sampled_from(["ok", "status IS NULL", "status IS NOT NULL", "status IN ('a', 'b')", "cnpj LIKE '06%'", "d1 < CURRENT_DATE"]),
    lambda inner: st.builds("({} AND {})".format, inner, inner)
    | st.builds("({} OR {})".format, inner, inner)
    | st.builds("NOT ({})".format, inner),
    max_leaves=8,
)  # fmt: skip


def own_aliases(message: object) -> set[str]:
    """Every alias in a definition."""
    found: set[str] = set()
    for descriptor, value in message.ListFields():  # type: ignore[attr-defined]
        if descriptor.message_type is not None:
            for part in value if descriptor.is_repeated else [value]:
                if isinstance(part, (plan.ColumnRef, plan.FieldRef, plan.NamedFilterRef, plan.MetricRef)):
                    found.add(part.alias)
                found |= own_aliases(part)
    return found


@given(numbers)
def test_every_number_of_the_subset_is_read_and_names_only_its_own_row(text: str) -> None:
    made = Reader(SCOPE, aggregates=False).read(text)
    assert isinstance(made, Value)
    assert made.expression.WhichOneof("kind")
    assert own_aliases(made.expression) <= {""}


@given(conditions)
def test_every_condition_of_the_subset_is_read(text: str) -> None:
    made = Reader(SCOPE, aggregates=False).read(text)
    predicate = made if isinstance(made, plan.Predicate) else made.expression
    assert predicate.WhichOneof("kind")


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    with contextlib.suppress(InvalidError):
        assert read(text)
