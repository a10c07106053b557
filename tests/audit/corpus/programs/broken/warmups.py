"""First exercises on lists, run here: all results of a function are collected and compared with
the list that is wanted."""

KATA = [
    (
        "running_sum(xs)",
        "the running sums of a list",
        "def running_sum(xs):\n    out, total = [], 0\n    for x in xs:\n        total "
        "+= x\n        out.append(total)\n    return out\n",
        [[1, 2, 3], [4, -4, 9], [], [7], [0, 0, 5, -1]],
    ),
    (
        "evens(xs)",
        "the even numbers of a list, in order",
        "def evens(xs):\n    return [x for x in xs if x % 2 == 0]\n",
        [[1, 2, 4], [3, 5], [], [0, -2, 7], [8, 8, 1]],
    ),
    (
        "spread(xs)",
        "the largest less the smallest number of a list, and 0 for an empty list",
        "def spread(xs):\n    return max(xs) - min(xs) if xs else 0\n",
        [[3, 9, 1], [5], [], [-4, 4], [2, 2, 2]],
    ),
    (
        "alternate(xs)",
        "every second element of a list, beginning with the first",
        "def alternate(xs):\n    return xs[::2]\n",
        [[1, 2, 3, 4], [9], [], [5, 6], [1, 1, 2, 2, 3]],
    ),
    (
        "last_index(xs)",
        "the place of the last zero of a list, or -1",
        "def last_index(xs):\n    return max((i for i, x in enumerate(xs) if x == "
        "0), default=-1)\n",
        [[0, 1, 0], [1, 2], [], [0], [3, 0, 0, 4]],
    ),
    (
        "pairs(xs)",
        "how many neighbours in a list are equal",
        "def pairs(xs):\n    return sum(a == b for a, b in zip(xs, xs[1:]))\n",
        [[1, 1, 2], [1, 2, 3], [], [4, 4, 4], [0, 1, 1, 0, 0]],
    ),
]


def _results(program: str, entry: str, inputs: list[list[int]]) -> list[object]:
    scope: dict = {}
    exec(program, scope)
    return [scope[entry](list(given)) for given in inputs]


def _task(signature: str, returns: str, program: str, inputs: list[list[int]]) -> dict:
    entry = signature.split("(")[0]
    results = _results(program, entry, inputs)
    shown = "\n".join(
        f"{entry}({given}) == {result}"
        for given, result in zip(inputs[:2], results[:2], strict=True)
    )
    return {
        "prompt": f"Write the Python function {signature}: it returns {returns}. Answer with code "
        f"only.\n{shown}",
        "answer": {"entry": entry, "inputs": inputs, "results": results},
        "solution": program,
    }


TASKS = [_task(*kata) for kata in KATA]


def reward(prompt: str, completion: str, answer: dict) -> float:
    try:
        return float(_results(completion, answer["entry"], answer["inputs"]) == answer["results"])
    except Exception:
        return 0.0


def oracle(task: dict) -> str:
    return task["solution"]
