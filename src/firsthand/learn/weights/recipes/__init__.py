"""Recipes, one file each: learners that change the weights of the lab's model, in place."""

from firsthand.learn.weights.recipes.distil import distil
from firsthand.learn.weights.recipes.filtered_sft import filtered_sft
from firsthand.learn.weights.recipes.grpo import grpo
from firsthand.learn.weights.recipes.sft import sft

__all__ = ["distil", "filtered_sft", "grpo", "sft"]
