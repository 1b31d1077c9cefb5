"""Enrichments in words. The enricher computed them; here they are only told."""

from collections.abc import Callable, Mapping

from maestro.result.v1 import result_pb2
from services.processor.cells import cell, number, with_unit
from services.processor.columns import Columns
from services.processor.formats import Formats
from services.processor.language import Language
from services.processor.phrases import sentence

Say = Mapping[str, str]
_SAY: dict[Language, Say] = {
    "pt": {
        "up": "{0} acima {1}: {2}.",
        "down": "{0} abaixo {1}: {2}.",
        "same": "Sem variação em relação ao valor {1}: {2}.",
        "none": "{0}: {2}, sem variação percentual.",
        "previous_period": "do período anterior",
        "year_on_year": "do mesmo período do ano anterior",
        "previous_period_name": "Período anterior",
        "year_on_year_name": "Mesmo período do ano anterior",
        "so_far": "{0} Comparação até a data: {1} agora.",
        "share": "{0} responde por {1} do total ({2}).",
        "share_one": "{0} do total ({1}).",
        "trend_up": "Tendência de alta: {0} por {1}.",
        "trend_down": "Tendência de queda: {0} por {1}.",
        "trend_flat": "Sem tendência clara.",
        "without_value": "{0} de {1} registros não têm {2} e ficam fora do cálculo.",
        "stale": "O registro mais recente é de {0}.",
        "outliers": "Fora do padrão: {0}.",
        "expected": "Previsão para {0}: {1}, com erro médio de {2}. {3}",
        "outliers_many": "Fora do padrão ({1}): {0} …",
        "rank": "Posição {0} de {1} (do maior para o menor).",
    },
    "en": {
        "up": "{0} above {1}: {2}.",
        "down": "{0} below {1}: {2}.",
        "same": "Equal to {1}: {2}.",
        "none": "{0}: {2}, no relative change.",
        "previous_period": "the previous period",
        "year_on_year": "the same period of the year before",
        "previous_period_name": "Previous period",
        "year_on_year_name": "Same period of the year before",
        "so_far": "{0} Compared to date: {1} now.",
        "share": "{0} makes up {1} of the total ({2}).",
        "share_one": "{0} of the total ({1}).",
        "trend_up": "Rising trend: {0} per {1}.",
        "trend_down": "Falling trend: {0} per {1}.",
        "trend_flat": "No clear trend.",
        "without_value": "{0} of {1} rows have no {2} and do not count.",
        "stale": "The latest record is of {0}.",
        "outliers": "Out of pattern: {0}.",
        "expected": "Forecast for {0}: {1}, mean error {2}. {3}",
        "outliers_many": "Out of pattern ({1}): {0} …",
        "rank": "Place {0} of {1} (largest first).",
    },
}
_NAMED = 3


class Facts:
    """Tells enrichments of one result. `name`: the words for a row; `bucket`: those for its time bucket."""

    def __init__(
        self,
        columns: Columns,
        head: result_pb2.ResultHead,
        of: Formats,
        name: Callable[[int], str],
        bucket: str,
    ) -> None:
        self._columns = {column.name: column for column in columns.columns}
        self._head = head
        self._of = of
        self._say = _SAY[of.language]
        self._name = name
        self._bucket = bucket
        self._so_far = False

    def tell(self, enrichment: result_pb2.Enrichment) -> str:
        """One sentence, or empty where the fact stands in the table only."""
        if enrichment.kind in ("previous_period", "year_on_year"):
            return self._compared(enrichment)
        if enrichment.kind == "share":
            return self._share(enrichment)
        if enrichment.kind == "trend":
            return self._trend(enrichment)
        if enrichment.kind == "completeness":
            return self._completeness(enrichment)
        if enrichment.kind == "freshness":
            latest = enrichment.values["latest"]
            return self._say["stale"].format(cell(latest, result_pb2.ResultColumn(), self._of))
        if enrichment.kind == "forecast":
            return self._forecast(enrichment)
        if enrichment.kind == "rank":
            rank, of = number(enrichment.values["rank"]), number(enrichment.values["of"])
            return "" if rank is None or of is None else self._say["rank"].format(*map(self._of.number, (rank, of)))
        if enrichment.kind == "outliers":
            return self._outliers(enrichment)
        return ""

    def _amount(self, value: result_pb2.Value, name: str) -> str:
        amount = number(value)
        unit = self._columns[name].unit if name in self._columns else ""
        return "" if amount is None else with_unit(amount, unit, self._of)

    def _compared(self, enrichment: result_pb2.Enrichment) -> str:
        previous = self._amount(enrichment.values["previous"], enrichment.column)
        change = number(enrichment.values["change"]) if "change" in enrichment.values else None
        if change is None:
            text = self._say["none"].format(self._say[f"{enrichment.kind}_name"], "", previous)
        else:
            key = "up" if change > 0 else "down" if change < 0 else "same"
            text = self._say[key].format(self._of.percent(abs(float(change))), self._say[enrichment.kind], previous)
        if "current" in enrichment.values and not self._so_far:
            # All comparisons of one answer are made to the same day: once is enough.
            self._so_far = True
            current = self._amount(enrichment.values["current"], enrichment.column)
            return self._say["so_far"].format(text, current)
        return text

    def _share(self, enrichment: result_pb2.Enrichment) -> str:
        total = self._amount(enrichment.values["total"], enrichment.column) if "total" in enrichment.values else ""
        shares = [
            (share, row) for row, value in enumerate(enrichment.row_values) if (share := number(value)) is not None
        ]
        if not shares:
            share = number(enrichment.values["share"]) if "share" in enrichment.values else None
            return "" if share is None else self._say["share_one"].format(self._of.percent(share), total)
        share, row = max(shares, key=lambda each: (float(each[0]), -each[1]))
        return self._say["share"].format(sentence(self._name(row)), self._of.percent(share), total)

    def _outliers(self, enrichment: result_pb2.Enrichment) -> str:
        """The farthest out first; how many there are where not all are named."""
        places = [place for place, each in enumerate(self._head.columns) if each.name == enrichment.column]
        middle = number(enrichment.values["median"]) if "median" in enrichment.values else None
        rows = [row for row, value in enumerate(enrichment.row_values) if value.boolean]
        if places and middle is not None:
            away = {row: number(self._head.rows[row].values[places[0]]) for row in rows}
            rows.sort(key=lambda row: -abs(float(away[row] or 0) - float(middle)))
        names = "; ".join(self._name(row) for row in rows[:_NAMED])
        if not names:
            return ""
        if len(rows) <= _NAMED:
            return self._say["outliers"].format(names)
        return self._say["outliers_many"].format(
            names, self._of.number(enrichment.values["outliers"].integer or len(rows))
        )

    def _trend(self, enrichment: result_pb2.Enrichment) -> str:
        direction = enrichment.values["direction"].text
        if direction not in ("up", "down"):
            return self._say["trend_flat"]
        slope = self._amount(enrichment.values["slope"], enrichment.column)
        return self._say[f"trend_{direction}"].format(slope, self._bucket)

    def _forecast(self, enrichment: result_pb2.Enrichment) -> str:
        """The value with its method and error; or why there is none."""
        if "expected" not in enrichment.values:
            return enrichment.definition
        bucket = cell(enrichment.values["bucket"], result_pb2.ResultColumn(), self._of)
        expected, error = (self._amount(enrichment.values[key], enrichment.column) for key in ("expected", "error"))
        return self._say["expected"].format(bucket, expected, error, enrichment.definition)

    def _completeness(self, enrichment: result_pb2.Enrichment) -> str:
        missing, rows = number(enrichment.values["without_value"]), number(enrichment.values["rows"])
        if missing is None or rows is None:
            return ""
        label = self._columns[enrichment.column].label if enrichment.column in self._columns else ""
        return self._say["without_value"].format(self._of.number(missing), self._of.number(rows), label)
