"""Whether a word is an ordinary one, that has a capital only where it opens a sentence."""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path

from rag.errors import ModelError
from rag.index_words import STOP_WORDS
from rag.name_words import COMMON, SAYS

__all__ = ["capitalised", "is_adverbial", "is_ordinary"]

_COMMON = frozenset(
    "whoever whatever whichever wherever accomplice airstrike ambulance angler apology"
    " apprentice archaeologist armistice arsonist"
    " assailant asylum avalanche bakery ballot barrister beach bench bird bishop blackout blaze"
    " blizzard boycott breach brewery bribe bridge bulldozer burial burglar butcher bystander"
    " cabin camera campaigner canal candle cannery captain captive captor caretaker carriage cash"
    " catholic cathedral cattle ceasefire cellar cemetery ceremony charity checkpoint cholera"
    " choir christian church cinema claimant cleric clinic closure coach coastguard concession"
    " condolence congestion conscript convict convoy coroner corruption courier cousin crane"
    " crater crops crossing crowd curfew cyclist cyclone dam deadlock debris defector delegation"
    " demolition demonstrator depot deputy detective detainee detention diesel diplomat"
    " disinformation displaced diver diversion dock doctor donor drone drought earthquake"
    " election electorate embargo enquiry ethnic evacuee eyewitness factory famine farmer feed"
    " ferry festival fighter firefighter fisherman fishermen flood fog footage footballer"
    " forecaster forensic forest forty fossil frost fugitive funeral garrison geologist glacier"
    " goalkeeper graffiti grandmother graves grenade guard guerrilla gun gunfire gunmen gunman"
    " hackers hail harbour harvest headmaster headmistress heatwave helicopter homeless hostage"
    " hostel hunger hurricane hydrologist inflation inmate inquest inquiry insurgent interpreter"
    " intruder islander jihadist juror jury kidnapper kilometre labourer lake landlord landmine"
    " landslide laughter lava lawmaker lecturer legislator leak library lifeboat lightning litre"
    " livestock locals looter lorry machete magistrate maize malaria march mayor medic metre"
    " midwife midwives migrant militant militia millimetre minibus minister mob monk monsoon"
    " motorist mourner mosque motorcycle mourning museum neighbour newcomer nun nurse nurseries"
    " observer onlooker online opponent orchard outbreak overnight owing pact paramedic parish"
    " passer passport patient peacekeeper peasant pensioner petrol petition photo pilgrim pilot"
    " pipe plague platoon plumber police policeman policemen polio politician pollster pollution"
    " pope porter postponed prayer preacher premier priest prisoner prosecutor protestant"
    " protester protestor pupil quake queue rabbi racism radiation railway rainfall raid ransom"
    " rapist rebel referee referendum refugee regiment relative remnant repatriation rescuer"
    " resident rider riot rioter river robber rocket runner runway saboteur sailor sandstorm"
    " satellite schoolchild schoolchildren scientist seaside selector separatist settler sewage"
    " shelling shepherd shepherds shrapnel shrine siege singer sleet smuggler sniper snow"
    " snowfall soldier solicitor spectator sponsor squad squatter stadium starvation storm"
    " stowaway striker stroke student suicide summit supporter surgeon survivor suspect swimmer"
    " tanker tank teacher teenager tenant tent terror terrorism terrorist thief thieves thousand"
    " thunderstorm tornado tourist toxic traffic trafficker tram translator trawler trekker"
    " trench tribe tribal truce typhoon ultimatum undersea underwater unrest uprising vaccine"
    " vaccination vandal verdict vet veteran victim video villager violence volcano volunteer"
    " voter walker warden warplane warrior wheat whale whistleblower widow wildfire witness"
    " woodland worshipper wreckage writer youngster youth zoo apart away paying beside twice"
    " thrice asleep awake alight aloft afterwards beforehand nowadays meanwhile elsewhere"
    " upstairs".split()
)
"""Words of the news that a year of the Wall Street Journal lacks, or has with a capital only."""
_COUNTS = re.compile(
    r"(?:(?:twen|thir|for|fif|six|seven|eigh|nine)(?:ty|tieth|ties)|(?:thir|four|fif|six|seven|eigh"
    r"|nine)teen(?:th)?|ten(?:th)?|eleven(?:th)?|twelve|twelfth|ninth|zero|dozens?|hundreds?)"
)
_SPELLINGS = (
    ("isation", "ization"), ("ising", "izing"), ("ised", "ized"), ("ise", "ize"), ("our", "or"),
    ("lled", "led"), ("lling", "ling"), ("llers", "lers"), ("ogue", "og"), ("tre", "ter"),
)  # fmt: skip
"""British, American."""
_ENDING = re.compile(r"(?:ing|ed|ly|er|es|s|d|ally)$")
_DERIVED = re.compile(
    r"(?:ators?|ations?|ating|ated|ors?|ers|ments?|ness|ists?|ees?|ings|ants?|ions?|ably|able|iers?"
    r"|ied|ies|less|ful|ship|hood|ism|ial|ical|ous|ive)$"
)
_COMPOUND = re.compile(
    r"(?:fighters?|workers?|makers?|holders?|keepers?|owners?|goers?|leaders?|hunters?|drivers?"
    r"|masters?|mates?|men|women|people|folk|children|boys|girls|friends?|line|lines|ships|boats"
    r"|planes?|fires?|works|yards?|houses|rooms|lights|papers?|words?|time|ware|side)$"
)
_FORMING = re.compile(r"^(?:re|un|over|under|out|mis|pre|anti|non|counter|inter|sub|super|dis)")


def is_ordinary(folded: str) -> bool:
    """Whether the word is known in lower case, as it is or without its ending.

    British spellings count as American ones do, number words always; of longer words the
    parts (`firefighters`, `overflowing`) and what they are derived from (`vaccinating`).
    """
    if _is_known(folded) or _COUNTS.fullmatch(folded):
        return True
    if any(_is_known(folded.replace(a, b)) for a, b in _SPELLINGS if a in folded):
        return True
    if len(folded) < 7 or folded in capitalised():
        return False
    stem = _DERIVED.sub("", folded)
    if stem != folded and len(stem) > 3 and _any_form(stem):
        return True
    short = _FORMING.sub("", folded)
    if short != folded and len(short) > 4 and _is_known(short):
        return True
    first = _COMPOUND.sub("", folded)
    return first != folded and len(first) > 2 and _is_known(first)


def _is_known(word: str) -> bool:
    known = _ordinary()
    if word in known or word in STOP_WORDS or word in COMMON or word in _COMMON:
        return True
    stem = _ENDING.sub("", word)
    return len(stem) > 2 and stem != word and _any_form(stem)


def _any_form(stem: str) -> bool:
    """Whether a verb or noun with this stem is known: `vaccinat`, `stopp`, `stud`."""
    known = _ordinary()
    doubled = stem[:-1] if stem[-2:-1] == stem[-1:] else stem
    forms = (stem, stem + "e", doubled)
    longer = (stem + "ion", stem + "y", stem + "ies", stem + "ate") if len(stem) > 3 else ()
    return any(s in known or s in _COMMON for s in (*forms, *longer))


def is_adverbial(folded: str, following: str) -> bool:
    """Whether an unknown word opens a sentence as "Reportedly" or "Clarifying his" do."""
    if folded in capitalised() or len(folded) < 6:
        return False
    if folded.endswith("ly"):
        return True
    # "Fleming said", but "Vaccinating people".
    plain = following.islower() and following not in SAYS and not following.endswith("ed")
    return folded.endswith("ing") and plain


@functools.cache
def _orthography() -> dict[str, int]:
    """Punkt's counts of how a word was seen in a year of the Wall Street Journal, as bits.

    Raises:
        ModelError: the installed llama-index-core has no such model.
    """
    # Found without importing: llama_index takes more than a second to import.
    spec = importlib.util.find_spec("llama_index")
    for place in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(place) / "core" / "_static" / "nltk_cache" / "tokenizers" / "punkt_tab"
        path = folder / "english" / "ortho_context.tab"
        if path.is_file():
            rows = (row.split("\t") for row in path.read_text("utf-8").splitlines())
            return {word: int(bits) for word, bits in rows}
    raise ModelError(
        "The installed llama-index-core lacks nltk's punkt_tab model; install another version"
        " of it (0.14 has one)."
    )


@functools.cache
def _ordinary() -> frozenset[str]:
    """Words seen in lower case."""
    return frozenset(word for word, bits in _orthography().items() if bits & 0b1110000)


@functools.cache
def capitalised() -> frozenset[str]:
    """Words seen with a capital in mid-sentence."""
    return frozenset(word for word, bits in _orthography().items() if bits & 0b100)
