"""Plans for tests."""

from google.protobuf import text_format

from maestro.plan.v1 import plan_pb2


def plan(*, where="", column="valor", origin="", **fields):
    """A sum of one column of one table; `where` is a predicate in text form, `origin` that of the column."""
    text = f"""
    query {{ select {{
      from {{ alias: "t" table {{ name: "entregas" }} }}
      projections {{ name: "x" expression {{ aggregate {{ function: AGGREGATE_FUNCTION_SUM operand {{
        column {{ alias: "t" column: "{column}" }} {f"origin {{ {origin} }}" if origin else ""}
      }} }} }} }}
      {f"where {{ {where} }}" if where else ""}
    }} }}
    """
    made = text_format.Parse(text, plan_pb2.QueryPlan())
    for name, value in fields.items():
        if isinstance(value, str):
            setattr(made, name, value)
        else:
            getattr(made, name).extend(value)
    return made


def between(lower, upper, column="data"):
    """A predicate in text form: a period."""
    return f"""range {{ operand {{ column {{ alias: "t" column: "{column}" }} }}
      lower {{ literal {{ date: "{lower}" }} }}
      upper {{ literal {{ date: "{upper}" }} }} upper_exclusive: true }}"""
