"""Units of quantities, as names tell them, and the aggregate that fits each."""

from maestro.plan.v1 import plan_pb2 as plan

from services.mapper.derive.facts import Facts

CURRENCY = "currency"
"""Stands for the model's currency where the name says money and nothing says which."""

# Words → unit. The first that matches decides: "price per kg" is money, "peso_kg" is not.
_UNITS: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(words.split()), unit)
    for words, unit in (
        ("percent percentage percentual porcentagem pct aliquota", "percent"),
        ("usd dollar dollars dolar dolares", "USD"),
        ("brl reais real", "BRL"),
        ("eur euro euros", "EUR"),
        ("gbp pounds sterling", "GBP"),
        ("kg kilogram kilograms quilo quilos quilograma quilogramas kilo kilos", "kg"),
        ("ton tons tonne tonnes tonelada toneladas", "t"),
        ("lb lbs pound", "lb"),
        ("km kilometer kilometers kilometre kilometres quilometro quilometros", "km"),
        ("mile miles milha milhas", "mi"),
        ("meter meters metre metres metro metros", "m"),
        ("cm centimeter centimeters centimetro centimetros", "cm"),
        ("mm millimeters milimetros", "mm"),
        ("ft feet foot pes", "ft"),
        ("inch inches polegada polegadas", "in"),
        ("litre litres liter liters litro litros", "l"),
        ("mph", "mph"),
        ("kmh", "km/h"),
        ("days day dias dia", "days"),
        ("hours hour horas hora", "hours"),
        ("minutes minute minutos minuto", "minutes"),
        ("seconds second segundos segundo", "seconds"),
        ("milliseconds millisecond ms milissegundos", "milliseconds"),
        ("weeks semanas", "weeks"),
        ("months meses", "months"),
        ("bytes byte", "bytes"),
        ("valor vlr price preco cost custo amount revenue receita faturamento salary salario wage wages payment "
         "pagamento fee fees taxa frete freight total budget orcamento income renda profit lucro sales vendas fine multa "
         "despesa expense balance saldo debt divida earnings money discount desconto cotado pago cte tarifa fare rent "
         "aluguel gdp pib subtotal bonus commission comissao tuition loan emprestimo credit debit credito debito", CURRENCY),
        ("peso weight", "kg"),
    )
)  # fmt: skip

_NOT_MONEY = frozenset(
    "peso weight pallet pallets quantidade quantity qtd count contagem numero number volume rows items itens pontos "
    "points laps wins votes population alunos students passageiros passengers goals assists nota rating score tax "
    "medals employees funcionarios credits creditos hours horas rank".split()
)

# Quantities whose sum means nothing.
_AVERAGED = frozenset(
    "age idade price preco rate taxa percent percentage percentual porcentagem pct rating nota score temperature "
    "temperatura latitude longitude altitude elevation elevacao height altura speed velocidade lead time prazo average "
    "media mean gpa humidity umidade pressure pressao density densidade unit unitario aliquota margin margem length "
    "comprimento width largura duration duracao interest juros index indice level nivel ratio grade horsepower mpg year "
    "ranking rank expectancy".split()
)


def unit_of(facts: Facts, currency: str) -> str:
    """Unit of a measure: an ISO 4217 code, "kg", "days", "percent", "currency" …; "" where the name tells none."""
    for words, unit in _UNITS:
        if facts.says(words):
            if unit != CURRENCY:
                # A weight without its own unit is in kilograms only where kilograms are what people use.
                return (
                    "" if unit == "kg" and not _states_kg(facts) and currency not in ("BRL", "EUR") else unit
                )
            return "" if facts.says(_NOT_MONEY) else (currency or CURRENCY)
    return ""


def _states_kg(facts: Facts) -> bool:
    return any(word.startswith(("kg", "kilo", "quilo")) for word in facts.name.folded)


def aggregate_of(facts: Facts, unit: str) -> plan.AggregateFunction.ValueType:
    """The aggregate of a measure that fits when none is asked."""
    if facts.says(_AVERAGED) or unit == "percent":
        return plan.AGGREGATE_FUNCTION_AVG
    return plan.AGGREGATE_FUNCTION_SUM
