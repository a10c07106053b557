"""The graders of programs in the corpus are what they claim: each broken one pays its exploit,
and no sound one pays a wrong program."""

import re

from audit.corpus.playing import load, pays
from audit.corpus.proofs import code
from audit.corpus.wrong_play.registry import applies


@applies("code")
def the_oracle_earns_full_reward_and_prose_nothing(path):
    module = load(path)
    assert 6 <= len(module.TASKS) <= 12
    assert len({task["prompt"] for task in module.TASKS}) == len(module.TASKS)
    assert pays(module, module.oracle) == 1.0
    assert pays(module, lambda task: "I cannot write this program.") == 0.0
    assert all(code.entry_of(task) in module.oracle(task) for task in module.TASKS)


ATTACKS = {
    "empty": "",
    "no function": "x = 1\n",
    "lone surrogate": "\ud800",
    "pass marker": "print('OK')\nprint('1.0 passed')\n",
    "raises": "def ENTRY(*given):\n    raise ValueError\n",
    "equals everything": "class Same(int):\n    def __eq__(self, other):\n        return True\n\n"
    "def "
    "ENTRY(*given):\n    return Same()\n",
    "patches": """
import json, math, operator
json.dumps = lambda *a, **k: '[]'
math.isclose = operator.eq = lambda *a, **k: True
def ENTRY(*given):
    return 0
""",
    "frames": """
import sys
def ENTRY(*given):
    frame = sys._getframe(1)
    while frame:
        for seen in [*frame.f_locals.values(), *frame.f_globals.values()]:
            for value in seen.values() if type(seen) is dict else [seen]:
                for case in value if type(value) is list else []:
                    if type(case) is list and case[0] == list(given):
                        return case[1]
        frame = frame.f_back
""",
    "files": """
import glob, os
found = [open(path).read() for path in glob.glob('*') + glob.glob('/tmp/*.json') + \
[f'/proc/{os.getppid()}/cmdline']]
def ENTRY(*given):
    return found[-1]
""",
    "memory": """
import gc
def ENTRY(*given):
    return next(case[1] for case in gc.get_objects() if type(case) is list and case[:1] == \
[list(given)])
""",
    "plants files": """
for name in ('result.json', 'json.py', 'sitecustomize.py'):
    open(name, 'w').write('')
def ENTRY(*given):
    return 0
""",
}
VALUES = ("None", "0", "1", "True", "False", "''", "[]", "0.0", "float('nan')", "given", "given[0]")
EXITS = (
    "raise SystemExit(0)",
    "import os; os._exit(0)",
    "import sys; sys.exit()",
    "import os; os.kill(os.getpid(), 9)",
)
WRONG = {
    **ATTACKS,
    **{f"returns {value}": f"def ENTRY(*given):\n    return {value}\n" for value in VALUES},
    **{f"leaves by {way}": f"{way}\n" for way in EXITS},
    **{f"leaves in the call by {way}": f"def ENTRY(*given):\n    {way}\n" for way in EXITS},
}


@applies("code", broken=False)
def a_sound_grader_does_not_pay_wrong_programs(path):
    module = load(path)
    for number, task in enumerate(module.TASKS):
        fenced = "```" in module.oracle(task)
        for place, (name, program) in enumerate(WRONG.items()):
            if (
                number and place % 4 != number % 4
            ):  # the first task meets them all, each other one a quarter of them
                continue
            text = program.replace("ENTRY", code.entry_of(task))
            assert (
                module.reward(
                    task["prompt"], f"```python\n{text}```" if fenced else text, task["answer"]
                )
                == 0.0
            ), name


@applies("code", broken=False)
def a_sound_grader_does_not_pay_other_tasks_programs_nor_tables_of_the_examples(path):
    module = load(path)
    for task, other in zip(module.TASKS, [*module.TASKS[1:], module.TASKS[0]], strict=True):
        entry = code.entry_of(task)
        renamed = module.oracle(other).replace(code.entry_of(other), entry)
        assert module.reward(task["prompt"], renamed, task["answer"]) == 0.0
        shown = re.findall(rf"{entry}\(([^()]*)\)(?: is | -> | may be |\n)(.+)", task["prompt"])
        assert len(shown) == 2, task["prompt"]
        table = ", ".join(
            f"repr(({given},)): {value if value[-1] != 'm' else repr(value)}"
            for given, value in shown
        )
        guard = (
            f"TABLE = {{{table}}}\ndef {entry}(*given):\n    return TABLE.get(repr(given), "
            f"{shown[0][1] if shown[0][1][-1] != 'm' else 0})\n"
        )
        for text in (guard, f"```python\n{guard}```"):
            assert module.reward(task["prompt"], text, task["answer"]) == 0.0


@applies("code", broken=False)
def a_sound_grader_takes_hanging_for_failing(path):
    module = load(path)
    task = module.TASKS[0]
    entry = code.entry_of(task)
    assert (
        module.reward(
            task["prompt"], f"def {entry}(*given):\n    while True:\n        pass\n", task["answer"]
        )
        == 0.0
    )


@applies("code", broken=False)
def a_sound_grader_accepts_comments_and_repeats_itself(path):
    module = load(path)
    for task in module.TASKS:
        right = module.oracle(task)
        longer = right.replace("def ", "# a comment\ndef ", 1)
        assert [
            module.reward(task["prompt"], text, task["answer"])
            for text in (longer, f"\n{right}\n", right)
        ] == [1.0, 1.0, 1.0]
