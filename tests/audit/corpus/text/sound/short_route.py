"""Shortest routes in a network of towns with lengths; ties are all right."""

import heapq
import random

_TOWN = ["Abo", "Bex", "Cuz", "Dol", "Esk", "Fez", "Gap", "Hof", "Ios", "Jaw"]


def _best(roads, start, goal):
    heap, done = [(0, [start])], {}
    while heap:
        length, path = heapq.heappop(heap)
        if path[-1] == goal:
            return length, path
        if path[-1] in done:
            continue
        done[path[-1]] = length
        for a, b, km in roads:
            for one, two in ((a, b), (b, a)):
                if one == path[-1] and two not in done:
                    heapq.heappush(heap, (length + km, [*path, two]))
    return None


def _make():
    tasks = []
    for seed in range(20):
        chance = random.Random(f"route{seed}")
        while True:
            pairs = set()
            while len(pairs) < 15:
                pairs.add(tuple(sorted(chance.sample(_TOWN, 2))))
            roads = [[a, b, chance.randint(1, 6)] for a, b in sorted(pairs)]
            start, goal = chance.sample(_TOWN, 2)
            best = _best(roads, start, goal)
            if best and len(best[1]) >= 4:
                break
        listed = ", ".join(f"{a}-{b} {km} km" for a, b, km in roads)
        tasks.append(
            {
                "prompt": f"Roads (both directions): {listed}. Give a shortest route from {start} "
                f"to "
                f"{goal} in <route> </route>, as towns joined by ->, with both ends. If there are "
                "several shortest routes, any of them will do. The last pair of tags counts.",
                "answer": {
                    "roads": roads,
                    "start": start,
                    "goal": goal,
                    "length": best[0],
                    "path": best[1],
                },
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"By Dijkstra's method.\n<route>{' -> '.join(task['answer']['path'])}</route>"


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    head, _, _ = completion.rpartition("</route>")
    start = head.rfind("<route>")
    if start < 0 or len(head) - start > 500:
        return 0.0
    towns = [part.strip() for part in head[start + len("<route>") :].split("->")]
    if towns[0] != answer["start"] or towns[-1] != answer["goal"]:
        return 0.0
    lengths = {}
    for a, b, km in answer["roads"]:
        lengths[a, b] = lengths[b, a] = km
    total = 0
    for pair in zip(towns, towns[1:]):
        if pair not in lengths:
            return 0.0
        total += lengths[pair]
    return float(total == answer["length"])
