"""Export of episodes as OpenAI-style chat JSONL, for supervised fine-tuning.

What is written is what an agent that calls tools natively is shown: the environment's statement,
its observations, the actions as assistant messages. Instructions and lessons are left out, so that
what they taught is learned without them, and so is the list of legal choices, which episodes do not
keep.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from firsthand.agent import parse_call
from firsthand.environment import Action, Observation, tools_of
from firsthand.episode import Episode
from firsthand.registry import check_version, lookup
from firsthand.secrets import redact_values


def export_chat(
    episodes: Iterable[Episode],
    path: Path,
    *,
    min_reward: float = 1.0,
    exclude_flagged: bool = True,
) -> int:
    """Write one line `{"messages": [...], "tools": [...]}` for each episode of at least
    `min_reward`; return their number.

    With `exclude_flagged`, episodes that look like exploits of the reward are left out.

    Episodes are streamed, the file appears when it is whole. Failed episodes and those without a
    turn are left out. Raises `InvalidTask` for an episode of another version of its environment.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    written = 0
    try:
        with partial.open("wb") as file:
            for episode in episodes:
                if exclude_flagged and episode.flags:
                    continue
                if episode.turns and episode.reward is not None and episode.reward >= min_reward:
                    file.write(msgspec.json.encode(redact_values(chat(episode))) + b"\n")
                    written += 1
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return written


def chat(episode: Episode) -> dict[str, Any]:
    """Render one episode as a conversation that ends with the last thing the agent did."""
    check_version(episode.task)
    environment = lookup(episode.task.environment)
    tools = [declared.specification for declared in tools_of(environment).values()]
    messages: list[dict[str, Any]] = (
        [{"role": "system", "content": environment.statement}] if environment.statement else []
    )
    asked: list[str] = []
    for number, turn in enumerate(episode.turns, start=1):
        messages += _heard(turn.observation, asked)
        asked = [f"call_{number}_{index}" for index in range(1, len(turn.action.calls) + 1)]
        messages.append(_said(turn.action, asked))
    return {"messages": messages, **({"tools": tools} if tools else {})}


def _heard(observation: Observation, asked: list[str]) -> Iterator[dict[str, Any]]:
    """Yield an observation as messages: every call is answered, as chat templates demand."""
    for id, result in zip_longest(asked, observation.results):
        text = result.text if result else "The call was not run."
        yield (
            {"role": "tool", "tool_call_id": id, "content": text}
            if id
            else {"role": "user", "content": text}
        )
    if observation.text or not (asked or observation.results):
        yield {"role": "user", "content": observation.text}


def _said(action: Action, ids: list[str]) -> dict[str, Any]:
    if not action.calls:
        return {"role": "assistant", "content": action.text}
    calls = [
        {
            "id": id,
            "type": "function",
            "function": {
                "name": call.name,
                "arguments": msgspec.json.encode(call.arguments).decode(),
            },
        }
        for id, call in zip(ids, action.calls, strict=True)
    ]
    spelled = (
        parse_call(action.text).calls == action.calls
    )  # a model without native calls wrote the call out as its text
    return {"role": "assistant", "content": "" if spelled else action.text, "tool_calls": calls}
