"""Speed of the choice policy on SmolLM2 against its limit: the bare network on as many tokens.

Prompts are those of a training run: observations of `interfaces/shop_desk` and `rules/triage`, with
the options behind them, packed into token trees. The limit is `model(input_ids)` of transformers on
the same network, adapter included: as many tokens, in rows as long as the trees. It is timed as it
is, and with the vocabulary projected only at as many places as the policy needs
(`logits_to_keep`). Forward alone is what playing takes, forward and backward what training takes.
Goal: at most 1.3 times the CPU seconds of the stricter limit.

    python benchmarks/choice_policy.py            # three rounds, some 2 minutes on one core
    python benchmarks/choice_policy.py --quick    # one round
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from rich.console import Console
from rich.table import Table

ENVIRONMENTS = ("interfaces/shop_desk", "rules/triage")
TASKS, GOAL = 32, 1.3
WAYS = ("policy", "bare", "bare, few rows")


async def training_rows(model: Any, environment: str) -> list[Any]:
    """Return the rows that imitation makes of expert episodes."""
    import firsthand as fh
    from firsthand.learn.weights.retold import retold
    from firsthand.learn.weights.rows import rows_of
    from firsthand.models.scripted import Expert

    agent = fh.Agent(model=model)
    played = await fh.rollout(
        fh.Agent(model=Expert()), fh.tasks(environment, TASKS), concurrency=TASKS
    )
    told = [await retold(episode, agent, limits=fh.Limits()) for episode in played]
    return [row for episode in told for row in rows_of(episode, agent)]


def trees(model: Any, rows: list[Any]) -> list[tuple[int, int]]:
    """Return tokens and places of each forward pass that the policy makes of rows."""
    found: list[tuple[int, int]] = []
    network = model._model
    logits = network.logits

    def counted(tree: Any, places: Any) -> Any:
        found.append((len(tree), len(places)))
        return logits(tree, places)

    network.logits = counted
    model.distributions(rows)
    network.logits = logits
    return found


def works(model: Any, rows: list[Any], *, backward: bool) -> dict[str, Callable[[], None]]:
    """Return what is timed, by name."""
    import torch

    network, sizes = model._model.network, trees(model, rows)
    draw = torch.Generator().manual_seed(0)
    texts = [torch.randint(100, 40_000, (1, tokens), generator=draw) for tokens, _ in sizes]

    def policy() -> None:
        found = model.distributions(rows)
        if backward:
            taken = [d[0, row.taken[0]] for d, row in zip(found, rows, strict=True)]
            (-torch.stack(taken).sum()).backward()

    def bare() -> None:
        for ids in texts:
            if backward:
                network(input_ids=ids, labels=ids, use_cache=False).loss.backward()
            else:
                network(input_ids=ids, use_cache=False)

    def few_rows() -> None:
        for ids, (tokens, places) in zip(texts, sizes, strict=True):
            kept = torch.arange(tokens - places, tokens)
            logits = network(input_ids=ids, logits_to_keep=kept, use_cache=False).logits
            if backward:
                logits.logsumexp(-1).sum().backward()

    return dict(zip(WAYS, (policy, bare, few_rows), strict=True))


def timed(work: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Return CPU seconds of each, taken in turns; a first round warms up."""
    found: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, do in work.items():
            started = time.process_time()
            do()
            found[name].append(time.process_time() - started)
    return {name: seconds[1:] for name, seconds in found.items()}


def main() -> None:
    """Print tokens a CPU second and ratios; exit with 1 where the goal was missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one round instead of three")
    rounds = 1 if parser.parse_args().quick else 3
    import torch

    from firsthand.models.torch import Torch

    model = Torch()
    table = Table(title=f"Tokens a CPU second, one thread, {rounds} rounds", box=None)
    for heading in ("environment", "pass", "tokens", *WAYS, "policy / bare", "policy / few rows"):
        table.add_column(heading)
    worst = 0.0
    for environment in ENVIRONMENTS:
        rows = asyncio.run(training_rows(model, environment))
        apart = sum(len(row.ids) + len(option) for row in rows for option in row.decision.options)
        for backward in (False, True):
            with torch.set_grad_enabled(backward):
                sizes = trees(model, rows)
                took = timed(works(model, rows, backward=backward), rounds)
            tokens = sum(size for size, _ in sizes)
            ratios = [
                statistics.median(a / b for a, b in zip(took["policy"], took[way], strict=True))
                for way in WAYS[1:]
            ]
            worst = max(worst, ratios[1])
            table.add_row(
                environment,
                "forward, backward" if backward else "forward",
                f"{tokens:,} ({apart:,} unpacked)",
                *(f"{tokens / statistics.median(took[way]):.0f}" for way in WAYS),
                *(f"{ratio:.2f}" for ratio in ratios),
            )
    Console(width=140).print(table)
    print(
        f"{TASKS} prompts each; the last two columns: ratios of CPU seconds, median of the rounds"
    )
    sys.exit(worst > GOAL)


if __name__ == "__main__":
    main()
