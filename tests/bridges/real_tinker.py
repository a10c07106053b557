"""tinker's SDK between our rows and a server that computes: its gradients are our trainer's."""

import random
from pathlib import Path

import msgspec
import pytest
import tinker
import torch
from small_llama import small_llama
from transformers import LlamaForCausalLM

import firsthand as fh
from bridges.pages import run_section
from bridges.tinker_server import Server, serving
from firsthand.bridges.tinker import connect, datum
from firsthand.errors import ModelError, UserError
from firsthand.learn.lab import Lab
from firsthand.learn.weights import recipes
from firsthand.learn.weights.rows import Row, rows_of
from firsthand.learn.weights.settings import LossConfig, TrainConfig
from firsthand.learn.weights.trainer import LocalTrainer
from firsthand.models.torch import Torch
from firsthand.models.trainable import Decision
from firsthand.prompt import Message, Prompt, Sampling
from firsthand.registry import register

KEY = "tml-nobody"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small model that ends its answers after some twenty tokens instead of hundreds."""
    folder = small_llama(tmp_path_factory.mktemp("small"))
    network = LlamaForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        network.model.embed_tokens.weight[network.config.eos_token_id] *= 4
    network.save_pretrained(folder)
    return folder


def adapted(folder):
    """The same small model with the same adapter, which does something, each time."""
    model = Torch(str(folder))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in model.parameters():
            value.copy_(torch.randn(value.shape, generator=generator) * 0.1)
    return model


@pytest.fixture
def server(folder):
    model = adapted(folder)
    with serving(Server(model._model.network, model.parameters())) as served:
        yield served


@pytest.fixture
def far(server, folder):
    """Our bridge to it."""
    model = connect("small", base_url=server.url, api_key=KEY, tokenizer=folder, seed=0)
    yield model
    fh.run(model.close())


@pytest.fixture
def near(folder):
    """What trains in this process, from the same weights."""
    return adapted(folder)


def some_rows(model, **fields):
    """Rows of several turns each, as if older weights had sampled them."""
    rng, rows = random.Random(3), []
    for number in range(7):
        mask = (0,) * rng.randrange(1, 6)
        for _ in range(rng.randrange(1, 4)):
            mask += (1,) * rng.randrange(1, 6) + (0,) * rng.randrange(1, 4)
        mask += (1,) * rng.randrange(1, 3)
        ids = tuple(rng.randrange(5, 250) for _ in mask)
        taken = tuple(token for token, sampled in zip(ids, mask, strict=True) if sampled)
        row = Row(
            ids=ids,
            mask=mask,
            taken=taken,
            logprobs=(0.0,) * len(taken),
            advantage=rng.choice([-1.5, -0.5, 0.25, 1.0]),
            even=number == 2,
            version=-1,
            group=str(number),
        )
        rows.append(msgspec.structs.replace(row, **fields))
    told = LocalTrainer(model).logprobs(rows)
    moved = [tuple(value + rng.gauss(0, 0.3) for value in each) for each in told]
    return [
        msgspec.structs.replace(row, logprobs=each) for row, each in zip(rows, moved, strict=True)
    ]


def gradients(parameters):
    return torch.cat([value.grad.flatten() for value in parameters])


def compared(near, far, server, rows, config, **options):
    """Return loss and gradient of both, and the largest difference as a share of the gradient."""
    ours = LocalTrainer(near, config).forward_backward(rows, **options)
    theirs = far.trainer(config).forward_backward(rows, **options)
    one, other = gradients(near.parameters()), gradients(server.parameters)
    assert float(one.abs().max()) > 1e-3
    return ours, theirs, float((one - other).abs().max() / one.abs().max())


CASES = {
    "clip": LossConfig(),
    "clip, whole rows": LossConfig(norm="sequence"),
    "clip, constant": LossConfig(norm="constant", constant=40.0),
    "cispo": LossConfig(aim="cispo", clip_low=0.1, clip_high=0.4),
    "reinforce": LossConfig(aim="reinforce"),
    "capped": LossConfig(cap=1.1),
    "reinforce, capped": LossConfig(aim="reinforce", cap=1.1),
}


@pytest.mark.parametrize("version", [-1, 0], ids=["older", "fresh"])
@pytest.mark.parametrize("case", CASES)
def test_loss_and_gradient_over_the_wire_are_our_trainers(near, far, server, case, version):
    config = TrainConfig(loss=CASES[case])
    rows = some_rows(near, version=version)
    rows[3] = msgspec.structs.replace(rows[3], version=0)  # both kinds in one step
    ours, theirs, apart = compared(near, far, server, rows, config)
    assert apart < 1e-5
    assert theirs.loss == pytest.approx(ours.loss, abs=1e-5)
    assert theirs.mismatch_kl == pytest.approx(ours.mismatch_kl, abs=1e-5)
    assert theirs.clip_fraction == pytest.approx(ours.clip_fraction)
    assert (theirs.rows, theirs.units) == (ours.rows, ours.units)


def test_passes_after_the_first_are_anchored_where_it_began(near, far, server):
    config = TrainConfig(learning_rate=3e-3)
    rows = some_rows(near, version=0)
    mine, distant = LocalTrainer(near, config), far.trainer(config)
    anchors, told = mine.logprobs(rows), distant.logprobs(rows)
    for one, other in zip(anchors, told, strict=True):
        assert other == pytest.approx(one, abs=1e-5)
    for _ in range(3):
        ours = mine.forward_backward(rows, anchors=anchors)
        theirs = distant.forward_backward(rows, anchors=told)
        assert theirs.loss == pytest.approx(ours.loss, abs=1e-5)
        assert distant.optim_step() == pytest.approx(mine.optim_step(), rel=1e-4)
    for one, other in zip(near.parameters(), server.parameters, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)
    assert server.steps[0] == {
        "learning_rate": 3e-3,
        "beta1": 0.9,
        "beta2": 0.95,
        "eps": 1e-8,
        "weight_decay": 0.0,
        "grad_clip_norm": 1.0,
    }
    assert far.version == near.version == 3


def test_rows_that_imitate_and_rows_that_explore_in_one_step(near, far, server):
    rows = some_rows(near)
    rows[1:4] = [msgspec.structs.replace(row, component="sft") for row in rows[1:4]]
    config = TrainConfig(loss=LossConfig(sft=0.5))
    ours, theirs, apart = compared(near, far, server, rows, config)
    assert apart < 1e-5
    assert theirs.loss == pytest.approx(ours.loss, abs=1e-5)
    asked = [call for call in server.calls if isinstance(call, tuple)]
    assert sorted(asked) == [("cross_entropy", 3), ("ppo", 1), ("ppo", 3)]


def shifted(tokens, inputs):
    return tokens, {name: value.roll(1) for name, value in inputs.items()}


def unmasked(tokens, inputs):
    pull = inputs["weights"]
    return tokens, {**inputs, "weights": torch.full_like(pull, float(pull[pull != 0][0]))}


@pytest.mark.parametrize("spoilt", [shifted, unmasked])
def test_a_row_shifted_by_one_or_without_its_mask_is_found_out(near, far, server, spoilt):
    rows = [row for row in some_rows(near) if not row.even]
    server.spoilt = spoilt
    config = TrainConfig(loss=LossConfig(aim="reinforce"))
    _, _, apart = compared(near, far, server, rows, config)
    assert apart > 0.05


def test_importance_sampling_on_plain_data_is_a_ratio_that_is_never_clipped(near, far, server):
    """`datum(row)` alone, in the user's own loop: sums, whatever the rows' number is."""
    rows = [row for row in some_rows(near) if not row.even]
    n = sum(len(row.taken) for row in rows)
    data = [datum(row, scale=[1 / n] * len(row.taken)) for row in rows]
    told = far.client.forward_backward(data, "importance_sampling").result()
    config = TrainConfig(loss=LossConfig(clip_low=1.0, clip_high=1e9))
    ours = LocalTrainer(near, config).forward_backward(rows)
    assert told.metrics["loss:sum"] == pytest.approx(ours.loss, abs=1e-5)
    torch.testing.assert_close(
        gradients(server.parameters), gradients(near.parameters()), atol=1e-5, rtol=0
    )


def test_a_datum_is_the_row_shifted_by_one():
    row = Row(
        ids=(7, 8, 9, 10, 11),
        mask=(0, 0, 1, 0, 1),
        taken=(9, 11),
        logprobs=(-1.0, -2.0),
        advantage=0.5,
    )
    made = datum(row)
    assert made.model_input.to_ints() == [7, 8, 9, 10]
    found = {name: value.tolist() for name, value in made.loss_fn_inputs.items()}
    assert found == {
        "target_tokens": [8, 9, 10, 11],
        "logprobs": [0.0, -1.0, 0.0, -2.0],
        "advantages": [0.0, 0.5, 0.0, 0.5],
    }
    imitated = msgspec.structs.replace(row, component="sft")
    assert datum(imitated, loss="cross_entropy").loss_fn_inputs["weights"].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"decision": Decision(((1,), (2,)), (0.0, 0.0))}, "is a choice among options"),
        ({"temperature": 0.7}, "sampled at temperature 0.7"),
        ({"teacher": ({1: 0.0},)}, "has a teacher"),
        ({"mask": (1, 0, 1)}, "nothing can be predicted from nothing"),
        ({"mask": (0, 0, 0)}, "no sampled token"),
    ],
)
def test_rows_that_the_api_cannot_express_are_refused(fields, reason):
    row = Row(ids=(7, 8, 9), mask=(0, 0, 1), taken=(9,), logprobs=(-1.0,), episode="e1")
    with pytest.raises(UserError, match=f"episode e1.*{reason}"):
        datum(msgspec.structs.replace(row, **fields))


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (TrainConfig(loss=LossConfig(entropy=0.2)), "loss.entropy is set"),
        (TrainConfig(loss=LossConfig(kl=0.1)), "loss.kl is set"),
        (TrainConfig(loss=LossConfig(ratio="sequence")), "loss.ratio is set"),
        (TrainConfig(temperature=0.8), "temperature is set"),
    ],
)
def test_settings_that_the_api_cannot_express_are_refused_before_anything_is_played(
    far, tmp_path, config, reason
):
    lab = Lab(fh.Agent(model=far), ["test/colour"], folder=tmp_path, budget=10)
    with pytest.raises(UserError, match=reason):
        fh.run(recipes.grpo(lab, config))
    assert lab.spent == 0


def test_distillation_is_refused_before_anything_is_played(far, near, tmp_path):
    lab = Lab(fh.Agent(model=far), ["test/colour"], folder=tmp_path, budget=10)
    with pytest.raises(UserError, match="distil needs whole distributions, which tinker:small"):
        fh.run(recipes.distil(lab, teacher=fh.Agent(model=near)))


def test_a_key_that_is_none_and_a_server_that_fails_are_told(server, folder):
    with pytest.raises(UserError, match="must start with the 'tml-' prefix"):
        connect("small", base_url=server.url, api_key="secret", tokenizer=folder)
    far = connect("small", base_url=server.url, api_key=KEY, tokenizer=folder)
    server.broken = "out of memory"
    with pytest.raises(UserError, match="did not take an optimizer step: .*out of memory"):
        far.trainer(TrainConfig()).optim_step()
    assert far.version == 0
    fh.run(far.close())


# -- play


@register
class Colour(fh.Environment):
    """Two turns of free text, paid for by the share of small letters in it."""

    name = "test/colour"
    turns = 2

    def reset(self, task):
        self.said = []
        return fh.Observation(f"Say something about {task.rng('instance').choice(['red', 'blue'])}")

    def act(self, action):
        self.said.append(action.text)
        if len(self.said) == 2:
            self.finish()
        return fh.Observation("And then?", done=self.finished)

    def score(self):
        text = "".join(self.said)
        share = sum(map(str.islower, text)) / max(1, len(text))
        return fh.Score.potential(share, small=share == 1)

    def expert(self):
        yield fh.Action("warm")
        yield fh.Action("andcoldthenwarm")


def test_tokens_of_an_episode_are_those_that_the_server_sampled(far, near, server):
    agent = fh.Agent(model=far, sampling=Sampling(max_tokens=200, seed=5))
    (task,) = fh.tasks("test/colour", 1)
    episode = fh.run(fh.play(fh.make("test/colour"), agent, task))
    assert episode.error is None and len(episode.turns) == 2
    (row,) = rows_of(episode, agent, advantage=1.0)
    (first, said), (second, more) = server.sampled
    assert row.ids == (*second, *more) and second[: len(first) + len(said)] == first + said
    assert row.taken == said + more
    (again,) = LocalTrainer(near).logprobs([row])
    assert row.logprobs == pytest.approx(again, abs=1e-4)
    assert episode.turns[0].prompt_ids == near._model.appended(
        Prompt([Message("user", episode.turns[0].observation.text)])
    )


def test_an_answer_without_its_last_token_or_cut_short_is_no_row(far, server):
    (task,) = fh.tasks("test/colour", 1)
    server.trailing = False
    agent = fh.Agent(model=far, sampling=Sampling(max_tokens=200))
    episode = fh.run(fh.play(fh.make("test/colour"), agent, task))
    assert "left the token out at which it did" in episode.error.message
    with pytest.raises(ModelError, match="cannot be held to a schema"):
        fh.run(far.sample(Prompt([Message("user", "?")], schema={}), Sampling()))
    cut = fh.run(far.sample(Prompt([Message("user", "?")]), Sampling(max_tokens=1)))
    assert cut.cut and len(cut.ids) == 1


# -- recipes


def written(folder):
    """What the recipe wrote down of its optimizer steps."""
    lines = (folder / "training.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line) for line in lines]


def test_grpo_moves_the_servers_weights_and_goes_on_where_it_stopped(far, server, folder, tmp_path):
    config = TrainConfig(learning_rate=1e-3, batch=2, plays=3, patience=99)
    agent = fh.Agent(model=far, sampling=Sampling(max_tokens=200))
    before = [value.detach().clone() for value in server.parameters]

    def run(model, budget):
        who = msgspec.structs.replace(agent, model=model)
        fh.run(recipes.grpo(Lab(who, ["test/colour"], folder=tmp_path, budget=budget), config))

    run(far, 12)
    assert far.version == len(server.steps) == 1
    (line,) = written(tmp_path)
    assert line["grad_norm"] > 1e-3 and line["mismatch_kl"] < 1e-6 and line["units"] > 50
    assert any(not torch.equal(a, b) for a, b in zip(before, server.parameters, strict=True))
    trained = [value.detach().clone() for value in server.parameters]
    server._put(before)  # another process: the server has nothing but what it was asked to keep
    other = connect("small", base_url=server.url, api_key=KEY, tokenizer=folder)
    run(other, 24)
    assert other.version == len(server.steps) == 2
    assert "load_weights" in server.paths
    saved, _ = server._saved["tinker://run/weights/step-1"]
    assert all(torch.equal(a, b) for a, b in zip(saved, trained, strict=True))


def test_a_learning_rate_of_0_changes_nothing(far, server, tmp_path):
    before = [value.detach().clone() for value in server.parameters]
    agent = fh.Agent(model=far, sampling=Sampling(max_tokens=200))
    lab = Lab(agent, ["test/colour"], folder=tmp_path, budget=12)
    fh.run(recipes.grpo(lab, TrainConfig(learning_rate=0.0, batch=2, plays=3)))
    assert len(server.steps) == 1 and written(tmp_path)[0]["grad_norm"] > 1e-3
    assert all(torch.equal(a, b) for a, b in zip(before, server.parameters, strict=True))


def test_imitation_takes_the_same_steps_as_in_this_process(far, near, server, tmp_path):
    config = TrainConfig(learning_rate=1e-3, batch=2, demonstrations=4, epochs=2)
    for model, name in ((far, "far"), (near, "near")):
        lab = Lab(fh.Agent(model=model), ["test/colour"], folder=tmp_path / name, budget=8)
        fh.run(recipes.sft(lab, config))
    assert far.version == near.version == len(server.steps) == 4
    for one, other in zip(near.parameters(), server.parameters, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


def test_the_page(server, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TINKER_API_KEY", KEY)
    defined = run_section("tinker", url=server.url, folder=folder)
    assert defined["model"].version == len(server.steps) > 0
    assert Path("runs/far/weights/tinker.json").exists()
    assert tinker.__version__.startswith("0.38")
