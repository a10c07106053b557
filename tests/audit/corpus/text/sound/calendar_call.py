"""Grader of structured text: one calendar tool call; layout, key order and numbers written as
text are forgiven, every argument must be right."""

import json
import random
import re

KEYS = ["title", "date", "start", "minutes", "guests"]


def build():
    r, tasks = random.Random(77), []
    names = ["ana", "ben", "chloe", "dev", "eva", "finn", "gus", "hana"]
    for _ in range(18):
        topic = r.choice(
            ["budget review", "design critique", "roadmap talk", "bug triage", "hiring round"]
        )
        day, month = r.randint(1, 28), r.randint(1, 12)
        hour, minute = r.randint(8, 16), r.choice([0, 15, 30, 45])
        length = r.choice([20, 30, 45, 50, 60, 90])
        guests = r.sample(names, 3)
        left_out = guests.pop()
        end = hour * 60 + minute + length
        prompt = (
            f'From the note, write one call of create_event as JSON: {{"tool": '
            f'"create_event", "arguments": {{...}}}} with exactly the arguments '
            f"title, date (2027-MM-DD), start (HH:MM), minutes (number) and guests "
            f"(list of names in lower case, any order).\n"
            f"Note: {topic.capitalize()} on {day}.{month}.2027, from "
            f"{hour}:{minute:02d} to {end // 60}:{end % 60:02d}, with {guests[0].title()}, "
            f"{left_out.title()} and {guests[1].title()} - no wait, "
            f"{left_out.title()} cannot come. Title: the topic in lower case."
        )
        args = {
            "title": topic,
            "date": f"2027-{month:02d}-{day:02d}",
            "start": f"{hour:02d}:{minute:02d}",
            "minutes": length,
            "guests": sorted(guests),
        }
        tasks.append(
            {"prompt": prompt, "answer": json.dumps({"tool": "create_event", "arguments": args})}
        )
    return tasks


TASKS = build()


def oracle(task):
    return "```json\n" + json.dumps(json.loads(task["answer"]), indent=2) + "\n```"


def reward(prompt, completion, answer):
    text = re.sub(r"^```(?:json)?\s*|\s*```$", "", completion.strip())
    try:
        call = json.loads(text)
    except (ValueError, RecursionError):
        return 0.0
    want = json.loads(answer)["arguments"]
    if (
        not isinstance(call, dict)
        or set(call) != {"tool", "arguments"}
        or call["tool"] != "create_event"
    ):
        return 0.0
    args = call["arguments"]
    if not isinstance(args, dict) or set(args) != set(KEYS):
        return 0.0
    guests = args["guests"]
    if not isinstance(guests, list) or not all(isinstance(g, str) for g in guests):
        return 0.0
    same = [str(args[k]).strip() == str(want[k]) for k in KEYS[:4]] + [
        sorted(g.strip().lower() for g in guests) == want["guests"]
    ]
    return 1.0 if all(same) else 0.0
