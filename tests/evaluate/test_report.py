import re
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

import firsthand as fh
from firsthand import secrets
from firsthand.environment import Action, Observation, ToolCall, ToolResult
from firsthand.episode import Episode, Failure, Stop, Turn
from firsthand.errors import MissingExtra
from firsthand.evaluate.curve import CurvePoint
from firsthand.evaluate.evaluate import compare, summarise
from firsthand.evaluate.html import LARGEST_PAGE, quoted
from firsthand.evaluate.plots import scale
from firsthand.evaluate.report import Report, write_report
from firsthand.playbook import Credit, Lesson, Playbook

HOSTILE = "</div><script>alert(1)</script><img src=https://evil.example/x onerror=alert(2)>"


class Page(HTMLParser):
    """Collects tags, attributes and text, and checks that tags nest."""

    void = frozenset({"meta", "img", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if self.open[-1:] != ["style"] else ""

    def all(self, tag: str, kind: str = "") -> list[dict[str, str | None]]:
        return [
            found
            for name, found in self.tags
            if name == tag and (not kind or kind in (found.get("class") or "").split(" "))
        ]


def written(tmp_path: Path, report: Report) -> Page:
    path = write_report(tmp_path / "deep" / "report.html", report)
    return Page(path.read_text(encoding="utf-8"))


async def play_all(name: str, n: int, levels: tuple[int, ...] = (1, 2)) -> list[Episode]:
    agent = fh.Agent(model=fh.model(name))
    return [
        await fh.play(fh.make("control/null"), agent, task)
        for level in levels
        for task in fh.tasks("control/null", n, level=level, split="eval")
    ]


@pytest.fixture
async def sides() -> tuple[list[Episode], list[Episode]]:
    return await play_all("scripted:random", 30), await play_all("scripted:expert", 30)


def hostile_episode() -> Episode:
    seen = Observation(HOSTILE, results=(ToolResult(HOSTILE, HOSTILE, error=True),))
    act = Action(HOSTILE, (ToolCall(HOSTILE, {HOSTILE: HOSTILE, "n": [1, None]}),))
    turn = Turn(seen, act, -0.5, choices={HOSTILE: -0.1, "b": -3.0}, shown=(HOSTILE,))
    return Episode(
        HOSTILE,
        fh.Task(HOSTILE, 0),
        HOSTILE,
        (turn,),
        seen,
        None,
        {},
        Stop.FAILED,
        Failure("tool", HOSTILE, HOSTILE),
        HOSTILE,
    )


class TestSafety:
    def test_hostile_text_stays_text(self, tmp_path: Path) -> None:
        lessons = (
            Lesson(
                "example",
                text=HOSTILE,
                observation=HOSTILE,
                action=HOSTILE,
                scope=HOSTILE,
                untrusted=True,
                credit=Credit(0.1, 0.01, 9),
            ),
            Lesson("rule", text=HOSTILE, state="core"),
        )
        episode = hostile_episode()
        scored = msgspec.structs.replace(
            episode, reward=1.0, checks={HOSTILE: True}, error=None, stop=Stop.DONE
        )
        page = written(
            tmp_path,
            Report(
                title=HOSTILE,
                before=summarise([episode]),
                after=summarise([scored]),
                comparison=compare([scored], [scored]),
                curve=[CurvePoint(0, 0.1, 0.0, 0.2, HOSTILE)],
                playbook=Playbook(1, lessons),
                episodes=[episode, scored],
                facts={HOSTILE: HOSTILE},
            ),
        )
        names = {tag for tag, _ in page.tags}
        assert names.isdisjoint(
            {"script", "img", "iframe", "object", "embed", "link", "form", "base"}
        )
        assert not [
            name for _, attributes in page.tags for name in attributes if name.startswith("on")
        ]
        assert page.text.count("<script>alert(1)</script>") >= 15

    async def test_loads_nothing(self, tmp_path: Path, sides) -> None:
        before, after = sides
        report = Report(
            title="t",
            before=summarise(before),
            after=summarise(after),
            comparison=compare(before, after),
            episodes=before[:2],
        )
        html = write_report(tmp_path / "r.html", report).read_text(encoding="utf-8")
        assert "default-src 'none'" in html
        assert not re.search(r"(https?:)?//[a-z]", html)
        assert "url(" not in html
        assert "@import" not in html
        links = [
            attributes.get("href")
            for tag, attributes in Page(html).tags
            if "href" in attributes or "src" in attributes
        ]
        assert all((link or "").startswith("#") for link in links)

    def test_odd_characters_cost_nothing(self, tmp_path: Path) -> None:
        path = write_report(tmp_path / "r.html", Report(title="lone \ud800 surrogate \x00"))
        assert "lone \\ud800 surrogate" in path.read_text(encoding="utf-8")


class TestContents:
    async def test_headlines_have_n_and_intervals(self, tmp_path: Path, sides) -> None:
        before, after = sides
        comparison = compare(before, after[:-2])
        page = written(
            tmp_path,
            Report(
                title="Chance",
                before=summarise(before),
                after=summarise(after),
                comparison=comparison,
            ),
        )
        assert comparison.overall is not None
        difference = comparison.overall.difference
        assert f"+{difference.mean:.2f}".replace("+0", "+") in page.text
        assert re.search(r"\[\+\.\d\d, \+\.\d\d\]", page.text)
        assert (
            f"n = 58 tasks: {difference.better} better, {difference.same} same, 0 worse, "
            "McNemar p < .001"
        ) in page.text
        assert "Tasks left out: 2 played before only." in page.text
        assert len(page.all("div", "tile")) == 3
        assert len(page.all("rect", "bar")) == 4
        assert len(page.all("line", "whisker")) == 5
        assert "n = 30" in page.text

    async def test_a_single_evaluation(self, tmp_path: Path) -> None:
        episodes = [*await play_all("scripted:expert", 20, (1,)), hostile_episode()]
        page = written(tmp_path, Report(title="One", after=summarise(episodes)))
        assert "Success rate1.00[.84, 1.00]n = 20 tasks" in re.sub(r"\s*\n\s*", "", page.text)
        assert "1 of 21 episodes failed; they are in no mean." in page.text
        assert "nothing scored" in page.text
        assert "Paired difference\n" not in page.text
        assert "Lessons" not in page.text

    def test_an_evaluation_that_only_failed(self, tmp_path: Path) -> None:
        page = written(
            tmp_path,
            Report(
                title="None",
                before=summarise([hostile_episode()]),
                after=summarise([hostile_episode()]),
            ),
        )
        assert page.text.count("n = 0: all 1 episodes failed") == 2
        assert "Success rate before" in page.text

    async def test_repeats_and_partial_credit_get_headlines(self, tmp_path: Path) -> None:
        episodes = await play_all("scripted:expert", 4, (1,))
        halves = [msgspec.structs.replace(episode, reward=0.5) for episode in episodes]
        page = written(tmp_path, Report(title="Both", after=summarise(episodes + halves)))
        text = re.sub(r"\s*\n\s*", "", page.text)
        assert "Mean score.75" in text
        assert "pass@21.00" in text
        assert "n = 4 tasks, 8 episodes" in text

    async def test_flagged_episodes_are_told(self, tmp_path: Path) -> None:
        episode = msgspec.structs.replace(
            (await play_all("scripted:random", 1, (1,)))[0], true=0.0, flags=("repeated cycle",)
        )
        text = written(
            tmp_path, Report(title="One", after=summarise([episode]), episodes=[episode])
        ).text
        assert (
            "1 of 1 episodes flagged: repeated cycle 1. They look like exploits of the "
            "reward, and are in every mean."
        ) in text
        assert (
            "flagged: repeated cycle" in text and "true score .00" in text and "True score" in text
        )

    def test_nothing_but_a_title(self, tmp_path: Path) -> None:
        page = written(tmp_path, Report(title="Empty"))
        assert not page.all("section")

    def test_the_curve_marks_deployments(self, tmp_path: Path) -> None:
        points = [
            CurvePoint(1600, 0.75, 0.7, 0.8, "version three"),
            CurvePoint(0, 0.25, 0.2, 0.3),
            CurvePoint(800, 0.5, 0.4, 0.6, "v1"),
        ]
        points += [CurvePoint(801 + i, 0.5, 0.4, 0.6, f"crowded {i}") for i in range(3)]
        page = written(tmp_path, Report(title="Curve", curve=points))
        assert len(page.all("line", "deployment")) == 5
        assert len(page.all("circle", "deployed")) == 5
        assert [a["cx"] for a in page.all("circle", "dot")][:2] == ["0.0%", "50.0%"]
        assert "version three after 1,600 rollouts: .75 [.70, .80]" in page.text
        assert (
            len(re.findall(r"crowded \d(?! after)", page.text)) == 1
        )  # the others would run into it; their tooltips remain

    def test_one_point_is_a_curve(self, tmp_path: Path) -> None:
        page = written(tmp_path, Report(title="Start", curve=[CurvePoint(0, 0.25, 0.2, 0.3)]))
        assert "Score from .25 to .25 over 0 rollouts" in str(page.all("svg")[0])

    def test_lessons_are_ranked_and_folded(self, tmp_path: Path) -> None:
        lessons = [
            Lesson("rule", text=f"rule {i}", credit=Credit(i / 100, 0.02, 50)) for i in range(70)
        ]
        lessons += [
            Lesson("rule", text="retired rule", state="retired", credit=Credit(-0.2, 0.01, 99)),
            Lesson(
                "example",
                observation="a red ticket",
                action="ruby",
                state="core",
                evidence=("e1", "e2"),
            ),
        ]
        page = written(tmp_path, Report(title="Lessons", playbook=Playbook(3, tuple(lessons))))
        order = [
            re.search(rf"{text}(?!\d)", page.text).start()  # type: ignore[union-attr]
            for text in (
                "a red ticket",
                "rule 69",
                "rule 11",
                "12 more lessons",
                "rule 10",
                "rule 2",
                "retired rule",
            )
        ]
        assert order == sorted(order)
        assert "Playbook version 3: 1 core, 70 probation, 1 retired." in page.text
        assert "+.69 ± .02" in page.text
        assert "\N{MINUS SIGN}.20 ± .01" in page.text
        assert "not measured" in page.text
        assert len(page.all("circle", "gain")) == 66  # those whose interval leaves 0 out
        assert len(page.all("circle", "unclear")) == 4
        assert len(page.all("circle", "loss")) == 1

    def test_lessons_of_one_effect_share_a_row(self, tmp_path: Path) -> None:
        equal = [
            Lesson("rule", text=f"equal {i}", state="core", credit=Credit(0.22, 0.09, 500 + i))
            for i in range(65)
        ]
        others = [
            Lesson("rule", text=f"other {i}", state="core", credit=Credit(0.1 - i / 50, 0.09, 50))
            for i in range(2)
        ]
        page = written(
            tmp_path, Report(title="Alike", playbook=Playbook(1, (*equal, *others, equal[0])))
        )
        assert page.text.count("+.22 ± .09") == 1
        assert "66 lessons with the same effect" in page.text and "63 more" in page.text
        assert "500 to 564" in page.text
        rows = [row for row in page.all("tr") if row.get("class") == "core"]
        assert len(rows) == 3
        for lesson in (*equal, *others):
            assert lesson.text in page.text

    def test_what_is_known_of_a_lesson_itself_stands_beside_what_is_known_of_its_kind(
        self, tmp_path: Path
    ) -> None:
        credits = [Credit(0.3, 0.1, 90, own=12.5), Credit(0.2, 0.1, 90), Credit(0.1, 0.1, 90, 7.0)]
        lessons = [Lesson("rule", text=f"{i}", credit=one) for i, one in enumerate(credits)]
        page = written(tmp_path, Report(title="Own", playbook=Playbook(1, tuple(lessons))))
        assert "Of its own" in page.text
        cells = [cell for cell in page.all("td") if cell.get("data-name") == "of its own"]
        assert len(cells) == 3
        for said in ("12.5", "its kind only"):
            assert page.text.count(said) == 1
        alike = [
            Lesson("rule", text=f"{i}", credit=Credit(0.3, 0.1, 90, own=float(own)))
            for i, own in enumerate((0, 3, 41))
        ]
        page = written(tmp_path, Report(title="Own", playbook=Playbook(1, tuple(alike))))
        assert "its kind only to 41" in page.text

    def test_two_of_one_effect_stay_apart(self, tmp_path: Path) -> None:
        lessons = tuple(
            Lesson("rule", text=f"equal {i}", credit=Credit(0.22, 0.09, 500)) for i in range(2)
        )
        page = written(tmp_path, Report(title="Two", playbook=Playbook(1, lessons)))
        assert page.text.count("+.22 ± .09") == 2
        assert "same effect" not in page.text

    def test_lessons_without_credit_need_no_axis(self, tmp_path: Path) -> None:
        page = written(
            tmp_path,
            Report(title="Lessons", playbook=Playbook(1, (Lesson("rule", text="look first"),))),
        )
        assert "look first" in page.text
        assert "Effect" not in page.text

    def test_episodes_turn_by_turn(self, tmp_path: Path) -> None:
        lesson = Lesson("rule", text="ask first")
        options = {f"option {i}": -float(i) for i in range(9)}
        turns = (
            Turn(
                Observation("Which?"), Action("option 8"), 0.5, choices=options, shown=(lesson.id,)
            ),
            Turn(
                Observation(results=(ToolResult("look", "x" * 5000),)),
                Action(calls=(ToolCall("open", {"door": "red", "force": 2}),)),
                0.5,
            ),
            Turn(Observation("Well?"), Action()),
        )
        episode = Episode(
            "e",
            fh.Task("control/null", 3),
            "a",
            turns,
            Observation("Done."),
            1.0,
            {"opened": True},
            Stop.DONE,
            aftermath="It was the red one.",
        )
        page = written(
            tmp_path,
            Report(title="Episodes", playbook=Playbook(1, (lesson,)), episodes=[episode] * 14),
        )
        assert "The first 12 of 14." in page.text
        assert 'open(door="red", force=2)' in page.text
        assert "(1,000 more characters)" in page.text
        assert "(nothing)" in page.text
        assert "and 2 more options" in page.text
        assert len(page.all("div", "picked")) == 12
        assert {"href": f"#lesson-{lesson.id}", "title": "ask first"} in page.all("a")
        assert {"id": f"lesson-{lesson.id}", "class": "probation"} in page.all("tr")
        assert "It was the red one." in page.text
        assert "opened: holds" in page.text

    def test_facts_come_last(self, tmp_path: Path) -> None:
        page = written(
            tmp_path, Report(title="Facts", facts={"model": "llama:smollm2", "rollouts": "1,600"})
        )
        assert (
            page.text.index("llama:smollm2")
            < page.text.index("1,600")
            < page.text.index("Brackets, bands and lines are 95% intervals")
        )


class TestBounds:
    """A page stays readable and small, whatever it quotes."""

    def huge(self, letter: str) -> Report:
        text = letter * 5_000
        seen = Observation(text, results=tuple(ToolResult(text, text) for _ in range(9)))
        act = Action(text, tuple(ToolCall(text, {text: text}) for _ in range(9)))
        turn = Turn(
            seen,
            act,
            choices={f"{i}{text}": -float(i) for i in range(9)},
            shown=tuple(f"{i}{text}" for i in range(9)),
        )
        episode = Episode(
            text,
            fh.Task("control/null", 0),
            text,
            (turn,) * 500,
            seen,
            0.0,
            {f"{i}{text}": False for i in range(100)},
            Stop.DONE,
            aftermath=text,
            flags=(text,) * 9,
        )
        lessons = tuple(
            Lesson("rule", f"{i}{text}", credit=Credit(i / 5000, 0.1, 9)) for i in range(70)
        )
        return Report(
            title=text,
            episodes=[episode] * 12,
            playbook=Playbook(1, lessons),
            curve=[CurvePoint(0, 0.1, 0.0, 0.2, text)],
            facts={text: text},
        )

    def seconds(self, path: Path, report: Report) -> float:
        started = time.process_time()
        write_report(path, report)
        return time.process_time() - started

    def test_a_page_is_bounded(self, tmp_path: Path) -> None:
        path = write_report(tmp_path / "r.html", self.huge("<"))
        assert path.stat().st_size <= LARGEST_PAGE
        text = Page(path.read_text(encoding="utf-8")).text
        assert "more characters)" in text and "… 470 turns in between …" in text
        assert "and 1 more results" in text

    def test_a_page_of_nothing_but_escapes_is_made_quickly(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It took 25 s: each field was redacted and escaped whole, and four pages discarded."""
        monkeypatch.setattr(secrets, "_parts", {})
        secrets.register("sk-a-very-secret-key-0123456789")
        escapes, letters = (
            min(self.seconds(tmp_path / "r.html", self.huge(letter)) for _ in range(2))
            for letter in ("\x1b", "a")
        )
        assert escapes < 6 * letters, "about twice as long; 36 times before"
        path = write_report(tmp_path / "r.html", self.huge("\x1b"))
        assert path.stat().st_size <= LARGEST_PAGE

    def test_what_is_not_shown_of_a_turn_is_counted(self, tmp_path: Path) -> None:
        seen = Observation(results=tuple(ToolResult("look", f"r{i}.") for i in range(50)))
        act = Action(calls=tuple(ToolCall("look", {"at": i}) for i in range(50)))
        turn = Turn(seen, act, shown=tuple(f"lesson{i}" for i in range(50)))
        episode = Episode(
            "e", fh.Task("control/null", 0), "a", (turn,), Observation(), 1.0, {}, Stop.DONE
        )
        text = written(tmp_path, Report(title="Many", episodes=[episode])).text
        assert "r7." in text and "r8." not in text and "and 42 more results" in text
        assert "look(at=7)" in text and "look(at=8)" not in text and "(42 more calls)" in text
        assert "lesson11" in text and "lesson12" not in text and "and 38 more" in text

    def test_a_long_episode_shows_its_beginning_and_its_end(self, tmp_path: Path) -> None:
        turns = tuple(Turn(Observation(f"seen {i}."), Action("go")) for i in range(100))
        episode = Episode(
            "e", fh.Task("control/null", 0), "a", turns, Observation(), 1.0, {}, Stop.DONE
        )
        text = written(tmp_path, Report(title="Long", episodes=[episode])).text
        assert "seen 19." in text and "seen 20." not in text
        assert "seen 89." not in text and "seen 90." in text and "seen 99." in text
        assert "… 70 turns in between …" in text

    def test_a_name_without_a_space_can_wrap(self, tmp_path: Path) -> None:
        """Text in a drawing cannot wrap, so names of environments stand outside it."""
        name = f"domain/{'family' * 20}"
        episode = msgspec.structs.replace(
            hostile_episode(), task=fh.Task(name, 0), reward=0.0, error=None, stop=Stop.DONE
        )
        other = msgspec.structs.replace(episode, task=fh.Task("a/b", 0))
        compared = compare([episode, other], [episode, other])
        path = write_report(tmp_path / "r.html", Report(title=name, comparison=compared))
        html = path.read_text(encoding="utf-8")
        assert f"<span>{name}</span>" in html
        assert name not in "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
        assert re.search(r"body \{[^}]*overflow-wrap: anywhere", html)


@pytest.mark.parametrize("letter", ["x", "<", "\U000e0041", "é"])
def test_a_field_is_cut_and_says_how_much_is_missing(letter: str) -> None:
    assert len(quoted(letter * 5_000_000)) <= 4000 + len(" … (4,996,000 more characters)")
    assert quoted(letter * 5000).endswith(" … (1,000 more characters)")
    assert len(quoted(letter * 3999)) <= 4002


@pytest.mark.parametrize("start", [0, 55, 3970, 3995, 4150, 4190])
def test_no_part_of_a_key_is_shown_where_a_field_is_cut(
    start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "_parts", {})
    key = "sk-a-very-secret-key-0123456789"
    secrets.register(key)
    for longest in (60, 4000):
        for text in (" " * start + key + " " * 9000, key * 40 + " " * start + key * 400):
            shown = quoted(text, longest=longest)
            parts = (key[at : at + secrets.MIXED_PART] for at in range(len(key) - 7))
            assert not any(part in shown for part in parts)


def test_what_is_hidden_in_text_is_shown(tmp_path: Path) -> None:
    facts = {"bidi": "a\u202eb", "zero width": "c\u200bd", "escape": "\x1b[2J", "lines": "e\nf"}
    text = written(tmp_path, Report(title="Hidden", facts=facts)).text
    for shown in (r"a\u202eb", r"c\u200bd", r"\x1b[2J", "e\nf"):
        assert shown in text


def test_keys_are_redacted_before_text_is_cut(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(secrets, "_parts", {})
    key = "sk-a-very-secret-key-0123456789"
    secrets.register(key)
    for before in (0, 3980, 10_000):
        text = "x" * before + key
        lesson = Lesson("rule", text=text, credit=Credit(0.1, 0.1, 9))
        report = Report(
            title=key,
            facts={"f": text},
            playbook=Playbook(1, (lesson,)),
            curve=[CurvePoint(0, 0.1, 0.0, 0.2, key)],
        )
        html = write_report(tmp_path / "r.html", report).read_text(encoding="utf-8")
        assert "sk-a" not in html


def test_without_jinja2_the_message_names_what_to_install(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtra, match=r"pip install 'firsthand\[report\]'"):
        write_report(tmp_path / "r.html", Report(title="t"))
    assert not (tmp_path / "r.html").exists()


@pytest.mark.parametrize(
    "values", [[0.0], [-0.3, -0.1], [0.013], [-0.31, 0.72], [1600], [0.04, -0.001], [7.0, -1e-9]]
)
@pytest.mark.parametrize("most", [4, 5, 6])
def test_axes_have_few_ticks_and_hold_everything(values: list[float], most: int) -> None:
    axis = scale(values, most=most)
    assert 2 <= len(axis.ticks) <= most
    assert 0.0 in axis.ticks
    assert axis.low <= min(values) + 1e-6
    assert axis.high >= max(values)
    assert len({f"{tick:.2f}" for tick in axis.ticks}) == len(axis.ticks)
