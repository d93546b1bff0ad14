"""Films: reading and writing of their files, motion between frames, and the two methods frame by frame.

Reading and writing:
    info        what a film is (`FilmInfo`), which part of it is used (`Clip`), and the limits
    reading     opens a visitor's film, and yields its frames at a constant rate
    decoder_process  the process that decodes, seen from its parent; decoder: its program; decoder_messages: the
                messages between the two
    sources     recognises a file by its content; video: the files that PyAV decodes; animation: animated WebP
    shape       rotation, pixel aspect and sizes; colours: any video frame as sRGB; hdr: those of high
                dynamic range; pace: the constant rate
    writing     keeps the painted frames so that a run resumes, and makes the finished film of them
    codecs      encoders of the formats; containers: the finished files; sound: the film's sound

Motion:
    flow        where each pixel of a frame was in another one, and where that can be trusted
    scenes      finds the cuts at which a film begins anew; spread: scenes that several workers paint
    measures    warping error, flicker and drift of a film's results
"""
