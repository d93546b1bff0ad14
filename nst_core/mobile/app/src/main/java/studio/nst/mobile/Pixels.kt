package studio.nst.mobile

import kotlin.math.min

/** The part of a picture that a network sees: the largest square in its middle. */
data class Square(val left: Int, val top: Int, val side: Int)

/** The square of a picture of [width] x [height] pixels. */
fun middleSquare(width: Int, height: Int): Square {
    require(width > 0 && height > 0) { "a picture must have pixels, got $width x $height" }
    val side = min(width, height)
    return Square((width - side) / 2, (height - side) / 2, side)
}

/** Pixels 0xAARRGGBB as red, green and blue in [0, 1], one after the other: the input of both networks. */
fun toUnit(pixels: IntArray, values: FloatArray) {
    require(values.size == 3 * pixels.size) { "there must be 3 values for a pixel, got ${values.size} for ${pixels.size}" }
    for (at in pixels.indices) {
        val pixel = pixels[at]
        values[3 * at] = (pixel shr 16 and 255) / 255f
        values[3 * at + 1] = (pixel shr 8 and 255) / 255f
        values[3 * at + 2] = (pixel and 255) / 255f
    }
}

/** The reverse: values of a network's picture as opaque pixels. Rounded as the server rounds, outside [0, 1] clipped. */
fun toPixels(values: FloatArray, pixels: IntArray) {
    require(values.size == 3 * pixels.size) { "there must be 3 values for a pixel, got ${values.size} for ${pixels.size}" }
    for (at in pixels.indices) {
        pixels[at] = (255 shl 24) or (byte(values[3 * at]) shl 16) or (byte(values[3 * at + 1]) shl 8) or
            byte(values[3 * at + 2])
    }
}

private fun byte(value: Float): Int = (value.coerceIn(0f, 1f) * 255f + 0.5f).toInt()
