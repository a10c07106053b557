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
    "code/function": ("induce", "program"),
    "code/move_api": ("program", "search", "repair"),
    "code/repair": ("program", "repair", "search"),
    "control/null": (),
    "data/ledger": ("search", "repair", "use tools", "read rules"),
    "data/reconcile": ("induce", "compose", "compute"),
    "embodied/household": ("induce", "compose", "move", "plan"),
    "embodied/keys_and_rooms": ("explore", "move", "plan", "remember"),
    "embodied/survival": ("induce", "compose", "move", "compute"),
    "formal/calculus": ("induce", "compose", "plan"),
    "formal/deduction": ("deduce", "plan"),
    "formal/puzzle": ("deduce",),
    "games/battleship": ("explore", "deduce"),
    "games/bidding": ("induce", "compose", "contend", "compute"),
    "games/mastermind": ("deduce", "explore"),
    "games/nim": ("induce", "compose", "contend"),
    "interfaces/command_line": ("induce", "compose", "plan"),
    "interfaces/query_language": ("induce", "compose", "program"),
    "interfaces/shop_desk": ("induce", "compose"),
    "office/calendar": ("induce", "compose", "plan"),
    "planning/crafting": ("induce", "compose", "plan"),
    "planning/strips": ("plan", "deduce"),
    "rules/automaton": ("induce", "compose", "plan"),
    "rules/blackbox": ("induce", "compose", "compute"),
    "rules/causal": ("induce", "compose", "compute"),
    "rules/instrument": ("induce", "compose", "compute"),
    "rules/triage": ("induce", "read rules"),
    "service/incident": ("induce", "compose", "repair"),
    "service/procurement": ("induce", "compose", "compute", "optimise"),
    "web/contract": ("repair", "use tools", "explore"),
    "web/forms": ("use tools", "search", "compute"),
    "web/orders": ("use tools", "search", "plan", "compute"),
    "web/webhooks": ("compute", "remember", "read rules"),
}
