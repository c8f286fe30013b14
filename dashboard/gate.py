"""Who may ask the dashboard for anything: known hosts, and readers who gave the password.

Both stand before every route, pictures and the websocket included.
"""

import hashlib
import os
import secrets
import time
from collections import deque
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
HOSTS_VARIABLE = "CXR_ALLOWED_HOSTS"
PASSWORD_VARIABLE = "CXR_DASHBOARD_PASSWORD"
LOGIN = "/login"
MAX_TRIES, TRY_SECONDS = 5, 60.0
"""Wrong passwords that are looked at in any minute, from all readers together."""

_COOKIE = "cxr_reader"
_MAX_BODY_BYTES = 4096
_POLICY_VIOLATION = 1008
_QUIET = {"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"}
_FORM = """<!doctype html><html lang="en"><meta charset="utf-8"><title>cxr-bench</title>
<style>body{{font:16px system-ui,sans-serif;margin:20vh auto;max-width:22rem}}
input,button{{font:inherit;padding:.4rem .6rem}}</style>
<h1>cxr-bench</h1><form method="post" action="/login">
<p><label for="password">Password of this dashboard</label></p>
<p><input id="password" name="password" type="password" autofocus required>
<button>Open</button></p><p role="alert">{said}</p></form></html>"""


def middleware(environment: Mapping[str, str] = os.environ) -> list[Middleware]:
    """What stands before every route, as the environment says.

    Another site may make a reader's browser ask this server by a name of its own (DNS rebinding):
    names that are neither this machine's loopback nor in CXR_ALLOWED_HOSTS are refused.
    """
    named = [name.strip() for name in environment.get(HOSTS_VARIABLE, "").split(",")]
    hosts = [*LOOPBACK, *filter(None, named)]
    found = [Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)]
    if password := environment.get(PASSWORD_VARIABLE):
        found.append(Middleware(PasswordGate, password=password))
    return found


class PasswordGate:
    """Lets through whoever gave the password, which a cookie of this process remembers.

    Args:
        app: What is behind.
        password: What opens it.
    """

    def __init__(self, app: ASGIApp, password: str) -> None:
        self.app = app
        self.password = _digest(password)
        self.token = secrets.token_urlsafe(32)
        self.wrong: deque[float] = deque(maxlen=MAX_TRIES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand the request on."""
        if scope["type"] not in ("http", "websocket") or self._is_known(Headers(scope=scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            is_try = scope["path"] == LOGIN and scope["method"] == "POST"
            answer = self._judge(await _body(receive)) if is_try else _ask("")
            await answer(scope, receive, send)

    def _is_known(self, headers: Headers) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(_COOKIE)
        except CookieError:
            return False
        given = cookie.value.encode() if cookie else b""
        return secrets.compare_digest(given, self.token.encode())

    def _judge(self, body: bytes) -> Response:
        now = time.monotonic()
        if len(self.wrong) == MAX_TRIES and now - self.wrong[0] < TRY_SECONDS:
            wait = str(round(TRY_SECONDS))
            return PlainTextResponse(
                f"Too many wrong passwords; wait {wait} seconds.",
                HTTPStatus.TOO_MANY_REQUESTS,
                headers=_QUIET | {"Retry-After": wait},
            )
        given = parse_qs(body.decode(errors="replace")).get("password", [""])[0]
        if not secrets.compare_digest(_digest(given), self.password):
            self.wrong.append(now)
            return _ask("That is not the password.")
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER, headers=_QUIET)
        answer.set_cookie(_COOKIE, self.token, httponly=True, samesite="strict")
        return answer


def _ask(said: str) -> Response:
    return HTMLResponse(_FORM.format(said=said), HTTPStatus.UNAUTHORIZED, headers=_QUIET)


async def _body(receive: Receive) -> bytes:
    """The first bytes of a request's body; more than a password has is left unread."""
    body, more = b"", True
    while more and len(body) <= _MAX_BODY_BYTES:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body[:_MAX_BODY_BYTES]


def _digest(password: str) -> bytes:
    """Of one length whatever the password's, so that comparing takes the same time."""
    return hashlib.sha256(password.encode(errors="replace")).digest()
