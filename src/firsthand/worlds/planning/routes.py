"""The cheapest routes of a few vans to calls with deadlines, found exactly.

Dynamic programming over sets of calls: first the best route of each van through each set (Held and
Karp, 1962), then the best way to share the calls out. Times on the road and at work are known, and
nobody waits, so that of two routes through one set the one that ends first is also the cheaper.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

FEE = 240
"""What a call costs that no van serves, in minutes of driving: more than any detour."""
NEVER = 10**6


class Call(msgspec.Struct, frozen=True):
    """Work of `work` minutes at a place, for which a van has to be there by the minute `due`."""

    customer: str
    what: str
    place: int
    due: int
    work: int


Van = tuple[int, int]
"""The minute at which a van is free, and the place where it is then."""
Table = tuple[tuple[int, ...], ...]
"""Minutes of driving from place to place."""
Road = tuple[int, int, int]
"""Two places and the minutes between them."""


class Plan(NamedTuple):
    """The cheapest plan: what it costs, and the calls of each van in their order."""

    cost: int
    routes: tuple[tuple[int, ...], ...]


@lru_cache(maxsize=256)
def solve(minutes: Table, vans: tuple[Van, ...], calls: tuple[Call, ...]) -> Plan:
    """Find a cheapest plan: calls are shared out among the vans and, for fees, the other firm.

    Every set of calls has a cheapest route for each van; sets are then shared out van by van.
    """
    every = (1 << len(calls)) - 1
    routes = [_routes(minutes, van, calls) for van in vans]
    shared = [[FEE * mask.bit_count() for mask in range(every + 1)]]
    for at, (costs, _) in enumerate(routes):
        needed = range(every + 1) if at + 1 < len(vans) else (every,)
        layer = [NEVER] * (every + 1)
        for mask in needed:
            layer[mask] = min(costs[part] + shared[-1][mask ^ part] for part in _parts(mask))
        shared.append(layer)
    cost, left, chosen = shared[-1][every], every, list[tuple[int, ...]]()
    for (costs, ends), before, after in reversed(
        list(zip(routes, shared, shared[1:], strict=False))
    ):
        part = next(p for p in _parts(left) if costs[p] + before[left ^ p] == after[left])
        chosen.append(_route(ends, part))
        left ^= part
    return Plan(cost, tuple(reversed(chosen)))


@lru_cache(maxsize=1 << 10)
def _parts(mask: int) -> tuple[int, ...]:
    """List the subsets of a set of bits."""
    parts, part = [mask], mask
    while part:
        part = (part - 1) & mask
        parts.append(part)
    return tuple(parts)


Ends = list[dict[int, tuple[int, int]]]
"""By set of calls and the last of them: the first minute a van can be free, and the call before."""


def _routes(minutes: Table, van: Van, calls: Sequence[Call]) -> tuple[list[int], Ends]:
    """Return for each set of calls the minutes of driving that it takes the van, and the ends.

    Work does not depend on the order, so the route that ends first is the one that drives least.
    """
    start, home = van
    ends: Ends = [{} for _ in range(1 << len(calls))]
    ends[0][-1] = (start, -1)
    costs = [NEVER] * len(ends)
    for mask, found in enumerate(ends):
        for last, (minute, _) in found.items():
            row = minutes[home if last < 0 else calls[last].place]
            for bit, call in enumerate(calls):
                there = minute + row[call.place]
                if mask >> bit & 1 or there > call.due:
                    continue
                known = ends[mask | 1 << bit].get(bit)
                if known is None or there + call.work < known[0]:
                    ends[mask | 1 << bit][bit] = (there + call.work, last)
        if found:
            work = sum(call.work for bit, call in enumerate(calls) if mask >> bit & 1)
            costs[mask] = min(minute for minute, _ in found.values()) - start - work
    return costs, ends


def _route(ends: Ends, mask: int) -> tuple[int, ...]:
    """Return the calls of a set in the order that drives least."""
    last = min(ends[mask], key=lambda call: (ends[mask][call][0], call))
    order: list[int] = []
    while last >= 0:
        order.append(last)
        before = ends[mask][last][1]
        mask, last = mask & ~(1 << last), before
    return tuple(reversed(order))


def distances(roads: Sequence[Road], places: int) -> Table:
    """Return the minutes of the shortest ways (Floyd and Warshall)."""
    far = [[NEVER * (a != b) for b in range(places)] for a in range(places)]
    for a, b, minutes in roads:
        far[a][b] = far[b][a] = minutes
    for over in range(places):
        for row in far:
            row[:] = [min(now, row[over] + more) for now, more in zip(row, far[over], strict=True)]
    return tuple(map(tuple, far))
