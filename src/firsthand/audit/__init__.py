"""The audit: rewards are attacked before anyone trains on them."""
