"""Who may talk to the server, how fast, how much; and that nobody reads another's session."""

import aiohttp
import pytest

import firsthand as fh
from firsthand.serve.access import Access, Rate
from firsthand.serve.server import Service, serving
from firsthand.serve.wire import Open, Refusal

KEY, OTHER = "a-key-of-one-client-1", "a-key-of-another-client-2"


def test_other_machines_need_a_key():
    for host in ("0.0.0.0", "10.0.0.7", "::", "example.org"):
        with pytest.raises(fh.UserError, match="set a key for it"):
            Access(host)
        Access(host, [KEY])
    for host in ("127.0.0.1", "localhost", "::1"):
        Access(host)
    with pytest.raises(fh.UserError, match="at least 16 ASCII characters, got 5"):
        Access("0.0.0.0", ["short"])


async def test_with_keys_nobody_gets_in_without_one(serve):
    async with serve("games/nim", keys=[KEY]) as served:
        for path in ("/environments", "/sessions/x", "/ws", "/play", "/mcp", "/metadata"):
            for sent in ({}, {"Authorization": f"Bearer {KEY}x"}, {"Authorization": KEY}):
                status, said = await served.ask("GET", path, **sent)
                assert status == 401 and said["error"]["code"] == "unauthorized"
        status, _ = await served.ask("GET", "/environments", Authorization=f"Bearer {KEY}")
        assert status == 200
        assert (await served.ask("GET", "/health"))[0] == 200


async def test_nobody_reads_or_plays_another_clients_session(serve):
    async with (
        serve("games/nim", keys=[KEY, OTHER]) as served,
        served.client(key=KEY) as mine,
        served.client(key=OTHER) as theirs,
    ):
        view = await mine.open(Open())
        assert len(view.session) == 32
        theirs._session = view.session
        for attempt in (theirs.act("take 1 nail"), theirs.finish()):
            with pytest.raises(Refusal, match="No session of yours has this id"):
                await attempt
        for verb in ("GET", "DELETE"):
            status, said = await served.ask(
                verb, f"/sessions/{view.session}", Authorization=f"Bearer {OTHER}"
            )
            assert status == 404 and said["error"]["code"] == "no_session"
        assert (await mine.act("take 1 nail")).turn == 1


async def test_pages_of_other_sites_cannot_play_on_a_server_without_keys(serve):
    async with serve("games/nim") as served:
        for sent in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            status, said = await served.ask("POST", "/sessions", {}, **sent)
            assert status == 403 and said["error"]["code"] == "foreign"
        own = {"Origin": served.url}
        assert (await served.ask("POST", "/sessions", {}, **own))[0] == 201
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await served.http.ws_connect(served.url + "/ws", origin="https://evil.example")
        assert refused.value.status == 403


async def test_messages_that_are_too_long_are_refused(serve):
    async with serve("games/nim", message_bytes=2_000) as served, served.client() as client:
        view = await client.open(Open())
        status, said = await served.ask(
            "POST", f"/sessions/{view.session}/act", {"text": "x" * 3_000}
        )
        assert status == 413 and said["error"]["message"] == "A message has at most 2,000 bytes."
        async with served.http.ws_connect(served.url + "/play") as socket:
            await socket.send_str('{"open": {"agent": "' + "x" * 3_000 + '"}}')
            closed = await socket.receive()
            assert closed.data == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


async def test_clients_that_send_too_fast_are_slowed_down(serve):
    async with serve("games/nim", messages_per_second=4) as served:
        answers = [(await served.ask("GET", "/environments"))[0] for _ in range(12)]
        assert answers[:8] == [200] * 8 and 429 in answers[8:]
    async with serve("games/nim", messages_per_second=2) as served, served.client("ws") as client:
        await client.open(Open())
        with pytest.raises(Refusal, match="More than 2 messages a second"):
            for _ in range(8):
                await client.act("nonsense")


async def test_a_port_that_is_taken_is_told_in_words(serve):
    async with serve("games/nim") as served:
        port = int(served.url.rpartition(":")[2])
        with pytest.raises(fh.UserError, match=f"127.0.0.1:{port} cannot be served on"):
            async with serving(Service(environments=["games/nim"], port=port)):
                pass


def test_the_rate_is_counted_for_each_client():
    rate = Rate(1.0)
    for client in ("a", "b"):
        rate.take(client)
        rate.take(client)
        with pytest.raises(Refusal):
            rate.take(client)
