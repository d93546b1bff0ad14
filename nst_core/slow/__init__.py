"""The slow method: a picture optimised until a network sees the content's shapes and the style's textures in it."""
