"""Joints by name, angles, heights, and poses for other libraries."""
