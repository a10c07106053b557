"""One call of a home automation; arguments with defaults may be left out or spelt out."""

import json
import random

_SPEC = {
    "set_heating": ({"room", "degrees"}, {"hours": 24, "eco": False}),
    "play": ({"title"}, {"volume": 40, "repeat": False}),
    "remind": ({"text", "hour"}, {"minute": 0, "sound": "bell"}),
}
_ROOM = ["kitchen", "nursery", "office", "cellar", "bathroom"]
_TITLE = ["Moon River", "Blue Danube", "Clair de Lune", "Bolero", "Spring", "Finlandia"]
_CHORE = ["water the plants", "call the dentist", "feed the cat", "empty the bin", "lock the shed"]


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"home{seed}")
        more = chance.random() < 0.6
        if seed % 3 == 0:
            made = {"room": chance.choice(_ROOM), "degrees": chance.randint(15, 25)}
            text = f"Heat the {made['room']} to {made['degrees']} degrees"
            if more:
                made["hours"] = chance.randint(2, 20)
                text += f" for {made['hours']} hours"
            name = "set_heating"
        elif seed % 3 == 1:
            made = {"title": chance.choice(_TITLE)}
            text, name = f"Play {made['title']}", "play"
            if more:
                made["volume"] = chance.randint(50, 99)
                text += f" at volume {made['volume']}"
            if chance.random() < 0.5:
                made["repeat"] = True
                text += " over and over"
        else:
            made = {"text": chance.choice(_CHORE), "hour": chance.randint(6, 22)}
            text, name = f"Remind me to {made['text']} at {made['hour']}", "remind"
            if more:
                made["minute"] = chance.randint(10, 59)
                text += f":{made['minute']}"
            else:
                text += " o'clock"
        tasks.append(
            {
                "prompt": "Functions: set_heating(room, degrees, hours=24, eco=false); play(title, "
                "volume=40, repeat=false); remind(text, hour, minute=0, sound='bell'). "
                "Reply with one "
                'call, {"name": ..., "arguments": {...}}, in <call> </call> (the last '
                "pair counts). "
                "Numbers as numbers, booleans as booleans, text as in the wish. "
                "Arguments that keep "
                f"their default may be given or left out.\nWish: {text}.",
                "answer": {"name": name, "arguments": made},
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"<call>{json.dumps(task['answer'])}</call>"


def _equal(one, two):
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    if isinstance(one, (int, float)) and isinstance(two, (int, float)):
        return one == two
    return isinstance(one, str) and isinstance(two, str) and one.strip() == two


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    end = completion.rfind("</call>")
    start = completion.rfind("<call>", 0, max(end, 0))
    if start < 0 or end < 0 or end - start > 2000:
        return 0.0
    try:
        call = json.loads(completion[start + len("<call>") : end])
    except (ValueError, RecursionError):
        return 0.0
    if not isinstance(call, dict) or call.get("name") != answer["name"]:
        return 0.0
    said = call.get("arguments")
    needed, defaults = _SPEC[answer["name"]]
    if not isinstance(said, dict) or not needed <= set(said) <= needed | set(defaults):
        return 0.0
    wanted = {**defaults, **answer["arguments"]}
    given = {**defaults, **said}
    return float(all(_equal(given[key], value) for key, value in wanted.items()))
