"""Signing in: who may, who must wait, and what a browser is told."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from ui import passwords, sessions, throttle
from ui.passwords import Cost
from ui.sessions import IDLE_SECONDS, LONGEST_SECONDS, Sessions
from ui.sign_in import COOKIE, SignIn, local_path
from ui.sign_in_page import SignInTexts
from ui.throttle import ADDRESS_TRIES, NAME_TRIES, WINDOW_SECONDS, Throttle
from ui.users import User, Users

PASSWORD = "a long — пароль 密码"


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", Cost(n=2**4, r=8, p=1))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def users(home: Path) -> Users:
    users = Users(home)
    users.add("Ada", PASSWORD)
    users.add("Björn", PASSWORD, "editor")
    return users


@pytest.fixture
def sign_in(users: Users, clock: Clock) -> SignIn:
    return SignIn(users, Sessions(clock), throttle=Throttle(clock))


def app_of(sign_in: SignIn, at: str = "") -> Starlette:
    async def who(request: Request) -> PlainTextResponse:
        user = sign_in.signed_in(request)
        return PlainTextResponse(f"{user.name}, {user.role}" if user else "nobody")

    routes = [Mount(at, routes=sign_in.routes)] if at else sign_in.routes
    return Starlette(routes=[Route("/who", who), *routes])


Browser = Callable[..., TestClient]


@pytest.fixture
def browser(sign_in: SignIn) -> Browser:
    """Opens a browser of its own, with no cookies."""

    def opened(base: str = "http://testserver", address: str = "192.0.2.1") -> TestClient:
        return TestClient(
            app_of(sign_in), base_url=base, client=(address, 50000), follow_redirects=False
        )

    return opened


def enter(
    client: TestClient,
    name: str = "Ada",
    password: str = PASSWORD,
    headers: dict[str, str] | None = None,
    **fields: str,
) -> Any:
    data = {"name": name, "password": password, **fields}
    return client.post("/sign-in", data=data, headers=headers)


def who(client: TestClient) -> str:
    return str(client.get("/who").text)


# --- signing in and out ----------------------------------------------------------------------


def test_a_right_password_signs_in_and_signing_out_ends_it(browser: Browser) -> None:
    client = browser()
    assert who(client) == "nobody"
    response = enter(client, "bjo\u0308rn ")
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert who(client) == "Björn, editor"
    token = client.cookies[COOKIE]
    gone = client.post("/sign-out")
    assert (gone.status_code, gone.headers["location"]) == (303, "/sign-in")
    assert COOKIE not in client.cookies
    assert who(client) == "nobody"
    client.cookies.set(COOKIE, token)
    assert who(client) == "nobody", "the token is dead, not only forgotten"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    flags = enter(browser()).headers["set-cookie"].lower()
    assert "httponly" in flags and "samesite=strict" in flags and "path=/;" in flags + ";"
    assert "secure" not in flags
    https = enter(browser("https://testserver")).headers["set-cookie"].lower()
    assert "; secure" in https and "httponly" in https


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Ada", "wrong password"),
        ("nobody", PASSWORD),
        ("", ""),
        ("x" * 5_000, PASSWORD),
        ("Ada", ""),
    ],
    ids=["password", "name", "nothing", "long", "no password"],
)
def test_what_was_wrong_is_not_said(browser: Browser, name: str, password: str) -> None:
    client = browser()
    response = enter(client, name, password, next="/there")
    alert = re.search(r'role="alert"[^>]*>(.*?)<', response.text)
    assert response.status_code == 401
    assert alert and alert[1] == "The name or the password is wrong."
    assert "set-cookie" not in response.headers
    assert 'value="/there"' in response.text
    assert not password or password not in response.text
    assert who(client) == "nobody"


def test_each_signing_in_has_a_new_token_and_ends_the_browsers_old_one(browser: Browser) -> None:
    client = browser()
    client.cookies.set(COOKIE, "planted-by-another")
    tokens = []
    for _ in range(2):
        enter(client)
        tokens.append(client.cookies.get(COOKIE, domain="testserver.local"))
    assert len({*tokens, "planted-by-another"}) == 3
    for old in ("planted-by-another", tokens[0]):
        other = browser()
        other.cookies.set(COOKIE, str(old))
        assert who(other) == "nobody"


def test_a_removed_user_is_out_with_the_next_request(browser: Browser, users: Users) -> None:
    client = browser()
    enter(client)
    assert who(client) == "Ada, reader"
    users.set_role("Ada", "editor")
    assert who(client) == "Ada, editor"
    users.remove("Ada")
    assert who(client) == "nobody"
    users.add("Ada", PASSWORD)
    assert who(client) == "nobody", "this is another Ada"


def test_another_password_ends_the_sessions_of_the_old_one(browser: Browser, users: Users) -> None:
    one, two = browser(), browser()
    enter(one)
    enter(two, "Björn")
    users.set_password("Ada", "another password")
    assert (who(one), who(two)) == ("nobody", "Björn, editor")
    assert enter(one).status_code == 401
    assert enter(one, "Ada", "another password").status_code == 303


def test_a_damaged_users_file_lets_nobody_in_and_says_so_to_the_operator(
    browser: Browser, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = browser()
    enter(client)
    (home / "users.json").write_text("{")
    assert who(client) == "nobody"
    for _ in range(NAME_TRIES + 1):
        assert enter(client).status_code == 503
    assert "users.json is damaged" in caplog.text and "Traceback" not in caplog.text


@pytest.mark.parametrize("token", ["", "x", '"', "é", "a" * 4_000])
def test_a_cookie_that_is_none_of_ours_is_nobody(browser: Browser, token: str) -> None:
    response = browser().get("/who", headers=[(b"Cookie", f"{COOKIE}={token}".encode())])
    assert response.text == "nobody"


# --- where it leads --------------------------------------------------------------------------

LOCAL = ["/", "/chat", "/chat?id=7&x=/y", "/a/b#c", "/日本", "/%5Cevil", "/@evil.example"]
ELSEWHERE = [
    "",
    "chat",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/ /evil.example",
    "\t//evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/\x00",
    "/\r\nSet-Cookie: a=b",
    "/\ud800",
    "/\u202e",
]


@pytest.mark.parametrize("path", LOCAL)
def test_a_path_of_this_server_is_gone_back_to(browser: Browser, path: str) -> None:
    assert local_path(path)
    response = enter(browser(), next=path)
    assert httpx.URL(response.headers["location"]) == httpx.URL(path)


@pytest.mark.parametrize("path", ELSEWHERE, ids=ascii)
def test_a_path_to_elsewhere_is_not_followed(browser: Browser, path: str) -> None:
    assert not local_path(path)
    if "\ud800" in path:
        return
    client = browser()
    assert 'name="next" value="/"' in client.get("/sign-in", params={"next": path}).text
    assert enter(client, next=path).headers["location"] == "/"
    shown = client.get("/sign-in", params={"next": path}).text
    assert 'class="go-on" href="/"' in shown


def test_below_a_prefix_nothing_leads_out_of_it(sign_in: SignIn) -> None:
    client = TestClient(app_of(sign_in, at="/account"), root_path="/news", follow_redirects=False)
    response = client.post("/news/account/sign-in", data={"name": "Ada", "password": PASSWORD})
    assert (response.status_code, response.headers["location"]) == (303, "/news/")
    assert "Path=/news;" in response.headers["set-cookie"]
    out = client.post("/news/account/sign-out")
    assert out.headers["location"] == "/news/account/sign-in"
    assert "Path=/news;" in out.headers["set-cookie"]


# --- other sites -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver:81"},
        {"Origin": "http://[", "Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Origin": "", "Host": ""},
    ],
    ids=str,
)
def test_a_form_from_another_site_is_refused(browser: Browser, headers: dict[str, str]) -> None:
    client = browser()
    response = enter(client, headers=headers)
    assert response.status_code == 403
    assert "came from another site" in response.text
    assert COOKIE not in client.cookies
    enter(client)
    assert client.post("/sign-out", headers=headers).status_code == 403
    assert who(client) == "Ada, reader"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://testserver"},
        {"Origin": "https://TestServer"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://public.example"},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
def test_a_form_of_this_server_is_taken(browser: Browser, headers: dict[str, str]) -> None:
    assert enter(browser(), headers=headers).status_code == 303


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"name=Ada&password=" + b"x" * 20_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=b" % n for n in range(99)), "application/x-www-form-urlencoded"),
        (b'{"name": "Ada"}', "application/json"),
        (b"name=Ada", "text/plain"),
        (b"name=Ada", ""),
    ],
    ids=["large", "fields", "json", "text", "no type"],
)
def test_what_no_form_of_ours_sends_is_refused(browser: Browser, content: bytes, kind: str) -> None:
    response = browser().post("/sign-in", content=content, headers={"Content-Type": kind})
    assert response.status_code == 400
    assert "could not be read" in response.text


def test_a_form_that_is_not_utf_8_is_a_wrong_password(browser: Browser) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded; charset=latin-1"}
    body = b"name=\xff%ff%ED%A0%80&password=\xfe"
    assert browser().post("/sign-in", content=body, headers=kind).status_code == 401


# --- waiting ---------------------------------------------------------------------------------


def test_after_five_wrong_tries_a_name_waits_whatever_its_password(
    browser: Browser, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser()
    for name in ("Ada", "ADA", "ada ", "\uff21da", "ada"):
        assert enter(client, name, "wrong password").status_code == 401
        clock.now += 60
    monkeypatch.setattr(Users, "check", lambda *_: pytest.fail("the password was checked"))
    elsewhere = browser(address="198.51.100.7")
    response = enter(elsewhere)
    assert response.status_code == 429
    assert response.headers["retry-after"] == "600"
    assert "Too many wrong tries. Try again in 10 min." in response.text
    monkeypatch.undo()
    assert enter(elsewhere, "Björn").status_code == 303
    clock.now += 600
    assert enter(elsewhere).status_code == 303


def test_a_right_password_starts_a_names_count_anew(browser: Browser) -> None:
    client = browser()
    for _ in range(3):
        for _ in range(NAME_TRIES - 1):
            assert enter(client, password="wrong password").status_code == 401
        assert enter(client).status_code == 303


def test_after_twenty_wrong_tries_an_address_waits_whomever_it_names(
    browser: Browser, clock: Clock
) -> None:
    client = browser()
    for n in range(ADDRESS_TRIES):
        assert enter(client, f"guess {n}").status_code == 401
        if n % 4 == 0:
            assert enter(client, "Björn").status_code == 303, "one's own password buys nothing"
    assert enter(client, "Björn").status_code == 429
    assert enter(browser(address="192.0.2.2"), "Björn").status_code == 303
    clock.now += WINDOW_SECONDS
    assert enter(client, "Björn").status_code == 303


def test_an_unknown_name_waits_like_a_known_one(browser: Browser) -> None:
    client = browser()
    codes = [enter(client, "nobody").status_code for _ in range(NAME_TRIES + 1)]
    assert codes == [401] * NAME_TRIES + [429]


def test_tries_at_once_are_not_more_than_tries_in_turn(sign_in: SignIn) -> None:
    async def all_at_once() -> list[int]:
        async with client_of(sign_in) as client:
            data = {"name": "Ada", "password": "wrong password"}
            tries = [client.post("/sign-in", data=data) for _ in range(15)]
            return [response.status_code for response in await asyncio.gather(*tries)]

    assert sorted(asyncio.run(all_at_once())) == [401] * NAME_TRIES + [429] * 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "", True),
        ("unix", "other", False),
    ],
)
def test_a_households_addresses_are_one(one: str, other: str, same: bool) -> None:
    limit = Throttle(Clock())
    for n in range(ADDRESS_TRIES):
        assert limit.begin(f"guess {n}", one) == 0
    assert (limit.begin("another", other) > 0) == same


def test_a_try_that_must_wait_does_not_make_the_wait_longer() -> None:
    clock = Clock()
    limit = Throttle(clock)
    for _ in range(NAME_TRIES):
        limit.begin("ada", "192.0.2.1")
    clock.now += 100
    assert [limit.begin("ada", "192.0.2.2") for _ in range(50)] == [WINDOW_SECONDS - 100] * 50
    clock.now += WINDOW_SECONDS - 100
    assert limit.begin("ada", "192.0.2.2") == 0


def test_what_is_remembered_of_tries_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_MOST", 10)
    limit = Throttle(Clock())
    for n in range(100):
        limit.begin(f"guess {n}", f"192.0.2.{n}")
    assert len(limit._names) == len(limit._addresses) == 10


# --- the event loop --------------------------------------------------------------------------


class SlowUsers(Users):
    """Counts how many passwords are checked at a time."""

    at_once = most_at_once = 0
    may_go_on = threading.Event()
    lock = threading.Lock()

    def check(self, name: str, password: str) -> User | None:
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
        assert self.may_go_on.wait(5)
        time.sleep(0.02)
        with self.lock:
            self.at_once -= 1
        return super().check(name, password)


def client_of(sign_in: SignIn) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app_of(sign_in))
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")


def test_others_are_served_while_passwords_are_checked_two_at_a_time(
    users: Users, home: Path
) -> None:
    slow = SlowUsers(home)
    assert users.all()

    async def morning() -> list[int]:
        async with client_of(SignIn(slow)) as client:
            entering = [
                asyncio.create_task(
                    client.post("/sign-in", data={"name": f"guess {n}", "password": PASSWORD})
                )
                for n in range(6)
            ]
            await asyncio.sleep(0.05)
            assert (await client.get("/sign-in")).status_code == 200
            assert not any(task.done() for task in entering)
            slow.may_go_on.set()
            return [response.status_code for response in await asyncio.gather(*entering)]

    assert asyncio.run(morning()) == [401] * 6
    assert slow.most_at_once == 2


# --- the page --------------------------------------------------------------------------------


def test_the_page_asks_nobody_for_anything_and_runs_no_script(browser: Browser) -> None:
    response = browser().get("/sign-in")
    assert response.status_code == 200
    assert not re.search(r"https?:|<script|@import|url\(|\son\w+=", response.text)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script" not in policy and "unsafe" not in policy
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    assert nonce and response.text.count(f'nonce="{nonce[1]}"') == 1
    assert nonce[1] not in browser().get("/sign-in").text
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "same-origin"


def test_every_field_has_a_label_and_says_what_it_is_for(browser: Browser) -> None:
    page = browser().get("/sign-in").text
    fields = dict(re.findall(r'<input id="(\w+)"([^>]*)>', page))
    assert set(fields) == {"name", "password"} == set(re.findall(r'<label for="(\w+)"', page))
    assert "autofocus" in fields["name"] and "autofocus" not in fields["password"]
    assert 'autocomplete="username"' in fields["name"]
    assert 'autocomplete="current-password"' in fields["password"]
    assert 'role="alert"' not in page
    wrong = enter(browser(), "Ada", "wrong password").text
    assert wrong.count('aria-describedby="error"') == 2
    assert '<html lang="en" dir="ltr">' in wrong and "<title>The name or the password" in wrong


@pytest.mark.parametrize("name", ['"><script>alert(1)</script>', "' onfocus='x", "{{ 7 * 7 }}"])
def test_what_was_typed_is_shown_as_text(browser: Browser, name: str) -> None:
    page = enter(browser(), name, "wrong password", next=f"/{name.replace(' ', '')}").text
    assert name not in page or name.startswith("{{")
    assert "<script" not in page and "49" not in re.findall(r'value="([^"]*)"', page)


def test_whoever_is_signed_in_is_offered_to_go_on_or_to_sign_out(
    browser: Browser, users: Users
) -> None:
    users.add("<b>{name}</b>", PASSWORD)
    client = browser()
    enter(client, "<b>{name}</b>")
    page = client.get("/sign-in", params={"next": "/chat?a=1&b=2"}).text
    assert "You are signed in as &lt;b&gt;{name}&lt;/b&gt;." in page
    assert 'href="/chat?a=1&amp;b=2"' in page and 'action="sign-out"' in page
    assert "password" not in page.partition("<body>")[2]


def test_the_words_can_be_had_in_another_language(users: Users) -> None:
    texts = SignInTexts(language="he", direction="rtl", title="כניסה", wrong="שגיאה")
    client = TestClient(app_of(SignIn(users, texts=texts)))
    page = enter(client, "Ada", "wrong password").text
    assert '<html lang="he" dir="rtl">' in page
    assert "<h1>כניסה</h1>" in page and ">שגיאה</p>" in page


def test_nothing_but_get_and_post_is_answered(browser: Browser) -> None:
    client = browser()
    assert client.get("/sign-out").status_code == 405
    assert client.put("/sign-in").status_code == 405


# --- sessions --------------------------------------------------------------------------------


def test_a_session_ends_after_twelve_idle_hours(clock: Clock) -> None:
    kept = Sessions(clock)
    token = kept.start("Ada")
    for _ in range(3):
        clock.now += IDLE_SECONDS - 1
        assert kept.name_of(token) == "Ada"
    clock.now += IDLE_SECONDS
    assert kept.name_of(token) is None
    clock.now -= IDLE_SECONDS
    assert kept.name_of(token) is None, "ended is ended"


def test_a_session_ends_after_seven_days_however_busy(clock: Clock) -> None:
    kept = Sessions(clock)
    token = kept.start("Ada")
    for _ in range(7 * 24 - 1):
        clock.now += 3_600
        assert kept.name_of(token) == "Ada"
    clock.now += 3_600
    assert clock.now == 1_000 + LONGEST_SECONDS
    assert kept.name_of(token) is None


def test_only_a_digest_of_a_token_is_kept() -> None:
    kept = Sessions()
    tokens = {kept.start("Ada") for _ in range(50)}
    assert len(tokens) == 50 and {len(token) for token in tokens} == {43}
    held = repr(vars(kept))
    assert not any(token in held for token in tokens)


def test_the_oldest_sessions_go_when_there_are_too_many(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sessions._MOST == 10_000
    monkeypatch.setattr(sessions, "_MOST", 3)
    kept = Sessions(clock)
    first, second, third = (kept.start(name) for name in ("a", "b", "c"))
    kept.name_of(first)
    fourth = kept.start("d")
    assert [kept.name_of(t) for t in (first, second, third, fourth)] == [None, "b", "c", "d"]


def test_sessions_that_have_ended_make_room_before_live_ones_go(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_MOST", 2)
    kept = Sessions(clock)
    busy, idle = kept.start("busy"), kept.start("idle")
    clock.now += IDLE_SECONDS - 1
    kept.name_of(busy)
    clock.now += 1
    new = kept.start("new")
    assert [kept.name_of(t) for t in (busy, idle, new)] == ["busy", None, "new"]


def test_all_of_a_users_sessions_can_be_ended_and_nobody_elses() -> None:
    kept = Sessions()
    ada, other, bjorn = kept.start("Ada"), kept.start("Ada"), kept.start("Björn")
    kept.end(ada)
    kept.end("no token")
    assert [kept.name_of(t) for t in (ada, other, bjorn)] == [None, "Ada", "Björn"]
    kept.end_all("Ada")
    assert [kept.name_of(t) for t in (other, bjorn)] == [None, "Björn"]


def test_sessions_started_at_once_are_all_there() -> None:
    kept = Sessions()
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(kept.start, map(str, range(500))))
        assert list(pool.map(kept.name_of, tokens)) == list(map(str, range(500)))
