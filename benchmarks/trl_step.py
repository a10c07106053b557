"""One GRPO step against TRL's GRPOTrainer: the same Llama, batch and tokens, in one process.

A step is forward, loss, backward and AdamW on given plays: groups of 8 plays of one prompt. The
model is a Llama of 4 layers with LoRA, made in memory; both train the same parameters. TRL pads
every play; ours computes what plays of a group share once. So the ratio depends on how long prompts
are beside answers, and is shown for three shapes. Sampling is left out: the tokens are given.

The goal, three times faster, is for every shape; gradients are compared in every configuration of
the loss that both have. Left out, because it differs by design: the distance from the base, which
TRL estimates from samples and ours sums over all outcomes.

TRL is no dependency: it is installed into an environment of its own, which sees the packages of
this one.

    python benchmarks/trl_step.py            # the first time it installs trl (a minute)
    python benchmarks/trl_step.py --quick    # one shape, fewer repeats
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

TRL = "1.16.0"
GROUPS, PLAYS = 4, 8
SHAPES = {"long prompt": (384, 16), "as long": (64, 64), "long answer": (16, 112)}
"""Tokens of the prompt and of the longest answer."""
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "token mean": ({"loss_type": "dapo"}, {}),
    "token mean, symmetric clip": (
        {"loss_type": "dapo", "epsilon_high": 0.2},
        {"clip_high": 0.2},
    ),
    "sequence mean": ({"loss_type": "grpo"}, {"norm": "sequence"}),
    "Dr. GRPO": ({"loss_type": "dr_grpo"}, {"norm": "constant"}),
    "GSPO": (
        {"loss_type": "grpo", "importance_sampling_level": "sequence"},
        {"norm": "sequence", "ratio": "sequence"},
    ),
    "LUSPO": (
        {"loss_type": "luspo", "importance_sampling_level": "sequence"},
        {"norm": "constant", "constant": 1.0, "ratio": "sequence"},
    ),
    "CISPO": (  # TRL bounds the ratio itself, and from above only
        {"loss_type": "cispo", "epsilon_high": 1.28},
        {"aim": "cispo", "clip_low": 1.0, "clip_high": 0.28},
    ),
}
"""Configurations that both have: TRL's arguments and ours."""
LEAVE_ONE_OUT = "leave-one-out, on policy"
"""TRL's RLOOTrainer. Its ratio is the product over an answer, which ours is only where it is 1."""
GOAL_RATIO, GOAL_DIFFERENCE = 3.0, 1e-4


def environment() -> Path:
    """Return the Python of an environment with TRL, made where it is not there yet."""
    folder = Path(tempfile.gettempdir()) / f"firsthand-trl-{TRL}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        print(f"Installing trl {TRL} into {folder} …", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        packages = next(folder.glob("lib/python*/site-packages"))
        (packages / "base.pth").write_text(sysconfig.get_path("purelib") + "\n")
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"trl=={TRL}"], check=True)
        (folder / "ready").touch()
    return python


def llama(folder: Path) -> Path:
    """Write a Llama of 4 layers with random weights, and a tokenizer of bytes."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: place for place, letter in enumerate(["<s>", "</s>", "<pad>", *letters])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=4096,
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=4,
        max_position_embeddings=1024,
        initializer_range=0.05,
        bos_token_id=0,
        eos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def batch(prompt: int, answer: int) -> list[dict[str, Any]]:
    """Return plays: ids of prompt and answer, and advantages."""
    import torch

    draw = torch.Generator().manual_seed(1)
    plays = []
    for group in range(GROUPS):
        length = prompt - 2 * group
        asked = torch.randint(3, 4096, (length,), generator=draw).tolist()
        for _ in range(PLAYS):
            size = int(torch.randint(answer // 2, answer + 1, (1,), generator=draw))
            said = torch.randint(3, 4096, (size,), generator=draw).tolist()
            advantage = float(torch.randn(1, generator=draw))
            plays.append({"prompt": asked, "answer": said, "advantage": advantage, "group": group})
    return plays


def rows(plays: list[dict[str, Any]], logprobs: list[list[float]]) -> list[Any]:
    """Return the plays as our rows."""
    from firsthand.learn.weights.rows import Row

    return [
        Row(
            ids=(*play["prompt"], *play["answer"]),
            mask=(0,) * len(play["prompt"]) + (1,) * len(play["answer"]),
            taken=tuple(play["answer"]),
            logprobs=tuple(old),
            advantage=play["advantage"],
            version=-1,
            group=str(play["group"]),
        )
        for play, old in zip(plays, logprobs, strict=True)
    ]


def padded(plays: list[dict[str, Any]], logprobs: list[list[float]]) -> dict[str, Any]:
    """Return the plays as TRL's trainer takes them: prompts padded on the left."""
    import torch

    most = max(len(play["prompt"]) for play in plays), max(len(play["answer"]) for play in plays)

    def left(values: list[int], fill: int) -> list[int]:
        return [fill] * (most[0] - len(values)) + values

    def right(values: list[Any], fill: Any) -> list[Any]:
        return values + [fill] * (most[1] - len(values))

    answers = [play["answer"] for play in plays]
    return {
        "prompt_ids": torch.tensor([left(play["prompt"], 2) for play in plays]),
        "prompt_mask": torch.tensor([left([1] * len(play["prompt"]), 0) for play in plays]),
        "completion_ids": torch.tensor([right(answer, 2) for answer in answers]),
        "completion_mask": torch.tensor([right([1] * len(answer), 0) for answer in answers]),
        "advantages": torch.tensor([play["advantage"] for play in plays]),
        "old_per_token_logps": torch.tensor([right([*old], 0.0) for old in logprobs]),
        "old_logps": torch.tensor([sum(old) for old in logprobs]),
        "num_items_in_batch": torch.tensor(sum(map(len, answers))),
    }


def theirs(model: Any, folder: Path, options: dict[str, Any]) -> Any:
    """Return TRL's trainer for the very same network: of GRPO where a loss is named, else RLOO."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer

    kind, settings = GRPOTrainer, GRPOConfig
    if "loss_type" in options:
        options = {"epsilon": 0.2, "epsilon_high": 0.28, **options}
    else:
        kind, settings = RLOOTrainer, RLOOConfig
    config = settings(
        output_dir=str(folder / "trl"),
        per_device_train_batch_size=GROUPS * PLAYS,
        num_generations=PLAYS,
        gradient_accumulation_steps=1,
        learning_rate=1e-3,
        beta=0.0,
        max_completion_length=256,
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        report_to=[],
        disable_dropout=True,
        **options,
    )
    data = Dataset.from_list([{"prompt": "a"}] * GROUPS * PLAYS)
    trainer = kind(
        model=model._model.network,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=config,
        train_dataset=data,
        processing_class=model._model.tokenizer,
    )
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()
    return trainer


def gradients(parameters: list[Any]) -> Any:
    """Return them as one vector, and forget them."""
    import torch

    found = torch.cat([value.grad.flatten().clone() for value in parameters])
    for value in parameters:
        value.grad = None
    return found


def peak(work: Any) -> float:
    """Return by how many MB the resident memory of a forked process grows while it works."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        before = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        work()
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        os.write(write, json.dumps((most - before) / 1e6).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return json.loads(os.read(read, 100))


def timed(ours: Any, other: Any, repeats: int) -> tuple[list[float], list[float]]:
    """Return CPU seconds of both, taken in turns."""
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats + 1):
        for place, work in enumerate((ours, other)):
            started = time.process_time()
            work()
            found[place].append(time.process_time() - started)
    return found[0][1:], found[1][1:]  # the first ones warm up


def compare(shape: str, repeats: int) -> dict[str, Any]:
    """Compare both in one shape: gradients in every configuration, then time and memory."""
    import torch

    from firsthand.learn.weights.settings import TrainConfig
    from firsthand.learn.weights.trainer import LocalTrainer
    from firsthand.models.torch import Torch

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = Torch(str(llama(folder / "llama")))
        draw = torch.Generator().manual_seed(2)
        with torch.no_grad():
            for value in model.parameters():
                value.copy_(torch.randn(value.shape, generator=draw) * 0.02)
        plays = batch(*SHAPES[shape])
        first = LocalTrainer(model, TrainConfig())
        now = first.logprobs(rows(plays, [[0.0] * len(play["answer"]) for play in plays]))
        # as if an older policy had sampled: ratios on both sides of the clip
        old = [[x + float(torch.randn(1, generator=draw)) * 0.3 for x in row] for row in now]
        apart = {
            kind: difference(model, plays, old, own, theirs(model, folder, options))
            for kind, (options, own) in KINDS.items()
        }
        same = {"norm": "constant", "constant": 1.0}
        other = theirs(model, folder, {})
        apart[LEAVE_ONE_OUT] = difference(model, rewarded(plays), now, same, other)
        other = theirs(model, folder, {"loss_type": "dapo"})
        return {"shape": shape, "differences": apart, **race(model, plays, old, other, repeats)}


def difference(
    model: Any,
    plays: list[dict[str, Any]],
    old: list[Any],
    own: dict[str, Any],
    other: Any,
) -> float:
    """Return by how much the gradients of both differ, relative to their length."""
    from firsthand.learn.weights.settings import LossConfig, TrainConfig
    from firsthand.learn.weights.trainer import LocalTrainer

    other.compute_loss(other.model, padded(plays, old)).backward()
    expected = gradients(model.parameters())
    trainer = LocalTrainer(model, TrainConfig(loss=LossConfig(**own)))
    trainer.forward_backward(rows(plays, old))
    found = gradients(model.parameters())
    return float((found - expected).norm() / expected.norm())


def rewarded(plays: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the plays with leave-one-out advantages of rewards that are drawn here."""
    from firsthand.learn.weights.advantages import advantages

    rng = random.Random(3)
    found: list[dict[str, Any]] = []
    for start in range(0, len(plays), PLAYS):
        paid = [float(rng.random() < 0.5) for _ in range(PLAYS)]
        centred = advantages(paid, baseline="leave_one_out")
        group = plays[start : start + PLAYS]
        found += [{**play, "advantage": value} for play, value in zip(group, centred, strict=True)]
    return found


def race(
    model: Any, plays: list[dict[str, Any]], old: list[Any], other: Any, repeats: int
) -> dict[str, Any]:
    """Return CPU seconds and memory of whole steps of both."""
    import torch

    from firsthand.learn.weights.settings import TrainConfig
    from firsthand.learn.weights.trainer import LocalTrainer

    parameters = model.parameters()
    optimizer = torch.optim.AdamW(parameters, lr=1e-6)
    trainer = LocalTrainer(model, TrainConfig(learning_rate=1e-6))

    def ours() -> None:
        trainer.forward_backward(rows(plays, old))
        trainer.optim_step()

    def trl() -> None:
        other.compute_loss(other.model, padded(plays, old)).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    memory = peak(ours), peak(trl)
    took = timed(ours, trl, repeats)
    return {"ours_s": took[0], "trl_s": took[1], "ours_mb": memory[0], "trl_mb": memory[1]}


def inside(shapes: list[str], repeats: int) -> None:
    """Measure, in the environment with TRL, and print JSON."""
    import warnings

    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    print(json.dumps([compare(shape, repeats) for shape in shapes]))


def show(found: list[dict[str, Any]]) -> bool:
    """Print the tables; return whether the goals were reached."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"One step, {GROUPS} × {PLAYS} plays, CPU seconds, one thread", box=None)
    for heading in ("shape", "ours", "trl", "times faster", "n", "ours MB", "trl MB"):
        table.add_column(heading)
    ratios = []
    for one in found:
        pairs = sorted(b / a for a, b in zip(one["ours_s"], one["trl_s"], strict=True))
        ratios.append(statistics.median(pairs))
        prompt, answer = SHAPES[one["shape"]]
        table.add_row(
            f"{one['shape']} ({prompt} + {answer})",
            f"{statistics.median(one['ours_s']):.3f}",
            f"{statistics.median(one['trl_s']):.3f}",
            f"{ratios[-1]:.2f} [{pairs[0]:.2f}, {pairs[-1]:.2f}]",
            str(len(pairs)),
            f"{one['ours_mb']:.0f}",
            f"{one['trl_mb']:.0f}",
        )
    Console().print(table)
    print("times faster: median of pairs [smallest, largest]; MB: growth of resident memory")
    worst = max(value for one in found for value in one["differences"].values())
    for kind in (*KINDS, LEAVE_ONE_OUT):
        most = max(one["differences"][kind] for one in found)
        print(f"gradients, {kind}: largest relative difference {most:.1e}")
    return min(ratios) >= GOAL_RATIO and worst <= GOAL_DIFFERENCE


def main() -> None:
    """Run in an environment with TRL, and exit with 1 where a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one shape, fewer repeats")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    shapes, repeats = (list(SHAPES)[:1], 3) if asked.quick else (list(SHAPES), 9)
    if asked.inside:
        inside(shapes, repeats)
        return
    words = [str(environment()), __file__, "--inside", *(["--quick"] if asked.quick else [])]
    ran = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    sys.exit(not show(json.loads(ran.stdout.splitlines()[-1])))


if __name__ == "__main__":
    main()
