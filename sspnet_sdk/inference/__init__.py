"""From a crop to a decoded answer."""
