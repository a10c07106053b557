"""Formal worlds: what is right is settled by a proof, a search or an evaluator."""
