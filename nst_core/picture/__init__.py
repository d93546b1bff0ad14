"""Bytes to pixels and back: uploads, sample pictures, drawn styles, paintings, files with their recipe inside.

Modules, each importable on its own with NumPy and Pillow alone:
    door       the only way in for bytes; `Picture`
    resize     sizes and antialiased resampling
    encode     pixels to PNG, JPEG and WebP; the recipe inside a PNG
    samples    what is on screen before anyone uploads
    catalogue  public-domain paintings by address
    link       a picture by an address that a visitor typed
    fetch      the guarded downloader
    public     connections to the public internet alone
    drawn      original style pictures, drawn by code
"""
