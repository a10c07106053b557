"""firsthand learn with a model behind an endpoint: what is said before it costs anything."""

import re

import pytest
from aiohttp import web
from loopback import served_elsewhere

SMALL = ("--rounds", 1, "--tasks", 3, "--eval-tasks", 3)
OPTIONS = "\n\nAnswer with exactly one of these lines:\n"


async def first(request):
    """Answer with the first of the listed options, or as a reviewer without a lesson."""
    messages = (await request.json())["messages"]
    options = messages[-1]["content"].partition(OPTIONS)[2].split("\n")
    choice = {"message": {"content": options[0] or "[]"}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 90, "completion_tokens": 10}
    return web.json_response({"choices": [choice], "usage": usage})


@pytest.fixture
def endpoint():
    with served_elsewhere() as found:
        found.script = [first]
        yield found


def words(endpoint, *more, environment="interfaces/shop_desk"):
    return "learn", environment, "--model", f"openai:m@{endpoint.url}", *SMALL, *more


def test_the_run_is_forecast_before_the_first_request(cli, endpoint):
    """What it takes is said in full: episodes, calls, tokens in and out, money and time."""
    said = cli(*words(endpoint, "--price", "1,10", environment="control/null")).stderr
    assert re.match(
        r"Forecast: 212 episodes \(6 while exploring, 200 at gates, 6 held out\), 212 calls with "
        r"\d+ k prompt and 21 k sampled tokens: about \d+ k tokens, \$0\.\d\d, 80 s if it plays "
        r"like the expert; at most [\d.]+ M tokens, \$\d+\.\d\d\.\n",
        said,
    )
    assert "it declares no laws of the world that could be told." in said


def test_a_reviewer_and_the_check_are_part_of_the_forecast(cli, endpoint):
    asked = ("--reviewer", f"openai:r@{endpoint.url}", "--budget-tokens", 30_000)
    said = cli(*words(endpoint, *asked)).stderr
    assert "Forecast: 252 episodes (40 to check the player, 6 while exploring, " in said
    assert "253 calls with " in said
    assert "The budget of 30,000 tokens may stop it before its end." in said


PAID = ("--price", "1,10")


def test_a_player_that_ignores_prose_is_stopped_and_force_goes_on(cli, endpoint, tmp_path):
    stopped = cli(*words(endpoint, *PAID, "--out", "run"), code=1)
    assert len(endpoint.bodies) == 40
    assert "the player does not react to lessons: it scores " in stopped.stderr
    assert "check: 3,600 prompt and 400 sampled tokens" in stopped.stderr
    assert " --force --resume" in stopped.stderr
    gone_on = cli(*words(endpoint, *PAID, "--out", "run", "--force", "--resume"))
    assert " 40 of the episodes are played already.\n" in gone_on.stderr
    assert len(endpoint.bodies) == 40 + 6 + 3, "nothing was learned, so before is after"
    assert "Report: " in gone_on.stdout
    found = cli.json(*words(endpoint, *PAID, "--out", "run", "--force", "--resume"))
    assert found["reactions"][0]["difference"]["mean"] == 0.0
    assert "the player does not react" in found["facts"]["reaction to lessons"]
    assert "does not react" in (tmp_path / "run" / "report.html").read_text()


def test_a_budget_stops_the_check_cleanly(cli, endpoint):
    found = cli.json(*words(endpoint, "--budget-tokens", 1000, "--concurrency", 1), code=1)
    assert found["stopped"].startswith("10 of 40 episodes were played: 1,000 of 1,000 tokens")
    assert len(endpoint.bodies) == 10
