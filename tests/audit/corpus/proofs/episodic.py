"""What is wrong with each broken episodic target, with a proof that performs it."""

import math
import os
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType

from audit.corpus.playing import SEEDS, Proof, mean, open_loop, play


def knowing(module: ModuleType, plan: Callable[[list[str]], list[str]]) -> float:
    """Mean return of what a change makes of the oracle's plan."""

    def returns(seed: int) -> float:
        env = module.Env()
        env.reset(seed)
        return play(env, plan(module.oracle(env, seed)), seed)

    return mean(returns(seed) for seed in SEEDS)


def parrot(module: ModuleType, question: str, reply: Callable[[str], str]) -> float:
    """Mean return of asking one thing and answering with a piece of what was said."""

    def returns(seed: int) -> float:
        env = module.Env()
        env.reset(seed)
        return env.step(reply(env.step(question)[0]))[1]

    return mean(returns(seed) for seed in SEEDS)


def _second_visit(module: ModuleType) -> bool:
    fresh = play(module.Env(), ["depart"], 3)
    env = module.Env()
    env.reset(3)
    play(env, module.oracle(env, 3), 3)
    return (
        fresh == 0.0
        and play(env, ["depart"], 3) == 1.0
        and play(module.Env(), ["depart"], 3) == 1.0
    )


def _two_at_once(module: ModuleType) -> bool:
    one, other = module.Env(), module.Env()
    one.reset(1)
    plan = module.oracle(one, 1)
    alone = one.step(plan[0])[0]
    one.reset(1)
    other.reset(2)
    return one.step(plan[0])[0] != alone


def _rings_on(module: ModuleType) -> bool:
    env = module.Env()
    env.reset(4)
    plan = module.oracle(env, 4)
    return sum(env.step(action)[1] for action in [*plan, *plan[-1:] * 5]) == 6.0


def _house_number(module: ModuleType) -> bool:
    rule = {}
    for seed in range(7):
        env = module.Env()
        env.reset(seed)
        rule[seed] = module.oracle(env, seed)[-1]
    return mean(play(module.Env(), [rule[seed % 7]], seed) for seed in SEEDS) == 1.0


def _drawn_anew(module: ModuleType) -> bool:
    env = module.Env()
    lists = set()
    for _ in range(6):
        env.reset(8)
        lists.add(env.step("read")[0])
    return len(lists) > 1


def _other_hashes(module: ModuleType) -> bool:
    program = (
        "import runpy, sys; env = runpy.run_path(sys.argv[1])['Env'](); "
        "print([(env.reset(s), env.step('walk:0')[0]) for s in range(4)])"
    )
    path = module.__file__
    assert path
    shown = {
        subprocess.run(
            [sys.executable, "-S", "-c", program, path],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    return len(shown) > 1


def _lift_and_lay(module: ModuleType) -> bool:
    return knowing(module, lambda plan: [plan[0], "lift"] * 15) > 2


PROOFS: dict[str, Proof] = {
    "picnic_basket": lambda m: open_loop(m, ["shut"]) == 1.0,
    "tow_boat": lambda m: open_loop(m, ["up", "down"] * 20) > 1.0,
    "pressing_shop": lambda m: open_loop(m, ["load", "press", "clear"] * 16) > 2.0,
    "shelf_count": lambda m: knowing(m, lambda plan: [plan[0], plan[-1]]) == 1.0,
    "pearl_diver": lambda m: open_loop(m, ["surface"] * 60) > 2.0,
    "boiler_watch": lambda m: knowing(m, lambda plan: plan[-1:]) == 1.0,
    "customs_form": lambda m: parrot(m, "declare:0", lambda said: f"declare:{said[-6:-2]}") == 1.0,
    "luggage_scale": lambda m: parrot(m, "total:1", lambda said: f"total:{said.split()[2]}") == 1.0,
    "shunting_yard": _second_visit,
    "tide_table": _two_at_once,
    "bell_tower": _rings_on,
    "mail_router": lambda m: open_loop(m, ["route:99"] * 5) > 0.999,
    "ferry_routes": lambda m: open_loop(m, ["take:2"]) == 1.0,
    "spare_key": _house_number,
    "paint_mixer": lambda m: math.isnan(open_loop(m, ["stir"])),
    "strongbox": lambda m: open_loop(m, [f"turn:{d}" for d in range(10)] * 4) == 1.0,
    "raffle_drum": _drawn_anew,
    "orchard_rows": _other_hashes,
    "medal_cabinet": lambda m: open_loop(m, ["pull:-1"]) == 1.0,
    "server_update": lambda m: (
        knowing(m, lambda plan: [action for action in plan if not action.startswith("backup")])
        == 1.0
    ),
    "mosaic_strip": _lift_and_lay,
}
