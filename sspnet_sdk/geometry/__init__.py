"""Boxes and crops, millimetres, the camera's space."""
