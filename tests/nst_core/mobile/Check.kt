// Runs the sample's functions on the numbers of the file `in`, and writes theirs to the file `out`, both big-endian.
package studio.nst.mobile

import android.content.res.AssetManager
import com.google.ai.edge.litert.log
import java.io.DataInputStream
import java.io.DataOutputStream
import java.io.File

fun main() {
    DataInputStream(File("in").inputStream().buffered()).use { input ->
        DataOutputStream(File("out").outputStream().buffered()).use { output -> check(input, output) }
    }
    listOf(true, false).forEach(::networks)
    listOf({ toUnit(IntArray(2), FloatArray(5)) }, { mix(listOf(FloatArray(1)), listOf(0f)) }, { middleSquare(0, 9) })
        .forEach { wrong ->
            try {
                wrong()
                println("accepted")
            } catch (error: IllegalArgumentException) {
                println("refused: ${error.message}")
            }
        }
}

private fun DataInputStream.floats(): FloatArray = FloatArray(readInt()) { readFloat() }

private fun check(input: DataInputStream, output: DataOutputStream) {
    val pixels = IntArray(input.readInt()) { input.readInt() }
    FloatArray(3 * pixels.size).also { toUnit(pixels, it) }.forEach(output::writeFloat)
    val values = input.floats()
    IntArray(values.size / 3).also { toPixels(values, it) }.forEach(output::writeInt)
    mix(List(input.readInt()) { input.floats() }, input.floats().toList()).forEach(output::writeFloat)
    val pace = FramePace(input.readInt())
    repeat(input.readInt()) { output.writeInt(if (pace.isDue(input.readLong())) 1 else 0) }
    output.writeFloat(pace.rate)
    val (left, top, side) = middleSquare(input.readInt(), input.readInt())
    listOf(left, top, side).forEach(output::writeInt)
}

private fun networks(hasGpu: Boolean) {
    log.clear()
    val networks = StyleNetworks.open(AssetManager(hasGpu), 64)
    val vector = networks.predict(FloatArray(3) { 1f })
    repeat(2) { log.add("painted ${networks.paint(FloatArray(4) { 0.5f }, vector)[0]}") }
    networks.close()
    println(log.filter { "buffer" !in it })
    println(log.count { "buffer" in it })
}
