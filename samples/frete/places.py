"""States and cities: the 27 UFs with what the generator needs to know of each, and the larger cities."""

from __future__ import annotations

from typing import NamedTuple

BUSY_STATES = ("SP", "MG", "RJ", "PR", "BA", "PE", "CE")
BUSY_SHARE = 0.70
"""Share of the volume that goes to the busy states."""


class State(NamedTuple):
    """icms: percent; route: the warehouse's; lead_time: usual business days; weight: of the volume."""

    uf: str
    region: str
    icms: float
    route: str
    lead_time: int
    weight: float


STATES = (
    State("AC", "Norte", 7, "NO", 14, 0.4),
    State("AL", "Nordeste", 7, "NE", 8, 1.2),
    State("AM", "Norte", 7, "NO", 15, 1.4),
    State("AP", "Norte", 7, "NO", 15, 0.4),
    State("BA", "Nordeste", 7, "NE", 6, 9.0),
    State("CE", "Nordeste", 7, "NE", 8, 7.0),
    State("DF", "Centro-Oeste", 7, "CO", 4, 2.2),
    State("ES", "Sudeste", 7, "ES", 3, 2.6),
    State("GO", "Centro-Oeste", 7, "CO", 4, 3.2),
    State("MA", "Nordeste", 7, "NE", 10, 2.0),
    State("MG", "Sudeste", 12, "MG", 3, 12.0),
    State("MS", "Centro-Oeste", 7, "CO", 5, 1.3),
    State("MT", "Centro-Oeste", 7, "CO", 6, 1.7),
    State("PA", "Norte", 7, "NO", 11, 2.6),
    State("PB", "Nordeste", 7, "NE", 8, 1.6),
    State("PE", "Nordeste", 7, "NE", 7, 8.0),
    State("PI", "Nordeste", 7, "NE", 9, 1.1),
    State("PR", "Sul", 12, "SUL", 3, 9.0),
    State("RJ", "Sudeste", 12, "RJ", 2, 11.0),
    State("RN", "Nordeste", 7, "NE", 9, 1.4),
    State("RO", "Norte", 7, "NO", 10, 0.7),
    State("RR", "Norte", 7, "NO", 16, 0.3),
    State("RS", "Sul", 12, "SUL", 4, 4.2),
    State("SC", "Sul", 12, "SUL", 4, 4.0),
    State("SE", "Nordeste", 7, "NE", 7, 1.0),
    State("SP", "Sudeste", 18, "SP", 1, 20.0),
    State("TO", "Norte", 7, "NO", 7, 0.7),
)

ROUTES = ("SPC", "SPI", "MG", "RJ", "ES", "SUL", "CO", "NE", "NO", "RED", "FOB")
"""The warehouse's routes; SP is split in SPC (greater São Paulo) and SPI (inland)."""

ROUTE_RATE = (0.26, 0.34, 0.40, 0.43, 0.52, 0.48, 0.66, 0.82, 1.22, 0.30, 0.0)
"""Freight in R$ a kilogram, by route."""


class City(NamedTuple):
    """near: whether it lies in greater São Paulo."""

    name: str
    uf: str
    ibge: str
    micro: str
    meso: str
    near: bool = False


def _cities() -> tuple[City, ...]:
    found = []
    for line in _TEXT.strip().splitlines():
        uf, _, rest = line.partition(":")
        for entry in rest.split(";"):
            name, ibge, *meso = (part.strip() for part in entry.split("/"))
            area = meso[0] if meso else f"Metropolitana de {name}"
            near = area == "Metropolitana de São Paulo"
            found.append(City(name, uf.strip(), ibge, name, area, near))
    return tuple(found)


_TEXT = """
AC: Rio Branco/1200401/Vale do Acre; Cruzeiro do Sul/1200203/Vale do Juruá
AL: Maceió/2704302/Leste Alagoano; Arapiraca/2700300/Agreste Alagoano
AM: Manaus/1302603/Centro Amazonense; Parintins/1303403/Centro Amazonense
AP: Macapá/1600303/Sul do Amapá; Santana/1600600/Sul do Amapá
BA: Salvador/2927408; Feira de Santana/2910800/Centro Norte Baiano; Vitória da Conquista/2933307/Centro Sul Baiano; Camaçari/2905701/Metropolitana de Salvador; Ilhéus/2913606/Sul Baiano; Itabuna/2914802/Sul Baiano; Juazeiro/2918407/Vale São-Franciscano
CE: Fortaleza/2304400; Caucaia/2303709/Metropolitana de Fortaleza; Juazeiro do Norte/2307304/Sul Cearense; Maracanaú/2307650/Metropolitana de Fortaleza; Sobral/2312908/Noroeste Cearense; Crato/2304202/Sul Cearense
DF: Brasília/5300108/Distrito Federal
ES: Vitória/3205309/Central Espírito-Santense; Vila Velha/3205200/Central Espírito-Santense; Serra/3205002/Central Espírito-Santense; Cariacica/3201308/Central Espírito-Santense
GO: Goiânia/5208707/Centro Goiano; Aparecida de Goiânia/5201405/Centro Goiano; Anápolis/5201108/Centro Goiano; Rio Verde/5218805/Sul Goiano
MA: São Luís/2111300/Norte Maranhense; Imperatriz/2105302/Oeste Maranhense; Caxias/2103000/Leste Maranhense
MG: Belo Horizonte/3106200; Uberlândia/3170206/Triângulo Mineiro; Contagem/3118601/Metropolitana de Belo Horizonte; Juiz de Fora/3136702/Zona da Mata; Betim/3106705/Metropolitana de Belo Horizonte; Montes Claros/3143302/Norte de Minas; Uberaba/3170107/Triângulo Mineiro; Governador Valadares/3127701/Vale do Rio Doce; Ipatinga/3131307/Vale do Rio Doce; Divinópolis/3122306/Oeste de Minas
MS: Campo Grande/5002704/Centro Norte de Mato Grosso do Sul; Dourados/5003702/Sudoeste de Mato Grosso do Sul
MT: Cuiabá/5103403/Centro-Sul Mato-Grossense; Várzea Grande/5108402/Centro-Sul Mato-Grossense; Rondonópolis/5107602/Sudeste Mato-Grossense
PA: Belém/1501402; Ananindeua/1500800/Metropolitana de Belém; Santarém/1506807/Baixo Amazonas; Marabá/1504208/Sudeste Paraense
PB: João Pessoa/2507507/Mata Paraibana; Campina Grande/2504009/Agreste Paraibano
PE: Recife/2611606; Jaboatão dos Guararapes/2607901/Metropolitana de Recife; Olinda/2609600/Metropolitana de Recife; Caruaru/2604106/Agreste Pernambucano; Petrolina/2611101/São Francisco Pernambucano; Paulista/2610707/Metropolitana de Recife; Garanhuns/2606002/Agreste Pernambucano
PI: Teresina/2211001/Centro-Norte Piauiense; Parnaíba/2207702/Norte Piauiense
PR: Curitiba/4106902; Londrina/4113700/Norte Central Paranaense; Maringá/4115200/Norte Central Paranaense; Ponta Grossa/4119905/Centro Oriental Paranaense; Cascavel/4104808/Oeste Paranaense; São José dos Pinhais/4125506/Metropolitana de Curitiba; Foz do Iguaçu/4108304/Oeste Paranaense; Guarapuava/4109401/Centro-Sul Paranaense
RJ: Rio de Janeiro/3304557; Niterói/3303302/Metropolitana de Rio de Janeiro; São Gonçalo/3304904/Metropolitana de Rio de Janeiro; Duque de Caxias/3301702/Metropolitana de Rio de Janeiro; Nova Iguaçu/3303500/Metropolitana de Rio de Janeiro; Campos dos Goytacazes/3301009/Norte Fluminense; Volta Redonda/3306305/Sul Fluminense; Petrópolis/3303906/Metropolitana de Rio de Janeiro
RN: Natal/2408102/Leste Potiguar; Mossoró/2408003/Oeste Potiguar; Parnamirim/2403251/Leste Potiguar
RO: Porto Velho/1100205/Madeira-Guaporé; Ji-Paraná/1100122/Leste Rondoniense
RR: Boa Vista/1400100/Norte de Roraima
RS: Porto Alegre/4314902; Caxias do Sul/4305108/Nordeste Rio-Grandense; Pelotas/4314407/Sudeste Rio-Grandense; Canoas/4304606/Metropolitana de Porto Alegre; Santa Maria/4316907/Centro Ocidental Rio-Grandense; Passo Fundo/4314100/Noroeste Rio-Grandense
SC: Florianópolis/4205407/Grande Florianópolis; Joinville/4209102/Norte Catarinense; Blumenau/4202404/Vale do Itajaí; Itajaí/4208203/Vale do Itajaí; Chapecó/4204202/Oeste Catarinense
SE: Aracaju/2800308/Leste Sergipano; Nossa Senhora do Socorro/2804805/Leste Sergipano
SP: São Paulo/3550308; Guarulhos/3518800/Metropolitana de São Paulo; Campinas/3509502/Campinas; São Bernardo do Campo/3548708/Metropolitana de São Paulo; Santo André/3547809/Metropolitana de São Paulo; Osasco/3534401/Metropolitana de São Paulo; Barueri/3505708/Metropolitana de São Paulo; Diadema/3513801/Metropolitana de São Paulo; Mauá/3529401/Metropolitana de São Paulo; Sorocaba/3552205/Macro Metropolitana Paulista; Ribeirão Preto/3543402/Ribeirão Preto; São José dos Campos/3549904/Vale do Paraíba Paulista; Santos/3548500/Litoral Paulista; Jundiaí/3525904/Macro Metropolitana Paulista; São José do Rio Preto/3549805/São José do Rio Preto; Bauru/3506003/Bauru; Piracicaba/3538709/Piracicaba
TO: Palmas/1721000/Oriental do Tocantins; Araguaína/1702109/Ocidental do Tocantins
"""  # noqa: E501

CITIES = _cities()
