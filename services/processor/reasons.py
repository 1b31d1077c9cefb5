"""What an issue says to people, by its code, in both languages.

For each code several sentences may stand: the first whose `{params}` are all there is used. A code that has
no sentence falls back to the one of its family ("coverage.*"), then to a general one.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from maestro.error.v1 import error_pb2
from services.processor.language import Language

_PARAM = re.compile(r"{(\w+)}")
Sentences = tuple[str, ...]

_PT: Mapping[str, Sentences] = {
    "QUESTION_EMPTY": ("A pergunta está vazia: escreva o que você quer saber.",),
    "QUESTION_TOO_LONG": (
        "A pergunta tem {length} caracteres; leio no máximo {limit}.",
        "A pergunta é longa demais.",
    ),
    "QUESTION_NOT_TEXT": ("A pergunta contém caracteres que não são texto: envie texto simples.",),
    "TERM_UNRESOLVED": (
        "Não conheço “{term}”; o mais próximo é “{nearest}”.",
        "Não conheço “{term}” nesta base.",
        "Não reconheci do que trata a pergunta nesta base.",
    ),
    "VALUE_UNKNOWN": (
        "Não encontrei “{value}” em {field}; o mais próximo é {nearest}.",
        "Não encontrei “{value}” em {field}.",
        "Não encontrei “{value}” nos dados; o mais próximo é {nearest}.",
        "Não encontrei “{value}” nos dados.",
        "Não encontrei nos dados um valor da pergunta.",
    ),
    "TABLE_UNKNOWN": ("A base não tem a tabela “{table}”.", "A base não tem uma tabela que a consulta usa."),
    "COLUMN_UNKNOWN": (
        "A tabela {table} não tem a coluna “{column}”.",
        "A base não tem uma coluna que a consulta usa.",
    ),
    "PLAN_INVALID": ("A consulta montada para esta pergunta não é válida.",),
    "COST_CEILING": (
        "A consulta custaria {estimate}, acima do limite de {ceiling}: restrinja o período.",
        "A consulta custaria mais do que o permitido: restrinja o período.",
    ),
    "ROW_CEILING": ("O resultado tem mais linhas do que o permitido: acrescente um filtro.",),
    "BYTE_CEILING": ("O resultado é maior do que o permitido: peça menos colunas ou linhas.",),
    "STATEMENT_TIMEOUT": ("O banco interrompeu a consulta pelo tempo: restrinja o período.",),
    "SOURCE_UNKNOWN": (
        "Não há a fonte “{source}”; existem: {known}.",
        "Não há a fonte “{source}”.",
        "A fonte pedida não existe.",
    ),
    "SOURCE_UNAVAILABLE": (
        "O banco de dados da fonte “{source}” não responde.",
        "O banco de dados não responde.",
    ),
    "PERMISSION_DENIED": ("Você não tem permissão para ver esses dados.",),
    "NOT_READ_ONLY": ("Só faço leituras: nada é alterado no banco.",),
    "question.placeholder": (
        "“{text}” está no lugar de um nome que falta: diga qual {about}.",
        "Falta um nome na pergunta.",
    ),
    "question.value_unknown": (
        "Não encontrei “{text}” nos dados; o mais parecido é {nearest}.",
        "Não encontrei “{text}” nos dados.",
        "Não encontrei nos dados um nome da pergunta.",
    ),
    "question.not_known": (
        "Não conheço “{text}” nesta base. De {about} posso mostrar: {nearest}.",
        "Não conheço “{text}” nesta base.",
    ),
    "question.not_covered": ("Não sei responder ao que “{text}” pede aqui.",),
    "question.not_understood": ("Não reconheci na pergunta nada que exista nesta base.",),
    "question.word_unexplained": ("Não usei na consulta: “{text}”.", "Não usei uma palavra da pergunta."),
    "question.unsure": ("A pergunta também pode ser lida de outra forma.",),
    "question": ("Não entendi uma parte da pergunta.",),
    "coverage.number": (
        "O número {term} da pergunta não entrou na consulta.",
        "Um número da pergunta não entrou na consulta.",
    ),
    "coverage.quoted": ("O texto “{term}” da pergunta não entrou na consulta.",),
    "coverage.date": ("O período “{term}” da pergunta não entrou na consulta.",),
    "coverage.negation": ("A negação “{term}” da pergunta não entrou na consulta.",),
    "coverage.group": ("A resposta não separa o que “{term}” pede.",),
    "coverage.unexplained": ("Não usei na consulta: “{term}”.",),
    "coverage": ("Uma parte da pergunta não entrou na consulta.",),
    "plan.fan_out": (
        "Em {column}, cada registro conta uma só vez, mesmo com vários de {table}.",
        "Cada registro conta uma só vez na soma.",
    ),
    "plan.ungrouped": (
        "{column} varia dentro de cada grupo: o valor mostrado é de um registro qualquer do grupo.",
        "Há uma coluna que varia dentro de cada grupo: o valor mostrado é de um registro qualquer.",
    ),
    "result.any_value": ("Há uma coluna que varia dentro de cada grupo: o valor mostrado é de um registro qualquer.",),
    "plan.identifier_aggregated": ("{column} identifica registros e não é uma quantidade.",),
    "plan.pattern_type": ("Procurei um texto em um campo que não é texto.",),
    "plan.type_mismatch": ("A comparação mistura tipos diferentes ({detail}).",),
    "result.fan_out": ("A soma de {column} foi multiplicada pela junção com {table}.",),
    "result.rest_unsaid": ("Não se sabe se há mais linhas além das mostradas.",),
    "plan.range_empty": (
        "O intervalo de {field} não contém nenhum valor.",
        "O intervalo pedido não contém nenhum valor.",
    ),
    "plan.contradiction": (
        "As condições sobre {field} se contradizem: nenhum registro pode atender a todas.",
        "As condições se contradizem.",
    ),
    "plan": (
        "A consulta montada para esta pergunta não é válida ({detail}).",
        "A consulta montada não é válida.",
    ),
    "statement": ("A consulta ao banco não passou na verificação.",),
    "result": ("O resultado não passou na verificação: {detail}", "O resultado não passou na verificação."),
    "answer": ("A resposta não passou na verificação.",),
    "enrich.unavailable": ("Não foi possível calcular: {what}.", "Um cálculo complementar não foi possível."),
    "enrich": ("Um cálculo complementar não foi possível.",),
    "": ("Há um problema que impede a resposta.",),
}

_EN: Mapping[str, Sentences] = {
    "QUESTION_EMPTY": ("The question is empty: write what you want to know.",),
    "QUESTION_TOO_LONG": (
        "The question has {length} characters; at most {limit} are read.",
        "The question is too long.",
    ),
    "QUESTION_NOT_TEXT": ("The question holds characters that are no text: send plain text.",),
    "TERM_UNRESOLVED": (
        "I do not know “{term}”; the nearest is “{nearest}”.",
        "I do not know “{term}” in this database.",
        "I did not recognise what the question is about in this database.",
    ),
    "VALUE_UNKNOWN": (
        "I found no “{value}” in {field}; the nearest is {nearest}.",
        "I found no “{value}” in {field}.",
        "I found no “{value}” in the data; the nearest is {nearest}.",
        "I found no “{value}” in the data.",
        "A value of the question is not in the data.",
    ),
    "TABLE_UNKNOWN": (
        "The database has no table “{table}”.",
        "The database lacks a table that the query uses.",
    ),
    "COLUMN_UNKNOWN": (
        "Table {table} has no column “{column}”.",
        "The database lacks a column that the query uses.",
    ),
    "PLAN_INVALID": ("The query made for this question is not valid.",),
    "COST_CEILING": (
        "The query would cost {estimate}, above the limit of {ceiling}: narrow the period.",
        "The query would cost more than allowed: narrow the period.",
    ),
    "ROW_CEILING": ("The result has more rows than allowed: add a filter.",),
    "BYTE_CEILING": ("The result is larger than allowed: ask for fewer columns or rows.",),
    "STATEMENT_TIMEOUT": ("The database stopped the query at its time limit: narrow the period.",),
    "SOURCE_UNKNOWN": (
        "There is no source “{source}”; known are {known}.",
        "There is no source “{source}”.",
        "The source does not exist.",
    ),
    "SOURCE_UNAVAILABLE": (
        "The database of source “{source}” does not answer.",
        "The database does not answer.",
    ),
    "PERMISSION_DENIED": ("You may not see these data.",),
    "NOT_READ_ONLY": ("I only read: nothing is changed in the database.",),
    "question.placeholder": (
        "“{text}” stands for a name that is missing: say which {about}.",
        "A name is missing in the question.",
    ),
    "question.value_unknown": (
        "I found no “{text}” in the data; the nearest is {nearest}.",
        "I found no “{text}” in the data.",
        "A name of the question is not in the data.",
    ),
    "question.not_known": (
        "I do not know “{text}” in this database. Of {about} I can show: {nearest}.",
        "I do not know “{text}” in this database.",
    ),
    "question.not_covered": ("I do not know how to do what “{text}” asks for here.",),
    "question.not_understood": ("I recognised nothing in the question that this database has.",),
    "question.word_unexplained": ("Not used in the query: “{text}”.", "A word of the question was not used."),
    "question.unsure": ("The question may be read in other ways too.",),
    "question": ("I did not understand a part of the question.",),
    "coverage.number": (
        "The number {term} of the question is not in the query.",
        "A number of the question is not in the query.",
    ),
    "coverage.quoted": ("The text “{term}” of the question is not in the query.",),
    "coverage.date": ("The period “{term}” of the question is not in the query.",),
    "coverage.negation": ("The negation “{term}” of the question is not in the query.",),
    "coverage.group": ("The answer does not tell the parts apart that “{term}” asks for.",),
    "coverage.unexplained": ("Not used in the query: “{term}”.",),
    "coverage": ("A part of the question is not in the query.",),
    "plan.fan_out": (
        "In {column}, each row counts once, however many of {table} it has.",
        "Each row counts once in the sum.",
    ),
    "plan.ungrouped": (
        "{column} differs within a group: the value shown is any one of the group.",
        "A column differs within a group: the value shown is any one of the group.",
    ),
    "result.any_value": ("A column differs within a group: the value shown is any one of the group.",),
    "plan.identifier_aggregated": ("{column} identifies rows and is no quantity.",),
    "plan.pattern_type": ("A text was sought in a field that is no text.",),
    "plan.type_mismatch": ("The comparison mixes types ({detail}).",),
    "result.fan_out": ("The sum of {column} was multiplied by the join with {table}.",),
    "result.rest_unsaid": ("It is not known whether there are more rows than these.",),
    "plan.range_empty": (
        "The range of {field} holds no value.",
        "The range that was asked for holds no value.",
    ),
    "plan.contradiction": (
        "The conditions on {field} contradict each other: no row can meet them all.",
        "The conditions contradict each other.",
    ),
    "plan": ("The query made for this question is not valid ({detail}).", "The query made is not valid."),
    "statement": ("The statement for the database did not pass its checks.",),
    "result": ("The result did not pass its checks: {detail}", "The result did not pass its checks."),
    "answer": ("The answer did not pass its checks.",),
    "enrich.unavailable": (
        "It was not possible to compute: {what}.",
        "A further figure could not be computed.",
    ),
    "enrich": ("A further figure could not be computed.",),
    "": ("There is a problem that prevents an answer.",),
}

REASONS: Final[Mapping[Language, Mapping[str, Sentences]]] = {"pt": _PT, "en": _EN}


def _sentences(code: str, language: Language) -> Sentences:
    """Those of the code, else of its family, else the general one."""
    reasons = REASONS[language]
    while code and code not in reasons:
        code = code.rpartition(".")[0]
    return reasons[code]


def reason(issue: error_pb2.Issue, language: Language) -> str:
    """What an issue says to people."""
    for sentence in _sentences(issue.code, language):
        if all(issue.params.get(name) for name in _PARAM.findall(sentence)):
            return sentence.format_map(dict(issue.params))
    return _sentences("", language)[-1]


def reasons(issues: Iterable[error_pb2.Issue], language: Language) -> list[str]:
    """What several issues say, each thing once, errors first."""
    ordered = sorted(issues, key=lambda each: each.severity or error_pb2.SEVERITY_ERROR)
    return list(dict.fromkeys(reason(each, language) for each in ordered))
