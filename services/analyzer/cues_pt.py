"""What Portuguese words do in a question: phrases and the operators that they stand for (see cues.Op)."""

# One operator a line: its name, then the folded phrases. Longest phrase wins.
PHRASES = """
LIST: analise, analisar, analise os dados, explique os dados, mostre dados de, mostre dados do, mostre dados da, mostre os dados de, mostre os dados do, mostre os dados da, dados de, dados do, dados da, dados dos, dados das, relatorio de, relatorio do, relatorio da, relatorio das, relatorio dos, relatorio, relatorio completo, mostre, mostra, mostrar, mostre me, me mostre, me mostra, liste, lista, listar, lista de, listagem, listagem de, exiba, exibir, traga, me traga, traz, me de, de me, me diga, diga, diga me, quero, quero ver, queria, queria ver, gostaria, gostaria de ver, gostaria de saber, preciso, preciso de, preciso ver, ver, veja, encontre, encontrar, ache, achar, retorne, retornar, devolva, apresente, apresentar, busque, buscar, procure, obtenha, forneca, informe, me informe, identifique, dados, dados de, dados do, dados da, cade, consulte, consultar, consulta, puxe, puxa, saber, relatorio, relatorio de, relacione, passe, me passa, descubra, determine, favor, por favor, enumere, qual a lista de
WHAT: o que, que, o que e, oque
WHICH: qual, quais, qual e, quais sao, qual foi, quais foram, qual era, quais eram, qual o, qual a, quais os, quais as, qual e o, qual e a, quais sao os, quais sao as
WHO: quem, quem e, quem sao
WHEN: quando, em que data, em que dia, que dia
WHERE: onde, aonde
COUNT: quantos, quantas, numero de, o numero de, quantidade de, a quantidade de, quantidade, conte, contar, contagem, contagem de, numero total de, quantidade total de, conte o numero de, quantos sao, quantas sao, quantas vezes, quantos diferentes, volume de, o total de, total de, qual o total de, volume
HOW_MUCH: quanto, quanta, quanto foi, quanto e, qual o valor, quanto que
AVG: media, medio, medios, medias, em media, a media, media de, a media de, valor medio, valor medio de
SUM: soma, somatorio, total, totais, soma de, a soma de, somar, some, somados, o total, a soma, somatoria, valor total, valor total de, montante, montante total, acumulado
MAX: maximo, maxima, o maximo, a maxima, valor maximo
MIN: minimo, minima, o minimo, a minima, valor minimo
EACH: cada, para cada, de cada, em cada, por cada, a cada, todo, toda, respectivos, respectivas, respectivo, respectiva, correspondente, correspondentes, cada um, cada uma, cada um dos, cada uma das
BY: por, agrupado por, agrupados por, agrupadas por, agrupe por, de acordo com, segundo, separado por, separados por, dividido por, divididos por, conforme, agrupando por, quebrado por
ORDER: ordenado por, ordenados por, ordenada por, ordenadas por, em ordem de, na ordem de, ordene por, ordenar por, ordenando por, classificado por, classificados por, classificadas por, classifique por, ordem, em ordem, ordenado, ordenados, ordenadas, ordene, ordenados em, ordenadas em, ordenado pela, ordenados pela, ordenadas pela, ordenado pelo, ordenados pelo, ordenadas pelo, ordenados pelos, classificados em, organizado por, organizados por, pela ordem de, classificados pelo, classificados pela, classificadas pela, classifique os, classificadas pelo, na ordem
ASC: crescente, em ordem crescente, ordem crescente, ascendente, em ordem ascendente, ordem ascendente, alfabetica, ordem alfabetica, em ordem alfabetica, alfabeticamente, do menor para o maior, do mais antigo para o mais novo, ordem lexicografica, em ordem lexicografica, ordem cronologica, em ordem cronologica, do menor ao maior, do mais baixo para o mais alto, do mais novo para o mais velho, do mais jovem para o mais velho, do mais baixo ao mais alto
DESC: decrescente, em ordem decrescente, ordem decrescente, descendente, em ordem descendente, ordem descendente, do maior para o menor, ordem alfabetica inversa, em ordem alfabetica inversa, ordem alfabetica reversa, do mais novo para o mais antigo, do maior ao menor, do mais alto para o mais baixo, ordem inversa, do mais velho para o mais novo, do mais velho para o mais jovem, do mais alto ao mais baixo
GT: mais de, mais que, mais do que, maior que, maior do que, maiores que, maiores do que, acima de, acima do, acima da, superior a, superiores a, superior ao, que excede, excede, excedem, excedendo, ultrapassa, ultrapassam, passa de, passam de, melhor que, maior a, alem de, mais alto que, mais alta que, mais altos que
GE: pelo menos, no minimo, ou mais, ao menos, nao menos que, maior ou igual a, maior ou igual, ou maior, ou superior, minimo de, um minimo de, nao menos de, maiores ou iguais a, igual ou superior a
LT: menos de, menos que, menos do que, menor que, menor do que, menores que, menores do que, abaixo de, abaixo do, abaixo da, inferior a, inferiores a, inferior ao, mais baixo que, mais baixa que
LE: no maximo, ate, ou menos, nao mais que, nao mais de, menor ou igual a, ou menor, maximo de, um maximo de, ou inferior, igual ou inferior a, ao maximo
AFTER: depois de, apos, depois do, depois da, posterior a, posteriores a, desde, a partir de, a partir do, a partir da, mais recente que, mais novo que, mais tarde que
BEFORE: antes de, antes do, antes da, anterior a, anteriores a, mais cedo que
EQ: igual a, iguais a, exatamente, e igual a, igual ao, igual
NE: diferente de, diferentes de, exceto, com excecao de, fora, que nao seja, que nao sejam, excluindo, menos os, menos as, a nao ser, que nao, tirando, alem dos, diferente da, diferente do, com excecao do, com excecao da, outro que nao, sem ser
BETWEEN: entre, no intervalo de, no intervalo entre, variando de
NOT: nao, sem, nunca, nenhum, nenhuma, nem, jamais, ninguem, nao sao, nao tem, nao foi, nao foram, nao possui, nao possuem, que nao tem, nao ha, falta, faltam, faltando, deixou de, deixaram de, ainda nao
OR: ou
AND: e, assim como, bem como, junto com, juntamente com, e tambem
BUT: mas, porem, contudo
BOTH: ambos, ambas, tanto, ambos os, ambas as, tanto quanto
EITHER: ou um ou outro, qualquer um
ALSO: tambem, alem disso, ja, ainda, agora, atualmente, no momento, embora, urgente
DISTINCT: distintos, distintas, diferentes, unicos, unicas, distinto, distinta, diferente, unico, unica, sem repeticao, sem repetir, variados, diversos, diversas, sem duplicatas
ALL: todos, todas, todo o, toda a, todos os, todas as, tudo, qualquer, quaisquer
ALL_INFO: todas as informacoes, toda a informacao, todas informacoes, todos os dados, detalhes, todos os detalhes, informacoes, informacoes de, informacoes do, informacoes da, informacoes sobre, detalhes de, detalhes da, detalhes do, detalhe, detalhe da, detalhe do, tudo sobre, dados completos, detalhar, detalhamento, informacoes completas, todas as informacoes sobre, todos os atributos, todas as colunas, informacao
MOST: mais, o mais, a mais, os mais, as mais, maior numero de, o maior numero de, maior quantidade de, a maior quantidade de, numero maximo de, o numero maximo de, maior volume de
FEWEST: menos, o menos, a menos, menor numero de, o menor numero de, menor quantidade de, a menor quantidade de, numero minimo de, o numero minimo de, menor volume de
COMMON: mais comum, mais comuns, o mais comum, a mais comum, mais frequente, mais frequentes, mais popular, mais populares, mais frequentemente, maioria, mais usado, mais usada, mais utilizado, mais utilizada, mais vezes, maior numero de vezes, com mais frequencia, o mais popular, a mais popular
RARE: menos comum, menos frequente, menos popular, mais raro, mais rara, o menos comum, a menos comum, menos usado, menos utilizado, menos vezes
CONTAIN: contem, contenha, contenham, contendo, que contem, que contenham, com a palavra, inclui, incluem, incluindo, com a letra, tem a letra, tem a palavra, a palavra, a substring, com a substring, a frase, a string, com o texto, que inclua, que incluam, conter, letra, substring, tenha a palavra, a letra, com o termo
STARTS: comeca com, comecam com, comecando com, que comeca com, que comecam com, inicia com, iniciam com, iniciando com, comece com, comecem com, iniciado por, prefixo, comeca com a letra, comecam com a letra, comecam por, comeca por, com o prefixo, iniciados por, iniciada por
ENDS: termina com, terminam com, terminando com, que termina com, que terminam com, termine com, sufixo, terminado em, termina em, terminam em, acaba com, acabam com, com o sufixo
FIRST: primeiro, primeira, primeiros, primeiras, top, os primeiros, as primeiras, o primeiro, a primeira
LAST: ultimo, ultima, ultimos, ultimas
SECOND: segundo maior, segunda maior, segundo mais, segunda mais
THIRD: terceiro maior, terceira maior, terceiro, terceira
ONLY: apenas, somente, so, exclusivamente, unicamente
THAN: do que, comparado a, comparado com
SAME: mesmo, mesma, mesmos, mesmas, o mesmo, a mesma
OF: de, do, da, dos, das, dentre, dentre os, d
IN: em, no, na, nos, nas, dentro de, dentro do, num, numa, neste, nesta, nesse, nessa, naquele, naquela
ON: sobre
AT: ao, aos, a, as
FROM: vindo de, vindos de, provenientes de, proveniente de, oriundos de, a partir
TO: para, rumo a, com destino a, para o, para a, para os, para as
FOR: referente a, referentes a, relacionado a, relacionados a, associado a, associados a, relativo a, relativos a, a respeito de
WITH: com, com o, com a, com os, com as, que tenha, que tenham, tendo
THAT: que tem, que sao, que possuem, que possui, que foram, que foi, que estao, que esta, que tinham, que tinha, que teve, que tiveram, que ha, os quais, as quais, a qual, o qual
WHOSE: cujo, cuja, cujos, cujas, em que, na qual, no qual, nas quais, nos quais, das quais, dos quais, da qual, do qual, para os quais, para as quais, no qual o, onde o, onde a
HAVE: tem, temos, tivemos, ter, tinha, tinham, teve, tiveram, possui, possuem, possuir, possuindo, tenha, tenham, ha, houve, existe, existem, existir, possuia, contam com
BE: eh, sao, continua, continuam, permanece, permanecem, segue, seguem, foi, foram, era, eram, ser, esta, estao, estava, estavam, seja, sejam, sendo, fica, ficam, estiver, esteja, estejam, tá, ta
DO: fazem, faz, fez, fizeram
IT: ele, ela, eles, elas, seu, sua, seus, suas, dele, dela, deles, delas, isso, isto, aquilo, este, esta, esse, essa, estes, estas, esses, essas, aquele, aquela, aqueles, aquelas, eu, nos, voce, voces, meu, minha, meus, minhas, nosso, nossa, nossos, nossas, lhe, lhes, se, me, la, ai, aqui, disso, disto, desse, dessa, deste, desta, desses, dessas, destes, destas, nele, nela, neles, nelas
THE: o, a, os, as, um, uma, uns, umas, algum, alguma, alguns, algumas
AS: como, chamado, chamada, chamados, chamadas, intitulado, intitulada, conhecido como, denominado, denominada, com o nome, com nome, com o nome de, de nome, de titulo
IF: se, caso
EXISTS: tem alguma, tem algum, existe alguma, existe algum, ha alguma, ha algum, existem, existe, temos alguma, temos algum, tem, houve alguma, houve algum, ha, tem mais alguma, tem alguem
NULL: ausente, nulo, nula, vazio, vazia, desconhecido, desconhecida, em branco, faltante, nao informado, nao informada, nao preenchido, nao preenchida, sem valor
NOTNULL: preenchido, preenchida, informado, informada, nao nulo, nao nula
PERCENT: %, % de, % das, % dos, % do, % da, quantos por cento, que parte, qual a proporcao de, qual a porcentagem de, qual o percentual de, porcentagem de, percentual de, porcentagem, percentual, por cento, participacao de, participacao, proporcao de, proporcao, fracao de, fracao, taxa de
DIFFERENCE: diferenca entre, diferenca de, diferenca
COMPARE: compare, comparar, comparacao, comparativo, comparacao entre, comparativo entre, versus, vs, contra, comparando
TREND: evolucao, evolucao de, evolucao das, evolucao dos, evolucao do, evolucao da, tendencia, tendencias, tendencia de, ao longo do tempo, historico, historico de, serie temporal, evoluiu, evoluiram, serie historica, ao longo dos meses, ao longo do ano
DISTRIBUTION: distribuicao, distribuicao de, distribuicao das, distribuicao dos, histograma, histograma de
CORRELATION: correlacao, correlacao entre, relacao entre, correlacionado, correlacionam
FORECAST: previsao de demanda, previsao de, previsao do, previsao da, previsao para, previsoes de, estimativa de, estimativa do, estimativa da, quanto vamos, quanto devemos, quanto deve, quantas devem, quantos devem, vai ser, deve ser, devera ser, sera, projecao, projecao de, preveja, prever, tendencia futura, predicao, pode ter, projete
WHY: por que, por que o, por que a, por que os, por que as, por que houve, a que se deve, o que causou, o que fez, o que motivou, porque, motivo de, razao de, causa de, causas de, o que explica, qual o motivo, explique
RANKING: ranking, ranking de, ranking das, ranking dos, rankeie, rank
GRAIN_DAY: por dia, diario, diaria, diarios, diarias, dia a dia, a cada dia, cada dia, ao dia, diariamente
GRAIN_WEEK: por semana, semanal, semanais, semana a semana, a cada semana, cada semana, semanalmente
GRAIN_MONTH: por mes, mensal, mensais, mes a mes, a cada mes, cada mes, ao mes, mensalmente
GRAIN_QUARTER: por trimestre, trimestral, trimestrais, a cada trimestre, cada trimestre
GRAIN_YEAR: por ano, anual, anuais, ano a ano, a cada ano, cada ano, ao ano, anualmente
MAIN: principais, os principais, as principais, principal, o principal, a principal
STATUS: como estao, como esta, como anda, como andam, como vao, situacao de, situacao do, situacao da, situacao dos, situacao das, status de, status do, status da, status dos, status das, andamento de, andamento do, andamento da, andamento dos, andamento das
EXPORT: exportar dados, exporte os dados, exportar os dados, exporte dados, exportar, exporte, exporta, baixar, gere um relatorio, gerar relatorio, gere, gera, gerar, salvar em, salve
SPREADSHEET: excel, planilha, xlsx, em excel, para excel, para planilha, relatorio excel, relatorio em excel, planilha de, planilha excel, planilha do excel, relatorio completo em excel
CSV: csv, em csv, arquivo csv
CHART: grafico, grafico de, grafico de barras, grafico de linhas, grafico de pizza, em grafico, plote, plotar
LIMIT_ONE: um dos, uma das
ABOVE_AVG: acima da media, superior a media, maior que a media, mais que a media, maiores que a media, acima do valor medio, mais do que a media, maior do que a media, superiores a media, acima do normal, mais alto que a media
BELOW_AVG: abaixo da media, inferior a media, menor que a media, menos que a media, menores que a media, menor do que a media, inferiores a media, menos do que a media
PERIOD_HINT: durante, ao longo de
BY_THE: pela, pelo, pelas, pelos
WEEKEND: fim de semana, fins de semana, final de semana, finais de semana, no fim de semana, nos fins de semana, no final de semana, nos finais de semana, em fim de semana, em fins de semana, sabado e domingo, sabados e domingos, aos sabados e domingos
WORKDAY: dia util, dias uteis, em dias uteis, nos dias uteis, em dia util
GRAIN_WEEKDAY: por dia da semana, por dia de semana, em cada dia da semana, cada dia da semana
SEVERAL: varios, varias, multiplos, multiplas, mais de um, mais de uma, mais que um, mais que uma
"""

DEGREES = {
    "maior": ("|size|area|population|capacity|tamanho|populacao|capacidade", True), "maiores": ("|size|area|population|capacity", True), "mais alto": ("height|altura|", True), "mais alta": ("height|altura|", True), "mais altos": ("height|altura|", True), "mais altas": ("height|altura|", True), "melhor": ("|rating|score|rank|nota", True), "melhores": ("|rating|score|rank|nota", True), "maxima": ("", True), "maximo": ("", True),
    "menor": ("|size|area|population|capacity|tamanho|populacao", False), "menores": ("|size|area|population|capacity", False), "mais baixo": ("height|altura|", False), "mais baixa": ("height|altura|", False), "mais baixos": ("height|altura|", False), "mais baixas": ("height|altura|", False), "pior": ("|rating|score|rank|nota", False), "piores": ("|rating|score|rank|nota", False), "minima": ("", False), "minimo": ("", False),
    "mais velho": ("age|birth|birthday|idade|nascimento|founded|year", True), "mais velha": ("age|birth|birthday|idade|nascimento|founded|year", True), "mais velhos": ("age|birth|idade|nascimento", True), "mais velhas": ("age|birth|idade|nascimento", True), "mais antigo": ("year|date|data|ano|founded|birth|age|built|opening", False), "mais antiga": ("year|date|data|ano|founded|birth|age|built|opening", False), "mais antigos": ("year|date|data|ano|age", False), "mais antigas": ("year|date|data|ano|age", False),
    "mais novo": ("age|birth|birthday|idade|year|date", False), "mais nova": ("age|birth|birthday|idade|year|date", False), "mais novos": ("age|birth|idade", False), "mais novas": ("age|birth|idade", False), "mais jovem": ("age|birth|birthday|idade", False), "mais jovens": ("age|birth|idade", False),
    "mais recente": ("date|year|time|data|ano|release", True), "mais recentes": ("date|year|time|data|ano", True), "mais recentemente": ("date|year|time|data|ano", True), "ultimo": ("date|time|year|data|ano", True), "ultima": ("date|time|year|data|ano", True), "mais cedo": ("date|time|year|data", False), "primeiro": ("date|time|year|data", False), "primeira": ("date|time|year|data", False), "mais tarde": ("date|time|year|data", True),
    "mais longo": ("length|duration|time|distance|duracao|comprimento", True), "mais longa": ("length|duration|time|distance|duracao|comprimento", True), "mais longos": ("length|duration|duracao", True), "mais longas": ("length|duration|duracao", True), "mais comprido": ("length|comprimento", True), "mais curto": ("length|duration|time|distance|height|duracao", False), "mais curta": ("length|duration|time|distance|duracao", False),
    "mais pesado": ("weight|peso", True), "mais pesada": ("weight|peso", True), "mais pesados": ("weight|peso", True), "mais pesadas": ("weight|peso", True), "mais leve": ("weight|peso", False), "mais leves": ("weight|peso", False), "mais rapido": ("speed|time|accelerat|velocidade", True), "mais rapida": ("speed|time|accelerat|velocidade", True), "mais lento": ("speed|accelerat|velocidade", False), "mais lenta": ("speed|accelerat|velocidade", False),
    "mais barato": ("price|cost|fee|fare|preco|custo|valor", False), "mais barata": ("price|cost|fee|fare|preco|custo|valor", False), "mais baratos": ("price|cost|preco|custo|valor", False), "mais baratas": ("price|cost|preco|custo|valor", False), "mais caro": ("price|cost|fee|fare|preco|custo|valor", True), "mais cara": ("price|cost|fee|fare|preco|custo|valor", True), "mais caros": ("price|cost|preco|custo|valor", True), "mais caras": ("price|cost|preco|custo|valor", True),
    "mais rico": ("money|wealth|salary|gnp|gdp|income|renda", True), "mais populoso": ("population|populacao", True), "mais populosa": ("population|populacao", True), "mais populosos": ("population|populacao", True), "mais populosas": ("population|populacao", True), "menos populoso": ("population|populacao", False), "menos populosa": ("population|populacao", False), "mais profundo": ("depth|profundidade", True), "mais largo": ("width|largura", True), "mais forte": ("strength|power|horsepower", True), "mais distante": ("distance|distancia", True), "mais proximo": ("distance|distancia", False), "mais bem pago": ("salary|salario", True), "mais bem avaliado": ("rating|score|nota", True),
}  # fmt: skip

MEASURES = {
    "anos de idade": "age|idade", "que idade": "age|idade", "quantos anos": "age|idade", "que altura": "height|altura",
    "que peso": "weight|peso", "pesa": "weight|peso", "pesam": "weight|peso", "custa": "price|cost|preco|custo|valor", "custam": "price|cost|preco|custo|valor", "ganha": "salary|salario|income|earning", "ganham": "salary|salario|income|earning", "nasceu": "birth|birthday|nascimento", "nasceram": "birth|birthday|nascimento", "durou": "duration|duracao", "dura": "duration|duracao", "duram": "duration|duracao",
    "mora": "address|city|endereco|cidade", "moram": "address|city|endereco|cidade", "vivem": "address|city|residence|endereco|cidade", "vive": "address|city|residence|endereco|cidade", "localizado": "location|city|localizacao|cidade", "localizada": "location|city|localizacao|cidade", "localizados": "location|city|localizacao|cidade", "localizadas": "location|city|localizacao|cidade", "fica": "location|city|localizacao|cidade", "onde": "location|city|address|place|local|cidade|endereco", "quando": "date|time|year|data|ano",
}  # fmt: skip

COMPARATIVES = {
    "mais velho que": ("age|birth|idade|founded|year", "GT"), "mais velhos que": ("age|birth|idade", "GT"), "mais velha que": ("age|birth|idade", "GT"), "mais velhas que": ("age|birth|idade", "GT"), "mais velho do que": ("age|birth|idade", "GT"), "mais velhos do que": ("age|birth|idade", "GT"), "mais novo que": ("age|birth|idade", "LT"), "mais novos que": ("age|birth|idade", "LT"), "mais jovem que": ("age|birth|idade", "LT"), "mais jovens que": ("age|birth|idade", "LT"), "mais jovens do que": ("age|birth|idade", "LT"), "mais jovem do que": ("age|birth|idade", "LT"),
    "mais alto que": ("height|altura|", "GT"), "mais longo que": ("length|duration|duracao", "GT"), "mais longos que": ("length|duration|duracao", "GT"), "mais pesado que": ("weight|peso", "GT"), "mais pesados que": ("weight|peso", "GT"), "mais leve que": ("weight|peso", "LT"), "mais caro que": ("price|cost|preco|custo|valor", "GT"), "mais caros que": ("price|cost|preco|custo|valor", "GT"), "mais caras que": ("price|cost|preco|custo|valor", "GT"), "mais barato que": ("price|cost|preco|custo|valor", "LT"), "mais baratos que": ("price|cost|preco|custo|valor", "LT"), "mais rapido que": ("speed|accelerat|velocidade", "GT"), "mais antigo que": ("year|date|ano|data", "LT"), "mais recente que": ("year|date|ano|data", "GT"), "com idade acima de": ("age|idade", "GT"), "com idade superior a": ("age|idade", "GT"), "com mais de anos": ("age|idade", "GT"), "nascidos depois de": ("birth|birthday|nascimento", "GT"), "nascidos antes de": ("birth|birthday|nascimento", "LT"), "nascidos em": ("birth|birthday|nascimento", "EQ"),
}  # fmt: skip
