"""What each environment asks of an agent, in a small controlled vocabulary.

Skills are told here and not by the classes: they are an opinion about the set, for choosing
environments and for seeing what is missing, and no result depends on them.
"""

SKILLS = {
    "explore": "find out by acting what is not told",
    "induce": "infer a rule from cases",
    "compose": "put together what was learned apart",
    "plan": "order several steps towards a goal",
    "compute": "exact arithmetic or counting",
    "deduce": "derive what must hold",
    "search": "find what matters among much",
    "remember": "keep what was told for later",
    "program": "write or change code or commands",
    "use tools": "call tools with the right arguments",
    "read rules": "follow a written policy",
    "optimise": "find the best among many that work",
    "contend": "act against somebody who answers",
    "repair": "find and correct a fault",
    "move": "find the way in space",
}

OF: dict[str, tuple[str, ...]] = {
    "control/null": (),
    "data/ledger": ("search", "repair", "use tools", "read rules"),
    "embodied/keys_and_rooms": ("explore", "move", "plan", "remember"),
    "games/mastermind": ("deduce", "explore"),
    "interfaces/shop_desk": ("induce", "compose"),
    "planning/crafting": ("induce", "compose", "plan"),
    "planning/strips": ("plan", "deduce"),
    "rules/triage": ("induce", "read rules"),
    "web/contract": ("repair", "search", "use tools"),
    "web/webhooks": ("compute", "remember", "read rules"),
    "service/incident": ("induce", "compose", "repair"),
    "web/forms": ("use tools", "search", "compute"),
    "web/orders": ("use tools", "search", "plan", "compute"),
}
