"""The operating system and its memory: files, allocator, environment, frames on pipes, a cache."""
