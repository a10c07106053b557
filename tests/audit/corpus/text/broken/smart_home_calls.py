"""Grader of structured text: one JSON tool call for a smart-home request."""

import json
import random
import re

SPECS = {
    "set_light": "room (text), brightness (0-100), color (text)",
    "set_heating": "room (text), celsius (int), until (HH:MM)",
    "play_music": "room (text), artist (text), volume (0-10)",
    "set_blind": "room (text), percent (0-100), at (HH:MM)",
}


def build():
    r, tasks = random.Random(5), []
    for i in range(20):
        tool = list(SPECS)[i % 4]
        room = r.choice(["kitchen", "study", "attic", "nursery", "hall", "garage"])
        clock = f"{r.randint(6, 22):02d}:{r.choice(['00', '15', '30', '45'])}"
        if tool == "set_light":
            args = {
                "room": room,
                "brightness": r.randint(5, 100),
                "color": r.choice(["red", "amber", "white", "teal"]),
            }
            ask = (
                f"Please make the light in the {room} {args['color']} at "
                f"{args['brightness']} percent."
            )
        elif tool == "set_heating":
            args = {"room": room, "celsius": r.randint(16, 24), "until": clock}
            ask = f"I want {args['celsius']} degrees in the {room} until {clock}."
        elif tool == "play_music":
            args = {
                "room": room,
                "artist": r.choice(["Nina Simone", "Satie", "Fela Kuti", "Bowie"]),
                "volume": r.randint(1, 10),
            }
            ask = f"Some {args['artist']} in the {room}, volume {args['volume']}."
        else:
            args = {"room": room, "percent": r.randint(10, 100), "at": clock}
            ask = f"Lower the blind in the {room} to {args['percent']} percent at {clock}."
        tasks.append(
            {
                "prompt": f"Tool: {tool} with arguments {SPECS[tool]}, all "
                f"required.\nRequest: {ask}\n"
                'Reply with one JSON object {"tool": ..., "arguments": {...}} and nothing else.',
                "answer": json.dumps({"tool": tool, "arguments": args}),
            }
        )
    return tasks


TASKS = build()


def oracle(task):
    return task["answer"]


def reward(prompt, completion, answer):
    text = re.sub(r"^```(?:json)?|```$", "", completion.strip()).strip()
    try:
        call = json.loads(text)
    except ValueError:
        return 0.0
    want = json.loads(answer)
    if (
        not isinstance(call, dict)
        or call.get("tool") != want["tool"]
        or not isinstance(call.get("arguments"), dict)
    ):
        return 0.0
    for key, value in call["arguments"].items():
        if want["arguments"].get(key) != value:
            return 0.0
    return 1.0
