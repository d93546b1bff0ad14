"""The operating system and its memory: atomic files, the allocator, a process's environment, a bounded cache."""
