"""Opposites: words of which one says what the other denies."""

from __future__ import annotations

import functools

from rag.clauses import Word, stem_of

__all__ = ["are_opposite", "put_for_another"]

_PAIRS = """
die dead death kill killed perish dying | survive survivor alive live rescued saved safe escape
hurt injure injury harm | escape rescued saved safety
raise increase cut lower | unchanged
before | after
hurt injure injury harm wound casualty casualties | unhurt unharmed unscathed uninjured
hurt injure injury harm wound casualty casualties | safe safely intact spared
damage destroy destroyed | intact undamaged spared untouched
stay remain keep kept stand unchanged continue | leave quit resign go depart
stay remain keep kept stand unchanged continue | withdraw change drop abandon scrap
open reopen | close closed shut closure
pass succeed success successful manage | fail failed failure
accept accepted agree approve approved promise offer vow pledge consent | reject refuse decline
accept agree approve promise offer vow pledge consent | rejected refused veto denied
admit confirm acknowledge | deny denied denial dispute disputed
allow permit let legal lawful | ban forbid prohibit bar block illegal unlawful outlaw prevent
remember | forget forgot forgotten
heed obey listen follow | ignore defy disregard
guilty convict convicted | innocent acquit acquitted cleared
attend present appear | absent miss boycott skip absence
speak spoke say comment answer reply respond | silent silence declined ignore
know known aware | unknown unaware
solve settle resolved | unsolved unsettled unresolved
pay paid | unpaid owe owed
change alter | same unchanged remain identical
agree agreement unity united | disagree divided split differ
enough sufficient | insufficient short lack inadequate
strong | weak
full | empty
true right correct | false wrong untrue
possible can | impossible
support back backed | oppose opposed
start begin open launch | stop end finish halt close
increase rise rose grow raise higher climb gain | decrease fall fell drop
increase rise rose grow raise higher climb gain | shrink cut lower decline reduce
rise rose risen climbed jumped soared | fell fallen dropped plunged
above over | below under beneath
inside within | outside beyond
first | last final
north | south
east | west
public publicly open openly | secret secretly private privately
legal | illegal
free freed release | detain jail hold held arrest
arrive enter | leave left depart
find found | missing lost
maximum | minimum
minority | majority
presence | absence
best | worst
largest biggest highest | smallest lowest
largest biggest more | fewer less
advance | retreat withdraw
appear | vanish disappear
employ hire | dismiss sack fire
fewest least | most
popular | unpopular
likely | unlikely
able | unable
willing | unwilling reluctant
war | peace
reach meet clear exceed attain | below miss missed short fall fell
lift end repeal | keep retain impose stay remain
keep keeps kept retain | lose lost scrap give
keep kept honour observe | break broke broken breach violate
sell | keep
replace | keep
"""
_DENYING = ("un", "in", "im", "il", "ir", "dis", "non")


@functools.cache
def _opposites() -> dict[str, frozenset[str]]:
    """Stems by the stem they are opposite to."""
    found: dict[str, set[str]] = {}
    for row in _PAIRS.strip().splitlines():
        left, right = ({stem_of(w) or w for w in side.split()} for side in row.split("|"))
        for a, b in ((left, right), (right, left)):
            for word in a:
                found.setdefault(word, set()).update(b - a)
    return {word: frozenset(others) for word, others in found.items()}


def are_opposite(a: str, b: str) -> bool:
    """Whether two stems, or two words of grammar, are opposites."""
    if b in _opposites().get(a, ()):
        return True
    short, long = sorted((a, b), key=len)
    return len(short) > 3 and long in tuple(start + short for start in _DENYING)


def put_for_another(said: tuple[Word, ...], cited: tuple[Word, ...]) -> bool:
    """Whether a word of the claim stands where the source has its opposite.

    Both before the same word (`below the price`, `above the price`), neither of them denied.
    """
    mine, theirs = {_key(w) for w in said}, {_key(w) for w in cited}
    for at, word in enumerate(said):
        key = _key(word)
        others = _opposites().get(key)
        if not others or key in theirs or not others & theirs or others & mine:
            continue
        if _is_denied(said, at):
            continue
        following = _following(said, at)
        for n, other in enumerate(cited):
            if _key(other) not in others or not following:
                continue
            if following == _following(cited, n) and not _is_denied(cited, n):
                return True
    return False


def _key(word: Word) -> str:
    return word.stem or word.text


def _is_denied(words: tuple[Word, ...], at: int) -> bool:
    clause = words[at].clause
    near = words[max(0, at - 5) : at]
    return any(w.negates and w.clause == clause for w in near)


def _following(words: tuple[Word, ...], at: int) -> str:
    """The next stem in the clause, at most three words on."""
    near = words[at + 1 : at + 4]
    return next((w.stem for w in near if w.stem and w.clause == words[at].clause), "")
