"""When is a book due? A date in either of the two ways that the prompt allows; months have their
true lengths."""

import datetime
import random
import re
from typing import Any

MONTHS = (
    "January February March April May June July August September October November December".split()
)
ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
WRITTEN = re.compile(rf"([0-9]{{1,2}}) ({'|'.join(MONTHS)}) ([0-9]{{4}})")
LIMIT = 100


def _written(day: datetime.date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _task(chance: random.Random, seen: set[datetime.date]) -> dict[str, Any]:
    while True:
        lent = datetime.date(1996, 1, 1) + datetime.timedelta(days=chance.randrange(14_000))
        days, renewals = chance.choice((14, 21, 28)), chance.randint(0, 3)
        due = lent + datetime.timedelta(days=days * (1 + renewals))
        if due not in seen:
            seen.add(due)
            break
    again = (
        "and not renewed"
        if not renewals
        else f"and renewed {renewals} time{'s' * (renewals > 1)} for as long again on the day "
        f"when it was due"
    )
    prompt = (
        f"A book is lent on {_written(lent)} for {days} days {again}. On which day is it "
        f"due in the end?\n"
        "Reply with the date alone, as in 2005-02-09 or as in 9 February 2005."
    )
    return {"prompt": prompt, "answer": due.isoformat()}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("loans")
    seen: set[datetime.date] = set()
    return [_task(chance, seen) for _ in range(32)]


TASKS = _tasks()


def _date(text: str) -> datetime.date | None:
    try:
        if parts := ISO.fullmatch(text):
            return datetime.date(*map(int, parts.groups()))
        if parts := WRITTEN.fullmatch(text):
            return datetime.date(int(parts[3]), MONTHS.index(parts[2]) + 1, int(parts[1]))
    except ValueError:  # the 31st of June, or the year 0000
        return None
    return None


def reward(prompt: str, completion: str, answer: str) -> float:
    if len(completion) > LIMIT:
        return 0.0
    return float(_date(completion.strip()) == datetime.date.fromisoformat(answer))


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
