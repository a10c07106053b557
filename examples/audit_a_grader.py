"""Audit a grader of your own. This file is one: TASKS, `reward` and `oracle`; its flaw is found."""

import random

import firsthand as fh

rng = random.Random(0)
PAIRS = [(rng.randrange(10, 100), rng.randrange(10, 100)) for _ in range(60)]
TASKS = [{"prompt": f"How much is {a} + {b}?", "answer": str(a + b)} for a, b in PAIRS]


def reward(prompt: str, completion: str, answer: str) -> float:
    return 1.0 if answer in completion else 0.0  # so does a list of all numbers


def oracle(task: dict[str, str]) -> str:
    return task["answer"]


if __name__ == "__main__":
    certificate = fh.audit(__file__, budget="quick", only=("oracle", "enumeration"))
    print(certificate.verdict)
    for finding in certificate.findings:
        print(f"{finding.check}: {finding.claim}")
