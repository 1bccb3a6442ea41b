"""Private data: found and replaced by placeholders before anything leaves the process."""
