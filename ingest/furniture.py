"""What on a page is not the article: marked, never cut.

Rules are about form, so that they hold for outlets never seen: a whole line that is a
button, a caption by its credit, a list under "Related stories". A line that could be
reporting is left alone; a sentence wrongly quoted is seen, one wrongly hidden is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.captions import agency_sign_off, is_caption
from ingest.footers import footer_kind
from ingest.lines import Line
from rag.types import SkipKind, SkippedSpan

__all__ = ["inline_furniture", "line_furniture", "sentence_furniture"]

_BUTTONS = {
    button.strip()
    for button in """
    print|print article|print this|print this article|print this page|back|go back|back to top
    share|share this|share this article|share article|share on facebook|share on twitter
    share on x|share on whatsapp|share via email|email|e-mail|email this|email this article|tweet
    save|save article|save this article|home|menu|search|close|next|previous|more|subscribe
    subscribe now|sign in|sign up|log in|login|register|comment|comments|leave a comment
    view comments|add a comment|show comments|no comments|advertisement|skip advertisement
    advertising|ad|sponsored|sponsored content|promoted|read more|click here|listen
    listen to this article|loading|skip to content|skip to main content|skip past newsletter
    copy link|link copied|facebook|twitter|x|whatsapp|telegram|linkedin|reddit|instagram
    youtube|pinterest|flipboard|messenger|follow|follow us|newsletter|newsletters|donate
    continue reading|read full article|read full story|show more|load more|view gallery
    article continues below|story continues below|article continues after advertisement
    story continues below advertisement|text size|font size|a a|aa|most read|trending
    accept all|reject all|accept all cookies|manage cookies|cookie settings|privacy policy
    image source|image caption|reuse this content
    """.replace("\n", "|").split("|")
} - {""}
_SLIDE = re.compile(r"(?:(?:hide|show)\s+caption\s+)?\d+\s+of\s+\d+|(?:hide|show)\s+caption", re.I)
_URL = re.compile(r"<?(?:https?://|www\.|pic\.twitter\.com/)\S+>?", re.IGNORECASE)
_POST = re.compile(r"[—–-]{1,2}\s.{2,80}\(@\w{1,30}\).{0,40}")
_READING_TIME = re.compile(
    r"\W*(?:(?:estimated\s+)?read(?:ing)?\s+time\W*(?:\d{1,3}|one|two|three|four|five)"
    r"[\s-]*min(?:ute)?s?\.?|(?:\d{1,3}|one|two|three|four|five)[\s-]*"
    r"(?:mins?\.?(?:\s+read)?|minutes?(?:\s+of)?\s+read(?:ing)?))\W*",
    re.IGNORECASE,
)
_RELATED_HEADING = re.compile(
    r"(?:related(?:\s+(?:stories|story|articles?|news|content|coverage|posts?|topics|links|reading))?"
    r"|more\s+(?:on\s+this(?:\s+story|\s+topic)?|from\s+.{2,40}|stories|news|coverage)"
    r"|see\s+also|also\s+(?:read|see|on\s+.{2,40})|read\s+(?:also|next|more|this\s+next)"
    r"|you\s+(?:may|might)\s+also\s+(?:like|be\s+interested\s+in)|recommended(?:\s+for\s+you)?"
    r"|(?:most|more)\s+(?:read|popular|viewed)|popular(?:\s+stories)?|trending(?:\s+now)?"
    r"|in\s+case\s+you\s+missed\s+it|editors?['’]?s?\s+picks?|top\s+stories|further\s+reading"
    r"|keep\s+reading|don['’]t\s+miss|latest\s+(?:news|stories|headlines)|other\s+stories)"
    r"\s*[:.]?",
    re.IGNORECASE,
)
_RELATED_LINE = re.compile(
    r"(?:(?i:►?\s?related(?:\s+\w+)?|read\s+(?:more|also|next)|also\s+read|see\s+also"
    r"|more\s+on\s+this)|READ|WATCH|LISTEN|MORE|More|SEE)\s*[:|»>]\s*\S",
)
# A link's label and title, run together when the page was copied: "Fact check:Did he win?"
_GLUED = re.compile(r"►?\s?[A-Z][\w’' ]{3,40}:[A-Z‘'\"“][^\s]*(?:\s+\S+){3,}$")
_INLINE = re.compile(
    r"[(\[]\s{0,3}(?:RELATED|Related(?:\s\w+)?|READ(?:\s(?:MORE|ALSO|NEXT))?|Read\s(?:more|also|next)"
    r"|ALSO\sREAD|Also\sread|SEE(?:\sALSO)?|See\salso|WATCH|Watch|MORE|LISTEN)\s?:"
    r"[^()\[\]\n]{0,400}(?:[(\[][^()\[\]\n]{0,200}[)\]][^()\[\]\n]{0,200}){0,4}[)\]]"
    r"|\[\s{0,3}click here[^\]\n]{0,100}\](?:\([^)\n]{0,400}\))?",
)
_HEADING_END = re.compile(r"[.!?…,;:]['\"”’)\]]{0,4}$")


def line_furniture(lines: Sequence[Line], is_title: Sequence[bool]) -> Iterator[SkippedSpan]:
    """The lines that are furniture as a whole.

    Args:
        lines: the article's lines.
        is_title: for each line, whether it is known already as headline, date or byline.
    """
    kinds = _kinds(lines, is_title)
    last_prose = max((i for i, line in enumerate(lines) if _is_prose(line, kinds[i])), default=-1)
    following = _following(lines, kinds, is_title)
    previous: Line | None = None
    for i, line in enumerate(lines):
        if is_title[i]:
            previous = None
            continue
        kind = kinds[i]
        if kind is None and (
            line.heading or (i < last_prose and _is_heading(lines, i, previous, following[i]))
        ):
            kind = "heading"
        if kind:
            yield SkippedSpan(line.start, line.end, kind)
        else:
            previous = line
        if kind is None and i >= last_prose and (sign := agency_sign_off(line)):
            yield SkippedSpan(*sign, "footer")


def sentence_furniture(sentence: str) -> SkipKind | None:
    """What kind of furniture a single sentence is, as footers and appeals often are."""
    return footer_kind(sentence.strip(" *_>#-\n"))


def inline_furniture(text: str) -> Iterator[SkippedSpan]:
    """Inserts inside paragraphs, such as `(RELATED: …)`."""
    for match in _INLINE.finditer(text):
        yield SkippedSpan(match.start(), match.end(), "related")


def _kinds(lines: Sequence[Line], is_title: Sequence[bool]) -> list[SkipKind | None]:
    last_prose = max((i for i, line in enumerate(lines) if line.prose), default=-1)
    kinds: list[SkipKind | None] = []
    related = False
    for i, line in enumerate(lines):
        kind = None if is_title[i] else _kind(line, prose_follows=i < last_prose)
        if _RELATED_HEADING.fullmatch(line.plain[:80]) and _list_follows(lines, i):
            kind, related = "related", True
        elif related and kind is None:
            related = _listed(line) and not is_title[i]
            kind = "related" if related else None
        kinds.append(kind)
    return kinds


def _kind(line: Line, *, prose_follows: bool) -> SkipKind | None:
    plain = line.plain
    bare = re.sub(r"[^\w\s-]", "", plain).strip().lower() if len(plain) < 80 else ""
    button = bare in _BUTTONS and not re.match(r"\d", line.raw)
    if (
        button
        or _SLIDE.fullmatch(plain[:60])
        or not re.search(r"\w", plain)
        or _URL.fullmatch(plain)
        or line.only_link
    ):
        return "navigation"
    if len(plain) < 80 and _READING_TIME.fullmatch(plain):
        return "reading-time"
    footer = footer_kind(plain)
    if footer:
        return footer
    if is_caption(line, prose_follows=prose_follows) or _POST.fullmatch(line.raw[:200]):
        return "caption"
    titled = line.words <= 30 and not plain.endswith((".", ".”", '."'))
    linked = _RELATED_LINE.match(plain) or _GLUED.match(plain)
    return "related" if titled and linked else None


def _is_prose(line: Line, kind: SkipKind | None) -> bool:
    return kind is None and (line.prose or (line.words >= 4 and line.ends_sentence))


def _listed(line: Line) -> bool:
    return (line.bullet or line.only_link or not line.ends_sentence) and line.words <= 25


def _list_follows(lines: Sequence[Line], i: int) -> bool:
    return i + 1 == len(lines) or _listed(lines[i + 1]) or lines[i].raw.endswith(":")


def _following(
    lines: Sequence[Line], kinds: Sequence[SkipKind | None], is_title: Sequence[bool]
) -> list[Line | None]:
    """For each line the next one that is text."""
    found: list[Line | None] = [None] * len(lines)
    for i in range(len(lines) - 2, -1, -1):
        text = kinds[i + 1] is None and not is_title[i + 1]
        found[i] = lines[i + 1] if text else found[i + 1]
    return found


def _is_heading(
    lines: Sequence[Line], i: int, previous: Line | None, following: Line | None
) -> bool:
    """A short line standing alone between finished paragraphs.

    Args:
        lines: the article's lines.
        i: the line in question.
        previous: the last line before it that is text, None after a headline.
        following: the next one that is text.
    """
    line = lines[i]
    if line.words > 10 or line.bullet or line.dangles or _HEADING_END.search(line.plain[-6:]):
        return False
    if not line.plain[:1].isalnum() or line.plain[:1].islower() or not line.paragraph:
        return False
    if previous is not None and (
        not previous.ends_sentence or previous.raw.rstrip(" *_”\"’'").endswith("?")
    ):
        return False  # the rest of a broken sentence, or the answer to a question
    if following is None or not lines[i + 1].paragraph:
        return False
    # Above another unfinished line it may be the first of a list of facts.
    goes_on = following.bullet or following.plain[:1].islower()
    return not goes_on and (following.ends_sentence or following.words > 10)
