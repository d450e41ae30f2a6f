"""What a bundle's manifest may say, field by field, and its thresholds."""
