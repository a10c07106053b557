import io
import re

import msgspec
import pytest
from rich.console import Console

import firsthand as fh
from firsthand.environment import Observation
from firsthand.episode import Episode, Failure, Stop, Turn
from firsthand.errors import UserError
from firsthand.evaluate.evaluate import compare, evaluate, summarise
from firsthand.evaluate.statistics import Estimate, bootstrap_by_task, paired_difference, wilson
from firsthand.evaluate.tables import table
from firsthand.evaluate.wording import cost, left_out, number, p_value
from firsthand.usage import Usage


def played(
    seed: int,
    reward: float | None,
    *,
    level: int = 1,
    environment: str = "control/null",
    agent: str = "a",
    repeat: int = 0,
    owner: str = "model",
    by_agent: bool = False,
) -> Episode:
    """An episode of which only the task and the reward matter."""
    failed = reward is None
    return Episode(
        id=f"{agent}{environment}{level}{seed}{repeat}",
        task=fh.Task(environment, seed, level=level, split="eval"),
        agent=agent,
        turns=(
            Turn(Observation("?"), fh.Action("x"), reward or 0.0, prompt_ids=[1, 2, 3], ids=[4, 5]),
        ),
        final=Observation(),
        reward=reward,
        checks={} if failed else {"held": reward == 1.0},
        stop=Stop.FAILED if failed else Stop.DONE,
        error=Failure(owner, "ModelError", "no answer", by_agent=by_agent) if failed else None,
    )


def shown(result) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(table(result))
    return console.file.getvalue()  # type: ignore[attr-defined]


class TestSummarise:
    def test_counts_and_estimates(self) -> None:
        rewards = [1.0, 0.0, 0.5, 1.0]
        found = summarise([played(seed, reward) for seed, reward in enumerate(rewards)])
        assert (found.agent, found.environments) == ("a", ("control/null",))
        assert (found.tasks, found.episodes, found.failed) == (4, 4, 0)
        assert found.score == Estimate(
            0.625, bootstrap_by_task([[reward] for reward in rewards]), 4
        )
        assert found.success == Estimate(0.5, wilson(2, 4), 4)
        assert (found.turns, found.usage) == (1.0, Usage(4, 12, 8))
        assert found.pass_at == {}
        assert found.graded

    def test_leaves_failures_out_of_every_mean_and_counts_them(self) -> None:
        found = summarise(
            [
                played(0, 1.0),
                played(1, 1.0),
                played(2, None),
                played(3, None, owner="limits"),
                played(4, None),
            ]
        )
        assert found.score is not None
        assert (found.score.mean, found.score.n) == (1.0, 2)
        assert (found.tasks, found.failed, found.failures) == (5, 3, {"model": 2, "limits": 1})

    def test_failures_of_the_agent_s_own_making_are_0_and_the_mean_without_them_is_told(
        self,
    ) -> None:
        own = [played(2, None, by_agent=True), played(3, None, owner="limits", by_agent=True)]
        found = summarise([played(0, 1.0), played(1, 1.0), *own, played(4, None)])
        assert found.score is not None and found.scored is not None
        assert (found.score.mean, found.score.n, found.by_agent) == (0.5, 4, 2)
        assert (found.scored.mean, found.scored.n) == (1.0, 2)
        assert found.success == Estimate(0.5, wilson(2, 4), 4)
        assert "2 episodes that the agent itself brought to a failure count as 0" in shown(found)
        assert "without them the score is 1.00" in shown(found)

    def test_counts_what_looks_like_an_exploit_and_keeps_the_true_score(self) -> None:
        episodes = [
            msgspec.structs.replace(
                played(0, 1.0), true=0.0, flags=("repeated cycle", "edits tests")
            ),
            msgspec.structs.replace(played(1, 1.0), true=1.0, flags=("edits tests",)),
            played(2, 0.0),
        ]
        found = summarise(episodes)
        assert (found.flagged, found.flags) == (2, {"edits tests": 2, "repeated cycle": 1})
        assert found.true == Estimate(0.5, bootstrap_by_task([[0.0], [1.0]]), 2)
        text = shown(found)
        assert (
            "2 of 3 episodes flagged: edits tests 2, repeated cycle 1" in text
            and "true score" in text
        )
        honest = summarise([played(0, 1.0)])
        assert (
            honest.true is None
            and "true score" not in shown(honest)
            and "flagged" not in shown(honest)
        )

    def test_gives_no_estimate_when_everything_failed(self) -> None:
        found = summarise([played(0, None)])
        assert found.score is None
        assert found.success is None
        assert "failed: 1" in shown(found)

    def test_has_a_row_for_each_level_of_each_environment(self) -> None:
        found = summarise(
            [
                played(0, 1.0, level=2),
                played(0, 0.0),
                played(1, 0.0),
                played(0, 1.0, environment="rules/triage"),
            ]
        )
        assert [(row.environment, row.level, row.tasks) for row in found.rows] == [
            ("control/null", 1, 2),
            ("control/null", 2, 1),
            ("rules/triage", 1, 1),
        ]
        assert [row.score.mean for row in found.rows if row.score] == [0.0, 1.0, 1.0]

    def test_repeats_are_no_independent_evidence(self) -> None:
        once = [played(seed, float(seed % 2)) for seed in range(20)]
        often = [
            played(seed, float(seed % 2), repeat=repeat)
            for seed in range(20)
            for repeat in range(8)
        ]
        assert summarise(often).score == summarise(once).score
        # One degree of freedom goes into the variance between tasks; hence "about".
        low = summarise(often).success.interval.low  # type: ignore[union-attr]
        assert low == pytest.approx(summarise(once).success.interval.low, abs=0.01)  # type: ignore[union-attr]

    def test_every_task_weighs_the_same(self) -> None:
        found = summarise([played(0, 1.0), *(played(1, 0.0, repeat=repeat) for repeat in range(9))])
        assert found.score is not None
        assert found.score.mean == 0.5

    def test_passes_at_k_count_plays_that_did_not_fail(self) -> None:
        episodes = [
            played(0, reward, repeat=repeat) for repeat, reward in enumerate([1.0, 0.0, 0.0, 0.0])
        ]
        episodes += [
            played(1, reward, repeat=repeat) for repeat, reward in enumerate([1.0, 1.0, None, None])
        ]
        found = summarise(episodes).pass_at
        assert {k: (estimate.mean, estimate.n) for k, estimate in found.items()} == {
            1: (0.625, 2),
            2: (0.75, 2),
            4: (1.0, 1),
        }

    def test_needs_episodes(self) -> None:
        with pytest.raises(
            UserError,
            match="There are no episodes to summarise: check the filter, or play some first",
        ):
            summarise([])


class TestCompare:
    def test_pairs_by_task(self) -> None:
        before = [played(seed, float(seed % 2)) for seed in range(60)]
        after = [played(seed, 1.0, agent="b") for seed in reversed(range(60))]
        found = compare(before, after)
        assert (found.before, found.after) == ("a", "b")
        assert found.overall is not None
        assert found.overall.difference == paired_difference([0.0, 1.0] * 30, [1.0] * 60)
        assert (found.overall.before.mean, found.overall.after.mean) == (0.5, 1.0)
        assert (found.only_before, found.only_after, found.failed) == ((), (), ())
        assert left_out(found) == "No task was left out."

    def test_reports_what_it_leaves_out(self) -> None:
        found = compare(
            [played(0, 0.0), played(1, 0.0), played(2, None), played(4, 1.0)],
            [played(0, 1.0), played(2, 1.0), played(3, 1.0), played(4, None)],
        )
        assert found.overall is not None
        assert (found.overall.difference.n, found.overall.difference.mean) == (1, 1.0)
        assert found.only_before == ("control/null@1/w0/l1/eval/1",)
        assert found.only_after == ("control/null@1/w0/l1/eval/3",)
        assert found.failed == ("control/null@1/w0/l1/eval/2", "control/null@1/w0/l1/eval/4")
        assert (
            left_out(found)
            == "Tasks left out: 2 failed on a side, 1 played before only, 1 played after only."
        )

    def test_averages_the_repeats_that_did_not_fail(self) -> None:
        found = compare(
            [played(0, 0.0), played(0, 1.0, repeat=1), played(0, None, repeat=2)], [played(0, 1.0)]
        )
        assert found.overall is not None
        assert found.overall.difference.mean == 0.5

    def test_breaks_down_by_environment(self) -> None:
        before = [
            played(seed, 0.0, environment=name)
            for name in ("control/null", "rules/triage")
            for seed in range(5)
        ]
        after = [
            played(seed, float(name == "rules/triage"), environment=name)
            for name in ("control/null", "rules/triage")
            for seed in range(5)
        ]
        found = compare(before, after)
        assert {name: change.difference.mean for name, change in found.environments.items()} == {
            "control/null": 0.0,
            "rules/triage": 1.0,
        }
        assert found.overall is not None
        assert (found.overall.difference.mean, found.overall.difference.n) == (0.5, 10)

    def test_says_when_nothing_is_shared(self) -> None:
        found = compare([played(0, 1.0)], [played(1, 1.0)])
        assert found.overall is None
        assert "1 played before only, 1 played after only" in shown(found)

    def test_needs_both_sides(self) -> None:
        with pytest.raises(
            UserError, match="A comparison needs episodes on both sides, got 1 before and 0 after"
        ):
            compare([played(0, 1.0)], [])


class TestTables:
    def test_an_evaluation_shows_n_and_intervals(self) -> None:
        text = shown(
            summarise(
                [
                    played(seed, float(seed < 3), repeat=repeat)
                    for seed in range(4)
                    for repeat in range(2)
                ]
            )
        )
        assert re.search(r"control/null +1 +4 +8 +0 +\.75 \[\.30, \.95\]", text)
        assert "pass@2" in text
        assert "1.0 turns an episode, 24 prompt and 16 sampled tokens" in text
        assert "score" not in text

    def test_partial_credit_adds_the_mean_score(self) -> None:
        text = shown(summarise([played(0, 0.5, level=level) for level in (1, 2)]))
        assert "score" in text
        assert ".50 [" in text
        assert "all" in text

    def test_a_comparison_shows_both_sides_and_the_difference(self) -> None:
        names = ("control/null", "rules/triage")
        before = [played(seed, 0.0, environment=name) for name in names for seed in range(20)]
        after = [
            played(seed, 1.0, environment=name, agent="[red]b")
            for name in names
            for seed in range(20)
        ]
        text = shown(compare(before, after))
        assert "after:  [red]b" in text
        assert "[+.86, +1.00]" in text
        assert "40 : 0" in text
        assert "p < .001" in text
        assert "No task was left out." in text

    def test_wording(self) -> None:
        assert [number(value) for value in (0.0, 0.456, 1.0, -0.05, -0.001)] == [
            ".00",
            ".46",
            "1.00",
            "-.05",
            ".00",
        ]
        assert [number(value, signed=True) for value in (0.0, 0.456, -0.05)] == [
            ".00",
            "+.46",
            "-.05",
        ]
        assert [p_value(p) for p in (1.0, 0.5, 0.031, 0.0042, 0.0001)] == [
            "p = 1.00",
            "p = .50",
            "p = .03",
            "p = .004",
            "p < .001",
        ]
        assert (
            cost(summarise([played(0, None)]))
            == "1.0 turns an episode, 3 prompt and 2 sampled tokens; failed: 1 by model"
        )


class TestEvaluate:
    async def test_plays_and_summarises(self) -> None:
        seen: list[Episode] = []
        found = await evaluate(
            fh.Agent(model=fh.model("scripted:expert")),
            fh.tasks("control/null", 12, split="eval"),
            progress=seen.append,
        )
        assert (found.tasks, found.episodes, len(seen)) == (12, 12, 12)
        assert found.success == Estimate(1.0, wilson(12, 12), 12)

    async def test_repeats_are_episodes_of_their_own(self) -> None:
        seen: list[Episode] = []
        agent = fh.Agent(model=fh.model("scripted:random"))
        found = await evaluate(agent, fh.tasks("control/null", 5), repeats=4, progress=seen.append)
        assert (found.tasks, found.episodes) == (5, 20)
        assert len({episode.id for episode in seen}) == 20
        assert set(found.pass_at) == {1, 2, 4}

    async def test_refuses_repeats_that_would_all_be_the_same(self) -> None:
        agent = fh.Agent(model=fh.model("scripted:random"), sampling=fh.Sampling(seed=7))
        with pytest.raises(
            UserError,
            match="With sampling seed 7 all 3 repeats of a task would be the same episode",
        ):
            await evaluate(agent, fh.tasks("control/null", 2), repeats=3)
        with pytest.raises(UserError, match=r"Each task is played at least once, got repeats=0\."):
            await evaluate(agent, fh.tasks("control/null", 2), repeats=0)
