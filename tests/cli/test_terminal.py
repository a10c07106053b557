"""Law 12 in the terminal: no text of a world or a model controls it, and no verb shows a key."""

import re
import sys
import unicodedata
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from hostile_words import ESCAPES, Choosing, Hostile, Raising
from loopback import served_elsewhere, status

import firsthand as fh
from firsthand import secrets
from firsthand.check import inspect as check
from firsthand.cli.document import escaped
from firsthand.journal.journal import Journal
from firsthand.playbook import Lesson, deploy, save

GRADER = f"""
TASKS = [{{"prompt": f"Say {{n}}" + {ESCAPES!r}, "answer": str(n)}} for n in range(20)]
def reward(prompt, completion, answer):
    return 1.0
def oracle(task):
    return task["answer"]
"""


@pytest.fixture
def hostile(cli):
    for environment in (Hostile, Choosing, Raising):
        fh.register(environment)
    return cli


def assert_harmless(result, *parts: str) -> str:
    """Return the output, which must hold each part and nothing that a terminal obeys or hides."""
    driving = {
        letter
        for letter in result.output
        if not (letter.isprintable() or letter in "\n\t" or unicodedata.category(letter) == "Zs")
    }
    assert not driving, result.output
    for part in parts:
        assert part in result.output, result.output
    return result.output


def test_envs(hostile):
    shown = assert_harmless(hostile("envs"), "Drive the")
    assert r"terminal\x1b[2J" in shown
    document = assert_harmless(hostile("envs", "--json"))
    assert f"Drive the terminal{ESCAPES}." in {
        one["summary"] for one in msgspec.json.decode(document)
    }


@pytest.mark.parametrize("environment", ["test/hostile", "test/choosing", "test/raising"])
def test_a_person_plays(hostile, environment):
    typed = "?\npull where=refuse\n1\npull where=up\n"
    code = 1 if environment == "test/raising" else 0
    assert_harmless(
        hostile("play", environment, input=typed, code=code), r"Seen\x1b[2J", "[bold]bold[/bold]"
    )


@pytest.mark.parametrize("environment", ["test/hostile", "test/choosing", "test/raising"])
def test_a_policy_is_watched(hostile, environment):
    words = ("play", environment, "--model", "scripted:expert")
    code = 1 if environment == "test/raising" else 0
    ended = r"Broken\x1b[2J" if code else r"check\x1b[2J"
    assert_harmless(hostile(*words, code=code), r"Seen\x1b[2J", ended)
    document = assert_harmless(hostile(*words, "--json", code=code))
    assert msgspec.json.decode(document)["turns" if not code else "final"]


def test_eval_and_replay(hostile, tmp_path):
    words = ("--model", "scripted:expert", "-n", 2, "--journal")
    assert_harmless(hostile("eval", "test/hostile", *words, "good"), "test/hostile")
    broken = hostile("eval", "test/raising", *words, "broken", code=1)
    assert_harmless(broken, r"Broken\x1b[2J")
    original = Hostile.reset
    try:
        Hostile.reset = lambda self, task: (original(self, task), fh.Observation("New."))[1]
        assert_harmless(hostile("replay", "good", code=1), "differs", r"Seen\x1b[2J")
        assert_harmless(hostile("replay", "good", "--json", code=1), "differ")
    finally:
        Hostile.reset = original
    assert_harmless(hostile("export", "good", "--out", "x.jsonl", "--split", "eval"))


def test_a_spoilt_journal(hostile):
    journal = Journal(Path("spoilt"))
    hostile("eval", "test/hostile", "--model", "scripted:expert", "-n", 1, "--journal", "spoilt")
    (segment,) = journal.path.glob("*.jsonl")
    segment.write_text(f'{{"id": "{ESCAPES[:4]}"}}\n' + segment.read_text())
    assert_harmless(hostile("replay", "spoilt", code=1), "Spoilt")
    assert_harmless(hostile("journal", "check", "spoilt", code=1), "Damaged: ")
    assert_harmless(hostile("journal", "check", "spoilt", "--json", code=1))


def test_playbooks(hostile):
    for version, text in enumerate((f"Old{ESCAPES}", f"New{ESCAPES}"), 1):
        lesson = Lesson("rule", text, scope=f"test{ESCAPES}")
        deploy(Path("run"), fh.Playbook(version, (lesson,), f"Noted{ESCAPES}"))
    assert_harmless(
        hostile("playbook", "show", "run"), r"Noted\x1b[2J", r"New\x1b[2J", "[bold]bold[/bold]"
    )
    assert_harmless(hostile("playbook", "show", "run", "--json"))
    assert_harmless(hostile("playbook", "diff", "run"), r"Old\x1b[2J")
    assert_harmless(hostile("playbook", "rollback", "run"))


async def replying(request):
    """A player that obeys nobody and says hostile things, and a reviewer that proposes them."""
    body = await request.json()
    call = {"id": f"c{ESCAPES}", "function": {"name": "pull", "arguments": '{"where": "up"}'}}
    message = {"content": msgspec.json.encode([{"lesson": f"Do{ESCAPES}"}]).decode()}
    if body.get("tools"):
        message = {"content": f"Pulling{ESCAPES}", "tool_calls": [call]}
    choice = {"message": message, "finish_reason": "stop"}
    return web.json_response({"choices": [choice], "usage": {}})


@pytest.mark.parametrize("environment", ["test/hostile", "test/raising"])
def test_learn(hostile, environment):
    with served_elsewhere() as endpoint:
        endpoint.script = [replying]
        named = ("--model", f"openai:m@{endpoint.url}", "--reviewer", f"openai:r@{endpoint.url}")
        lesson = Lesson("rule", f"Old{ESCAPES}", scope=f"*{ESCAPES}", state="core")
        save(fh.Playbook(1, (lesson,)), Path("old.toml"))
        words = ("learn", environment, *named, "--playbook", "old.toml")
        words += ("--rounds", 1, "--tasks", 4, "--eval-tasks", 4)
        code = 1 if environment == "test/raising" else 0
        said = r"Broken\x1b[2J" if code else "The best of 1 lessons"
        assert_harmless(hostile(*words, "--out", "run", code=code), "no check whether", said)
        assert_harmless(hostile(*words, "--out", "run", "--resume", "--json", code=code))
        endpoint.script = [status(400, f'{{"error": {{"message": "No{ESCAPES[:4]}"}}}}')]
        assert_harmless(hostile(*words, "--out", "other", code=1), r"No\x1b[2J")
    assert_harmless(hostile("journal", "check", "run"))


@pytest.mark.parametrize("environment", [Hostile, Choosing, Raising])
def test_check(hostile, environment):
    code = 1 if check(environment).problems else 0
    for more in ((), ("--json",)):
        assert_harmless(hostile("check", environment.name, *more, code=code))


def test_audit(hostile):
    Path("grader.py").write_text(GRADER, encoding="utf-8")
    words = ("audit", "grader.py", "--budget", "quick", "--seeds", 20)
    assert_harmless(hostile(*words, "--only", "empty", "--out", "c.json", code=1), r"\x1b[2J")
    assert_harmless(hostile("audit", "--replay", "c.json"))


@pytest.mark.parametrize("name", [f"nowhere{ESCAPES}", f"a/b{ESCAPES}", f"m{ESCAPES}:C"])
def test_mistakes(cli, name):
    assert_harmless(cli("play", name, code=2), "Error: ")
    assert_harmless(cli("eval", "control/null", "--model", name, code=2), "Error: ")
    assert_harmless(cli("audit", name, code=2))
    assert_harmless(cli("new", name, code=2))


def test_json_is_escaped_and_stays_the_same_document():
    value = {"a\u202e": f"{ESCAPES} \U000e0041 \x9b é 漢 \u3000", "b": ["\x85", "😀"]}
    text = escaped(msgspec.json.encode(value).decode())
    assert msgspec.json.decode(text) == value
    assert "é" in text and "漢" in text and "😀" in text
    assert "\u202e" not in text and "\x9b" not in text and "\U000e0041" not in text


def test_no_verb_shows_a_key(hostile, monkeypatch):
    monkeypatch.setattr(secrets, "_parts", {})
    key = "sk-a-very-secret-key"
    secrets.register(key)
    monkeypatch.setattr(Choosing, "act", lambda self, action: fh.Observation(key, done=True))
    monkeypatch.setattr(Choosing, "aftermath", lambda self: f"The key is {key}.")
    for more in ((), ("--json",)):
        shown = hostile("play", "test/choosing", "--model", "scripted:expert", *more).output
        assert key not in shown and "[secret]" in shown


def test_verbs_print_through_one_function():
    """A verb that prints on its own would print what nobody escaped."""
    folder = Path(__file__).parents[2] / "src" / "firsthand" / "cli"
    own_way = re.compile(
        r"typer\.echo|sys\.std(out|err)\.write|(?<![\w.])print\(|rich\.console import"
    )
    own = {path.name for path in folder.glob("*.py") if own_way.search(path.read_text("utf-8"))}
    assert own == {"console.py", "document.py", "reference.py", "terminal.py"}


@pytest.mark.parametrize(
    "words", [("audit", "grader.py"), ("eval", "test/hostile", "--model", "scripted:expert")]
)
def test_a_page_that_cannot_be_written_is_said_before_anything_is_played(
    hostile, monkeypatch, words
):
    Path("grader.py").write_text(GRADER, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    said = hostile(*words, "--html", "page.html", code=2)
    assert "pip install 'firsthand[report]'" in said.stderr and said.stdout == ""
