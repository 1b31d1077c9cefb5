"""What the analyzer says to people, in their language: questions back and suggestions. Everything else the processor says."""

_TEXTS = {
    "which_placeholder": ("Qual {about}?", "Which {about}?"),
    "you_can_ask": ("Você pode perguntar, por exemplo:", "You can ask, for example:"),
    "which_reading": ("O que você quer saber?", "What do you want to know?"),
    "which_meaning": (
        "“{words}” pode significar coisas diferentes. Qual delas?",
        "“{words}” can mean different things. Which one?",
    ),
    "meaning_both": ("“{words}” vale para {one} e para {other}", "“{words}” is said of {one} and of {other}"),
    "meaning_second": ("“{words}” vale só para {other}", "“{words}” is said of {other} only"),
    "meaning_shared": (
        "só {other}: o que é comum a todos ({one})",
        "only those {other} that all have in common ({one})",
    ),
    "meaning_each": ("para cada um ({one}), o seu: {other}", "for each of them ({one}), its own {other}"),
    "alike_one": (
        "Não conheço “{words}”. Pelo sentido, parece ser: {taken}. É isso que você quer dizer?",
        "I do not know “{words}”. By its meaning it seems to be: {taken}. Is that what you mean?",
    ),
    "alike_several": (
        "Não conheço “{words}”. Pelo sentido, pode ser uma destas coisas. Qual delas?",
        "I do not know “{words}”. By its meaning it may be one of these. Which one?",
    ),
    "alike": ("“{words}” = {taken}", "“{words}” = {taken}"),
    "by_likeness": ("{taken}, só pela semelhança de sentido", "{taken}, by likeness of meaning alone"),
    "not_covered": (
        "Não entendi “{words}”. É isto que você quer?",
        "I did not understand “{words}”. Is this what you want?",
    ),
    "no_period_field": ("A que data se refere “{words}”?", "Which date does “{words}” refer to?"),
    "count_of": ("Quantos registros há em {name}?", "How many {name} are there?"),
    "list_of": ("Mostre {name}", "Show {name}"),
    "by": ("{measure} por {dimension}", "{measure} by {dimension}"),
    "filter": ("Quais {name} com {field} {value}?", "Which {name} have {field} {value}?"),
    "total": ("Qual o total de {measure} por {dimension}?", "What is the total {measure} by {dimension}?"),
    "rolling_week": ("os últimos 7 dias até hoje", "the 7 days up to today"),
    "calendar_week": ("a semana do calendário, de segunda a domingo", "the calendar week, Monday to Sunday"),
    "method_contribution": (
        "contribuição de cada valor = depois ({after}) menos antes ({before}); as de uma mesma dimensão somam a diferença total",
        "contribution of each value = after ({after}) less before ({before}); those of one dimension add up to the whole difference",
    ),
    "method_correlation": (
        "correlação de Pearson, calculada pelo banco de dados linha a linha; mostra associação, não causa",
        "Pearson correlation, computed by the database row by row; it shows association, not cause",
    ),
    "method_at_risk": (
        "ordem pelo que já está assim hoje e pode continuar; não é um modelo de previsão",
        "order by what is so today and may go on; it is no forecasting model",
    ),
    "whole_dataset": ("{name}, o conjunto de que mais se pergunta", "{name}, what is asked about most"),
    "recalled_subject": ("“{what}”", "“{what}”"),
}


def say(code: str, language: str, **values: str) -> str:
    """The text of a code in "pt" or "en", with its values filled in."""
    portuguese, english = _TEXTS[code]
    return (portuguese if language == "pt" else english).format(**values)
