"""Broad words and what they cover: "contact" may be an e-mail address or a telephone, "where" a street or a city.

Not synonyms, which the lexicon has: a word of a topic is wider than each name that it covers, so that it can mean several of
them at once.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """asks: folded words that ask for it. covers: folded words in the names of what it may be."""

    asks: frozenset[str]
    covers: frozenset[str]


def _topic(asks: str, covers: str) -> Topic:
    return Topic(frozenset(asks.split()), frozenset(covers.split()))


TOPICS: tuple[Topic, ...] = (
    _topic(
        "when timeframe period time quando periodo epoca",
        "year month day date quarter week season time ano mes dia data trimestre semana hora",
    ),
    _topic(
        "where location locations located place places whereabouts situated onde local locais localizacao localizado",
        "city country state street address town region province location building county district zip venue site room floor area "
        "neighborhood neighbourhood zone continent village suburb campus headquarters latitude longitude coordinates territory land "
        "cidade pais estado rua endereco bairro municipio uf regiao cep local sala andar zona continente",
    ),
    _topic(
        "address addresses endereco enderecos", "street city building avenue zip state rua cidade predio bairro cep"
    ),
    _topic("age ages old idade idades", "age birth born birthday birthdate idade nascimento"),
    _topic("contact contacts reach contato contatos", "email mail phone telephone mobile fax telefone celular"),
    _topic(
        "head heads lead leads leader leaders leadership boss chief charge runs lider lideres lidera chefe chefes chefia comanda dirige",
        "ceo director president chairman chair manager head chief captain board mayor principal lead leading leader supervisor "
        "coordinator founder owner commander coach conductor star actor actress protagonist singer vocalist diretor diretora "
        "presidente gerente chefe capitao conselho prefeito supervisor coordenador fundador dono ator atriz",
    ),
    _topic(
        "company companies firm firms organization organizations business empresa empresas firma organizacao",
        "company agency firm developer contractor corporation publisher manufacturer vendor supplier distributor carrier operator "
        "studio label brand employer sponsor empresa agencia construtora fabricante fornecedor distribuidora transportadora",
    ),
    _topic(
        "creator creators maker makers created made author authors developer developers developed develops producers "
        "criador criadores autor autores criou",
        "author writer designer programmer developer director producer creator artist composer editor illustrator architect publisher "
        "studio engineer team company autor "
        "escritor projetista programador desenvolvedor diretor produtor artista compositor arquiteto",
    ),
    _topic(
        "who whom person people staff quem pessoa pessoas",
        "actor actress author writer artist singer composer director producer designer programmer speaker teacher coach player manager "
        "owner editor ator atriz autor escritor artista cantor diretor produtor professor tecnico jogador gerente dono",
    ),
    _topic(
        "cost costs price prices money custo custos preco precos valor",
        "price cost fee fare rate charge budget salary tax deposit rent preco custo taxa tarifa orcamento salario aluguel",
    ),
    _topic(
        "size dimensions big large tamanho dimensoes",
        "length width height weight area volume depth size comprimento largura altura peso volume profundidade",
    ),
    _topic(
        "duration long longest shortest length duracao longo longa",
        "duration length minutes hours days acts runtime episodes duracao comprimento minutos horas dias atos",
    ),
    _topic(
        "resources materials resource material recurso recursos materiais",
        "book books textbook textbooks supplies supply tool tools equipment software video videos livro livros ferramenta equipamento",
    ),
)


def covered(words: set[str], topic: Topic) -> bool:
    """Whether folded words of a name, in one or in many, are of what a topic covers."""
    return any(word in topic.covers or word.removesuffix("s") in topic.covers for word in words)


def topic_of(words: set[str]) -> list[Topic]:
    """The topics that folded words ask for."""
    return [topic for topic in TOPICS if topic.asks & words]
