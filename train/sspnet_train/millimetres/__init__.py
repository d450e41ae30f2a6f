"""From what the network says to millimetres: bodies, depths and the distance from the camera."""
