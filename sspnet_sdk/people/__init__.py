"""Who is whom from frame to frame, and where to look for them next."""
