"""Last day for an answer to the court: days are counted from service, and a weekend moves the
end to Monday."""

import random
import re
from datetime import date, timedelta
from typing import Any

MONTHS = (
    "january february march april may june july august september october november december".split()
)
ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
WORDS = re.compile(r"([0-9]{1,2}) ([A-Za-z]{3,9}) ([0-9]{4})")
LIMIT = 200
SATURDAY = 5


def _words(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1].capitalize()} {day.year}"


def _task(chance: random.Random) -> dict[str, Any]:
    served = date(2019, 1, 1) + timedelta(days=chance.randrange(2200))
    days = chance.choice((14, 20, 21, 28, 30, 45, 60))
    end = served + timedelta(days=days)
    while end.weekday() >= SATURDAY:
        end += timedelta(days=1)
    prompt = (
        f"The claim was served on {_words(served)}. An answer is due within {days} days; "
        f"the day of service does "
        "not count, and a term that ends on a Saturday or Sunday ends on the next "
        "Monday. Which is the last day? "
        "Reply with the date alone, as 2024-03-09 or as 9 March 2024."
    )
    return {"prompt": prompt, "answer": end.isoformat()}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("hearings")
    return [_task(chance) for _ in range(32)]


TASKS = _tasks()


def _date(text: str) -> date | None:
    """Read either form. Month names are kept here, because those of `strptime` depend on the
    locale.
    """
    if match := ISO.fullmatch(text):
        year, month, day = map(int, match.groups())
    elif (match := WORDS.fullmatch(text)) and match[2].lower() in MONTHS:
        year, month, day = int(match[3]), MONTHS.index(match[2].lower()) + 1, int(match[1])
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def reward(prompt: str, completion: str, answer: str) -> float:
    if len(completion) > LIMIT:
        return 0.0
    return float(_date(completion.strip()) == date.fromisoformat(answer))


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
