"""Places where what a model wrote is executed: isolated, bounded, killable."""
