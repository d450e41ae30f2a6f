"""The OpenCV that is installed, the user's cache, files that are no regular ones."""
