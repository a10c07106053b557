"""Measure an agent behind an OpenAI-compatible API: python an_agent_behind_an_api.py MODEL@URL"""

import sys

import firsthand as fh

model = fh.model(f"openai:{sys.argv[1]}")  # the key comes from OPENAI_API_KEY or FIRSTHAND_KEY_HOST
agent = fh.Agent(model=model, instructions="You are careful and brief.")
tasks = fh.tasks("rules/triage", 40, split="eval")

result = fh.run(fh.evaluate(agent, tasks, concurrency=16))
if result.success:
    low, high = result.success.interval.low, result.success.interval.high
    print(f"Success {result.success.mean:.2f} [{low:.2f}, {high:.2f}], n = {result.tasks} tasks")
print(f"{result.failed} of {result.episodes} episodes failed: {result.failures}")
print(f"{result.usage.tokens:,} tokens")
