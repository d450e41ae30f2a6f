"""Lines and colours of a skeleton, the 3D inset, the Rerun viewer."""
