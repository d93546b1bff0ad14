"""Pictures: reading and writing files, resizing, colours, crops, masks, and sample pictures.

Each module needs NumPy and Pillow only:
    upload      opens every picture file from outside; `Picture`
    arrays      checks arrays that are handed over as pictures
    limits      the limits of a file: formats, bytes and pixels; header: the size that a file states
    decoder_pool  the processes that decode files from outside; decoder_process: one of them, seen from its parent;
                decoder: its program; decoder_messages: the messages between the two
    reading     decodes a file in the process that calls it
    integrity   finds incomplete files before they are decoded; chunks: walks PNG, WebP, HEIC and AVIF
    decode      converts any Pillow image to sRGB, and reduces a large one
    gamut       wide colour spaces that a file states by number
    encode      writes PNG, JPEG and WebP, with the recipe inside
    resize      sizes and antialiased resampling
    crop        cuts out and rotates a part of a picture
    coverage    transparency: clear pixels are absent; photograph: regions that stay a photograph
    colour      transfers colours between content and style
    masks       soft regions of the content
    guided      enlarges a stylised picture along the edges of the photograph
    samples     sample photographs and styles
    catalogue   public-domain paintings by address
    remote      a picture from an address that a visitor typed
    procedural  original style pictures, drawn by code
"""
