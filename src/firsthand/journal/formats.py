"""What one episode looks like in the formats that trainers and viewers read.

    chat   OpenAI-style messages, for supervised fine-tuning anywhere
    trl    TRL's prompt and completion, with the tools; the reward beside them
    verl   verl's rows: messages and tools to imitate, prompt and task to play
    atif   the Agent Trajectory Interchange Format 1.8, token ids included

What is written is what an agent that calls tools natively is shown: the environment's statement,
its observations, the actions as assistant messages. Instructions and lessons are left out, so that
what they taught is learned without them, and so is the list of legal choices, which episodes do not
keep. Only `atif` has a place for tokens: `fh.Journal` keeps them as they were sampled.
"""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any, Literal

import msgspec

from firsthand import __version__
from firsthand.agent import parse_call
from firsthand.environment import Action, Observation, tools_of
from firsthand.episode import Episode, Turn
from firsthand.registry import check_version, lookup

Form = Literal["chat", "trl", "verl", "atif"]

ATIF = "ATIF-v1.8"


def chat(episode: Episode) -> dict[str, Any]:
    """Render one episode as a conversation that ends with the last thing the agent did.

    Raises `InvalidTask` for an episode of another version of its environment; so do all formats.
    """
    check_version(episode.task)
    environment = lookup(episode.task.environment)
    tools = _tools(episode)
    messages: list[dict[str, Any]] = (
        [{"role": "system", "content": environment.statement}] if environment.statement else []
    )
    asked: list[str] = []
    for number, turn in enumerate(episode.turns, start=1):
        messages += _heard(turn.observation, asked)
        asked = [f"call_{number}_{index}" for index in range(1, len(turn.action.calls) + 1)]
        messages.append(_said(turn.action, asked))
    return {"messages": messages, **({"tools": tools} if tools else {})}


def trl(episode: Episode) -> dict[str, Any]:
    """Split the conversation where the agent begins; arguments are objects, as TRL's templates
    want, and a tool's answer names its tool.
    """
    told = chat(episode)
    messages = [_for_templates(message) for message in told["messages"]]
    names = {
        call["id"]: call["function"]["name"]
        for message in told["messages"]
        for call in message.get("tool_calls", ())
    }
    for message in messages:
        if message["role"] == "tool":
            message["name"] = names[message.pop("tool_call_id")]
    first = next(place for place, said in enumerate(messages) if said["role"] == "assistant")
    row = {"prompt": messages[:first], "completion": messages[first:], "reward": episode.reward}
    return {**row, **({"tools": told["tools"]} if "tools" in told else {})}


def verl(episode: Episode) -> dict[str, Any]:
    """Return a row with verl's columns: `messages` and `tools` for its supervised data set, the
    rest for its data set of prompts, where `ground_truth` is our task.
    """
    told, task = trl(episode), episode.task
    return {
        "data_source": task.environment,
        "prompt": told["prompt"],
        "messages": [*told["prompt"], *told["completion"]],
        "tools": told.get("tools", []),
        "ability": task.environment.partition("/")[0],
        "reward_model": {"style": "rule", "ground_truth": msgspec.json.encode(task).decode()},
        "extra_info": {
            "index": task.seed,
            "split": task.split,
            "task": task.id,
            "episode": episode.id,
            "reward": episode.reward,
        },
    }


def atif(episode: Episode) -> dict[str, Any]:
    """Return a trajectory: one step for the statement and for each observation and action.

    It has no place for a reward, which is in `extra` with the checks. `prompt_token_ids` are all
    tokens before the answer, as the format has it.
    """
    check_version(episode.task)
    environment = lookup(episode.task.environment)
    steps: list[dict[str, Any]] = []
    if environment.statement:
        steps.append({"source": "system", "message": environment.statement})
    if episode.turns:
        steps.append({"source": "user", "message": episode.turns[0].observation.full})
    context: list[int] = []
    seen = [*(turn.observation for turn in episode.turns[1:]), episode.final]
    for number, (turn, answer) in enumerate(zip(episode.turns, seen, strict=True), start=1):
        context = [*([] if turn.restart else context), *turn.prompt_ids]
        steps.append(_step(turn, answer, context, number))
        context = [*context, *turn.ids]
    tools = _tools(episode)
    return {
        "schema_version": ATIF,
        "session_id": episode.run or episode.id,
        "trajectory_id": episode.id,
        "agent": {
            "name": "firsthand",
            "version": __version__,
            "model_name": episode.agent,
            **({"tool_definitions": tools} if tools else {}),
        },
        "steps": [{"step_id": place, **step} for place, step in enumerate(steps, start=1)],
        "extra": {
            "task": episode.task.id,
            "reward": episode.reward,
            "checks": episode.checks,
            "stop": str(episode.stop),
        },
    }


FORMATS: dict[Form, Callable[[Episode], dict[str, Any]]] = {
    "chat": chat,
    "trl": trl,
    "verl": verl,
    "atif": atif,
}


def _tools(episode: Episode) -> list[dict[str, Any]]:
    found = tools_of(lookup(episode.task.environment)).values()
    return [declared.specification for declared in found]


def _for_templates(message: dict[str, Any]) -> dict[str, Any]:
    calls = [
        {
            "type": "function",
            "function": {
                "name": call["function"]["name"],
                "arguments": msgspec.json.decode(call["function"]["arguments"]),
            },
        }
        for call in message.get("tool_calls", ())
    ]
    return {**message, **({"tool_calls": calls} if calls else {})}


def _step(turn: Turn, answer: Observation, context: list[int], number: int) -> dict[str, Any]:
    """Return an action with what it led to."""
    ids = [f"call_{number}_{place}" for place in range(1, len(turn.action.calls) + 1)]
    calls = [
        {"tool_call_id": id, "function_name": call.name, "arguments": call.arguments}
        for id, call in zip(ids, turn.action.calls, strict=True)
    ]
    results: list[dict[str, Any]] = [
        {"source_call_id": id, "content": result.text if result else "The call was not run."}
        for id, result in zip_longest(ids, answer.results[: len(ids)])
    ]
    if answer.text or not results:
        results.append({"content": answer.text})
    step: dict[str, Any] = {
        "source": "agent",
        "message": turn.action.text,
        "observation": {"results": results},
        "extra": {"reward": turn.reward},
    }
    if calls:
        step["tool_calls"] = calls
    if turn.ids:
        step["metrics"] = {
            "prompt_tokens": len(context),
            "completion_tokens": len(turn.ids),
            "prompt_token_ids": context,
            "completion_token_ids": turn.ids,
            "logprobs": turn.logprobs,
        }
    return step


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
