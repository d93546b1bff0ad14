"""The operating system and its memory: files, allocator, priority, environment, frames on pipes, a cache."""
