"""A real HTTP server for each episode: requests go over TCP, the application is a plain value.

One thread of this process serves all episodes; each has a host name of its own, so none reaches
another's. The application is held by the episode and copied with it, sockets never are. Rate limits
count requests, since a clock would make replays differ. Left out: TLS.
"""

import copy
import http.client
import http.server
import itertools
import os
import socket
import threading
import weakref
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from firsthand.errors import SandboxError

SECONDS = 20.0
"""A request that takes longer is a runaway: applications answer in microseconds."""
MOST_BODY = 200_000
"""Bytes of a request's body."""


class Request(msgspec.Struct, frozen=True):
    """What reached the server. Names of headers are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


class Response(msgspec.Struct, frozen=True):
    """What the server answered."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}

    @classmethod
    def of(cls, status: int, value: object, **headers: str) -> "Response":
        """Answer with JSON; underscores in names of headers stand for hyphens."""
        named = {name.replace("_", "-").title(): text for name, text in headers.items()}
        return cls(
            status, msgspec.json.encode(value), {"Content-Type": "application/json", **named}
        )

    @property
    def text(self) -> str:
        """The status line, the headers that say something, and the body."""
        silent = {"content-length", "connection", "date", "server"}
        named = [
            f"{name}: {value}" for name, value in self.headers.items() if name.lower() not in silent
        ]
        reason = http.client.responses.get(self.status, "")
        return "\n".join(
            [f"{self.status} {reason}", *named, "", self.body.decode(errors="replace")]
        ).rstrip()


class Application(Protocol):
    """What a server does. It holds its state, and decides by that and the request alone."""

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        ...


class Http:
    """The server of one episode."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._host = ""

    def __deepcopy__(self, memo: dict[int, Any]) -> "Http":
        return Http(copy.deepcopy(self.application, memo))

    def request(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        """Send a request to this episode's server and return the answer.

        `target` is a path with its query. Raises `ValueError` for what HTTP cannot send,
        `SandboxError` when the server does not answer.
        """
        if not target.startswith("/") or any(c <= " " or c > "~" for c in target):
            raise ValueError(
                f"A path begins with / and has no spaces or special characters, got {target!r}."
            )
        if len(body) > MOST_BODY:
            raise ValueError(f"A body has at most {MOST_BODY} bytes, got {len(body)}.")
        server = _server()
        if not self._host or server.episodes.get(self._host) is not self:
            self._host = server.admit(self)
        try:
            return server.send(method, target, {**(headers or {}), "Host": self._host}, body)
        except UnicodeEncodeError as error:
            raise ValueError(f"A header cannot be sent: {error}") from None
        except (OSError, http.client.HTTPException) as error:
            raise SandboxError(f"The local server did not answer: {error!r}.") from error

    def snapshot(self) -> Application:
        """Return the application's state, independent of this server."""
        return copy.deepcopy(self.application)

    def restore(self, state: Application) -> None:
        """Go back to a state that `snapshot` returned."""
        self.application = copy.deepcopy(state)


class _Handler(http.server.BaseHTTPRequestHandler):
    """Hands each request to the application of its host."""

    server: "_Server"  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one packet

    def handle_one_request(self) -> None:
        """Serve one request."""
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        episode = self.server.episodes.get(self.headers.get("Host", ""))
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, MOST_BODY))
        path, _, query = self.path.partition("?")
        answer = (
            Response.of(404, {"error": "no such host"})
            if episode is None
            else episode.application.respond(
                Request(
                    self.command,
                    path,
                    _query(query),
                    {name.lower(): value for name, value in self.headers.items()},
                    body,
                )
            )
        )
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()


def _query(text: str) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(text, keep_blank_values=True))


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.episodes: weakref.WeakValueDictionary[str, Http] = weakref.WeakValueDictionary()
        self._numbers = itertools.count(1)
        self._kept = threading.local()
        threading.Thread(target=self.serve_forever, args=(0.5,), daemon=True).start()

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Send a request over this thread's own connection, which stays open if all goes well."""
        connection: http.client.HTTPConnection | None = getattr(self._kept, "connection", None)
        if connection is None:
            port = self.server_address[1]
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
            connection.connect()
            # The body follows the headers in a packet of its own, which must not be held back.
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._kept.connection = connection
        try:
            connection.request(method, target, body=body or None, headers=dict(headers))
            answer = connection.getresponse()
            return Response(answer.status, answer.read(), dict(answer.getheaders()))
        except BaseException:
            self._kept.connection = None
            connection.close()
            raise

    def admit(self, episode: Http) -> str:
        """Give an episode a host name."""
        host = f"episode-{next(self._numbers)}.local"
        self.episodes[host] = episode
        return host


_running: list[_Server] = []
_lock = threading.Lock()


def _server() -> _Server:
    with _lock:
        if not _running:
            _running.append(_Server())
        return _running[0]


def _forget() -> None:
    """A forked process has no threads: its first request starts a server of its own."""
    global _lock
    _lock = threading.Lock()
    for server in _running:
        server.socket.close()
    _running.clear()


os.register_at_fork(after_in_child=_forget)
