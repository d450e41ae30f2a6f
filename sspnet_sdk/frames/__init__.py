"""Frames and their times, from whatever brings them."""
