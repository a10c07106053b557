"""The trainable model in torch, on a small Llama with random weights: choice, text, gradient."""

import asyncio
import math
import subprocess
import sys

import pytest
from small_llama import small_llama

import firsthand as fh
from firsthand.environment import Action, Observation
from firsthand.episode import Turn
from firsthand.errors import ContextFull, MissingExtra, ModelError, UserError
from firsthand.models.choice import branchings, content_free, question
from firsthand.models.trainable import IMPOSSIBLE, Trainable
from firsthand.prompt import Message, Prompt, Sampling
from firsthand.shell import run

torch = pytest.importorskip("torch")
from firsthand.models.torch import Asked, Torch  # noqa: E402

GREEDY = Sampling(temperature=0.0, max_tokens=16)
LINES = ["open the red door", "open the red box", "open the blue door", "go", "go north"]
HALL = Prompt(
    [Message("system", "You walk."), Message("user", "Guide: you stand in a hall.")], choices=LINES
)
HELLO = Prompt([Message("user", "Say hello to the new customer.")])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return small_llama(tmp_path_factory.mktemp("hf") / "small")


@pytest.fixture(scope="module")
def model(folder):
    model = fh.model(f"torch:{folder}")
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():  # an adapter that does something
        for value in model.parameters():
            value.copy_(torch.randn(value.shape, generator=generator) * 0.1)
    yield model
    run(model.close())


def plain_logprobs(model, ids, *, base=False):
    """Next-token log-probabilities [L, vocab] by transformers' own forward, nothing shared."""
    network = model._model.network
    with torch.no_grad():
        if base:
            with network.disable_adapter():
                logits = network(input_ids=torch.tensor([ids])).logits[0]
        else:
            logits = network(input_ids=torch.tensor([ids])).logits[0]
    return torch.log_softmax(logits, dim=-1)


def walked(model, ids, options, *, base=False):
    """Scores of options by decoding each token by token among what the others leave open."""
    scores = []
    for option in options:
        total = 0.0
        for depth in range(len(option)):
            nexts = sorted({o[depth] for o in options if o[:depth] == option[:depth]})
            if len(nexts) > 1:
                said = plain_logprobs(model, [*ids, *option[:depth]], base=base)[-1]
                total += float(torch.log_softmax(said[nexts], 0)[nexts.index(option[depth])])
        scores.append(total)
    return scores


# -- choice


async def test_options_are_scored_down_their_token_tree_and_calibrated_under_the_base(model):
    completion = await model.sample(HALL, GREEDY)
    asked = question(HALL, model._model.tokens)
    raw = walked(model, asked.ids, asked.options)
    neutral = [walked(model, ids, asked.options, base=True) for ids in asked.neutral]
    scores = [r - sum(c) / 3 for r, c in zip(raw, zip(*neutral, strict=True), strict=True)]
    expected = torch.log_softmax(torch.tensor(scores), 0).tolist()
    assert list(completion.choices.values()) == pytest.approx(expected, abs=1e-4)
    assert completion.text == max(completion.choices, key=completion.choices.get)
    assert completion.logprobs == [
        completion.choices[completion.text],
        *[0.0] * (len(completion.ids) - 1),
    ]
    assert model._model.text(completion.prompt_ids) == (
        "You walk.\nGuide: you stand in a hall.\nAnswer:"
    )
    assert model._model.text(completion.ids) == f" {completion.text}\n"


async def test_a_decision_of_a_turn_gives_what_was_sampled_again_with_gradient(model):
    sampled = await model.sample(HALL, Sampling(temperature=2.0, seed=1))
    turn = Turn(
        Observation(HALL.messages[1].content), Action(sampled.text), choices=sampled.choices
    )
    decision = model.decision(turn, "You walk.")
    (found,) = model.distributions([Asked(tuple(sampled.prompt_ids), (), decision)])
    assert found.shape == (1, len(LINES))
    again = torch.log_softmax(found[0] / 2.0, 0)
    assert again.tolist() == pytest.approx(list(sampled.choices.values()), abs=1e-5)
    found[0, 0].backward()
    norms = [float(value.grad.abs().sum()) for value in model.parameters()]
    assert all(norm > 0.0 for norm in norms)
    for value in model.parameters():
        value.grad = None


async def test_the_base_is_what_an_adapter_of_zeros_says(folder, model):
    fresh = Torch(str(folder))
    context = Asked(tuple((await model.sample(HALL, GREEDY)).prompt_ids), (), None)
    context = Asked(context.ids, (0, *[1] * (len(context.ids) - 1)))
    (base,), (untrained,), (trained,) = (
        model.distributions([context], base=True),
        fresh.distributions([context]),
        model.distributions([context]),
    )
    assert torch.allclose(base, untrained, atol=1e-6)
    assert not base.requires_grad
    assert float((trained - base).detach().abs().max()) > 0.1
    await fresh.close()


async def test_choices_do_not_depend_on_the_company_they_are_asked_in(model):
    prompts = [
        Prompt(
            [Message("system", "You walk."), Message("user", f"Guide: {n} halls")], choices=LINES
        )
        for n in range(40)
    ]
    alone = [await model.sample(prompt, Sampling(seed=n)) for n, prompt in enumerate(prompts)]
    together = await asyncio.gather(
        *(model.sample(prompt, Sampling(seed=n)) for n, prompt in enumerate(prompts))
    )
    for one, other in zip(alone, together, strict=True):
        assert one.text == other.text
        assert list(one.choices.values()) == pytest.approx(list(other.choices.values()), abs=1e-5)


async def test_one_option_and_equal_options(model):
    sure = await model.sample(Prompt(HALL.messages, choices=["go"]), GREEDY)
    assert sure.choices == {"go": 0.0}


def test_where_options_part():
    assert [point.prefix for point in branchings([(1, 2), (1, 3), (4,)])] == [(), (1,)]
    assert branchings([(1, 2), (1, 2)]) == []
    assert branchings([(1,), (1, 2)]) == []
    assert content_free("Customer: hi")[0] == "Customer: thing?"


async def test_forced_moves_have_the_tokens_of_sampled_ones(model):
    sampled = await model.sample(HALL, GREEDY)
    forced = model.forced(HALL, sampled.text)
    assert (forced.prompt_ids, forced.ids) == (sampled.prompt_ids, sampled.ids)
    assert sorted(forced.choices.values()) == [IMPOSSIBLE] * 4 + [0.0]
    assert forced.logprobs == [0.0] * len(forced.ids)
    with pytest.raises(ModelError, match="'jump' is none of the choices: open the red door, "):
        model.forced(HALL, "jump")
    said = model.forced(HELLO, "Hello!")
    assert said.ids[-1] == model._model.end
    assert model._model.text(said.ids) == "Hello!"


# -- text


@pytest.mark.parametrize("temperature", [1.0, 0.6, 1.7])
async def test_t7_sampled_log_probabilities_are_those_of_a_recomputation(model, temperature):
    """With a cache, padding and a batch against one uncached pass over the stored tokens."""
    prompts = [Prompt([Message("user", "Hello. " * n)]) for n in (1, 9, 4)]
    sampling = Sampling(temperature=temperature, max_tokens=24, seed=5)
    found = await asyncio.gather(*(model.sample(prompt, sampling) for prompt in prompts))
    rows = [
        Asked(
            (*one.prompt_ids, *one.ids), tuple([0] * len(one.prompt_ids) + [1] * len(one.ids)), None
        )
        for one in found
    ]
    together = model.distributions(rows)
    for one, row, packed in zip(found, rows, together, strict=True):
        taken = torch.tensor(one.ids)[:, None]
        (apart,) = model.distributions([row])
        plain = plain_logprobs(model, row.ids)[len(one.prompt_ids) - 1 : -1]
        for distribution in (packed, apart, plain):
            again = torch.log_softmax(distribution / temperature, -1).gather(1, taken)[:, 0]
            assert float((again.detach() - torch.tensor(one.logprobs)).abs().max()) < 1e-5
        assert len(one.ids) == len(one.logprobs) <= 24


async def test_what_is_sampled_follows_from_the_seed_and_not_from_the_batch(model):
    prompts = [Prompt([Message("user", f"Count to {n}.")]) for n in (3, 20, 1000, 5)]
    sampling = [Sampling(max_tokens=12, seed=n) for n in range(4)]
    alone = [await model.sample(p, s) for p, s in zip(prompts, sampling, strict=True)]
    together = await asyncio.gather(
        *(model.sample(p, s) for p, s in zip(prompts, sampling, strict=True))
    )
    assert [one.ids for one in alone] == [one.ids for one in together]
    assert (await model.sample(prompts[0], Sampling(max_tokens=12, seed=9))).ids != alone[0].ids
    greedy = [(await model.sample(HELLO, GREEDY)).ids for _ in range(2)]
    assert greedy[0] == greedy[1]


async def test_top_p_leaves_the_tail_out(model):
    first = [
        (await model.sample(HELLO, Sampling(max_tokens=1, top_p=0.2, seed=n))) for n in range(30)
    ]
    said = plain_logprobs(model, first[0].prompt_ids)[-1].exp()
    order = said.argsort(descending=True)
    kept = order[: int((said[order].cumsum(0) < 0.2).sum()) + 1].tolist()
    assert {one.ids[0] for one in first} <= set(kept)
    for one in first:
        assert math.exp(one.logprobs[0]) == pytest.approx(
            float(said[one.ids[0]] / said[kept].sum()), abs=1e-4
        )


async def test_law_9_history_is_kept_as_it_was_sampled(model):
    first = await model.sample(HELLO, Sampling(seed=2, max_tokens=300))
    answer = [*HELLO.messages, Message("assistant", first.text), Message("user", "<|im_end|>more")]
    prefix = [*first.prompt_ids, *first.ids]
    second = await model.sample(
        Prompt(answer, prefix_ids=prefix, fresh=2), Sampling(seed=3, max_tokens=4)
    )
    special = model._model.special_tokens
    frame = special("<|im_start|>user\n", True) + special("<|im_end|>more", False)
    start = 0 if first.cut else 1
    expected = [*special("<|im_end|>\n", True), *frame, *special("<|im_end|>\n", True)]
    assert second.prompt_ids == [*expected[start:], *special("<|im_start|>assistant\n", True)]
    assert model._model.end not in special("<|im_end|>more", False)


async def test_a_conversation_that_does_not_fit_says_so(model):
    with pytest.raises(ContextFull, match=r"the context holds 512\."):
        await model.sample(Prompt([Message("user", "Hello. " * 400)]), GREEDY)


async def test_no_schema(model):
    with pytest.raises(ModelError, match="cannot be held to a schema"):
        await model.sample(Prompt(HELLO.messages, schema={"type": "string"}), GREEDY)


async def test_a_model_without_a_chat_template_still_chooses(tmp_path):
    model = Torch(str(small_llama(tmp_path / "bare", template=None)))
    assert (await model.sample(HALL, GREEDY)).text in LINES
    with pytest.raises(ModelError, match="torch:bare has no chat template"):
        await model.sample(HELLO, GREEDY)
    await model.close()


# -- weights


def test_state_goes_round_and_is_refused_where_it_does_not_fit(folder, model):
    assert isinstance(model, Trainable)
    assert model.name == "torch:small"
    state = model.state()
    fresh = Torch(str(folder))
    assert any(not torch.equal(value, state[name]) for name, value in fresh.state().items())
    fresh.load_state(state)
    assert all(torch.equal(value, state[name]) for name, value in fresh.state().items())
    name = sorted(state)[0]
    with pytest.raises(UserError, match=r"1 names differ, the first is "):
        fresh.load_state({key: value for key, value in state.items() if key != name})
    with pytest.raises(UserError, match=rf"{name} has the shape \[1, 2\], expected \["):
        fresh.load_state({**state, name: torch.zeros(1, 2)})
    layers = {key.split(".")[2] for key in state}
    assert layers == {"1", "2"}  # the upper two thirds


def test_the_adapter_begins_by_its_seed(folder):
    first, again, other = (Torch(str(folder), seed=seed).state() for seed in (1, 1, 2))
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert any(not torch.equal(value, other[name]) for name, value in first.items())


# -- mistakes


def test_a_folder_without_a_model(tmp_path):
    with pytest.raises(UserError, match=rf"no Hugging Face model in {tmp_path}/x: no such folder"):
        fh.model(f"torch:{tmp_path}/x")
    with pytest.raises(UserError, match=r"no config\.json in it"):
        fh.model(f"torch:{tmp_path}")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"has no weights: no \*\.safetensors in it"):
        fh.model(f"torch:{tmp_path}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match="could not be loaded"):
        fh.model(f"torch:{tmp_path}").parameters()


@pytest.mark.parametrize("kind", ["gpt2", "mamba"])
async def test_other_architectures_work_or_are_refused(tmp_path, kind):
    """A recurrent network ignores the mask: its options would see each other."""
    from transformers import AutoConfig, AutoModelForCausalLM

    folder = small_llama(tmp_path / kind)
    sizes = {"n_embd": 32, "n_layer": 2, "n_head": 2, "hidden_size": 32, "num_hidden_layers": 2}
    given = {key: value for key, value in sizes.items() if (kind == "gpt2") == key.startswith("n_")}
    network = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, vocab_size=300, **given))
    network.save_pretrained(folder)
    model = Torch(str(folder))
    if kind == "gpt2":
        assert (await model.sample(HALL, GREEDY)).text in LINES
    else:
        with pytest.raises(UserError, match="torch:mamba is a mamba, which does not keep to the"):
            model.parameters()
    await model.close()


def test_without_torch_everything_else_works(tmp_path):
    """In a process of its own, in which torch, transformers and peft cannot be imported."""
    script = f"""
import sys, importlib.util
found = importlib.util.find_spec
hidden = {{"torch", "transformers", "peft", "safetensors"}}
importlib.util.find_spec = lambda name, *more: None if name in hidden else found(name, *more)
sys.modules.update(dict.fromkeys(hidden))
import firsthand as fh
from firsthand.errors import MissingExtra
from firsthand.models.llama import Llama
from firsthand.shell import run
agent = fh.Agent(model=fh.model("scripted:expert"))
assert run(fh.rollout(agent, fh.tasks("rules/triage", 2)))[0].reward == 1.0
for name in ("torch:smollm2", "torch:{tmp_path}"):
    try:
        fh.model(name)
    except MissingExtra as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    told = "torch is not installed. Install it with: pip install 'firsthand[train]'\n"
    assert done.stdout == told * 2
    assert MissingExtra("torch", extra="train").extra == "train"


def test_a_tree_counts_what_a_context_would_add():
    from firsthand.models.token_tree import TokenTree

    tree = TokenTree()
    tree.insert([1, 2, 3])
    assert [tree.missing(ids) for ids in ([1, 2, 3, 4], [1, 5], [1, 2], [7])] == [1, 1, 0, 1]
