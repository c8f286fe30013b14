from http import HTTPStatus

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard import gate
from dashboard.gate import HOSTS_VARIABLE, MAX_TRIES, PASSWORD_VARIABLE, TRY_SECONDS, middleware

PASSWORD = "correct horse"
STREAM = "/_stcore/stream"
HERE = f"ws://localhost:8501{STREAM}"
PATHS = ("/", "/images/nih/run/1.png", "/_stcore/health", "/media/x.png", "/anything")
REBOUND = ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.7", "")


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("inside")


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("inside")
    await socket.close()


def client(**environment: str) -> TestClient:
    """A browser on localhost, before an app behind the gate."""
    routes = [WebSocketRoute(STREAM, talk), Route("/{path:path}", page)]
    app = Starlette(routes=routes, middleware=middleware(environment))
    return TestClient(app, base_url="http://localhost:8501", follow_redirects=False)


def behind(password: str = PASSWORD) -> TestClient:
    return client(**{PASSWORD_VARIABLE: password})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(gate.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST:1"])
def test_this_machine_may_ask(host: str) -> None:
    assert client().get("/", headers={"host": host}).text == "inside"


@pytest.mark.parametrize("host", REBOUND)
@pytest.mark.parametrize("path", PATHS)
def test_a_name_that_another_site_bound_to_this_machine_is_refused(host: str, path: str) -> None:
    answer = client().get(path, headers={"host": host})

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "inside" not in answer.text


def test_the_websocket_refuses_such_a_name_too() -> None:
    session = client().websocket_connect(STREAM, headers={"host": "evil.example"})

    with pytest.raises(WebSocketDenialResponse) as caught, session:
        pass

    assert caught.value.status_code == HTTPStatus.BAD_REQUEST


def test_other_names_of_this_server_are_allowed_by_the_environment() -> None:
    allowed = client(**{HOSTS_VARIABLE: "reading-room, chest.example"})

    assert allowed.get("/", headers={"host": "chest.example:80"}).text == "inside"
    assert allowed.get("/", headers={"host": "evil.example"}).status_code == 400


def test_without_a_password_nobody_is_asked() -> None:
    assert client().get("/").text == "inside"


@pytest.mark.parametrize("path", PATHS)
def test_with_a_password_every_route_asks_for_it(path: str) -> None:
    answer = behind().get(path)

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert "inside" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_with_a_password_the_websocket_is_closed_to_strangers() -> None:
    session = behind().websocket_connect(HERE)

    with pytest.raises(WebSocketDisconnect) as caught, session:
        pass

    assert caught.value.code == 1008


def test_whoever_gives_the_password_sees_everything() -> None:
    reader = behind()

    answer = reader.post("/login", data={"password": PASSWORD})

    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert PASSWORD not in answer.headers["set-cookie"]
    assert reader.get("/images/nih/run/1.png").text == "inside"
    with reader.websocket_connect(HERE) as socket:
        assert socket.receive_text() == "inside"


@pytest.mark.parametrize("given", ["", "wrong", "correct horse ", "\0", "é" * 3000])
def test_a_wrong_password_opens_nothing(given: str) -> None:
    reader = behind()

    answer = reader.post("/login", data={"password": given})

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert "set-cookie" not in answer.headers
    assert reader.get("/").status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("cookie", ["", "x" * 43, '"', "\\", "a=b; cxr_reader"])
def test_a_cookie_of_ones_own_making_opens_nothing(cookie: str) -> None:
    answer = behind().get("/", headers={"cookie": f"cxr_reader={cookie}"})

    assert answer.status_code == HTTPStatus.UNAUTHORIZED


def test_a_cookie_of_another_process_opens_nothing() -> None:
    first, second = behind(), behind()
    first.post("/login", data={"password": PASSWORD})
    token = first.cookies["cxr_reader"]

    answer = second.get("/", headers={"cookie": f"cxr_reader={token}"})

    assert answer.status_code == HTTPStatus.UNAUTHORIZED


def test_after_some_wrong_passwords_even_the_right_one_must_wait(clock: list[float]) -> None:
    reader = behind()
    for _ in range(MAX_TRIES):
        reader.post("/login", data={"password": "guess"})

    hurried = reader.post("/login", data={"password": PASSWORD})
    clock[0] += TRY_SECONDS
    patient = reader.post("/login", data={"password": PASSWORD})

    assert hurried.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert patient.status_code == HTTPStatus.SEE_OTHER


def test_a_huge_password_is_read_no_further() -> None:
    answer = behind().post("/login", content=b"password=" + b"x" * 1_000_000)

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
