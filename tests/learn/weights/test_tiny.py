"""tiny: what it samples is what the trainer computes (T7), alone and in batches; saved and back."""

import asyncio

import pytest
import torch
from lamps import SMALL, small

import firsthand as fh
from firsthand.environment import Action, Observation
from firsthand.episode import Turn
from firsthand.errors import ContextFull, UserError
from firsthand.learn.weights.losses import units
from firsthand.learn.weights.rows import Row
from firsthand.models.tiny import END, Tiny
from firsthand.models.trainable import IMPOSSIBLE, Trainable
from firsthand.prompt import Message, Prompt, Sampling

TEXTS = ("a", "a lamp is red", "is it green or is it not, and if so why? " * 2, "xy")
OPTIONS = ("stop", "stop now", "go", "wait", "waiter")


def lively(seed=1, **options) -> Tiny:
    found = small(seed, **options)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in found.network.parameters():
            value.add_(torch.randn(value.shape, generator=draw) * 0.15)
    return found


def asked(text, choices=(), **more) -> Prompt:
    return Prompt([Message("user", text)], choices=choices, **more)


async def answers(model, prompts, samplings):
    found = await asyncio.gather(
        *(model.sample(prompt, how) for prompt, how in zip(prompts, samplings, strict=True))
    )
    await model.close()
    return found


def recomputed(model, completion, temperature) -> list[float]:
    ids = (*completion.prompt_ids, *completion.ids)
    mask = (0,) * len(completion.prompt_ids) + (1,) * len(completion.ids)
    taken, logprobs = tuple(completion.ids), tuple(completion.logprobs)
    row = Row(ids=ids, mask=mask, taken=taken, logprobs=logprobs, temperature=temperature)
    with torch.no_grad():
        return units([row], model.distributions([row])).chosen_BU[0].tolist()


@pytest.mark.parametrize("temperature", [1.0, 0.7, 1.6])
async def test_t7_sampled_log_probabilities_are_those_of_the_trainer(temperature):
    model = lively()
    samplings = [Sampling(temperature=temperature, seed=n, max_tokens=30) for n in range(4)]
    for answer in await answers(model, [asked(text) for text in TEXTS], samplings):
        now = recomputed(model, answer, temperature)
        assert max(abs(a - b) for a, b in zip(now, answer.logprobs, strict=True)) < 1e-5
        other = recomputed(lively(2), answer, temperature)
        assert max(abs(a - b) for a, b in zip(other, answer.logprobs, strict=True)) > 1e-2
        if temperature != 1.0:
            cold = recomputed(model, answer, 1.0)
            assert max(abs(a - b) for a, b in zip(cold, answer.logprobs, strict=True)) > 1e-2


async def test_t7_a_batch_says_what_each_would_say_alone():
    model = lively()
    prompts = [*(asked(text) for text in TEXTS), asked("which?", OPTIONS), asked("a", OPTIONS)]
    samplings = [Sampling(temperature=1.0, seed=n, max_tokens=20) for n in range(len(prompts))]
    together = await answers(model, prompts, samplings)
    for prompt, how, answer in zip(prompts, samplings, together, strict=True):
        (alone,) = await answers(model, [prompt], [how])
        assert (alone.text, alone.ids) == (answer.text, answer.ids)
        assert alone.logprobs == pytest.approx(answer.logprobs, abs=1e-5)


async def test_t7_a_conversation_goes_on_in_its_own_tokens():
    model = lively()
    how = Sampling(temperature=1.0, seed=3, max_tokens=8)
    (first,) = await answers(model, [asked("begin")], [how])
    told = [Message("user", "begin"), Message("assistant", first.text), Message("user", "more")]
    before = (*first.prompt_ids, *first.ids)
    (second,) = await answers(model, [Prompt(told, prefix_ids=before, fresh=2)], [how])
    assert bytes(second.prompt_ids[1:-1]) == b"more"
    ids = (*before, *second.prompt_ids, *second.ids)
    mask = (0,) * (len(ids) - len(second.ids)) + (1,) * len(second.ids)
    row = Row(ids=ids, mask=mask, taken=tuple(second.ids), logprobs=tuple(second.logprobs))
    now = units([row], model.distributions([row])).chosen_BU[0].tolist()
    assert now == pytest.approx(second.logprobs, abs=1e-5)


def test_choices_are_a_walk_down_the_tree_of_options():
    model = lively()
    forced = [model.forced(asked("which?", OPTIONS), option) for option in OPTIONS]
    turn = Turn(Observation("which?"), Action("go"), choices=dict.fromkeys(OPTIONS, 0.0))
    row = Row(
        ids=tuple(forced[0].prompt_ids),
        mask=(0,) * len(forced[0].prompt_ids),
        decision=model.decision(turn, ""),
        taken=(0,),
        logprobs=(0.0,),
    )
    with torch.no_grad():
        (ours,) = model.distributions([row])
    expected = [
        by_hand(model, forced[0].prompt_ids, [c.ids for c in forced], c.ids) for c in forced
    ]
    assert ours[0].exp().sum() == pytest.approx(1.0, abs=1e-5)
    assert ours[0].tolist() == pytest.approx(expected, abs=1e-4)


def by_hand(model, context, options, option) -> float:
    """Decode an option token by token among what the others leave open."""
    total = 0.0
    for depth, token in enumerate(option):
        alive = [other for other in options if other[:depth] == option[:depth]]
        allowed = sorted({other[depth] for other in alive})
        ids = torch.tensor([[*context, *option[:depth]]])
        with torch.no_grad():
            hidden, _ = model.network.hidden(ids, torch.arange(ids.shape[1])[None])
            logits = model.network.logits(hidden)[0, -1]
        total += float(logits[allowed].log_softmax(0)[allowed.index(token)])
    return total


def test_forced_completions_say_what_they_are_told():
    model = small()
    said = model.forced(asked("x"), "hello")
    assert (said.ids, said.logprobs) == ([*b"hello", END], [0.0] * 6)
    chosen = model.forced(asked("x", OPTIONS), "go")
    assert chosen.choices == {option: 0.0 if option == "go" else IMPOSSIBLE for option in OPTIONS}


async def test_greedy_and_top_p():
    model = lively()
    greedy = Sampling(temperature=0.0, max_tokens=10)
    one, two = await answers(model, [asked("a")] * 2, [greedy] * 2)
    assert one.ids == two.ids
    narrow = Sampling(temperature=1.0, top_p=0.3, seed=1, max_tokens=10)
    (cut,) = await answers(model, [asked("a")], [narrow])
    now = recomputed(model, cut, 1.0)
    # T4: what the sampler cut away, the trainer does not know of
    assert max(b - a for a, b in zip(now, cut.logprobs, strict=True)) > 0.5


async def test_a_full_context_is_said():
    model = small()
    with pytest.raises(ContextFull, match="has 302 tokens, and tiny holds 256"):
        await model.sample(asked("a" * 299), Sampling())
    with pytest.raises(ContextFull):
        await model.sample(asked("a" * 299, OPTIONS), Sampling())
    await model.close()


def test_saved_and_loaded_weights_are_the_same(tmp_path):
    model = lively()
    model.version = 7
    model.save(tmp_path / "weights")
    again = fh.model(f"tiny:{tmp_path / 'weights'}")
    assert isinstance(again, Trainable)
    assert (again.version, again.name, again.shape) == (7, "tiny:weights", SMALL)
    for name, value in model.state().items():
        assert torch.equal(again.state()[name], value)
    with pytest.raises(UserError, match=r"There is no tiny.safetensors in .*: name a folder"):
        Tiny.load(tmp_path)
    (tmp_path / "tiny.safetensors").write_bytes(b"torn")
    with pytest.raises(UserError, match="is no file of weights"):
        Tiny.load(tmp_path)
    with pytest.raises(UserError, match="These are not weights of tiny"):
        model.load_state({"x": torch.zeros(1)})


def test_seeds_decide_a_fresh_network_whatever_the_global_generator_says():
    torch.manual_seed(1)
    one = small(5).state()
    torch.manual_seed(2)
    two, three = small(5).state(), small(6).state()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], three[name]) for name in one)


async def test_system_messages_are_left_out_unless_asked_for():
    prompt = Prompt([Message("system", "rules"), Message("user", "x")], choices=OPTIONS)
    deaf, hearing = small().forced(prompt, "go"), small(system=True).forced(prompt, "go")
    assert len(hearing.prompt_ids) - len(deaf.prompt_ids) == 1 + len("rules")
