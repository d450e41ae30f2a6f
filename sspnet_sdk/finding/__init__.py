"""From the finder's maps to the boxes of people."""
