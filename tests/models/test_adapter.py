"""Adapters on disk, and in the embedded engine."""

import asyncio
import math
import statistics

import gguf
import numpy as np
import pytest
from small_llama import small_llama

import firsthand as fh
from firsthand.environment import Action
from firsthand.episode import Turn
from firsthand.errors import ModelError, UserError
from firsthand.models.adapter import Heads, read_adapter, split_adapter, write_adapter
from firsthand.prompt import Message, Prompt, Sampling
from firsthand.shell import run

torch = pytest.importorskip("torch")
from firsthand.models.torch import Asked, Torch  # noqa: E402

GREEDY = Sampling(temperature=0.0, max_tokens=16)


def stirred(model, scale, *, seed=1):
    """Give an adapter weights that do something."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in model.parameters():
            value.copy_(torch.randn(value.shape, generator=generator) * scale)
    return model


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    model = Torch(str(small_llama(tmp_path_factory.mktemp("hf") / "small")))
    yield stirred(model, 0.1)
    run(model.close())


def test_an_adapter_comes_back_from_disk_as_it_was(small, tmp_path):
    path = tmp_path / "adapter.gguf"
    small.save_adapter(path)
    assert [child.name for child in tmp_path.iterdir()] == ["adapter.gguf"]
    again = fh.model(f"torch:{small.folder}+{tmp_path}")
    assert again.name == f"torch:small+{tmp_path.name}"
    state = again.state()
    assert state.keys() == small.state().keys()
    assert all(torch.equal(value, state[name]) for name, value in small.state().items())
    assert again._model.alpha == small._model.alpha == 32.0


def test_a_trainer_s_folder_can_be_played(small, tmp_path):
    """What `firsthand train` leaves in its folder of weights is named as a model, and plays."""
    from firsthand.learn.weights.trainer import LocalTrainer

    LocalTrainer(small).save(tmp_path / "weights")
    again = fh.model(f"torch:{small.folder}+{tmp_path}/weights")
    assert all(torch.equal(value, small.state()[name]) for name, value in again.state().items())
    small._model._config.model_type, kept = "gpt2", small._model._config.model_type
    small.save(tmp_path / "other")
    small._model._config.model_type = kept
    assert not (tmp_path / "other").exists()


def test_rows_of_queries_and_keys_are_stored_as_llama_cpp_has_them(tmp_path):
    """The halves of each head alternate; values keep their order."""
    rows = torch.arange(16.0)[:, None] * torch.ones(1, 2)
    name = "model.layers.4.self_attn.{}_proj.lora_B.default.weight"
    state = {name.format(letter): rows for letter in "qkv"}
    write_adapter(tmp_path / "a.gguf", state, heads=Heads(4, 2), alpha=16)
    stored = {
        tensor.name: tensor.data[:, 0].tolist()
        for tensor in gguf.GGUFReader(tmp_path / "a.gguf").tensors
    }
    within = [0, 2, 1, 3]
    assert stored["blk.4.attn_q.weight.lora_b"] == [4 * h + i for h in range(4) for i in within]
    wide = [0, 4, 1, 5, 2, 6, 3, 7]
    assert stored["blk.4.attn_k.weight.lora_b"] == [8 * h + i for h in range(2) for i in wide]
    assert stored["blk.4.attn_v.weight.lora_b"] == list(range(16))
    found, alpha = read_adapter(tmp_path / "a.gguf", heads=Heads(4, 2))
    assert alpha == 16.0
    assert all(torch.equal(value, rows) for value in found.values())


def test_mistakes_with_adapters(small, tmp_path):
    for name in ("torch:smollm2", f"torch:{small.folder}", "llama:smollm2"):
        with pytest.raises(UserError, match=rf"There is no adapter at {tmp_path}/no\.gguf"):
            fh.model(f"{name}+{tmp_path}/no.gguf")
    with pytest.raises(UserError, match=rf"There is no adapter at {tmp_path}/adapter\.gguf"):
        fh.model(f"llama:smollm2+{tmp_path}")
    (tmp_path / "bad.gguf").write_bytes(b"nothing of the kind")
    with pytest.raises(UserError, match=r"bad\.gguf is no GGUF adapter"):
        fh.model(f"torch:{small.folder}+{tmp_path}/bad.gguf").state()
    with pytest.raises(UserError, match="transformer.h is no layer of a Llama"):
        write_adapter(tmp_path / "x.gguf", {"transformer.h": rows_of(2)}, heads=HEADS, alpha=1)
    odd = tmp_path / "a+b.gguf"
    odd.touch()
    assert split_adapter(str(odd)) == (str(odd), None)
    small._model._config.model_type, kept = "gpt2", small._model._config.model_type
    with pytest.raises(UserError, match="torch:small is a gpt2: adapters are kept for Llama"):
        small.save_adapter(tmp_path / "y.gguf")
    small._model._config.model_type = kept


HEADS = Heads(1, 1)


def rows_of(n):
    return torch.zeros(n, 2)


# -- the embedded engine and torch side by side


def observations(n):
    """Prompts with the legal moves, half of them of each world."""
    found = []
    for name in ("interfaces/shop_desk", "rules/triage"):
        for task in fh.tasks(name, n // 2, split="train", world=3):
            world = fh.make(name)
            said = world.reset(task).full
            messages = [Message("system", world.statement), Message("user", said)]
            found.append(Prompt(messages, choices=world.choices()))
    return found


async def chosen(model, prompts):
    """Log-probabilities of the options of each prompt."""
    answers = await asyncio.gather(*(model.sample(prompt, GREEDY) for prompt in prompts))
    return [list(answer.choices.values()) for answer in answers]


def effects(adapted, base):
    """What the adapter changes in the log-probability of each option."""
    return list(np.concatenate(adapted) - np.concatenate(base))


def files(model, folder):
    """Write an adapter rightly, and with the rows of queries and keys left as torch has them."""
    heads = model._model.heads()
    model.save_adapter(folder / "right.gguf")
    plain = {name: unordered(name, value, heads) for name, value in model.state().items()}
    write_adapter(folder / "wrong.gguf", plain, heads=heads, alpha=32)
    return model, folder


@pytest.fixture(scope="module")
def smollm2(tmp_path_factory):
    """SmolLM2 in torch with an adapter of random weights that change choices, and its files."""
    model = Torch("smollm2")
    yield files(stirred(model, 0.08), tmp_path_factory.mktemp("adapters"))
    run(model.close())


def taught(model, tasks, *, steps):
    """Imitate the expert on a few tasks."""
    rows = []
    for task in tasks:
        world = fh.make(task.environment)
        said = world.reset(task)
        answer = next(iter(world.expert())).text
        messages = [Message("system", world.statement), Message("user", said.full)]
        forced = model.forced(Prompt(messages, choices=world.choices()), answer)
        turn = Turn(said, Action(answer), choices=forced.choices)
        decision = model.decision(turn, world.statement)
        rows.append((Asked(tuple(forced.prompt_ids), (), decision), [*turn.choices].index(answer)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0)
    for step in range(steps):
        batch = [rows[(16 * step + place) % len(rows)] for place in range(16)]
        found = model.distributions([row for row, _ in batch])
        loss = -sum(one[0, right] for one, (_, right) in zip(found, batch, strict=True)) / 16
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model


def unordered(name, rows, heads):
    """Undo the reordering that the writer is about to do: what one gets who forgets it."""
    n = {"q_proj": heads.queries, "k_proj": heads.keys}.get(name.split(".")[4], 0)
    if not n or "lora_A" in name:
        return rows
    return rows.reshape(n, -1, 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


async def compared(model, folder, n):
    """Return agreement of choices, correlation of effects, and that of the wrong adapter."""
    prompts = observations(n)
    ours = await chosen(model, prompts)
    saved = model.state()
    model.load_state({name: torch.zeros_like(value) for name, value in saved.items()})
    base = await chosen(model, prompts)
    model.load_state(saved)
    found, bare = {}, None
    for name in ("right", "wrong"):
        llama = fh.model(f"llama:smollm2+{folder}/{name}.gguf")
        adapted = await chosen(llama, prompts)
        bare = bare or await chosen(llama.bare(), prompts)
        same = [np.argmax(a) == np.argmax(b) for a, b in zip(ours, adapted, strict=True)]
        correlation = statistics.correlation(effects(ours, base), effects(adapted, bare))
        found[name] = (sum(same) / len(same), correlation)
        await llama.close()
    return found


@pytest.mark.model
@pytest.mark.slow
async def test_torch_and_the_engine_agree_about_an_adapter(smollm2):
    """Random weights: many options come close, and the engine's are rounded to 8 bits."""
    found = await compared(*smollm2, 20)
    assert found["right"][0] >= 0.8 > found["wrong"][0]
    assert found["right"][1] >= 0.97 > found["wrong"][1]


@pytest.mark.model
@pytest.mark.slow
async def test_torch_and_the_engine_agree_on_200_observations(tmp_path):
    """An adapter that has learned something, as adapters have that are deployed."""
    model = Torch("smollm2")
    columns = [
        fh.tasks(name, 72, split="train", world=3, start=1000)
        for name in ("interfaces/shop_desk", "rules/triage")
    ]
    tasks = [task for pair in zip(*columns, strict=True) for task in pair]
    found = await compared(*files(taught(model, tasks, steps=18), tmp_path), 200)
    print(found)
    assert found["right"][0] >= 0.95
    assert found["right"][1] >= 0.97 > found["wrong"][1]
    await model.close()


@pytest.mark.model
async def test_the_adapter_is_switched_by_request_and_nothing_leaks_between(smollm2):
    """One slot, so that what is cached with the adapter would be met without it."""
    from firsthand.models.llama import Llama

    _, folder = smollm2
    on = Llama(adapter=folder / "right.gguf", slots=1, context=640)
    off, alone = on.bare(), Llama(slots=1, context=640)
    assert (on.name, off.name) == ("llama:smollm2+right", "llama:smollm2")
    assert on.engine is off.engine
    prompts = observations(6)
    for prompt in prompts:
        first = (await on.sample(prompt, GREEDY)).choices
        without = (await off.sample(prompt, GREEDY)).choices
        again = (await on.sample(prompt, GREEDY)).choices
        plain = (await alone.sample(prompt, GREEDY)).choices
        assert list(again.values()) == pytest.approx(list(first.values()), abs=0.02)
        assert list(without.values()) == pytest.approx(list(plain.values()), abs=0.1)
        assert max(abs(first[line] - without[line]) for line in first) > 0.2
    both = await asyncio.gather(*(m.sample(prompts[0], GREEDY) for m in (on, off, on, off)))
    for place, one in enumerate(both[2:]):
        assert list(one.choices.values()) == pytest.approx(
            list(both[place].choices.values()), abs=0.02
        )
    text = Prompt([Message("user", "Say hello to the new customer.")])
    said = [(await model.sample(text, GREEDY)).ids for model in (off, on, off, alone)]
    assert said[0] == said[2] == said[3] != said[1]
    assert all(math.isfinite(value) for one in both for value in one.choices.values())
    await on.close()
    await alone.close()


@pytest.mark.model
def test_an_adapter_that_does_not_fit_is_one_error(small, tmp_path):
    small.save_adapter(tmp_path / "small.gguf")
    with pytest.raises(ModelError, match=r"could not load .* with .*small\.gguf"):
        _ = fh.model(f"llama:smollm2+{tmp_path}/small.gguf").engine
