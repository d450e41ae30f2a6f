"""Poses over time: smoothing, left and right, distance, bones, the floor."""
