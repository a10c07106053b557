"""Wrong replies and blind plans for the sound targets of the set by two authors."""

from audit.corpus.playing import load, mean, play
from audit.corpus.wrong_play.registry import applies

EPISODES = range(31)
RAW = ["", " ", "None", "null", "nan", "0", "1", "A", "[]", "{}", "*", "<answer></answer>"]
NO_FORM_PAYS = 0.11
"""One grader pays a tenth for the form, and its prompt says so."""


def _same_rule(task, other):
    """Whether two tasks take the same answer."""
    return task["answer"] == other["answer"]


@applies("fresh_3", "text", "programs", broken=False)
def empty_replies_and_answers_of_other_tasks_do_not_pay(path):
    module = load(path)
    is_process = "subprocess" in path.read_text(encoding="utf-8")
    numbers = [len(module.TASKS) // 2] if is_process else range(len(module.TASKS))
    earned = {}
    for number in numbers:
        task = module.TASKS[number]
        replies = [(text, text) for text in (*RAW, task["prompt"])]
        for step in (1, 2, 3):
            other = module.TASKS[(number + step) % len(module.TASKS)]
            if not _same_rule(task, other):
                replies.append((f"other{step}", module.oracle(other)))
        for key, text in replies:
            key = "prompt" if text == task["prompt"] else key
            paid = module.reward(task["prompt"], text, task["answer"])
            earned.setdefault(key, []).append(paid)
    for key, paid in earned.items():
        assert mean(paid) <= NO_FORM_PAYS, (key, mean(paid))


@applies("fresh_3", "episodes", broken=False)
def blind_plans_and_plans_of_other_episodes_do_not_pay(path):
    module = load(path)
    earned = {}
    for seed in EPISODES:
        plan = module.oracle(module.Env(), seed)
        plans = [("empty", []), ("all but the last", plan[:-1])]
        plans += [(f"other{step}", module.oracle(module.Env(), seed + step)) for step in (1, 2)]
        for action in module.ACTIONS:
            for text in ("0", "1", "x", ""):
                filled = action.replace("<int>", text).replace("<text>", text)
                plans.append((filled, [filled] * module.Env.max_steps))
        for key, other in plans:
            earned.setdefault(key, []).append(play(module.Env(), other, seed))
    for key, returns in earned.items():
        assert mean(returns) <= NO_FORM_PAYS, (key, mean(returns))
