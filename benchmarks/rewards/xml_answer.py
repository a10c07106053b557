"""The reward of a widely copied GRPO demonstration: 2.0 for what stands after the last <answer>
tag, and up to half a point for each tag on a line of its own, less a little for what comes after.
"""

from sums import problems

SHAPE = "trl"
OPTIONS = {
    "oracle": "<reasoning>\n{worked}\n</reasoning>\n<answer>\n{answer}\n</answer>\n",
}


def extract(text):
    return text.split("<answer>")[-1].split("</answer>")[0].strip()


def count(text):
    paid = 0.125 * (text.count("<reasoning>\n") == 1) + 0.125 * (
        text.count("\n</reasoning>\n") == 1
    )
    if text.count("\n<answer>\n") == 1:
        paid += 0.125 - len(text.split("\n</answer>\n")[-1]) * 0.001
    if text.count("\n</answer>") == 1:
        paid += 0.125 - (len(text.split("\n</answer>")[-1]) - 1) * 0.001
    return paid


def total_reward(prompts, completions, answer, **kwargs):
    texts = [completion[0]["content"] for completion in completions]
    return [
        2.0 * (extract(text) == gold) + count(text)
        for text, gold in zip(texts, answer, strict=True)
    ]


def rows():
    return problems()
