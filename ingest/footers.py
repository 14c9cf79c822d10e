"""Lines and sentences that speak of the page: appeals to the reader, rights, credits."""

from __future__ import annotations

import re
from typing import Literal

from ingest.bylines import NAMES

__all__ = ["footer_kind"]

_SITES = (
    r"(?:facebook|twitter|x\b|instagram|telegram|whatsapp|youtube|tiktok|linkedin|threads|bluesky"
    r"|mastodon|google\s+news|social\s+media)"
)
_PROMOTION = re.compile(
    r"(?:please\s+)?(?:follow|like|join|find)\s+(?:us|me|@?[\w.’' -]{2,40}?)\s+on\s+"
    rf"(?:our\s+)?{_SITES}"
    r"|\(?(?:click|tap)\s+(?:here|on\s+the\s+link|the\s+link|to\s+(?:enlarge|expand|read|see|view))\b"
    r"|(?:sign\s+up|register)\s+(?:here\s+)?(?:for|to)\s+"
    r"(?:our|receive|get|[\w’'‘ ]{1,60}newsletter)\b"
    r"|subscribe\s+(?:now|here|today)\b"
    r"|subscribe\s+(?:to|for)\s+(?:our|the|my|this|unlimited|full)?\s?[\w’' ]{0,30}?"
    r"(?:newsletter|channel|podcast|digital|access|updates|emails?|alerts)"
    r"|join\s+our\s+\w+\s+channel|download\s+(?:our|the)\s+(?:free\s+)?app\b"
    r"|get\s+(?:the|our)\s+.{0,60}?(?:newsletter|in\s+your\s+inbox|delivered\s+to)"
    r"|support\s+(?:our|independent|quality)\s+(?:\w+\s+)?journalism|have\s+a\s+(?:news\s+)?tip\?"
    r"|if\s+you\s+(?:enjoyed|liked)\s+(?:this|reading)|thank\s+you\s+for\s+reading"
    r"|share\s+this\s+(?:article|story)\b|(?:we|this\s+(?:web)?site)\s+uses?\s+cookies",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    "|".join(
        (
            # Rights and syndication.
            r"(?i:(?:all )?(?:contents?|material|articles?) (?:created|produced|published) by\b"
            r".{0,400}(?:(?:without|free of) charge|available|licen[cs]|republi))",
            r"(?i:all republished (?:articles|content|stories|pieces)\b)",
            r"(?i:(?:republication|republishing|reprinting) "
            r"(?:requires|is (?:not|prohib|forbid|allow|perm)))",
            r"(?i:for (?:any )?(?:further |more )?(?:questions|inquiries|enquiries|information"
            r"|permission|licensing|republishing|republication|reprints?)\b.{0,200}?"
            r"(?:please (?:contact|visit|write|e-?mail|see)|\S@\S))",
            r"©|\([cC]\) \d{4}|COPYRIGHT (?:©|\d{4})",
            r"Copyright (?:©|\([cC]\)|\d{4}|(?i:by) [A-Z])",
            r"Copyright (?:The )?[A-Z][\w&.’' ]{1,50}$",
            r"(?i:(?:.{0,80}\W)?all rights reserved)",
            # Where it appeared before. "This report was published by the ministry" is reporting.
            r"(?i:(?:this|the) "
            r"(?:article|story|piece|post|column|interview|essay|report|material) "
            r"(?:(?:was|has been|is) )?(?:originally|first) (?:published|appeared|ran|posted)\b)",
            r"(?i:this (?:article|story|piece|post|column|material|content) (?:is|was|has been) "
            r"(?:re-?published|reproduced|reprinted|syndicated)\b)",
            r"(?i:this (?:article|story|piece|post|column|material|content) "
            r"(?:may|can|must) ?not be (?:published|reproduced|republished|copied))",
            r"(?i:this article is more than \w+ (?:years?|months?) old)",
            r"(?i:(?:originally|first) published (?:on|by|in|at) )",
            r"(?i:republished (?:with|by|from|under) (?:(?:the )?permission|(?:a )?creative))",
            r"(?i:a version of this (?:article|story) (?:appears|appeared|ran))",
            # Who else worked on it.
            r"(?i:our standards) ?:",
            r"(?i:.{0,120}\bcontributed to this (?:report|story|article)\.?$)",
            rf"{NAMES}(?: (?i:in|from) [\w ]{{2,30}})? (?i:contributed reporting)\b",
            rf"(?i:contributing) ?: {NAMES}",
            r"(?i:(?:contact|reach|e-?mail) "
            r"(?:him|her|them|us|the (?:reporter|author|writer)|[\w ]{2,40}) (?:at|on) \S*@)",
            r"(?i:reporting from) [A-Z][\w, -]{1,40}$",
            # Terms of the site.
            r"(?i:(?:the )?(?:views|opinions) expressed "
            r"(?:in this|here|are those|by the author))",
            r"(?i:by (?:clicking|continuing|subscribing|signing up)\b.{0,80}"
            r"(?:agree|accept|consent))",
            r"(?i:(?:privacy policy|terms of (?:use|service)|cookie (?:policy|settings))\b"
            r"[^.]{0,80}$)",
        )
    )
)
_SPACE = re.compile(r"\s+")
_TAGS = re.compile(
    r"(?:tags?|topics?|keywords?|filed\s+under|categor(?:y|ies)|posted\s+in)\s*:", re.IGNORECASE
)
_DESK = re.compile(
    r"\(?(?i:additional\s+)?(?i:reporting|writing|editing|compiled|translated)(?i:\s+and\s+\w+)?"
    rf"\s(?i:by)\s+{NAMES}(?=$|[;,.)]|\s(?i:in|and|for|at)\s)"
)
_VERB = re.compile(
    r"\b(?:show(?:s|ed)?|found|finds|suggest(?:s|ed)?|says?|said|was|were|has|had|have|is|are)\b"
)
# Nobody is quoted in a footer: "Click here, the message read" is reporting.
_ATTRIBUTED = re.compile(
    r",[”\"’']?\s[\w’' -]{2,60}?\s(?:said|says?|told|read|heard|admitted|added|argued|claimed"
    r"|wrote|recalled|announced|warned|insisted)\b|\baccording to\b|\band you will\b",
    re.IGNORECASE,
)


def footer_kind(text: str) -> Literal["footer", "promotion"] | None:
    """What a line or a sentence that speaks of the page is; None where it may be reporting."""
    text = _SPACE.sub(" ", text) if len(text) <= 2000 else ""
    if not text or _ATTRIBUTED.search(text):
        return None
    if _FOOTER.match(text):
        return "footer"
    if _TAGS.match(text):
        return None if text.endswith((".", "!", "?")) else "footer"
    desk = _DESK.match(text)
    if desk and len(text) < 300 and not _VERB.search(text[desk.end() :]):
        return "footer"
    return "promotion" if len(text) < 400 and _PROMOTION.match(text) else None
