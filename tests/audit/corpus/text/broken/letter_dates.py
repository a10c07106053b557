"""The date of a letter in ISO form; a few common ways of writing dates are understood."""

import datetime
import random
import re

_FORMS = ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%Y-%d-%m", "%d %B %Y", "%B %d, %Y"]


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"letter{seed}")
        month = chance.randint(1, 12)
        day = chance.choice([d for d in range(1, 13) if d != month] + [17, 22, 25])
        date = datetime.date(chance.randint(1890, 1960), month, day)
        begin = date - datetime.timedelta(days=chance.choice([2, 3, 7, 10]))
        gap = (date - begin).days
        tasks.append(
            {
                "prompt": f"The first letter was written on {begin.strftime('%d %B %Y')}; the "
                f"second "
                f"followed {gap} days later. When was the second written? Give YYYY-MM-DD in "
                "<date></date>.",
                "answer": date.isoformat(),
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"Counting the days on. <date>{task['answer']}</date>"


def _readings(text):
    out = set()
    for form in _FORMS:
        try:
            out.add(datetime.datetime.strptime(text.strip(), form).date())
        except ValueError:
            pass
    return out


def reward(prompt, completion, answer):
    found = re.findall(r"<date>(.*?)</date>", completion)
    if not found:
        return 0.0
    return float(datetime.date.fromisoformat(answer) in _readings(found[-1]))
