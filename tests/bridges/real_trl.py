"""TRL's GRPOTrainer on our environments: two steps with a Qwen of two layers."""

import json
from itertools import takewhile

import pytest
import torch
from broken_world import BrokenTool
from datasets import Dataset
from transformers.utils import get_json_schema
from trl import GRPOConfig, GRPOTrainer

import firsthand as fh
from bridges.pages import run_section
from bridges.small_qwen import model, speaking, tokenizer
from firsthand.bridges import trl
from firsthand.environment import tools_of
from firsthand.errors import UserError
from firsthand.journal.formats import trl as exported
from firsthand.journal.journal import Journal
from firsthand.registry import lookup

ARCHIVE = "memory/documents"
DESK = "interfaces/shop_desk"


class Watched(GRPOTrainer):
    """Keeps what it trains on: tokens without padding, masks, and the episodes behind them."""

    def _generate_and_score_completions(self, inputs):
        made = super()._generate_and_score_completions(inputs)
        self.kept = getattr(self, "kept", [])
        for row, environment in enumerate(self.environments):
            asked = made["prompt_ids"][row][made["prompt_mask"][row].bool()].tolist()
            whole = made["completion_mask"][row].bool()
            said = made["completion_ids"][row][whole].tolist()
            mask = (
                made["tool_mask"][row][whole].tolist() if "tool_mask" in made else [1] * len(said)
            )
            self.kept.append((asked, said, mask, environment._episode))
        return made


def said(text, row):
    """Search, then answer, rightly in every second play; then say goodbye."""
    answered = text.count("<tool_response>")
    if answered == 0:
        call = {"name": "search", "arguments": {"query": "upkeep"}}
    elif answered == 1:
        answer = {"answer": "7133" if row % 2 else "1000", "evidence": ["N-257", "N-628"]}
        call = {"name": "submit", "arguments": answer}
    else:
        return "Bye."
    return f"<tool_call>\n{json.dumps(call)}\n</tool_call>"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two steps on one task by a model whose words are scripted: the gradients are its own."""
    folder = tmp_path_factory.mktemp("trl")
    tokens = tokenizer()
    small = speaking(model(tokens), tokens, said)
    rows = trl.rows(fh.tasks(ARCHIVE, 1))
    kind = trl.factory(ARCHIVE, journal=folder / "journal")
    tools = tools_in_order(kind)
    before = small.lm_head.weight.detach().clone()
    trainer = Watched(
        model=small,
        processing_class=tokens,
        train_dataset=Dataset.from_list(rows),
        environment_factory=kind,
        args=GRPOConfig(
            output_dir=str(folder),
            max_steps=2,
            per_device_train_batch_size=4,
            num_generations=4,
            max_completion_length=1800,
            max_tool_calling_iterations=3,
            learning_rate=1e-3,
            report_to="none",
            use_cpu=True,
            bf16=False,
            logging_steps=1,
            save_strategy="no",
            seed=1,
        ),
    )
    trainer.train()
    return trainer, tokens, tools, folder / "journal", before


def tools_in_order(kind):
    """Describe the tools as TRL does: by name."""
    return [get_json_schema(getattr(kind(), name)) for name in sorted(tools_of(lookup(ARCHIVE)))]


def ids_of(tokens, messages, tools, *, answering=False):
    text = tokens.apply_chat_template(
        messages, tools=tools, tokenize=False, add_generation_prompt=answering
    )
    return tokens(text)["input_ids"]


def test_two_steps_train_on_rewards_that_are_our_scores(trained):
    trainer, _, _, journal, before = trained
    logged = [entry for entry in trainer.state.log_history if "reward" in entry]
    assert len(logged) == 2 and len(trainer.kept) == 8
    for step, entry in enumerate(logged):
        scores = [episode.reward for *_, episode in trainer.kept[4 * step : 4 * step + 4]]
        assert entry["reward"] == pytest.approx(sum(scores) / 4)
    assert {episode.id for *_, episode in trainer.kept} <= {
        e.id for e in Journal(journal).episodes()
    }
    assert all(episode.success == (episode.reward == 1.0) for *_, episode in trainer.kept)
    assert [episode.reward for *_, episode in trainer.kept[:4]] == [0.0, 1.0, 0.0, 1.0]
    assert not torch.equal(before, trainer.model.lm_head.weight.detach().cpu())


def test_token_ids_are_those_of_our_rows(trained):
    """What TRL trained on begins with our episode's row, token by token, under the same mask.

    After it come the tool's last answer and the model's last words, when the episode is over.
    """
    trainer, tokens, tools, _, _ = trained
    turns = 0
    for asked, said, mask, episode in trainer.kept:
        row = exported(episode)
        assert asked == ids_of(tokens, row["prompt"], tools, answering=True)
        done = list(
            takewhile(lambda m: m["role"] == "tool" or "tool_calls" in m, row["completion"])
        )
        if (
            done and done[-1]["role"] == "assistant"
        ):  # the last answer is in no row: it was not read
            done += [
                {"role": "tool", "name": result.tool, "content": result.text}
                for result in episode.final.results
            ]
        ours, sampled = [], []
        for place, message in enumerate(done):
            before = [*row["prompt"], *done[:place]]
            ids = ids_of(tokens, [*row["prompt"], *done[: place + 2]], tools, answering=True)
            if message["role"] == "assistant":
                begin = len(ids_of(tokens, before, tools, answering=True))
                end = ids.index(tokens.eos_token_id, begin) + 1
                ours = ids[len(asked) :]
                sampled += [0] * (begin - len(asked) - len(sampled)) + [1] * (end - begin)
                turns += 1
        assert said[: len(ours)] == ours
        sampled += [0] * (len(ours) - len(sampled))
        assert mask[: len(ours)] == sampled
    assert turns == 16


def test_a_journal_of_a_training_run_replays(trained):
    from firsthand.rollout.replay import replay

    *_, journal, _ = trained
    for episode in Journal(journal).episodes():
        assert fh.run(replay(episode)) is None, episode.id


@pytest.mark.parametrize("name", [n for n in fh.environments() if n != "control/null"])
def test_every_environment_is_offered_with_tools_of_the_same_names_and_arguments(name):
    kind, declared = trl.factory(name), tools_of(lookup(name))
    for tool in declared.values():
        told = get_json_schema(getattr(kind(), tool.name))["function"]
        assert told["description"].split() == tool.description.split()
        ours = tool.parameters
        assert list(told["parameters"]["properties"]) == list(ours.get("properties", {}))
        assert told["parameters"].get("required", []) == ours.get("required", [])
    if not declared:
        assert get_json_schema(kind().act)["function"]["parameters"]["required"] == ["line"]


def test_an_expert_is_paid_the_same_through_the_methods():
    expert = fh.Agent(model=fh.model("scripted:expert"))
    for task in fh.tasks("data/ledger", 3):
        episode = fh.run(fh.play(fh.make(task.environment), expert, task))
        rollout = trl.factory("data/ledger")()
        rollout.reset(**trl.rows([task])[0])
        for turn, action in zip([*episode.turns[1:], None], episode.actions, strict=True):
            (call,) = action.calls
            seen = (turn.observation if turn else episode.final).full
            assert getattr(rollout, call.name)(**call.arguments) == seen
        assert rollout.get_reward() == episode.reward == 1.0
        assert rollout.query(sql="SELECT 1") == trl.OVER


def test_a_wrong_call_is_answered_and_a_model_that_stops_is_paid_what_the_score_says():
    rollout = trl.factory("data/ledger")()
    rollout.reset(**trl.rows(fh.tasks("data/ledger", 1))[0])
    assert "Invalid arguments for 'query'" in rollout.query(sql=3)
    assert rollout.get_reward() == 0.0
    assert len(rollout._episode.turns) == lookup("data/ledger").turns


def test_a_broken_episode_has_no_reward():
    rollout = trl.factory("testing/broken_tool")()
    assert rollout.get_reward() is None
    rollout.reset(**trl.rows(fh.tasks("testing/broken_tool", 1))[0])
    assert rollout.push() == trl.OVER
    assert rollout.get_reward() is None


def test_refusals_come_at_the_start_and_say_why(monkeypatch):
    monkeypatch.setattr(trl, "tools_of", lambda kind: {"get_reward": tools_of(BrokenTool)["push"]})
    with pytest.raises(UserError, match="TRL takes get_reward of testing/broken_tool"):
        trl.factory("testing/broken_tool")
    monkeypatch.undo()
    with pytest.raises(UserError, match=r"names no task, but prompt: make the rows with"):
        trl.factory(DESK)().reset(prompt=[])


def test_the_page(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tokens = tokenizer()
    config = GRPOConfig(
        output_dir="out",
        max_steps=1,
        num_generations=2,
        per_device_train_batch_size=2,
        max_completion_length=24,
        report_to="none",
        use_cpu=True,
        bf16=False,
    )
    defined = run_section("TRL", model=model(tokens), tokenizer=tokens, config=config)
    assert defined["trainer"].state.global_step == 1
    assert json.loads(defined["rows"][0]["task"])["environment"] == DESK
