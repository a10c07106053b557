"""A client of the plain interface, over HTTP or one WebSocket: for programs in Python, and to test
with.

    async with Client("http://127.0.0.1:8321") as client:
        view = await client.open(Open("games/nim"))
        while not view.over:
            view = await client.act(choose(view))
        print(view.outcome.reward)
"""

from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal

import aiohttp
import msgspec

from firsthand.environment import Action
from firsthand.episode import Episode, Stop, Turn
from firsthand.prompt import as_action
from firsthand.serve.wire import Act, Open, Refusal, Refused, View
from firsthand.task import Task

SECONDS = 600.0
"""Most wall time of one answer: a world may take long over a turn."""


_view = msgspec.json.Decoder(View)
_refused = msgspec.json.Decoder(Refused)


class Client:
    """One player, one episode at a time; an async context manager. Raises `Refusal`."""

    def __init__(self, url: str, *, key: str = "", wire: Literal["http", "ws"] = "http") -> None:
        self.url, self.wire = url.rstrip("/"), wire
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._session = ""

    async def __aenter__(self) -> "Client":
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        connections = aiohttp.TCPConnector(limit=1)
        self._http = aiohttp.ClientSession(
            headers=self._headers, timeout=timeout, connector=connections
        )
        if self.wire == "ws":
            try:
                self._socket = await self._http.ws_connect(f"{self.url}/play", max_msg_size=0)
            except aiohttp.ClientError as error:
                await self._http.close()
                raise Refusal(f"{self.url} does not let this client play: {error}") from None
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Close the connection. Over a WebSocket that leaves the episode."""
        if self._socket is not None:
            await self._socket.close()
        if self._http is not None:
            await self._http.close()

    async def open(self, asked: Open) -> View:
        """Begin an episode and return its first view, which has the offer."""
        view = await self._ask("POST", "/sessions", asked, "open")
        self._session = view.session
        return view

    async def act(self, action: Action | str, *, turn: int | None = None) -> View:
        """Take a turn and return the next view."""
        done = as_action(action)
        message = Act(done.text, done.calls, turn)
        return await self._ask("POST", f"/sessions/{self._session}/act", message, "act")

    async def finish(self) -> View:
        """End the episode with the score that it has."""
        return await self._ask("POST", f"/sessions/{self._session}/finish", True, "finish")

    async def leave(self) -> None:
        """Leave the episode, which then counts as failed. Over HTTP only."""
        assert self._http is not None
        async with self._http.delete(f"{self.url}/sessions/{self._session}"):
            pass

    async def _ask(self, verb: str, path: str, value: Any, kind: str) -> View:
        assert self._http is not None
        if self._socket is not None:
            await self._socket.send_bytes(msgspec.json.encode({kind: value}))
            return _read((await self._socket.receive()).data)
        body = msgspec.json.encode(value)
        async with self._http.request(verb, f"{self.url}{path}", data=body) as reply:
            return _read(await reply.read())


def as_seen(task: Task, actions: Sequence[Action], views: Sequence[View]) -> Episode:
    """Return an episode that is over as its player can write it down, from all its views.

    Its `content_hash` is that of the episode in the server's journal.
    """
    last = views[-1].outcome
    assert last is not None
    earned = zip(views[:-1], actions, last.rewards, strict=True)
    return Episode(
        id=last.episode,
        task=task,
        agent="",
        turns=tuple(Turn(view.observation, action, reward) for view, action, reward in earned),
        final=views[-1].observation,
        reward=last.reward,
        checks=last.checks,
        stop=Stop(last.stop),
        aftermath=last.aftermath,
    )


def _read(body: Any) -> View:
    """Read a view. Raises `Refusal` with the server's words."""
    if not isinstance(body, bytes | str):
        raise Refusal("The server closed the connection.")
    try:
        return _view.decode(body)
    except msgspec.MsgspecError:
        with suppress(msgspec.MsgspecError):
            raise Refusal(_refused.decode(body).error.message) from None
        raise Refusal(f"The server answered {body[:200]!r}.") from None
