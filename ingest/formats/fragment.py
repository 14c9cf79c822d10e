"""The text of a piece of HTML, such as an item of a feed or a newsletter.

trafilatura finds the article in a page; in a piece without a page around it, or in a mail
laid out as tables, it finds little or nothing.
"""

from __future__ import annotations

import re

import lxml.etree
import lxml.html

from rag.errors import RejectedFile

__all__ = ["check_markup", "is_markup", "text_of"]

_LEFT_OUT = frozenset(
    "head iframe noscript object script select style svg template textarea title video".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset figcaption figure footer"
    " form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section table ul".split()
)
_LINES = frozenset("li tr option caption".split())
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MARKUP = re.compile(
    r"\s*(?:<!--.{0,1000}?-->\s*)?<(?:!doctype|html|body|article|section|div|span|p|h[1-6]|ul|ol"
    r"|table|blockquote|figure|img|a|b|i|em|strong|br)(?:\s[^<>]*)?/?>",
    re.IGNORECASE | re.DOTALL,
)


# A start tag to its end, `>` inside quotes being none. It never goes back, and what it has passed
# is not looked at again, so that its time grows with the text alone.
_TAG = re.compile(r"<[a-zA-Z](?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ATTRIBUTE = re.compile(r"[^\s=/]+")
_MOST_STEPS = 1_000_000_000
"""libxml2 compares each attribute of a tag with all those before it; so many take about 2 s."""


def check_markup(html: str) -> None:
    """See that a page's tags can be read in good time.

    Raises:
        RejectedFile: its tags have too many attributes.
    """
    steps = 0
    for match in _TAG.finditer(html):
        # Most tags have a few, and none is shorter than two characters.
        if match.end() - match.start() > 200:
            steps += len(_ATTRIBUTE.findall(_QUOTED.sub("", match[0]))) ** 2
    if steps > _MOST_STEPS:
        raise RejectedFile("a page with too many attributes: save the article's text instead")


def is_markup(text: str) -> bool:
    """Whether a text begins as HTML does and closes an element somewhere."""
    return bool(_MARKUP.match(text)) and ("</" in text or "/>" in text)


def text_of(html: str) -> str:
    """Paragraphs a blank line apart, items of lists and rows of tables on lines of their own.

    What a reader would not see is left out.

    Raises:
        RejectedFile: its tags have too many attributes.
    """
    check_markup(html)
    # Bytes, because lxml refuses text that declares its own encoding. Without `huge_tree`
    # what is nested deeper than 256 levels is lost without a word.
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=False)
    try:
        tree = lxml.html.document_fromstring(html.encode("utf-8", "ignore"), parser=parser)
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        return ""
    pieces: list[str] = []
    walk = lxml.etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if tag in _LEFT_OUT or _HIDDEN.search(element.get("style", "")) or _shut(element):
                walk.skip_subtree()
                continue
            pieces.append(_break(tag))
            pieces.append(_flowing(element.text))
        else:
            if event == "end":
                pieces.append("" if tag == "br" else _break(tag))
            pieces.append(_flowing(element.tail))
    return _tidy("".join(pieces))


def _shut(element: lxml.html.HtmlElement) -> bool:
    return "hidden" in element.attrib


def _break(tag: str) -> str:
    if tag in _BLOCKS:
        return "\n\n"
    return "\n" if tag == "br" else "\v" if tag in _LINES else " " if tag in ("td", "th") else ""


def _flowing(text: str | None) -> str:
    return re.sub(r"[\n\r\v]", " ", text or "")


def _tidy(text: str) -> str:
    r"""White space as a browser shows it; `\v` ends a line that is not empty."""
    kept: list[str] = []
    for line in text.split("\n"):
        pieces = [found for piece in line.split("\v") if (found := " ".join(piece.split()))]
        if pieces:
            kept += pieces
        elif kept and kept[-1]:
            kept.append("")
    return "\n".join(kept).strip()
