"""Finding a time for a meeting between what three people have in their calendars."""

import random
import re

_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri"]


def _clock(minute):
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _right(busy, length):
    out = []
    for day in _DAYS:
        for start in range(9 * 60, 17 * 60 - length + 1, 15):
            if all(start + length <= a or b <= start for d, a, b in busy if d == day):
                out.append(f"{day} {_clock(start)}")
    return out


def _make():
    tasks, used, seed = [], set(), 0
    while len(tasks) < 20:
        seed += 1
        chance = random.Random(f"slots{seed}")
        length = chance.choice([30, 45, 60, 90])
        calendars, busy = {name: [] for name in ("Ida", "Jon", "Kay")}, []
        while True:
            left = _right(busy, length)
            if len(left) <= 3:
                break
            day, clock = chance.choice(left).split()
            start = 60 * int(clock[:2]) + int(clock[3:])
            start = max(9 * 60, start + chance.choice([-45, -30, -15, 0, 15, 30]))
            entry = (day, start, min(17 * 60, start + chance.choice([45, 60, 75, 90])))
            if _right([*busy, entry], length):
                busy.append(entry)
                calendars[chance.choice(list(calendars))].append(entry)
        if used & set(left):
            continue
        used |= set(left)
        listed = "\n".join(
            f"{name}: "
            + ", ".join(
                f"{d} {_clock(a)}-{_clock(b)}"
                for d, a, b in sorted(entries, key=lambda e: (_DAYS.index(e[0]), e[1]))
            )
            for name, entries in calendars.items()
        )
        tasks.append(
            {
                "prompt": f"These people are busy then:\n{listed}\nFind a start for a meeting "
                f"of {length} minutes with all three, from Mon to Fri, between 09:00 and "
                f"17:00, at a "
                "full quarter of an hour; it may begin when something ends. End with the line "
                "'Start: Wed 13:45' (the day in three letters, the time with two digits each). If "
                "several starts are possible, give any one.",
                "answer": {"busy": [list(entry) for entry in busy], "length": length},
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    answer = task["answer"]
    return f"Looking for gaps.\nStart: {_right(answer['busy'], answer['length'])[0]}"


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    line = completion.strip().rpartition("\n")[2].strip(" *.\r\t`")
    found = re.fullmatch(r"Start:[* ]*(Mon|Tue|Wed|Thu|Fri) ([0-9]{2}:[0-9]{2})", line[:80])
    if not found:
        return 0.0
    said = f"{found.group(1)} {found.group(2)}"
    return float(said in _right(answer["busy"], answer["length"]))
