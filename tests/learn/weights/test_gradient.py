"""Proofs of the losses: T1, T2, T3, T5, T6, T8 of the design, each with what must fail."""

import itertools
import math

import pytest
import torch
from lamps import small

from firsthand.errors import UserError
from firsthand.learn.weights.advantages import advantages
from firsthand.learn.weights.losses import Units, counts, loss, policy, reverse_kl, units
from firsthand.learn.weights.rows import Row
from firsthand.learn.weights.settings import LossConfig, TrainConfig
from firsthand.learn.weights.trainer import LocalTrainer
from firsthand.models.network import VOCABULARY

ARMS = torch.tensor([0.2, 0.4, 0.6, 0.8])
PLAIN = LossConfig(aim="reinforce")


def bandit(logp_BO, taken_B, advantage_B) -> Units:
    """One unit a row."""
    one = torch.ones(len(taken_B))
    sampled = logp_BO.detach().gather(1, taken_B[:, None])
    parts = (logp_BO[:, None], taken_B[:, None], sampled, advantage_B, one[:, None], one, one)
    return Units(*parts, 0 * one, 0 * one)


def learned(change, *, seeds=50, plays=8, steps=400, rate=0.3, **how) -> float:
    """Train a bandit's policy for each seed; return the share that found the best arm."""
    draw = torch.Generator().manual_seed(7)
    logits = torch.zeros(seeds, 4, requires_grad=True)
    for _ in range(steps):
        logp = logits.log_softmax(1)
        taken = torch.multinomial(logp.detach().exp(), plays, replacement=True, generator=draw)
        paid = (torch.rand(seeds, plays, generator=draw) < ARMS[taken]).float()
        found = torch.tensor([advantages(row, **how) for row in paid.tolist()])
        rows = logp.repeat_interleave(plays, 0)
        now = bandit(rows, taken.flatten(), change(found, draw).flatten())
        (gradient,) = torch.autograd.grad(policy(now, PLAIN) / plays, logits)
        with torch.no_grad():
            logits -= rate * gradient
    return float((logits.softmax(1)[:, 3] >= 0.9).float().mean())


@pytest.mark.parametrize(
    "how", [{}, {"baseline": "leave_one_out"}, {"std": True}], ids=["mean", "loo", "std"]
)
def test_t1_every_baseline_finds_the_best_arm(how):
    assert learned(lambda found, _: found, **how) == 1.0


def test_t1_shuffled_and_flipped_advantages_find_nothing():
    def shuffled(found, draw):
        return found.flatten()[torch.randperm(found.numel(), generator=draw)].view_as(found)

    assert learned(shuffled, steps=200) <= 0.2
    assert learned(lambda found, _: -found, steps=200) == 0.0


@pytest.mark.parametrize(("baseline", "expected"), [("mean", 0.75), ("leave_one_out", 1.0)])
def test_t2_the_expected_gradient_is_that_of_the_reward(baseline, expected):
    assert shrinkage(baseline=baseline) == pytest.approx(expected, abs=1e-5)


def test_t2_dividing_by_the_deviation_is_biased():
    assert shrinkage(std=True) > 1.2


def shrinkage(*, plays=4, **how) -> float:
    """Enumerate every group of plays; return E[gradient] in units of the true gradient."""
    logits = torch.tensor([0.3, -0.2, 0.1, 0.4], dtype=torch.float64, requires_grad=True)
    logp, arms = logits.log_softmax(0), ARMS.double()
    (true,) = torch.autograd.grad((logp.exp() * arms).sum(), logits, retain_graph=True)
    odds, paying = logp.detach().exp().tolist(), ARMS.tolist()
    taken_rows, weights = [], []
    for taken in itertools.product(range(4), repeat=plays):
        for paid in itertools.product((0.0, 1.0), repeat=plays):
            chance = math.prod(
                odds[a] * (paying[a] if r else 1 - paying[a])
                for a, r in zip(taken, paid, strict=True)
            )
            taken_rows += taken
            weights += [chance * value / plays for value in advantages(paid, **how)]
    now = bandit(
        logp.expand(len(taken_rows), 4), torch.tensor(taken_rows), logits.new_tensor(weights)
    )
    (gradient,) = torch.autograd.grad(policy(now, PLAIN), logits)
    return float((-gradient * true).sum() / (true * true).sum())


def test_t3_the_gradient_of_the_distance_is_exact_and_that_of_k3_is_another():
    logits = torch.tensor([0.5, -1.0, 0.2, 0.0, 1.0], dtype=torch.float64, requires_grad=True)
    ref = torch.tensor([0.1, 0.7, -0.4, 0.3, 0.2], dtype=torch.float64).log_softmax(0)
    logp = logits.log_softmax(0)
    (ours,) = torch.autograd.grad(reverse_kl(logp, ref), logits, retain_graph=True)
    p = logp.exp().detach()
    by_hand = p * ((logp - ref).detach() - float(reverse_kl(logp, ref).detach()))
    assert torch.allclose(ours, by_hand, atol=1e-12)
    k3 = (p * ((ref - logp).exp() - 1 - (ref - logp))).sum()  # expectation over samples
    (biased,) = torch.autograd.grad(k3, logits, retain_graph=True)
    forward = p - ref.exp()
    assert torch.allclose(biased, forward, atol=1e-12)
    assert not torch.allclose(biased, ours, atol=1e-2)


def spoken(lengths, *, seed=0, **changes) -> list[Row]:
    """Rows of random bytes: three of context, then `length` that were sampled."""
    draw = torch.Generator().manual_seed(seed)
    rows = []
    for place, length in enumerate(lengths):
        ids = torch.randint(0, 256, (3 + length,), generator=draw).tolist()
        advantage = float(torch.randn(1, generator=draw))
        logprobs = (-5.5 - torch.rand(length, generator=draw)).tolist()
        row = {
            "ids": tuple(ids),
            "mask": (0,) * 3 + (1,) * length,
            "taken": tuple(ids[3:]),
            "logprobs": tuple(logprobs),
            "advantage": advantage,
            "version": -1,
            "group": str(place // 2),
        }
        rows.append(Row(**{**row, **changes}))
    return rows


def model(seed=3):
    """A small network that does not say everything with equal probability."""
    found = small(seed=seed)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in found.network.parameters():
            value.add_(torch.randn(value.shape, generator=draw) * 0.05)
    found.network.double()
    return found


def gradient(rows, config=LossConfig(), *, micro=64, found=None) -> torch.Tensor:
    """Return the gradient of one optimizer step, flat."""
    trainer = LocalTrainer(found or model(), TrainConfig(loss=config, micro_batch=micro))
    trainer.forward_backward(rows)
    return torch.cat([value.grad.flatten() for value in trainer.model.parameters()])


def naive(rows) -> torch.Tensor:
    """Return the mean of the means of micro-batches of one row."""
    return sum(gradient([row]) for row in rows) / len(rows)


def test_t5_micro_batches_change_nothing():
    rows = spoken([2, 3, 9, 1, 14, 4, 2, 7])
    whole = gradient(rows)
    for micro in (1, 3, 4):
        assert torch.allclose(gradient(rows, micro=micro), whole, rtol=1e-9, atol=1e-12)
    assert (naive(rows) - whole).norm() > 0.1 * whole.norm()


AIMS, RATIOS, NORMS = (
    ("clip", "cispo", "reinforce"),
    ("token", "sequence"),
    (
        "token",
        "sequence",
        "constant",
    ),
)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("aim", AIMS)
def test_t6_gradients_equal_those_of_a_loop(aim, ratio, norm):
    rows = spoken([4, 1, 6, 3], seed=5)
    config = LossConfig(aim=aim, ratio=ratio, norm=norm, clip_low=0.1, clip_high=0.3)
    found = model()
    ours, theirs = gradient(rows, config, found=found), by_loop(rows, config, model())
    assert (ours - theirs).norm() < 1e-6 * theirs.norm()
    other = by_loop(rows, config, model(), clip_high=1e9) if aim == "clip" else -theirs
    assert (ours - other).norm() > 1e-3 * theirs.norm()


def by_loop(rows, config, found, clip_high=None) -> torch.Tensor:
    """The same in plain loops, a sequence at a time."""
    high = 1 + (config.clip_high if clip_high is None else clip_high)
    low, total, sampled = 1 - config.clip_low, 0.0, sum(len(row.taken) for row in rows)
    for row in rows:
        ids = torch.tensor([row.ids])
        hidden, _ = found.network.hidden(ids, torch.arange(len(row.ids))[None])
        logp = found.network.logits(hidden)[0].log_softmax(1)
        terms = [logp[2 + step, token] for step, token in enumerate(row.taken)]
        apart = [term - old for term, old in zip(terms, row.logprobs, strict=True)]
        if config.ratio == "sequence":
            apart = [sum(apart) / len(apart)] * len(apart)
        value = 0.0
        for term, gap in zip(terms, apart, strict=True):
            ratio, a = gap.exp(), row.advantage
            kept = min(max(float(ratio.detach()), low), high)
            if config.aim == "reinforce":
                value = value - a * term
            elif config.aim == "cispo":
                value = value - kept * a * term
            elif float(ratio.detach()) * a <= kept * a:
                value = value - ratio * a
        per = {"token": sampled, "sequence": len(row.taken) * len(rows)}
        total = total + value / per.get(config.norm, len(rows) * config.constant)
    total.backward()
    return torch.cat([value.grad.flatten() for value in found.parameters()])


def test_t6_on_policy_the_clipped_gradient_is_that_of_reinforce():
    rows = spoken([4, 2], version=0)  # of these very weights
    assert torch.equal(gradient(rows, LossConfig(aim="clip")), gradient(rows, PLAIN))
    old = spoken([4, 2], version=-1)
    assert not torch.equal(gradient(old, LossConfig(aim="clip")), gradient(old, PLAIN))


def test_t8_only_what_was_sampled_is_learned():
    short, longer = spoken([3], seed=1)[0], spoken([20], seed=2, advantage=0.0)[0]
    config = LossConfig(norm="sequence")  # divides by rows, not by their lengths
    alone, padded = gradient([short], config), gradient([short, longer], config)
    assert torch.allclose(alone / 2, padded, rtol=1e-9, atol=1e-12)
    unsampled = gradient([with_mask(short, 2)])
    assert (unsampled - gradient([short])).norm() > 1e-3 * unsampled.norm()


def with_mask(row: Row, place: int) -> Row:
    """Call one more token sampled."""
    mask = tuple(int(sampled or index == place) for index, sampled in enumerate(row.mask))
    taken = (row.ids[place], *row.taken)
    fields = {"mask": mask, "taken": taken, "logprobs": (-5.0, *row.logprobs)}
    return Row(ids=row.ids, advantage=row.advantage, version=-1, **fields)


def test_t8_nothing_sampled_gives_no_gradient_and_no_nan():
    row = Row(ids=(1, 2, 3), mask=(0, 0, 0), taken=(), logprobs=(), advantage=1.0)
    whole = gradient([row, *spoken([3], advantage=0.0)])
    assert torch.equal(whole, torch.zeros_like(whole))


def test_even_groups_teach_the_policy_nothing_but_still_explore():
    rows = spoken([3, 3], advantage=0.0, even=True)
    assert counts(rows, LossConfig()).policy == 1.0
    assert float(gradient(rows).norm()) == 0.0
    assert float(gradient(rows, LossConfig(entropy=0.1)).norm()) > 0


def test_components_do_not_dilute_each_other():
    rl = spoken([3, 5], seed=1, version=0)
    sft = spoken([8], seed=2, component="sft")
    apart = gradient(rl) + gradient(sft)
    assert torch.allclose(gradient([*rl, *sft]), apart, rtol=1e-9, atol=1e-12)


def test_the_teacher_is_approached_in_either_divergence():
    row = spoken([2], component="distil")[0]
    flat = {place: -math.log(VOCABULARY) for place in range(VOCABULARY)}
    told = Row(**{**row_fields(row), "teacher": ({5: -0.1, 6: -3.0}, flat)})
    for divergence in ("reverse", "forward"):
        found = model()
        config = LossConfig(divergence=divergence)
        trainer = LocalTrainer(found, TrainConfig(loss=config, learning_rate=0.01))
        first = trainer.forward_backward([told]).loss
        trainer.optim_step()
        for _ in range(20):
            last = trainer.forward_backward([told]).loss
            trainer.optim_step()
        assert 0 <= last < first / 2


def row_fields(row):
    return {name: getattr(row, name) for name in row.__struct_fields__}


def test_the_distance_from_the_base_is_zero_at_the_base_and_pulls_back():
    found = small()
    rows = spoken([3], advantage=0.0, version=0)
    config = TrainConfig(loss=LossConfig(kl=1.0))
    trainer = LocalTrainer(found, config)
    assert trainer.forward_backward(rows).loss == pytest.approx(0.0, abs=1e-6)
    with torch.no_grad():
        found.network.head.weight.normal_(std=0.1)
    assert trainer.forward_backward(rows).loss > 0.01


def test_truncated_importance_sampling_caps_what_another_sampler_said():
    rows = spoken([4], advantage=1.0)
    found = model()
    trainer = LocalTrainer(found, TrainConfig())
    anchors = trainer.logprobs(rows)
    now = units(rows, found.distributions(rows))
    old = now.chosen_BU.detach()
    assert torch.allclose(torch.tensor(anchors, dtype=old.dtype), old)
    plain = LossConfig(norm="constant", constant=1.0)
    weights = (old - now.sampled_BU).exp()
    for cap in (0.5, 2.0):
        capped = LossConfig(norm="constant", constant=1.0, cap=cap)
        found_loss = loss(now, counts(rows, capped), capped, old_BU=old)
        assert float(found_loss.detach()) == pytest.approx(
            -float(weights.clamp(max=cap).sum()), rel=1e-5
        )
    found_loss = loss(now, counts(rows, plain), plain, old_BU=old)
    assert float(found_loss.detach()) == pytest.approx(-4.0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"clip_low": 1.5}, "clip_low must be at least 0 and at most 1, got 1.5."),
        ({"entropy": math.inf}, "entropy must be at least 0, got inf."),
        ({"cap": 0.0}, "cap must be above 0, got 0.0."),
        ({"constant": 0.0}, "constant must be above 0, got 0.0."),
    ],
)
def test_wrong_settings_are_refused(wrong, said):
    with pytest.raises(UserError) as caught:
        LossConfig(**wrong)
    assert str(caught.value) == said
    with pytest.raises(UserError, match="least must be at least 2, got 1"):
        TrainConfig(least=1)
    with pytest.raises(UserError, match="demonstrations must be at least 1"):
        TrainConfig(demonstrations=0)
