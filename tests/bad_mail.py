"""Bad inputs: mail."""

from __future__ import annotations

from base64 import b64encode
from datetime import date

from tests.bad_input import one, refused, report, taken

__all__ = ["MAIL"]


def _mail(ship: str, more: str = "", body: str | None = None) -> str:
    text = report(ship) if body is None else body
    return f"From: Post <n@post.example>\nSubject: Ferry {ship}\n{more}\n{text}"


def _deep(levels: int) -> str:
    head = "".join(
        f'Content-Type: multipart/mixed; boundary="e{n}"\n\n--e{n}\n' for n in range(levels)
    )
    return f"From: Post <n@post.example>\n{head}Content-Type: text/plain\n\n{report('Deepo')}"


_BASE64 = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n"
_ATTACHED = "Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n"
_START = b"From x Fri May  3 23:30:00 2024\n"
MAIL = (
    one("mail without a body", "a.eml", _mail("a", body=""), refused("no text in it")),
    one(
        "mail that is an attachment",
        "a.eml",
        _mail("b", _ATTACHED, "%PDF-1.7"),
        refused("no text in it"),
    ),
    one(
        "mail in a bogus charset",
        "a.eml",
        _mail("Mala", "Content-Type: text/plain; charset=klingon\n"),
        taken(title="Ferry Mala"),
    ),
    one(
        "mail in a bogus charset and not UTF-8",
        "a.eml",
        _mail("c", "Content-Type: text/plain; charset=klingon\n", "Caf\xe9 talks\n").encode(
            "latin-1"
        ),
        refused("not valid UTF-8 (at byte 3)"),
    ),
    one("mail nested 200 levels", "a.eml", _deep(200), refused("a mail of too many parts")),
    one("mail nested 60 levels", "a.eml", _deep(60), taken(holds="The Deepo left")),
    one(
        "mail with a head without end",
        "a.eml",
        lambda: _mail("d", "a:\n" * 1_000_000).encode(),
        refused("a mail whose head has no end"),
    ),
    one(
        "mail with a line of 5 MB in its head",
        "a.eml",
        lambda: _mail("Malo", "X-A: " + "b" * 5_000_000 + "\n").encode(),
        taken(),
    ),
    one(
        "brackets in a sender",
        "a.eml",
        _mail("Malu").replace("Post <", "(" * 5000 + "<"),
        taken(outlet=None),
    ),
    one(
        "damaged base64",
        "a.eml",
        _mail("e", _BASE64, b64encode(report("Bas").encode()).decode()[:-3]),
        refused("a mail whose base64 is damaged"),
    ),
    one(
        "a charset with a sign that can't be printed",
        "a.eml",
        _mail("f", 'Content-Type: text/plain; charset=utf-8"\x01\n', "Caf\xe9\n").encode("latin-1"),
        refused("not valid utf-8 (at byte 3)"),
    ),
    one(
        "text called mail",
        "a.eml",
        report("Texto"),
        refused("no mail: it has no line such as `From:`"),
    ),
    one(
        "mail of 2099",
        "a.eml",
        _mail("Mali", "Date: Sun, 03 May 2099 10:00:00 +0000\n"),
        taken(published=None),
    ),
    one(
        "mail of late evening elsewhere",
        "a.eml",
        _mail("Male", "Date: Fri, 03 May 2024 23:30:00 -1100\n"),
        taken(published=date(2024, 5, 3)),
    ),
    one(
        "terminal codes in a subject",
        "a.eml",
        _mail("Maly").replace("Subject: Ferry", "Subject: =?utf-8?q?=1B[31mFerry=C2=9B0m?="),
        taken(title="[31mFerry 0m Maly"),
    ),
    one(
        "a mailbox cut off in a message",
        "a.mbox",
        _START
        + _mail("Boxa", "Message-ID: <b1@x>\n").encode()
        + b"\n"
        + _START
        + b"Message-ID: <b2@x>\n"
        + _BASE64.encode()
        + b"\nQWxsI",
        taken("b1@x"),
        refused("message 2 (line 8): a mail whose base64 is damaged", "b2@x"),
    ),
    one(
        "a mailbox with a bad sender",
        "a.mbox",
        b"\n".join(
            _START + _mail(ship, f"Message-ID: <{ship}>\n").encode().replace(b"Post", b"(" * 5000)
            for ship in ("Boxo", "Boxi")
        ),
        taken("Boxo"),
        taken("Boxi"),
    ),
    one(
        "text called a mailbox",
        "a.mbox",
        report("Boxu"),
        refused("no mailbox: it does not begin with `From `"),
    ),
)
