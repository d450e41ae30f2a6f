"""What a caller may hand in as an image, and what a file is by its content."""
