"""Keys and rooms: houses can be solved, in the fewest moves claimed, and only by moving."""

import random
from collections import deque

import pytest

import firsthand as fh
from firsthand.environment import Action
from firsthand.evaluate.statistics import wilson
from firsthand.worlds.embodied.keys_and_rooms import (
    LEVELS,
    OPPOSITE,
    PATIENCE,
    KeysAndRooms,
    Shape,
    build,
    plan,
)


def begin(level=1, seed=0):
    world = KeysAndRooms()
    (task,) = fh.tasks("embodied/keys_and_rooms", 1, level=level, start=seed)
    return world, world.reset(task)


def fewest_moves(world):
    """Search all that can happen, by the rules alone."""

    def state(world):
        return (
            world.room,
            tuple(sorted(world.held)),
            tuple(sorted(world.locked)),
            tuple(sorted(world.things.items())),
        )

    def keep(world):
        return world.room, [*world.held], dict(world.locked), dict(world.things), False

    def put(kept):
        world.room, world.held, world.locked, world.things, world.finished = (
            kept[0],
            [*kept[1]],
            dict(kept[2]),
            dict(kept[3]),
            kept[4],
        )

    world.light = 10**9
    seen, queue = {state(world)}, deque([(keep(world), 0)])
    while queue:
        kept, moves = queue.popleft()
        put(kept)
        for choice in world.choices():
            if (
                choice.startswith("take")
                and choice.endswith("key")
                and choice[5:-4] not in world.house.locks.values()
            ):
                continue  # a key that opens nothing shortens no way
            put(kept)
            world.act(Action(choice))
            if world.delivered:
                return moves + 1
            if state(world) not in seen:
                seen.add(state(world))
                queue.append((keep(world), moves + 1))
    return None


@pytest.mark.parametrize("level", LEVELS)
def test_the_plan_is_the_shortest_way(level):
    for seed in range(4 if level < 4 else 2):
        world, _ = begin(level, seed)
        planned = len(plan(world.house, world.room, world.things, world.locked))
        assert LEVELS[level].least <= planned <= 48
        assert world.light == int(PATIENCE * planned) <= world.turns
        assert fewest_moves(world) == planned


def test_every_lock_has_to_be_opened_in_order():
    for level, shape in LEVELS.items():
        world, _ = begin(level, 7)
        planned = plan(world.house, world.room, world.things, world.locked)
        opened = [move.split()[-2] for move in planned if move.startswith("unlock")]
        assert opened == list(world.house.locks.values()) and len(opened) == shape.locks
        assert (
            len([thing for thing in world.things if thing.endswith("key")])
            == shape.locks + shape.decoys
        )


def test_doors_lead_back():
    world, _ = begin(5)
    for room, exits in world.house.exits.items():
        assert exits and all(
            world.house.exits[beside][OPPOSITE[way]] == room for way, beside in exits.items()
        )


def test_a_house_that_builds_itself_in_is_given_up():
    crowded = Shape(24, 5, 3, 5, 0)
    houses = [build(random.Random(seed), crowded) for seed in range(400)]
    assert None in houses and sum(house is not None for house in houses) > 300


def test_it_reads_like_an_adventure():
    world, shown = begin(1)
    text = shown.text
    assert text.startswith(
        f"Bring the {world.house.treasure} to the {world.house.target}. You are in the "
        f"{world.room}. "
    )
    assert text.endswith(f"You carry: nothing. The candle lasts for {world.light} more moves.")
    told = [world.act(action).text for action in world.expert()]
    key = next(iter(world.house.locks.values()))
    assert any(line.startswith(f"You take the {key} key. You are in the ") for line in told)
    assert any(line.startswith(f"The {key} lock opens. ") for line in told)
    assert told[-1] == f"You put down the {world.house.treasure}, where it belongs."
    assert f"the {key} lock led to the" in world.aftermath()


def test_a_move_that_is_not_possible_says_which_are_and_costs_a_turn():
    world, _ = begin(2)
    light, room = world.light, world.room
    for text in (
        "",
        "go nowhere",
        "GO NORTH",
        f"put down {world.house.treasure}",
        f"take {world.house.treasure}",
        "; ".join(world.choices()),
    ):
        if text not in world.choices():
            assert world.act(Action(text)).text.startswith(
                f"That is not possible. You can: {', '.join(world.choices())}. You are in"
            )
            light -= 1
    assert (world.light, world.room) == (light, room) and world.score().value == 0.0


def test_a_key_of_another_metal_does_not_open():
    for seed in range(200):
        world, _ = begin(4, seed)
        for action in world.expert():
            world.act(action)
            wrong = [move for move in world.choices() if move.startswith("unlock")]
            direction = wrong[0].split()[1] if wrong else ""
            metal = world.locked.get(world.house.exits[world.room].get(direction, ""))
            wrong = [
                move
                for move in wrong
                if move.startswith(f"unlock {direction}") and not move.endswith(f"{metal} key")
            ]
            if wrong:
                key = wrong[0].partition(" with ")[2]
                assert (
                    f"The {key} does not fit the {metal} lock." in world.act(Action(wrong[0])).text
                )
                assert metal in world.locked.values()
                return
    pytest.fail("no wrong key was ever at hand")


def test_the_candle_goes_out():
    world, _ = begin()
    for _ in range(world.light - 1):
        assert not world.act(Action("wait")).done
    end = world.act(Action("wait"))
    assert end.done and end.text.endswith("The candle goes out.") and world.score().value == 0.0


def test_the_expert_goes_on_from_any_position():
    rng = random.Random(5)
    for level in LEVELS:
        world, _ = begin(level, 1)
        world.light = 1000
        for _ in range(40):
            if not world.finished:
                world.act(Action(rng.choice(world.choices())))
        for action in world.expert() if not world.finished else ():
            world.act(action)
        assert world.score().value == 1.0


async def test_random_moves_are_worth_the_declared_base_rate():
    agent = fh.Agent(model=fh.model("scripted:random"))
    chosen = fh.tasks("embodied/keys_and_rooms", 600)
    rate = wilson(
        sum([(await fh.play(KeysAndRooms(), agent, task)).reward for task in chosen]), len(chosen)
    )
    assert rate.low <= KeysAndRooms.base_rate <= rate.high


def explore(world, rng):
    """Take what lies there, open what can be opened, and else go where it has been least."""
    visits = {}
    while not world.finished:
        visits[world.room] = visits.get(world.room, 0) + 1
        beside = world.house.exits[world.room]
        moves = world.choices()
        useful = [move for move in moves if move.startswith(("put", "take"))]
        useful += [
            move
            for move in moves
            if move.startswith("unlock")
            and move.endswith(f"{world.locked[beside[move.split()[1]]]} key")
        ]
        ways = [move for move in moves if move.startswith("go")]
        world.act(
            Action(
                useful[0]
                if useful
                else min(ways, key=lambda way: (visits.get(beside[way[3:]], 0), rng.random()))
            )
        )
    return world.score().value


def test_exploring_without_a_map_often_works_and_less_often_in_larger_houses():
    rng = random.Random(3)
    rates = [
        sum(explore(begin(level, seed)[0], rng) for seed in range(150)) / 150 for level in (1, 3, 5)
    ]
    assert rates[0] > 0.75 and rates[0] > rates[1] > rates[2] > 0.15
