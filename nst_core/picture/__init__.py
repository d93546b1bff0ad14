"""Bytes to pixels and back: uploads, sample pictures, drawn styles, paintings, files with their recipe inside.

Modules, each importable on its own with NumPy and Pillow alone:
    door       the only way in for bytes; `Picture`
    resize     sizes and antialiased resampling
    encode     pixels to PNG, JPEG and WebP; the recipe inside a PNG
    samples    what is on screen before anyone uploads
    catalogue  public-domain paintings by address
    fetch      the guarded downloader
    drawn      original style pictures, drawn by code
"""
