from __future__ import annotations

import io
import time
import tracemalloc
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.formats import mail, mbox
from ingest.formats.part import BadPart, Part, ReadOptions
from rag.errors import RejectedFile

HEAD = (
    b"From: The Harbour Post <news@post.example>\nSubject: Ferry strikes pier\n"
    b"Date: Fri, 03 May 2024 23:30:00 -0500\nMessage-ID: <n1@post.example>\nMIME-Version: 1.0\n"
)
WORDS = "The ferry struck the pier at noon, and nobody was hurt.\n"
STORY = "The ferry “Brendan” struck the pier at noon on Friday, and nobody was hurt. " * 6
HTML = f"<html><body><p>{STORY}</p><p>It was the third accident of the year.</p></body></html>"


def part_of(kind: str, content: bytes | str, *more: str) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return "\n".join((f"Content-Type: {kind}", *more, "", "")).encode() + raw + b"\n"


def multi(kind: str, *parts: bytes, edge: str = "e1") -> bytes:
    inside = b"".join(b"--" + edge.encode() + b"\n" + part for part in parts)
    head = f'Content-Type: multipart/{kind}; boundary="{edge}"\n\n'.encode()
    return head + inside + b"--" + edge.encode() + b"--\n"


def read(content: bytes, encoding: str | None = None, max_mb: int = 20) -> Part:
    options = ReadOptions(max_mb=max_mb, encoding=encoding)
    (part,) = mail.articles(io.BytesIO(content), options)
    return part


def refusal(content: bytes, encoding: str | None = None, max_mb: int = 20) -> str:
    with pytest.raises(RejectedFile) as caught:
        read(content, encoding, max_mb)
    return str(caught.value)


PLAIN = HEAD + part_of("text/plain; charset=utf-8", WORDS)


def test_a_newsletter_is_read_with_its_subject_sender_and_day() -> None:
    part = read(PLAIN.replace(b"\n", b"\r\n"))
    assert part.text.rstrip("\n") == WORDS.rstrip("\n") and part.key is None
    stated = part.stated
    assert (stated.title, stated.outlet) == ("Ferry strikes pier", "The Harbour Post")
    assert (stated.published, stated.byline, stated.url) == (date(2024, 5, 3), None, None)


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("Subject: =?utf-8?Q?Caf=C3=A9_closed?=", "Café closed"),
        ("Subject: =?utf-8?B?Q2Fmw6k=?= =?utf-8?Q?_closed?=", "Café closed"),
        ("Subject: =?utf-8?B?Q2Fmw?=\n =?utf-8?B?6kgY2xvc2Vk?=", None),
        ("Subject: =?iso-8859-1?Q?=93Caf=E9=94?=", "“Café”"),
        ("Subject: =?klingon?Q?=E9?=", None),
        ("Subject: Ferry\n strikes\n\tpier", "Ferry strikes pier"),
        ("Subject: Café", "Café"),
        ("Subject:", None),
        ("X-Other: a", None),
    ],
)
def test_subjects_are_decoded_or_left_out(line: str, title: str | None) -> None:
    content = f"{line}\nFrom: a@b.example\n\n{WORDS}".encode()
    assert read(content).stated.title == title


@pytest.mark.parametrize(
    ("sender", "outlet"),
    [
        ('"Post, The" <a@b.example>', "Post, The"),
        ("=?utf-8?Q?Caf=C3=A9_News?= <a@b.example>", "Café News"),
        ("a@b.example", None),
        ("a@b.example (The Post)", "The Post"),
        ("The Post <a@b.example>, Other <c@d.example>", "The Post"),
    ],
)
def test_the_sender_s_name_is_the_outlet_and_its_address_is_not(
    sender: str, outlet: str | None
) -> None:
    assert read(f"From: {sender}\n\n{WORDS}".encode()).stated.outlet == outlet


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Date: 3 May 2024 00:10:00 +1400", date(2024, 5, 3)),
        ("Date: Fri, 03 May 2024 23:50 EST", date(2024, 5, 3)),
        ("Date: Fri, 3 May 24 10:00:00 GMT", None),
        ("Date: 03/04/2024", None),
        ("Received: by x; Fri, 03 May 2024 10:00:00 GMT", None),
    ],
)
def test_the_day_is_the_one_written_in_the_head(line: str, day: date | None) -> None:
    assert read(f"From: a@b.example\n{line}\n\n{WORDS}".encode()).stated.published == day


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("Archived-At: <https://post.example/1>", "https://post.example/1"),
        ("Content-Location: https://post.example/1", "https://post.example/1"),
        ("Content-Location: file:///etc/passwd", None),
        ("List-Post: <https://post.example/1>", None),
    ],
)
def test_the_address_of_the_page_is_taken_where_it_is_stated(line: str, url: str | None) -> None:
    assert read(f"From: a@b.example\n{line}\n\n{WORDS}".encode()).stated.url == url


ALTERNATIVE = multi("alternative", part_of("text/plain", WORDS * 30), part_of("text/html", HTML))
PICTURE = part_of("image/png", b"AAAA", "Content-Transfer-Encoding: base64")
FILE = part_of("text/plain", "Attached.", "Content-Disposition: attachment; filename=a.txt")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (ALTERNATIVE, WORDS * 30),
        (multi("mixed", ALTERNATIVE, FILE, PICTURE, edge="e2"), WORDS * 30),
        (multi("related", ALTERNATIVE, PICTURE, edge="e2"), WORDS * 30),
        (multi("mixed", part_of("text/plain", "One."), PICTURE, part_of("text/plain", "Two.")),
         "One.\n\nTwo."),
        (multi("mixed", part_of("text/plain", "One."), part_of("message/rfc822", PLAIN)), "One."),
    ],
    ids=["alternative", "attachment", "related", "around a picture", "forwarded"],
)  # fmt: skip
def test_the_words_are_found_among_the_parts(body: bytes, text: str) -> None:
    assert read(HEAD + body).text.strip() == text.strip()


@pytest.mark.parametrize("plain", ["", " \n", "View this mail in your browser: https://x.example"])
def test_html_is_read_where_the_plain_text_says_nothing(plain: str) -> None:
    body = multi("alternative", part_of("text/plain", plain), part_of("text/html", HTML))
    for content in (HEAD + body, HEAD + part_of("text/html; charset=utf-8", HTML)):
        text = read(content).text
        assert "“Brendan” struck the pier" in text and "third accident of the year." in text
        assert "<p>" not in text and "browser" not in text


def test_every_story_of_a_newsletter_laid_out_as_tables_is_read() -> None:
    rows = "".join(
        f"<tr><td><h2>Story {n}</h2><p>{word} is what story number {n} tells of.</p></td></tr>"
        for n, word in enumerate(("Ferry", "Pier", "Harbour", "Storm"))
    )
    hidden = '<div style="display:none;max-height:0">Preview of this issue</div>'
    html = (
        f"<html><body>{hidden}<table><tr><td><table>{rows}</table></td></tr></table></body></html>"
    )
    text = read(HEAD + part_of("text/html", html)).text
    assert [word in text for word in ("Ferry is", "Pier is", "Harbour is", "Storm is")] == [
        True
    ] * 4
    assert "Preview" not in text


@pytest.mark.parametrize(
    ("how", "content"),
    [
        ("quoted-printable", b"caf=C3=A9 =\nclosed"),
        ("base64", b64encode("café closed".encode())),
        ("8bit", "café closed".encode()),
    ],
)
def test_transfer_encodings_are_undone(how: str, content: bytes) -> None:
    body = part_of("text/plain; charset=utf-8", content, f"Content-Transfer-Encoding: {how}")
    assert read(HEAD + body).text.strip() == "café closed"


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("iso-8859-1", "cp1252"), ("us-ascii", "utf-8"), ("iso-8859-1", "utf-8"),
        ("windows-1252", "cp1252"), ("klingon", "utf-8"), ("", "utf-8"),
        ("punycode", "utf-8"), ("hex", "utf-8"), ("undefined", "utf-8"),
    ],
)  # fmt: skip
def test_a_wrong_charset_is_no_harm_where_the_text_is_utf8(charset: str, codec: str) -> None:
    kind = f"text/plain; charset={charset}" if charset else "text/plain"
    assert read(HEAD + part_of(kind, "“café”".encode(codec))).text.strip() == "“café”"


def test_encodings_of_seven_bits_are_taken_as_declared() -> None:
    body = part_of("text/plain; charset=iso-2022-jp", "船が桟橋に".encode("iso-2022-jp"))
    assert read(HEAD + body).text.strip() == "船が桟橋に"


@pytest.mark.parametrize("charset", ["us-ascii-x", "utf-8", "klingon"])
def test_text_that_does_not_fit_its_charset_is_refused(charset: str) -> None:
    content = HEAD + part_of(f"text/plain; charset={charset}", b"caf\xe9 closed")
    assert "encoding" in refusal(content)


def test_the_encoding_that_the_user_names_is_for_mail_that_declares_none() -> None:
    content = HEAD + part_of("text/plain", b"caf\xe9 closed")
    assert read(content, encoding="cp1252").text.strip() == "café closed"
    assert "not valid UTF-8 (at byte 3)" in refusal(content)


def nested(depth: int) -> bytes:
    body = part_of("text/plain", WORDS)
    for n in range(depth):
        body = multi("mixed", body, edge=f"e{n}")
    return HEAD + body


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"The ferry struck the pier.\n\nIt sank.\n", "no mail: it has no line such as `From:`"),
        (HEAD, "no text in it"),
        (HEAD + PICTURE, "no text in it"),
        (HEAD + multi("mixed", FILE), "no text in it"),
        (HEAD + part_of("text/plain", b"Y2Fm!!!!w6k", "Content-Transfer-Encoding: base64"),
         "base64 is damaged"),
        (nested(200), "too many parts"),
        (HEAD + b"\n" * 1_500_000 + b"Content-Type: multipart/mixed\n" * 60, "too many parts"),
        (HEAD + multi("mixed", *[part_of("text/plain", "a")] * 6000), "too many parts"),
        (HEAD + part_of("text/plain" + ";a=" * 300_000, "a"), "too many parts"),
        (HEAD + part_of("text/plain; charset=punycode", b"\xff" + b"abc-z" * 200_000),
         "not valid UTF-8"),
        (HEAD + b"\n" + b"ferry " * 200_000, "larger than 1 MB"),
        (b"\n ", "empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_mail_that_can_t_be_taken_is_refused_at_once(content: bytes, reason: str) -> None:
    started = time.monotonic()
    assert reason in refusal(content, max_mb=1 if "larger" in reason else 20)
    assert time.monotonic() - started < 5


def test_parts_within_parts_are_read_as_deep_as_mail_ever_goes() -> None:
    assert read(nested(60)).text.strip() == WORDS.strip()


def box(
    *messages: bytes, mark: bytes = b"From news@post.example Fri May  3 23:30:00 2024"
) -> bytes:
    return b"".join(mark + b"\n" + message + b"\n" for message in messages)


def opened(content: bytes, max_mb: int = 20) -> list[Part | BadPart]:
    return list(mbox.articles(io.BytesIO(content), ReadOptions(max_mb=max_mb)))


SECOND = PLAIN.replace(b"<n1@", b"<n2@").replace(b"noon", b"night")


@pytest.mark.parametrize(
    "mark",
    [
        b"From news@post.example Fri May  3 23:30:00 2024",
        b"From - Fri May 03 23:30:00 2024",
        b"From 17979@xxx Fri May 03 23:30:00 +0000 2024",
        b"From MAILER-DAEMON Fri May  3 23:30 2024",
        b'From "The Post" Fri, 3 May 2024 23:30:00',
    ],
    ids=["plain", "Thunderbird", "Gmail", "no seconds", "comma"],
)
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_each_message_of_a_mailbox_is_an_article_named_by_its_id(
    mark: bytes, ending: bytes
) -> None:
    content = box(PLAIN, SECOND, mark=mark).replace(b"\n", ending)
    first, second = opened(content)
    assert isinstance(first, Part) and isinstance(second, Part)
    assert (first.key, second.key) == ("n1@post.example", "n2@post.example")
    assert "noon" in first.text and "night" in second.text and "From" not in first.text


def test_a_line_that_begins_with_from_is_no_end_of_a_message() -> None:
    body = (
        b"From the harbour:\n\nFrom Monday on, at 10:30, it is shut.\n>From here on.\n>> From a\n"
    )
    (part,) = opened(box(HEAD + b"\n" + body))
    assert isinstance(part, Part)
    assert part.text.strip() == body.decode().replace(">From here", "From here").strip()


def test_messages_without_an_id_or_with_one_used_before_are_named_by_their_place() -> None:
    nameless = PLAIN.replace(b"Message-ID: <n1@post.example>\n", b"")
    assert [part.key for part in opened(box(PLAIN, nameless, PLAIN))] == [
        "n1@post.example", "message 2", "message 3",
    ]  # fmt: skip


def test_a_bad_message_is_named_and_the_others_are_read() -> None:
    first, bad, last = opened(box(PLAIN, HEAD.replace(b"n1@", b"n3@"), SECOND))
    assert bad == BadPart("message 2 (line 12): no text in it", "n3@post.example")
    assert isinstance(first, Part) and isinstance(last, Part)


def test_a_file_that_is_no_mailbox_is_refused() -> None:
    with pytest.raises(RejectedFile, match="no mailbox"):
        opened(PLAIN)
    with pytest.raises(RejectedFile, match="no articles"):
        opened(b"\n\n")


class Large(io.RawIOBase):
    """A mailbox made as it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._next, self._pieces = b"", pieces

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        self._next = self._next or next(self._pieces, b"")
        piece, self._next = self._next[: len(buffer)], self._next[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize(
    "filler", [b"ferry " * 1000, (b"ferry " * 99 + b"\n") * 10], ids=["line", "lines"]
)
def test_a_message_that_is_too_large_is_passed_over_without_being_held(filler: bytes) -> None:
    pieces = [box(PLAIN), box(HEAD + b"\n"), *[filler] * 3000, b"\n\n", box(SECOND)]
    stream = io.BufferedReader(Large(iter(pieces)), 1 << 16)
    tracemalloc.start()
    first, bad, last = mbox.articles(stream, ReadOptions(max_mb=1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(first, Part) and isinstance(last, Part) and isinstance(bad, BadPart)
    assert bad.reason.startswith("message 2 (line 12): larger than 1 MB") and peak < 6_000_000


def test_a_mailbox_is_given_message_by_message() -> None:
    def pieces() -> Iterator[bytes]:
        yield box(PLAIN)
        yield box(SECOND)
        yield b" " * 200_000
        raise AssertionError("read to its end before the first message was given")

    parts = mbox.articles(io.BufferedReader(Large(pieces()), 1 << 10), ReadOptions())
    assert next(parts).key == "n1@post.example"


BASES = [
    PLAIN,
    HEAD + multi("mixed", ALTERNATIVE, FILE, PICTURE, edge="e2"),
    HEAD + part_of("text/plain; charset=utf-8", b"caf=C3=A9", "Content-Transfer-Encoding: base64"),
]


@hypothesis_settings(max_examples=100, deadline=3000)
@given(st.data())
def test_whatever_the_bytes_only_articles_and_reasons_come_of_mail(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(BASES) | st.binary(max_size=200)))
    marks = st.sampled_from([b"=?", b"?=", b"\n", b";", b'"', b"--e1", b"\0", b"*0*=", b"(", b"<"])
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, len(content)))
        put = data.draw(st.binary(max_size=4) | marks)
        content[at : at + data.draw(st.integers(0, 6))] = put
    try:
        part = read(bytes(content))
        assert part.text.encode() and str(part.stated).encode()
    except RejectedFile:
        pass
    for found in opened(box(PLAIN, bytes(content))):
        assert found.key
        if isinstance(found, BadPart):
            assert found.reason.startswith("message ")


@hypothesis_settings(max_examples=60, deadline=2000)
@given(st.sampled_from(["From", "Subject", "Date", "Content-Type"]), st.text(max_size=60))
def test_any_head_is_read(name: str, value: str) -> None:
    line = f"{name}: {value}".encode("utf-8", "ignore").replace(b"\n", b"").replace(b"\r", b"")
    with suppress(RejectedFile):
        assert str(read(b"X-A: b\nMessage-ID: <a>\n" + line + b"\n\nText.\n").stated).encode()
