"""firsthand eval against an endpoint: forecast, budget, cost, dead and mistyped addresses."""

import time

import pytest
from loopback import say, served_elsewhere, status


@pytest.fixture
def endpoint():
    with served_elsewhere() as found:
        yield found


def counted(text: str = "0", **choice: object):
    from aiohttp import web

    async def answer(_request: web.Request) -> web.Response:
        usage = {"prompt_tokens": 80, "completion_tokens": 20}
        choices = [{"message": {"content": text}, "finish_reason": "stop", **choice}]
        return web.json_response({"choices": choices, "usage": usage})

    return answer


def words(endpoint, *more):
    return ("eval", "control/null", "--model", f"openai:m@{endpoint.url}", *more)


def test_a_dead_address_is_told_at_once_with_a_code(cli):
    started = time.monotonic()
    said = cli("eval", "control/null", "--model", "openai:m@127.0.0.1:9", code=2).stderr
    assert "Error: Nobody answers at http://127.0.0.1:9/v1" in said
    assert time.monotonic() - started < 10


def test_an_endpoint_that_refuses_everything_ends_with_the_reason_and_code_1(cli, endpoint):
    endpoint.script = [status(404, '{"error": {"message": "No such model."}}')]
    result = cli(*words(endpoint), code=1)
    assert "The model gave no answer in 10 episodes in a row." in result.stderr
    assert "404 Not Found: No such model." in result.stderr


def test_what_it_took_is_forecast_and_told(cli, endpoint, tmp_path):
    endpoint.script = [counted()]
    result = cli(*words(endpoint, "-n", 5, "--price", "1,10", "--html", "r.html"))
    assert result.stderr.startswith("Forecast: about ")
    assert "spent: 400 prompt and 100 sampled tokens, $0.0014" in result.stdout
    assert "400 prompt and 100 sampled tokens" in (tmp_path / "r.html").read_text()
    found = cli.json(*words(endpoint, "-n", 5, "--price", "1,10"))
    assert found["usage"] == {
        "calls": 5,
        "prompt_tokens": 400,
        "sampled_tokens": 100,
        "estimated": 0,
    }
    assert found["spent"][0]["cost"] == pytest.approx(0.0014)


def test_a_budget_stops_cleanly(cli, endpoint):
    endpoint.script = [counted()]
    found = cli.json(*words(endpoint, "-n", 50, "--budget-tokens", 1000))
    assert (found["episodes"], found["usage"]["calls"]) == (10, 10)
    assert found["stopped"].startswith("10 of 50 episodes were played: 1,000 of 1,000 tokens")
    said = cli(*words(endpoint, "--budget-dollars", 1), code=2).stderr
    assert "A budget in dollars needs prices" in said


def test_cut_answers_are_counted_and_shown(cli, endpoint):
    endpoint.script = [say("half", finish_reason="length")]
    result = cli(*words(endpoint, "-n", 3, "--max-tokens", 9), code=1)
    assert "The answer was cut off at 9 tokens. Allow more: --max-tokens" in result.stderr
    assert endpoint.bodies[0]["max_tokens"] == 9
    assert "3 because an answer was cut off" in " ".join(result.stdout.split())


def test_options_reach_the_endpoint(cli, endpoint, monkeypatch):
    monkeypatch.setenv("TEAM_KEY", "sk-team-12345678")
    endpoint.script = [counted()]
    more = ("--extra", '{"reasoning_effort": "low"}', "--api-key-env", "TEAM_KEY")
    cli(*words(endpoint, "-n", 1, "--temperature", 0.5, *more))
    assert endpoint.bodies[0]["temperature"] == 0.5
    assert endpoint.bodies[0]["reasoning_effort"] == "low"
    assert endpoint.headers[0]["Authorization"] == "Bearer sk-team-12345678"
    assert "--extra takes one JSON object" in cli(*words(endpoint, "--extra", "[1"), code=2).stderr
    said = cli("eval", "control/null", "--model", "scripted:idle", "--extra", '{"a": 1}', code=2)
    assert "Extra fields and keys are for models behind an endpoint" in said.stderr
