"""Which operating point fits the frame rate on this device."""
