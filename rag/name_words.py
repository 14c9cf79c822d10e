"""Words that go with names, that look like names, and names that mean the same."""

from __future__ import annotations

__all__ = [
    "CALENDAR",
    "CANONICAL",
    "COMMON",
    "CROWDS",
    "GIVEN",
    "LINKS",
    "PARTICLES",
    "SAYS",
    "TITLES",
]

CALENDAR = frozenset(
    "january february march april may june july august september october november december"
    " monday tuesday wednesday thursday friday saturday sunday jan feb mar apr jun jul aug sep sept"
    " oct nov dec".split()
)
TITLES = frozenset(
    "mr mrs ms miss dr prof professor sir lord lady dame president premier prime minister secretary"
    " chancellor king queen prince princess pope general gen colonel col captain capt lieutenant lt"
    " major maj sergeant sgt admiral senator sen representative rep governor gov mayor judge"
    " justice chief chairman chairwoman director deputy vice ambassador envoy spokesman spokeswoman"
    " spokesperson congressman congresswoman commissioner mp pm st".split()
)
"""Nobody is named by these alone."""
COMMON = frozenset(
    "ministry minister government council committee commission army police court parliament office"
    " party agency authority department embassy consulate strip city north south east west northern"
    " southern eastern western foreign defense defence interior finance state security house church"
    " university bank river sea island hall school hospital board bureau administration cabinet"
    " congress senate assembly supreme high national international federal general adviser war"
    " movement front union league group forces force service airport street road square".split()
)
"""Nouns of institutions and places, which some write with capitals and some without."""
PARTICLES = frozenset(
    "al el bin ibn ben de del della der den di da dos du la le van von abu".split()
)
LINKS = frozenset("of the for and".split())
SAYS = frozenset("said says told tells added wrote asked argued warned insisted replied".split())
GIVEN = frozenset(
    "bill mark frank will rose grace hope grant jack rob pat bob ray art gene sue april june joy"
    " faith dean earl duke chase drew lance miles rich sandy may jimmy victor christian baker brown"
    " green white black young bush cook rice gray stone hunter carter".split()
)
"""Names that are also ordinary words: names where a capital follows them."""
CROWDS = frozenset("police people everyone everybody nobody others many most officials".split())
ALIASES = {
    "us": "us|usa|united states of america|united states|america|american|americans",
    "uk": "uk|united kingdom|great britain|britain|british|britons|briton",
    "un": "un|united nations", "eu": "eu|european union", "uae": "uae|united arab emirates|emirati",
    "idf": "idf|israel defense forces|israel defence forces|israeli defense forces",
    "plo": "plo|palestine liberation organization|palestine liberation organisation",
    "pa": "pa|palestinian authority|palestinian national authority",
    "palestine": "palestine|palestinian|palestinians", "lebanon": "lebanon|lebanese",
    "turkey": "turkey|turkish|turks|turkiye", "france": "france|french", "china": "china|chinese",
    "spain": "spain|spanish", "germany": "germany|german|germans", "dutch": "netherlands|dutch",
    "sweden": "sweden|swedish|swedes", "poland": "poland|polish|poles", "iraq": "iraq|iraqi|iraqis",
    "ireland": "ireland|irish", "england": "england|english", "scotland": "scotland|scottish",
    "denmark": "denmark|danish|danes", "finland": "finland|finnish|finns", "jew": "jew|jews|jewish",
    "norway": "norway|norwegian|norwegians", "greece": "greece|greek|greeks",
    "wales": "wales|welsh",
    "switzerland": "switzerland|swiss", "portugal": "portugal|portuguese",
    "europe": "europe|european|europeans",
    "ukraine": "ukraine|ukrainian|ukrainians", "philippines": "philippines|filipino|filipinos",
    "afghanistan": "afghanistan|afghan|afghans", "hungary": "hungary|hungarian|hungarians",
    "mexico": "mexico|mexican|mexicans", "egypt": "egypt|egyptian|egyptians",
    "muslim": "muslim|muslims|islam|islamic", "japan": "japan|japanese", "niger": "niger",
}  # fmt: skip
CANONICAL = {
    tuple(form.split()): name for name, forms in ALIASES.items() for form in forms.split("|")
}
