"""The page's own addresses, and the guard before them. Gradio is not needed for either."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from ingest.pipeline import ingest
from rag.library import Library
from rag.settings import Settings, SettingsWithOrigins
from rag.standing import mark_of
from rag.types import Article
from tests.conftest import STORY
from tests.eval_factory import answer, article, cite, claim, quoted
from tests.test_page_html import NASTY, Shown, squeezed
from ui import passwords
from ui.chat.desk import Desk
from ui.chat.guard import Guard
from ui.chat.routes import page_routes
from ui.chat.words import ENGLISH, GERMAN
from ui.passwords import Cost
from ui.sign_in import SignIn
from ui.users import Users

PASSWORD = "a long enough password"
PAGE = {"accept": "text/html,*/*"}
FERRY = article()
HURT, HELM = cite(1, 0, FERRY), cite(2, 1, FERRY)
ASKED = replace(
    answer([quoted(HURT), quoted(HELM)], [HURT, HELM]),
    question='Who is </body><script>alert("é")</script>?',
)
WRITTEN = replace(
    answer([claim("It sank.", support="unsupported"), claim("Brandt steered.", 1)], [HELM]),
    question="Who?",
    writer="model",
    model="m",
)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", Cost(n=2**4, r=8, p=1))


@pytest.fixture(scope="module")
def desk(seeds_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(seeds_home, home)
    with Desk(home, SettingsWithOrigins(Settings(), {})) as desk:
        yield desk


@pytest.fixture(scope="module")
def seed(desk: Desk) -> Article:
    with Library(desk.home) as library:
        return max(library.articles(), key=lambda a: len(a.text))


async def _whole(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.method} {len(await request.body())}")


async def _kept(request: Request) -> PlainTextResponse:
    return PlainTextResponse("kept", headers={"ETag": '"1"', "X-Frame-Options": "DENY"})


async def _broken(request: Request) -> PlainTextResponse:
    raise RuntimeError("broken")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("in")
    await socket.close()


OTHERS = [
    Route("/", _whole, methods=["GET", "POST", "PUT", "DELETE", "OPTIONS"]),
    Route("/gradio_api/upload", _whole, methods=["POST"]),
    Route("/kept", _kept),
    Route("/broken", _broken),
    WebSocketRoute("/socket", _socket),
]
"""What stands for Gradio's."""


def browser_on(
    desk: Desk, users: Users | None = None, *, only_local: bool = True, upload: int = 10_000_000
) -> TestClient:
    sign_in = SignIn(users) if users else None

    def user_of(request: Any) -> str | None:
        if sign_in is None:
            return ""
        user = sign_in.signed_in(request)
        return user.name if user else None

    routes = [*page_routes(desk, user_of), *(sign_in.routes if sign_in else []), *OTHERS]
    app = Guard(
        Starlette(routes=routes),
        only_local=only_local,
        user_of=user_of if users else None,
        largest_upload=upload,
    )
    return TestClient(
        app,
        base_url="http://localhost:7860",
        raise_server_exceptions=False,
        follow_redirects=False,
    )


@pytest.fixture
def client(desk: Desk) -> TestClient:
    """A browser where nobody signs in."""
    return browser_on(desk)


@pytest.fixture
def of(desk: Desk, home: Path) -> Callable[[str], TestClient]:
    """Opens the browser of a user; of nobody, where the name is empty."""
    users = Users(home)

    def opened(name: str) -> TestClient:
        browser = browser_on(desk, users)
        if name:
            users.add(name, PASSWORD)
            entered = browser.post("/sign-in", data={"name": name, "password": PASSWORD})
            assert entered.status_code == 303
        return browser

    return opened


def policy(text: str) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in text.split(";") if part.strip())
    return {name: rest for name, _, rest in parts}


# --- the guard: whose request ------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:7860", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:7860"],
)
def test_this_machine_is_heard_by_each_of_its_names(host: str, client: TestClient) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:7860", "localhost.evil.example", "127.0.0.1.evil.example",
        "localhost@evil.example", "192.168.1.2", "0.0.0.0", "", "[::1", "[evil]", "::1]", "%00",
    ],
)  # fmt: skip
def test_a_page_that_calls_this_machine_by_another_name_is_not(
    host: str, client: TestClient
) -> None:
    reply = client.get("/article/x", headers={"host": host})
    assert reply.status_code == 421 and len(reply.text.splitlines()) == 1


def test_a_server_for_others_is_heard_by_any_name(desk: Desk) -> None:
    client = browser_on(desk, only_local=False)
    assert client.get("/", headers={"host": "news.example"}).status_code == 200
    assert client.get("/", headers={"host": "[::1"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost"},
        {"origin": "http://localhost:7861"},
        {"origin": "http://evil.example:7860"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://[evil"},
        {"origin": "http://localhost:7860@evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "odd"},
        {"sec-fetch-site": "cross-site", "origin": "http://localhost:7860"},
        {"sec-fetch-site": "same-origin", "origin": "http://evil.example"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_another_sites_page_changes_nothing(
    method: str, headers: dict[str, str], client: TestClient
) -> None:
    assert client.request(method, "/", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://localhost:7860"},
        {"origin": "https://LOCALHOST:7860"},
        {"sec-fetch-site": "same-origin", "origin": "http://localhost:7860"},
        {"sec-fetch-site": "none"},
    ],
)
def test_the_pages_own_requests_are_heard(headers: dict[str, str], client: TestClient) -> None:
    assert client.post("/", headers=headers).text == "POST 0"


def test_a_link_from_another_site_may_lead_here(client: TestClient) -> None:
    assert client.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_an_origin_of_no_host_is_not_that_of_a_request_without_one(desk: Desk) -> None:
    client = browser_on(desk, only_local=False)
    assert client.post("/", headers={"host": "", "origin": "null"}).status_code == 403


def test_no_socket_is_opened(client: TestClient) -> None:
    """Neither the names nor the sign-in would be looked at."""
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket"):
        pass


# --- the guard: how much -----------------------------------------------------------------------


def sent(client: TestClient, path: str, length: str, **headers: str) -> Any:
    return client.post(path, content=b"", headers={"content-length": length, **headers})


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("/", "4000000", 200),
        ("/", "4000001", 413),
        ("/", "9" * 5000, 413),
        ("/", "-1", 413),
        ("/", "1e3", 413),
        ("/", "", 413),
        ("/gradio_api/upload", "10000000", 200),
        ("/gradio_api/upload", "10000001", 413),
    ],
)
def test_a_request_may_be_only_so_large(
    path: str, length: str, status: int, client: TestClient
) -> None:
    assert sent(client, path, length).status_code == status


def test_odd_digits_are_no_length(desk: Desk) -> None:
    """No client sends them, so the guard is asked itself."""
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-length", "²".encode("latin-1"))],
    }
    app = browser_on(desk).app

    async def ask() -> None:
        await app(scope, receive, send)

    asyncio.run(ask())
    assert said[0]["status"] == 413


def test_a_request_has_to_say_how_long_it_is(client: TestClient) -> None:
    reply = client.post("/", content=iter([b"x" * 1000] * 3))
    assert reply.request.headers["transfer-encoding"] == "chunked"
    assert reply.status_code == 411


# --- the guard: what every reply carries -------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {}, 200),
        ("GET", "/health", {}, 200),
        ("GET", "/nowhere", {}, 404),
        ("PATCH", "/", {}, 405),
        ("GET", "/broken", {}, 500),
        ("GET", "/", {"host": "evil.example"}, 421),
        ("POST", "/", {"origin": "http://evil.example"}, 403),
        ("POST", "/", {"content-length": "99999999"}, 413),
        ("GET", "/article/none", {}, 404),
        ("GET", "/answer/none.md", {}, 404),
        ("GET", "/evaluation", {}, 404),
    ],
)
def test_every_reply_carries_the_headers(
    method: str, path: str, headers: dict[str, str], status: int, client: TestClient
) -> None:
    reply = client.request(method, path, headers=headers)
    assert reply.status_code == status
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["x-frame-options"] == "SAMEORIGIN"
    assert reply.headers["referrer-policy"] == "same-origin"
    assert reply.headers["cross-origin-resource-policy"] == "same-origin"
    assert reply.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in reply.headers["permissions-policy"]
    assert reply.headers["cache-control"] == "no-store"
    rules = policy(reply.headers["content-security-policy"])
    assert rules["default-src"] in ("'self'", "'none'")
    assert rules["frame-ancestors"] == "'self'"
    assert "http:" not in str(rules) and "*" not in str(rules)
    assert "traceback" not in reply.text.lower() and "RuntimeError" not in reply.text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/article/x", "/broken"])
def test_who_is_turned_away_gets_the_headers_too(
    path: str, of: Callable[[str], TestClient]
) -> None:
    reply = of("").get(path, headers=PAGE)
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "default-src" in reply.headers["content-security-policy"]
    assert reply.headers["cache-control"] == "no-store"


def test_what_a_reply_says_of_itself_counts(client: TestClient) -> None:
    reply = client.get("/kept")
    assert reply.headers["x-frame-options"] == "DENY"
    assert "cache-control" not in reply.headers


# --- the guard: who is signed in ---------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/", "/article/x", "/answer/x.md", "/answer/x/claim/0", "/conversation/x.md", "/evaluation",
     "/gradio_api/info", "/nowhere", "/sign-in/x", "/health/x", "//health"],
)  # fmt: skip
def test_nobody_sees_anything_before_signing_in(path: str, of: Callable[[str], TestClient]) -> None:
    browser = of("")
    led = browser.get(path, headers=PAGE)
    wanted = urlencode({"next": led.url.path})
    assert (led.status_code, led.headers["location"]) == (303, f"/sign-in?{wanted}")
    fetched = browser.get(path, headers={"accept": "*/*"})
    assert (fetched.status_code, fetched.text) == (401, "Sign in first.")
    assert browser.post(path, headers=PAGE).status_code == 401


def test_signing_in_and_whether_all_is_well_are_open_to_all(
    of: Callable[[str], TestClient],
) -> None:
    browser = of("")
    assert browser.get("/sign-in", headers=PAGE).status_code == 200
    assert browser.get("/health").status_code == 200


def test_who_signed_in_is_heard_until_they_sign_out(of: Callable[[str], TestClient]) -> None:
    browser = of("Ada")
    assert browser.get("/").text == "GET 0"
    assert browser.post("/sign-out").status_code == 303
    assert browser.get("/").status_code == 401


def test_a_user_who_was_removed_is_heard_no_more(
    of: Callable[[str], TestClient], home: Path
) -> None:
    browser = of("Ada")
    Users(home).remove("Ada")
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize(
    "path", ["/article/x", "/answer/x.md", "/answer/x/claim/0", "/conversation/x.md", "/evaluation"]
)
def test_the_routes_themselves_ask_who_it_is(path: str, desk: Desk) -> None:
    """They do not rest on the guard."""
    bare = TestClient(Starlette(routes=page_routes(desk, lambda _: None)))
    assert bare.get(path).status_code == 401


# --- answers and conversations -----------------------------------------------------------------


@pytest.fixture
def turn(desk: Desk) -> str:
    """An answer of nobody in particular, in a conversation of its own."""
    return desk.history.add("", desk.history.start("", "T"), ASKED).id


@pytest.mark.parametrize(
    ("kind", "media"),
    [
        ("md", "text/markdown; charset=utf-8"),
        ("html", "text/html; charset=utf-8"),
        ("json", "application/json"),
    ],
)
def test_an_answer_is_taken_away_in_each_form(
    kind: str, media: str, client: TestClient, turn: str
) -> None:
    reply = client.get(f"/answer/{turn}.{kind}")
    assert reply.headers["content-type"] == media
    assert "Fourteen people were hurt" in reply.text
    name = f"Who-is-body-script-alert-e-script.{kind}"
    assert reply.headers["content-disposition"] == f'attachment; filename="{name}"'
    if kind == "json":
        assert json.loads(reply.text)["answers"][0]["question"] == ASKED.question
    if kind == "html":
        assert "<script" not in reply.text


def test_a_page_that_is_taken_away_may_do_nothing(client: TestClient, turn: str) -> None:
    rules = policy(client.get(f"/answer/{turn}.html").headers["content-security-policy"])
    assert rules["default-src"] == "'none'" and "script-src" not in rules


@pytest.mark.parametrize("what", ["answer", "conversation"])
def test_a_page_to_print_runs_one_script_and_every_policy_lets_it(
    what: str, client: TestClient, desk: Desk
) -> None:
    conversation = desk.history.start("", "T")
    kept = desk.history.add("", conversation, ASKED)
    path = f"/{what}/{kept.id if what == 'answer' else conversation}.html?print=1"
    reply = client.get(path)
    assert "content-disposition" not in reply.headers
    shown = Shown(reply.text)
    ((_, attributes, script),) = [e for e in shown.elements if e[0] == "script"]
    assert "".join(script) == "addEventListener('load', () => print())"
    nonce = attributes["nonce"]
    assert nonce and len(nonce) >= 20
    metas = [a["content"] for _, a, _ in shown.elements if a.get("http-equiv")]
    policies = [reply.headers["content-security-policy"], *filter(None, metas)]
    assert len(policies) == 2
    for each in map(policy, policies):
        assert each["script-src"] == f"'nonce-{nonce}'" and each["default-src"] == "'none'"
    assert nonce not in client.get(path).text


def test_only_a_page_can_be_printed(client: TestClient, turn: str) -> None:
    reply = client.get(f"/answer/{turn}.md?print=1")
    assert "print()" not in reply.text and "content-disposition" in reply.headers


def test_a_conversation_is_taken_away_whole(client: TestClient, desk: Desk) -> None:
    conversation = desk.history.start("", 'Ferries "& more"')
    for one in (ASKED, WRITTEN):
        desk.history.add("", conversation, one)
    told = json.loads(client.get(f"/conversation/{conversation}.json").text)
    assert told["title"] == 'Ferries "& more"' and len(told["answers"]) == 2
    reply = client.get(f"/conversation/{conversation}.md")
    assert reply.headers["content-disposition"] == 'attachment; filename="Ferries-more.md"'
    assert "Brandt steered." in reply.text


@pytest.mark.parametrize("kind", ["md", "html", "json"])
def test_a_conversation_without_turns_is_taken_away_empty(
    kind: str, client: TestClient, desk: Desk
) -> None:
    conversation = desk.history.start("", "Empty")
    assert client.get(f"/conversation/{conversation}.{kind}").status_code == 200


@pytest.mark.parametrize("title", NASTY)
def test_no_title_gets_into_the_headers(title: str, client: TestClient, desk: Desk) -> None:
    title = title.replace("\ud800", "")
    conversation = desk.history.start("", title)
    reply = client.get(f"/conversation/{conversation}.md")
    assert re.fullmatch(
        r'attachment; filename="[0-9A-Za-z-]+\.md"', reply.headers["content-disposition"]
    )


def test_a_claim_is_copied_with_its_source(client: TestClient, desk: Desk, turn: str) -> None:
    reply = client.get(f"/answer/{turn}/claim/1")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Captain Ilya Brandt" in reply.text and "Harbour Post, 3 May 2024" in reply.text
    assert "Fourteen" not in reply.text
    kept = desk.history.add("", desk.history.start("", "T"), replace(WRITTEN, citations=(HURT,)))
    texts = [client.get(f"/answer/{kept.id}/claim/{n}").text for n in range(2)]
    assert texts[0] == "It sank. (not carried by the articles)"
    assert texts[1].startswith("Brandt steered.\n\nHarbour Post, 3 May 2024: “Fourteen")


@pytest.mark.parametrize(
    "path",
    [
        "/answer/{turn}.pdf", "/answer/{turn}.", "/answer/{turn}.md.md", "/answer/{turn}",
        "/answer/none.md", "/answer/none/claim/0", "/answer/{turn}/claim/2",
        "/answer/{turn}/claim/-1", "/answer/{turn}/claim/x", "/answer/{turn}/claim/99999999999999",
        "/answer/%27%20OR%201=1.md", "/answer/..%2F..%2Flibrary.db", "/answer/{turn}%00.md",
        "/conversation/none.md", "/conversation/{turn}.md", "/article/none", "/article/%2e%2e",
        "/article/%F0%9F%9A%A2", "/article/a%25", "/article/",
    ],
)  # fmt: skip
def test_what_is_not_there_is_told_in_a_line(path: str, client: TestClient, turn: str) -> None:
    reply = client.get(path.format(turn=turn))
    assert reply.status_code == 404
    assert len(reply.text.splitlines()) == 1
    assert reply.headers["content-type"].startswith("text/plain")


def test_nobody_takes_away_what_another_asked(
    of: Callable[[str], TestClient], desk: Desk, turn: str
) -> None:
    ada, bob = of("Ada"), of("Bob")
    conversation = desk.history.start("Ada", "Hers")
    hers = desk.history.add("Ada", conversation, ASKED).id
    for path in (
        f"/answer/{hers}.md",
        f"/answer/{hers}.html?print=1",
        f"/answer/{hers}/claim/0",
        f"/conversation/{conversation}.json",
    ):
        assert ada.get(path).status_code == 200
        refused = bob.get(path)
        assert refused.status_code == 404 and "Fourteen" not in refused.text
    # Nor what was asked before there were users.
    assert ada.get(f"/answer/{turn}.md").status_code == 404


def test_a_deleted_conversation_is_not_to_be_had(client: TestClient, desk: Desk) -> None:
    conversation = desk.history.start("", "T")
    turn = desk.history.add("", conversation, ASKED).id
    desk.history.delete("", conversation)
    for path in (f"/conversation/{conversation}.md", f"/answer/{turn}.md"):
        assert client.get(path).status_code == 404


# --- articles ----------------------------------------------------------------------------------


def body(reply: Any) -> Shown:
    return Shown(reply.text[reply.text.index('<div class="cw-text">') :].partition("</main>")[0])


def test_an_article_is_a_page_that_leads_to_the_words(client: TestClient, seed: Article) -> None:
    start = len(seed.text) // 2
    reply = client.get(f"/article/{seed.id}?start={start}&end={start + 40}")
    assert reply.text.startswith("<!doctype html>")
    shown = body(reply)
    assert squeezed("".join(shown.all("mark"))) == squeezed(seed.text[start : start + 40])
    assert squeezed(shown.text) == squeezed(seed.text)
    assert policy(reply.headers["content-security-policy"])["default-src"] == "'none'"


def test_a_part_is_what_surrounds_the_words_or_the_whole(client: TestClient, seed: Article) -> None:
    start = len(seed.text) // 2
    at = f"/article/{seed.id}?start={start}&end={start + 40}"
    context, whole = client.get(f"{at}&part=context"), client.get(f"{at}&part=whole")
    assert "<!doctype" not in context.text + whole.text
    assert len(context.text) < len(whole.text)
    assert squeezed(body(whole).text) == squeezed(seed.text)
    assert body(context).all("mark") == body(whole).all("mark")


@pytest.mark.parametrize(
    "where",
    ["", "start=5", "end=5", "start=5&end=5", "start=9&end=5", "start=-3&end=5", "start=a&end=b",
     "start=0&end=99999999", "start=1e3&end=2e3", "start=&end=", "start=" + "9" * 5000 + "&end=1",
     "start=0.5&end=7", "start=5&start=9&end=7", "part=odd"],
)  # fmt: skip
def test_odd_offsets_mark_nothing_and_break_nothing(
    where: str, client: TestClient, seed: Article
) -> None:
    reply = client.get(f"/article/{seed.id}?{where}")
    assert reply.status_code == 200 and body(reply).all("mark") == []


def test_words_are_shown_in_the_version_that_had_them(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()

    def take(text: str) -> Article:
        (folder / "a.txt").write_text(text)
        ingest(home, [folder], Settings())
        with Library(home) as library:
            (article,) = library.articles()
        return article

    old, words = take(STORY), "fourteen people"
    start = old.text.index(words)
    at = f"/article/{old.id}?start={start}&end={start + len(words)}&words={mark_of(words)}"
    with Desk(home, SettingsWithOrigins(Settings(), {})) as desk:
        client = browser_on(desk)
        assert body(client.get(at)).all("mark") == [words]
        assert 'role="note"' not in client.get(at).text
        take(STORY.replace("fourteen", "fifteen"))
        reply = client.get(at)
        assert body(reply).all("mark") == [words]
        assert "its text up to" in reply.text
        gone = client.get(at.replace(mark_of(words), mark_of("other words")))
        assert body(gone).all("mark") == []
        assert ENGLISH.words_gone in gone.text and "fifteen people" in gone.text


def test_an_article_is_told_in_the_readers_language(client: TestClient, seed: Article) -> None:
    reply = client.get(f"/article/{seed.id}", headers={"accept-language": "de-AT"})
    assert '<html lang="de">' in reply.text and GERMAN.back in reply.text
    gone = client.get("/article/none", headers={"accept-language": "de"})
    assert gone.text == GERMAN.evidence_gone


# --- the report and the state ------------------------------------------------------------------


@pytest.fixture
def fresh(home: Path) -> Iterator[TestClient]:
    """A browser on a home with nothing in it."""
    with Desk(home, SettingsWithOrigins(Settings(), {})) as desk:
        yield browser_on(desk)


def test_the_last_report_runs_its_own_script_and_no_more(fresh: TestClient, home: Path) -> None:
    assert fresh.get("/evaluation").status_code == 404
    (home / "report").mkdir()
    (home / "report" / "report.html").write_text("<p>Précision</p>", encoding="utf-8")
    reply = fresh.get("/evaluation")
    assert reply.text == "<p>Précision</p>"
    rules = policy(reply.headers["content-security-policy"])
    assert rules["default-src"] == "'none'" and rules["sandbox"] == "allow-scripts"


@pytest.mark.parametrize("content", [b"\xff\xfe\xff", None])
def test_a_report_that_cannot_be_read_is_told(
    content: bytes | None, fresh: TestClient, home: Path
) -> None:
    path = home / "report" / "report.html"
    path.mkdir(parents=True) if content is None else path.parent.mkdir()
    if content is not None:
        path.write_bytes(content)
    assert fresh.get("/evaluation").status_code == 404


def test_the_state_of_a_library_is_told(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok", "articles": 5, "indexes": "current"}


def test_looking_at_a_home_without_a_library_makes_none(fresh: TestClient, home: Path) -> None:
    assert fresh.get("/health").json() == {"status": "ok", "articles": 0, "indexes": "missing"}
    gone = fresh.get("/article/a123")
    assert (gone.status_code, gone.text) == (404, ENGLISH.evidence_gone)
    assert not (home / "library.db").exists()


def test_a_damaged_library_is_a_fault_told_in_a_line(fresh: TestClient, home: Path) -> None:
    (home / "library.db").write_bytes(b"x" * 10_000)
    health = fresh.get("/health")
    assert health.status_code == 503 and health.json()["status"] == "fault"
    reply = fresh.get("/article/a123")
    assert reply.status_code == 500 and len(reply.text.splitlines()) == 1


def test_the_routes_and_the_guard_need_no_gradio() -> None:
    import subprocess
    import sys

    code = (
        "import sys, ui.chat.routes, ui.chat.guard, ui.chat.asking, ui.chat.library_actions;"
        "sys.exit('gradio' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
