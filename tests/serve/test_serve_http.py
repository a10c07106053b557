"""The plain interface: what it says to programs, to people, and to those who ask wrongly."""

import pytest

from firsthand.serve import openapi
from firsthand.serve.wire import Open


async def test_what_is_served_is_listed(serve):
    async with serve("games/nim", "interfaces/shop_desk") as served:
        status, listed = await served.ask("GET", "/environments")
        assert status == 200
        assert [each["name"] for each in listed] == ["games/nim", "interfaces/shop_desk"]
        assert listed[0]["levels"] == [1, 2, 3, 4, 5] and listed[0]["turns"] == 48


async def test_the_first_view_has_all_that_an_agent_is_shown(serve):
    async with serve("data/ledger") as served, served.client() as client:
        view = await client.open(Open(level=2, seed=5, world=1, agent="tester/1"))
        assert view.offer.task.id == "data/ledger@" + view.offer.task.version + "/w1/l2/train/5"
        assert view.offer.statement and view.offer.turns
        assert [tool["type"] for tool in view.offer.tools] == ["function"] * len(view.offer.tools)
        assert view.turn == 0 and not view.over and view.outcome is None and view.reward is None


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/sessions", b"{", 422, "The message cannot be read"),
        ("/sessions", {"enviroment": "x"}, 422, "unknown field `enviroment`"),
        ("/sessions", {"seed": "7"}, 422, "Expected `int | null`, got `str` - at `$.seed`"),
        ("/sessions", {}, 404, "Name the environment; served are games/nim, rules/triage."),
        ("/sessions/none/act", {"text": "x"}, 404, "No session of yours has this id"),
        ("/session", {}, 404, "GET /docs lists what there is"),
        ("/reset", {}, 501, "An episode needs a connection"),
        ("/environments", {}, 405, "405 Method Not Allowed"),
    ],
)
async def test_mistakes_are_answered_in_words(serve, path, body, status, words):
    async with serve("games/nim", "rules/triage") as served:
        got, said = await served.ask("POST", path, body)
        assert got == status and words in said["error"]["message"]


async def test_the_description_is_complete_and_needs_no_network(serve):
    document = openapi.document()
    schemas = document["components"]["schemas"]

    def references(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "$ref":
                    yield value
                else:
                    yield from references(value)
        if isinstance(node, list):
            for value in node:
                yield from references(value)

    assert {name.rpartition("/")[2] for name in references(document)} <= set(schemas)
    assert {"Open", "Act", "View", "Outcome", "Observation"} <= set(schemas)
    async with serve("games/nim") as served:
        status, said = await served.ask("GET", "/openapi.json")
        assert status == 200 and said == document
        async with served.http.get(served.url + "/docs") as reply:
            page = await reply.text()
    assert "games/nim" in page and "/sessions/{id}/act" in page
    assert "<script" not in page and "http://" not in page and "https://" not in page


async def test_every_address_that_is_described_is_there(serve):
    async with serve("games/nim") as served:
        for path, verbs in openapi.document()["paths"].items():
            for verb in verbs:
                status, said = await served.ask(verb.upper(), path.format(id="x"), {})
                refused = said.get("error", {}) if isinstance(said, dict) else {}
                assert refused.get("code") != "http" and status != 405, (path, verb)


async def test_a_socket_says_what_it_expects(serve):
    expected = (
        ("{", "cannot be read"),
        ("{}", "Nothing is played yet"),
        ('{"open": {"level": 7}}', "levels 1 to 5"),
        ('{"open": {}}', ""),
        ("{}", 'expected \\"open\\", \\"act\\" or \\"finish\\"'),
    )
    async with serve("games/nim") as served, served.http.ws_connect(served.url + "/play") as socket:
        for sent, words in expected:
            await socket.send_str(sent)
            assert words in await socket.receive_str()
