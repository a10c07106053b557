"""The optimum of planning/dispatch is exact, and decisions are judged by what was known."""

from itertools import permutations

import firsthand as fh
from firsthand.worlds.planning.dispatch import Dispatch
from firsthand.worlds.planning.routes import FEE, solve

NAME = "planning/dispatch"


def exhaustive(minutes, vans, calls):
    """Try every order of calls and every way to cut it into a route for each van and the rest."""
    if not vans:
        return FEE * len(calls)
    best = float("inf")
    for n in range(len(calls) + 1):
        for route in permutations(calls, n):
            (minute, place), cost = vans[0], 0
            for call in route:
                cost += minutes[place][call.place]
                minute, place = minute + minutes[place][call.place], call.place
                if minute > call.due:
                    break
                minute += call.work
            else:
                rest = [call for call in calls if call not in route]
                best = min(best, cost + exhaustive(minutes, vans[1:], rest))
    return best


def test_plans_are_the_cheapest_of_all():
    for task in fh.tasks(NAME, 12, level=5):
        world = Dispatch()
        world.reset(task)
        calls = tuple(world.open[:4])
        plan = solve(world.minutes, tuple(world.vans), calls)
        assert plan.cost == exhaustive(world.minutes, world.vans, calls)
        served = [call for route in plan.routes for call in route]
        assert len(served) == len(set(served)) == len(calls), "times agreed can all be kept"


def test_one_costly_decision_is_lost_and_told_afterwards():
    (task,) = fh.tasks(NAME, 1, level=4)
    world = Dispatch()
    world.reset(task)
    for _ in world.vans:
        world.act(fh.Action("stand by"))
    assert world.lost > 0 and "`stand by` for the" in world.aftermath()
    for action in world.expert():
        if world.act(action).done:
            break
    assert world.score().checks == {"morning_over": True, "nothing_lost": False}


def test_a_call_that_cannot_be_reached_is_refused_with_the_reason():
    told = []
    for task in fh.tasks(NAME, 20, level=3):
        world = Dispatch()
        world.reset(task)
        while not world.finished:
            for call in world.open:
                if f"go to {call.customer}" not in world.choices():
                    before = world.snapshot()
                    told.append(world.act(fh.Action(f"go to {call.customer}")).text)
                    assert world.snapshot() == before
            world.act(fh.Action(world.choices()[0]))
    assert told and all("van would be with" in text and ", after " in text for text in told)
