"""What a TextWorld game shows, in TextWorld's own descriptions.

TextWorld writes its descriptions for Inform 7, which would have to compile each game (half a
minute) and be played by jericho (GPL). This reads the few forms that they use, `[if X is open]`,
`[a list of things on the X]` and their like, from the facts of the game instead. What Inform itself
would add is said here in fewer words: what an action did, what lies on the floor, what is carried.
A form that is not known raises, so that nothing is shown wrong.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from firsthand.errors import FirsthandError

REVEALING = ("open", "examine")
"""Actions after which the content of a thing is told."""


class Words:
    """The words for one state of a game: its facts, and the names of its things."""

    def __init__(self, game: Any, facts: Iterable[Any]) -> None:
        self.infos, self.types = game.infos, game.kb.types
        self.facts = {
            (fact.name, tuple(argument.name for argument in fact.arguments)) for fact in facts
        }
        (self.room,) = (of[1] for name, of in self.facts if name == "at" and of[0] == "P")

    def look(self) -> str:
        """Describe the room that the player is in, and what lies on its floor."""
        info = self.infos[self.room]
        text = f"-= {str(info.name).title()} =-\n{self.told(info.desc, self.room)}"
        fallen = [
            thing
            for thing in self._held("at", self.room)
            if self.types.is_descendant_of(self.infos[thing].type, ["o"])
        ]
        return f"{text}\n\nOn the floor: {self._listed(fallen)}." if fallen else text

    def inventory(self) -> str:
        """Tell what is carried."""
        return f"You are carrying {self._listed(self._held('in', 'I')) or 'nothing'}."

    def did(self, verb: str, command: str, thing: str | None) -> str:
        """Tell what an action did, or showed, that has been taken."""
        if verb in ("look", "go"):
            return self.look()
        if verb == "inventory":
            return self.inventory()
        if verb not in REVEALING or thing is None:
            return f"You {command}."
        desc = self.told(self.infos[thing].desc or "", thing) if verb == "examine" else ""
        return " ".join(part for part in (desc or f"You {command}.", self._content(thing)) if part)

    def told(self, text: str, thing: str) -> str:
        """Follow the conditions in a description of `thing`."""
        shown: list[str] = []
        holds, taken = True, False
        for part in re.split(r"(\[[^\]]*\])", text):
            if not part.startswith("["):
                shown.append(part if holds else "")
            elif part == "[end if]":
                holds, taken = True, False
            elif part == "[otherwise]":
                holds = not taken
            elif found := re.fullmatch(r"\[(if|else if) (.*)\]", part):
                holds = (found[1] == "if" or not taken) and self._true(found[2], thing)
                taken = holds or (found[1] == "else if" and taken)
            elif holds:
                shown.append(self._inserted(part, thing))
        tidy = re.sub(r"[ \t]+", " ", "".join(shown))
        return re.sub(r" ?\n ?", "\n", re.sub(r"\n{3,}", "\n\n", tidy)).strip()

    def _true(self, condition: str, thing: str) -> bool:
        """Say whether a condition holds. Raises `FirsthandError` for one of an unknown form."""
        if condition in ("open", "closed", "locked"):
            return (condition, (thing,)) in self.facts
        if found := re.fullmatch(r"(\w+) is (open|closed|locked)", condition):
            return (found[2], (found[1],)) in self.facts
        if found := re.fullmatch(r"there is (something|nothing) on the (\w+)", condition):
            return bool(self._held("on", found[2])) == (found[1] == "something")
        inside = r"(\w+) is open and (?:there is (something) in the \1|the \1 contains nothing)"
        if found := re.fullmatch(inside, condition):
            filled = bool(self._held("in", found[1]))
            return ("open", (found[1],)) in self.facts and filled == bool(found[2])
        raise FirsthandError(f"A text of this TextWorld asks {condition!r}, which is not known.")

    def _inserted(self, part: str, thing: str) -> str:
        if part == "[noun]":
            return str(self.infos[thing].name)
        if found := re.fullmatch(r"\[a list of things (in|on) the (\w+)\]", part):
            return self._listed(self._held(found[1], found[2]))
        raise FirsthandError(f"A text of this TextWorld has {part}, which is not known.")

    def _held(self, how: str, place: str) -> list[str]:
        return sorted(of[0] for name, of in self.facts if name == how and of[1:] == (place,))

    def _content(self, thing: str) -> str:
        if on := self._held("on", thing):
            return f"On it: {self._listed(on)}."
        if ("open", (thing,)) in self.facts and (inside := self._held("in", thing)):
            return f"In it: {self._listed(inside)}."
        return ""

    def _listed(self, things: list[str]) -> str:
        *most, last = [*self._named(things)] or [""]
        return f"{', '.join(most)} and {last}" if most else last

    def _named(self, things: list[str]) -> Iterator[str]:
        for thing in things:
            info = self.infos[thing]
            name = str(info.name)
            yield f"{info.indefinite or ('an' if name[0].lower() in 'aeiou' else 'a')} {name}"
