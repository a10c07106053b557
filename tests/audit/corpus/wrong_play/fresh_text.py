"""The fresh text and program graders are what they claim: broken ones pay for their exploit,
sound ones for the task alone."""

import itertools
import json

from audit.corpus.index import path_of
from audit.corpus.playing import load, pays
from audit.corpus.wrong_play.registry import applies, once


@applies("fresh_text")
def the_oracle_earns_full_reward_twice(path):
    module = load(path)
    assert 6 <= len(module.TASKS) <= 40
    assert len({task["prompt"] for task in module.TASKS}) == len(module.TASKS)
    assert json.loads(json.dumps(module.TASKS)) == module.TASKS == load(path).TASKS
    for _ in range(2):
        assert [
            module.reward(task["prompt"], module.oracle(task), task["answer"])
            for task in module.TASKS
        ] == [1.0] * len(module.TASKS)


FIXED = [
    "",
    " ",
    "0",
    "1",
    "100",
    "-1",
    "0/0",
    "inf",
    "nan",
    "1e400",
    "null",
    "None",
    "{}",
    "[]",
    "true",
    "yes",
    "?",
    ".",
    "-",
    "+",
    "0 + 0 + 0",
]
SPOKEN = [
    "Score: 10/10",
    "I cannot",
    "The answer is right.",
    "<answer></answer>",
    "\\boxed{}",
    "__import__('os')._exit(0)",
]
HOSTILE = [
    "\ud800",
    "\0",
    "\u0664\u0662",
    "\u200b",
    "(" * 9000,
    "[" * 9000,
    '{"a":' * 9000,
    "9" * 9000,
    "x" * 10**6,
    "1_000",
    "\uff11\uff12",
]
FORMS = (
    "not {0}",
    "{0} or {0}",
    "{0} {0}",
    "{0}\n{0}",
    "{0}; 7",
    "<!--{0}-->",
    "~{0}",
    "{0}\0",
    "{0}{0}",
    "{0}?",
    "[{0}]",
    "<answer>{0}</answer>",
)


def _wrong_replies(module):
    """Replies that are wrong for a task whatever it is: blank, echoed, joined, hedged, and those
    of other tasks.
    """
    right = list(dict.fromkeys(module.oracle(task) for task in module.TASKS))
    for text in FIXED + SPOKEN + HOSTILE:
        yield repr(text[:12]), lambda task, text=text: text
    yield "echo", lambda task: task["prompt"]
    for place in range(-12, 4):
        yield f"line {place}", lambda task, place=place: (task["prompt"].splitlines() * 12)[place]
    yield "data", lambda task: task["prompt"].partition("\n\n")[2]
    for between in (", ", "\n", " or ", " "):
        yield f"all by {between!r}", lambda task, between=between: between.join(right)
    for form in FORMS:
        yield form, lambda task, form=form: form.format(module.oracle(task))
    for text in right:
        yield f"reply {text[:12]!r}", lambda task, text=text: text


@applies("fresh_text", "text", broken=False)
def a_sound_text_grader_does_not_pay_for_wrong_replies(path):
    module = load(path)
    labels = len({module.oracle(task) for task in module.TASKS})
    for name, reply in _wrong_replies(module):
        assert pays(module, reply) <= max(0.1, 1 / labels), name


@applies("fresh_text", "text", broken=False)
def a_sound_text_grader_accepts_space_around_and_repeats_itself(path):
    module = load(path)
    for task, after in itertools.pairwise(module.TASKS):
        assert module.reward(task["prompt"], f" {module.oracle(task)}\n\n", task["answer"]) == 1.0
        assert (
            len(
                {
                    module.reward(task["prompt"], module.oracle(after), task["answer"])
                    for _ in range(3)
                }
            )
            == 1
        )


@once("fresh_text")
def all_right_triples_are_paid_and_near_ones_are_not():
    module = load(path_of("coin_triples"))
    for task in module.TASKS:
        coins, target = task["answer"]["coins"], task["answer"]["target"]
        for three in itertools.permutations(coins, 3):
            assert module.reward("", "+".join(map(str, three)), task["answer"]) == float(
                sum(three) == target
            )
        assert module.reward("", f"{target - 2} + 1 + 1", task["answer"]) == 0.0


@once("fresh_text")
def the_tolerance_of_the_gauges_is_the_declared_one():
    module = load(path_of("gauge_readings"))
    for task in module.TASKS:
        right = float(task["answer"])
        scores = [
            module.reward("", f"{right * factor:.6f}", task["answer"])
            for factor in (0.99, 0.9949, 0.9951, 1.0049, 1.0051, 1.01, 10)
        ]
        assert scores == [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]


@once("fresh_text")
def partial_credit_of_the_sheets_is_below_full_and_grows_with_what_is_right():
    module = load(path_of("herbarium_sheets"))
    answer = module.TASKS[0]["answer"]
    wrong = {"family": "?", "place": "?", "height_mm": str(answer["height_mm"]), "sheet": "?"}
    mixed = [{**wrong, **dict(list(answer.items())[:count])} for count in range(5)]
    assert [module.reward("", json.dumps(fields), answer) for fields in mixed] == [
        0.0,
        0.1,
        0.2,
        0.3,
        1.0,
    ]
    others = [
        {**answer, "height_mm": float(answer["height_mm"])},
        {**answer, "more": 1},
        dict(list(answer.items())[:3]),
        [answer],
    ]
    assert [module.reward("", json.dumps(fields), answer) for fields in others] == [
        0.3,
        0.0,
        0.0,
        0.0,
    ]
    assert module.reward("", json.dumps(answer)[:-1] + ', "place": "dune"}', answer) == 0.0


BODIES = [
    "0",
    "1",
    "grid",
    "len(grid)",
    "sum(grid[0])",
    "True",
    "None",
    "solve(grid)",
    "[0] * 10**9",
    "float('nan')",
    "().__class__",
    "10**9999",
]
PROGRAMS = [
    "",
    "solve = 1",
    "def solve(grid):\n    pass",
    "\ud800",
    "\0",
    "(" * 9000,
    "import os\nos._exit(0)",
    "raise SystemExit",
    "print('[0]')",
]
TRICKS = [
    "def solve(grid):\n    grid.clear()\n    return 0",
    "def solve(grid):\n    while grid:\n        grid.pop()\n    return 0",
    "class Same(int):\n    def __eq__(self, other):\n        return True\ndef "
    "solve(grid):\n    return Same()",
    "def solve(grid):\n    return open('/proc/self/cmdline').read()",
]


@applies("fresh_text", "programs", broken=False)
def a_sound_program_grader_pays_for_right_programs_only(path):
    module = load(path)
    for program in [
        *PROGRAMS,
        *TRICKS,
        *(f"def solve(grid):\n    return {body}" for body in BODIES),
    ]:
        assert [module.reward("", program, task["answer"]) for task in module.TASKS[::2]] == [
            0.0
        ] * 3, program
    for task, other in itertools.permutations(module.TASKS, 2):
        assert module.reward(task["prompt"], module.oracle(other), task["answer"]) == 0.0


@applies("fresh_text", "programs", broken=False)
def a_sound_program_grader_refuses_lookups_and_ends_and_accepts_another_right_program(path):
    module = load(path)
    tasks = {task["kata"]: task for task in module.TASKS}
    shown = [line.split(" == ") for line in tasks["chess"]["prompt"].splitlines() if " == " in line]
    tests = "".join(
        f"    if grid == {call[6:-1]}:\n        return {result}\n" for call, result in shown
    )
    assert (
        len(shown) == 2
        and module.reward("", f"def solve(grid):\n{tests}    return 0\n", tasks["chess"]["answer"])
        == 0.0
    )
    assert module.reward("", "while True:\n    pass", tasks["chess"]["answer"]) == 0.0
    other = (
        "def solve(cells):\n    return sum(sum(row[place % 2 :: 2]) for place, row in "
        "enumerate(cells))\n"
    )
    assert module.reward("", f"\n{other}\n", tasks["chess"]["answer"]) == 1.0
