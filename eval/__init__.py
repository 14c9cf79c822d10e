"""Holding answers to hand-written gold facts."""
